// What tests of loops over events share.
import { ClientError } from "../../../gateway/client/client-error.ts";
import type { ChannelEvent } from "../../../gateway/client/events-schema.ts";
import type { Clock } from "../../../shared/clock.ts";

/** Reconnects at once: what is tested is where a reader goes on, not when. */
export const random = (): number => 0;

export const eventAt = (seq: number): object => ({
  id: `log1.${seq}`,
  kind: "account.online",
  data: { install: "ins_1", epoch: seq },
});

/** The ids of the next `count` events; then the loop is left. */
export async function take(
  events: AsyncIterable<ChannelEvent>,
  count: number,
  at?: (id: string) => void,
): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of events) {
    ids.push(id);
    at?.(id);
    if (ids.length === count) break;
  }
  return ids;
}

/** Waits are noted, and over at once. */
export function hurried(): { waits: number[]; clock: Clock } {
  const waits: number[] = [];
  const after = (ms: number, run: () => void): (() => void) => {
    waits.push(ms);
    setImmediate(run);
    return () => undefined;
  };
  return { waits, clock: { now: () => 0, after } };
}

export async function failure(run: Promise<unknown>): Promise<ClientError> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClientError)) throw new Error("it did not fail as it should");
  return error;
}
