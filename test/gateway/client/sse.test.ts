import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSse, type ByteReader } from "../../../gateway/client/sse.ts";

interface Message {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string;
}

function bytesOf(chunks: readonly Uint8Array[]): ByteReader & { reads: number; isCancelled: boolean } {
  const left = [...chunks];
  return {
    reads: 0,
    isCancelled: false,
    read() {
      this.reads += 1;
      const value = left.shift();
      return Promise.resolve(value === undefined ? { done: true } : { done: false, value });
    },
    cancel() {
      this.isCancelled = true;
      return Promise.resolve();
    },
  };
}

const quiet = { onRetry: () => undefined, onWaiting: () => undefined };

async function read(
  chunks: readonly Uint8Array[],
  onRetry: (ms: number) => void = () => undefined,
): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const { id, event, data } of readSse(bytesOf(chunks), { ...quiet, onRetry }))
    messages.push({ id, event, data });
  return messages;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const readText = (text: string): Promise<Message[]> => read([encode(text)]);
const message = (data: string, id?: string, event?: string): Message => ({ id, event, data });

describe("the standard", () => {
  test("EVT6 data of many lines, names of events, ids, a space after the colon or none", async () => {
    expect(await readText("id: 1\nevent: a\ndata: x\ndata:y\ndata\ndata:  z\n\n")).toEqual([
      message("x\ny\n\n z", "1", "a"),
    ]);
  });

  test.each(["\n", "\r\n", "\r"])("EVT6 lines end with %j", async (end) => {
    const lines = ["id: 7", "data: one", "data: two", "", "data: three", "", ": the end", ""];
    expect(await readText(lines.map((line) => `${line}${end}`).join(""))).toEqual([
      message("one\ntwo", "7"),
      message("three"),
    ]);
  });

  test("EVT6 a byte order mark at the start is none of the first field", async () => {
    expect(await readText("\uFEFFdata: x\n\n")).toEqual([message("x")]);
  });

  test("EVT6 comments, unknown fields and events without data are passed over", async () => {
    expect(await readText(": hello\nweather: rain\n\nid: 4\n\nevent: empty\n\ndata: x\n\n")).toEqual([
      message("x"),
    ]);
  });

  test("EVT6 an id with a NUL is ignored", async () => {
    expect(await readText("id: a\nid: b\0c\ndata: x\n\n")).toEqual([message("x", "a")]);
  });

  test("EVT6 retry is told where it is digits, and only there", async () => {
    const told: number[] = [];
    await read([encode("retry: 1000\nretry: 1e3\nretry:\nretry: -5\n\n")], (ms) => told.push(ms));
    expect(told).toEqual([1_000]);
  });

  test("EVT6 what the end of the stream cut off is no event", async () => {
    expect(await readText("data: whole\n\ndata: half\n")).toEqual([message("whole")]);
  });
});

describe("chunks", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 20 }).map((any) => any.replaceAll(/[\r\n\0]/g, " "));
  const events = fc.array(
    fc.record({
      id: text,
      event: text,
      lines: fc.array(text, { minLength: 1, maxLength: 4 }),
      comment: text,
    }),
    { maxLength: 8 },
  );

  test("EVT6 however the bytes are cut, in characters and line ends too, the events are the same", async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.boolean(),
        fc.array(fc.nat({ max: 400 }), { maxLength: 40 }),
        async (list, end, hasMark, cuts) => {
          const lines = list.flatMap(({ id, event, lines: data, comment }) => [
            `: ${comment}`,
            `id: ${id}`,
            `event: ${event}`,
            ...data.map((line) => `data: ${line}`),
            "",
          ]);
          const end2 = `${end}: the end${end}`;
          const bytes = encode(
            `${hasMark ? "\uFEFF" : ""}${lines.map((line) => `${line}${end}`).join("")}${end2}`,
          );
          const at = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort(
            (a, b) => a - b,
          );
          const chunks = at.slice(1).map((to, index) => bytes.slice(at[index], to));
          expect(await read(chunks)).toEqual(
            list.map(({ id, event, lines: data }) =>
              message(data.join("\n"), id, event === "" ? undefined : event),
            ),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test("EVT6 no bytes are asked for while an event is in hand", async () => {
    const body = bytesOf([encode("data: 1\n\ndata: 2\n\n"), encode("data: 3\n\n")]);
    const messages = readSse(body, quiet);
    const reads: number[] = [];
    for await (const { data } of messages) {
      reads.push(body.reads);
      if (data === "3") break;
    }
    expect([reads, body.isCancelled]).toEqual([[1, 1, 2], true]);
  });

  test("EVT6 waiting is told only while bytes are waited for", async () => {
    const told: boolean[] = [];
    const messages = readSse(bytesOf([encode("data: 1\n\n")]), {
      ...quiet,
      onWaiting: (is) => told.push(is),
    });
    await messages.next();
    expect(told).toEqual([true, false]);
    await messages.return();
    expect(told.at(-1)).toBe(false);
  });

  test("an event longer than is taken ends the stream", async () => {
    const long = new Uint8Array(17 * 1024 * 1024).fill(120);
    await expect(read([encode("data: "), long])).rejects.toMatchObject({ code: "unexpected_answer" });
  });
});
