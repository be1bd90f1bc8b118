import { expect, test } from "vitest";
import { Turns } from "../../../gateway/drop-in/turns.ts";

const NEVER = new AbortController().signal;

test("so many have a turn at once, and the others in the order in which they came", async () => {
  const turns = new Turns(2);
  const had: number[] = [];
  const take = (n: number): void => void turns.take(NEVER).then(() => had.push(n));
  for (const n of [1, 2, 3, 4]) take(n);
  await Promise.resolve();
  expect(had).toEqual([1, 2]);
  turns.free();
  // Who comes just now is not faster than who has waited.
  take(5);
  await new Promise(setImmediate);
  expect(had).toEqual([1, 2, 3]);
  for (const _ of [1, 2, 3]) turns.free();
  await new Promise(setImmediate);
  expect(had).toEqual([1, 2, 3, 4, 5]);
});

test("who waits no more has no turn, and takes none away", async () => {
  const turns = new Turns(1);
  expect(await turns.take(NEVER)).toBe(true);
  const over = new AbortController();
  const [gone, next] = [turns.take(over.signal), turns.take(NEVER)];
  over.abort();
  expect([await gone, await turns.take(over.signal)]).toEqual([false, false]);
  turns.free();
  expect(await next).toBe(true);
  turns.free();
  expect(await turns.take(NEVER)).toBe(true);
});
