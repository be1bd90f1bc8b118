// A bot that reads one account over the WebSocket of the channel, by our own client and under a name.
import { readEvents } from "../../gateway/client/events.ts";
import { wsDial } from "../../gateway/node/ws-dial.ts";
import { openChannel } from "../e2e/open-channel.ts";
import { Recording } from "../e2e/waiting.ts";
import { messageSchema } from "../../shared/imsg.ts";
import type { Bench } from "./row.ts";

export interface Target {
  /** Origin of the relay. */
  readonly relay: string;
  readonly account: string;
  readonly key: string;
}

export interface Taken {
  readonly guid: string;
  /** As `Date.now()`, and finer. */
  readonly at: number;
}

export interface Consumer {
  readonly taken: Recording<Taken>;
  readonly close: () => void;
}

/** Everybody is let in, so that it is shown every message. */
export async function openConsumer(bench: Bench, target: Target): Promise<Consumer> {
  const { relay, account, key } = target;
  await openChannel({ accountUrl: `${relay}/v1/accounts/${account}`, key });
  const taken = new Recording<Taken>();
  const reader = readEvents({ ...target, dial: wsDial, consumer: "bench", after: "beginning" });
  const reading = reader.each(({ data }) => {
    const at = performance.timeOrigin + performance.now();
    const message = isObject(data) ? messageSchema.safeParse(data["message"]) : undefined;
    taken.add({ guid: message?.data?.guid ?? "", at });
  });
  const close = (): void => reader.close();
  bench.later(async () => {
    close();
    await reading;
  });
  return { taken, close };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
