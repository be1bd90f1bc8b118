// What Cloudflare bills of a message that comes in: the rows that its account's object writes, as SQLite counts them,
// indexes included. With a consumer and a healthy webhook endpoint, and before retention deletes the row again.
import path from "node:path";
import * as z from "zod";
import { CONSUMER_KEEP_MS } from "../../../shared/limits.ts";
import { http } from "../../e2e/http.ts";
import { makeAccount, makeTenant } from "../../e2e/owner.ts";
import { RelayProcess } from "../../e2e/relay-process.ts";
import { tempFolder } from "../../e2e/temp.ts";
import type { Recording } from "../../e2e/waiting.ts";
import { openConsumer } from "../consumer.ts";
import { EventFlood } from "../event-flood.ts";
import { openReceiver } from "../hooks.ts";
import { COUNTING_BUNDLE } from "../paths.ts";
import type { Row } from "../row.ts";
import { round } from "../stats.ts";
import { sleep } from "../timing.ts";

const STEADY = { normal: 5_000, quick: 1_000 };
const A_FRAME = 100;
const LONE = { normal: 5, quick: 2 };
/** So far apart that whatever is written now and then is written for each. */
const APART_MS = CONSUMER_KEEP_MS + 1_000;
const ARRIVAL_MS = 60_000;
/** After the consumer's last event: its ack. */
const ACK_MS = 500;
/** Of DESIGN §15. */
const BUDGET = { steady: 3.2, lone: 5 };

const writtenSchema = z.object({ rows: z.int(), alarms: z.int() });

export const rowsPerEvent: Row = {
  name: "rows_per_event",
  unit: "rows",
  budget:
    "≤ 3.2 a message in a steady stream, one a batch; ≤ 5 for a lone one; one consumer, one healthy endpoint",
  measure: async (bench) => {
    const folder = tempFolder("bench-rows");
    bench.later(() => folder.remove());
    const state = path.join(folder.path, "relay");
    const relay = await RelayProcess.start({
      state,
      bundle: COUNTING_BUNDLE,
      env: { WEBHOOKS_TO_LOOPBACK: "1" },
    });
    bench.later(() => relay.kill9());
    const tenant = await makeTenant(relay.url);
    const { account, credential } = await makeAccount(relay.url, tenant);
    const consumer = await openConsumer(bench, { relay: relay.url, account, key: credential });
    const flood = await EventFlood.open(relay.url, account);
    bench.later(() => flood.close());
    const { received } = await openReceiver(bench, { relay: relay.url, tenant });
    /** Rows written for so many messages, alarms included. */
    const written = async (messages: number, aFrame: number): Promise<number> => {
      await count(relay);
      await pass(flood, [consumer.taken, received], messages, aFrame);
      const { rows, alarms } = await count(relay);
      return (rows + alarms) / messages;
    };
    await written(A_FRAME, 1);
    const steady = bench.pick(STEADY.normal, STEADY.quick);
    const value = round(await written(steady, 1));
    const batched = round(await written(steady, A_FRAME));
    const lone: number[] = [];
    for (let left = bench.pick(LONE.normal, LONE.quick); left > 0; left -= 1) {
      await sleep(APART_MS);
      lone.push(await written(1, 1));
      bench.say(`a lone one: ${lone.at(-1)} rows`);
    }
    const most = Math.max(...lone);
    return {
      value,
      p99: null,
      peer: null,
      within: value <= BUDGET.steady && most <= BUDGET.lone,
      details: { lone: most, in_batches_of_100: batched, messages: steady },
    };
  },
};

/** Resolves when the consumer has acknowledged all of them, and the endpoint has them. */
async function pass(
  flood: EventFlood,
  takers: readonly Recording<{ readonly guid: string }>[],
  messages: number,
  aFrame: number,
): Promise<void> {
  const frames = flood.prepare(messages, aFrame);
  const { last } = flood;
  const arrived = takers.map((taken) =>
    taken.find(({ guid }) => guid === last, "the last message", ARRIVAL_MS, taken.all.length),
  );
  await flood.send(frames);
  await Promise.all(arrived);
  await sleep(ACK_MS);
}

async function count({ url }: RelayProcess): Promise<z.infer<typeof writtenSchema>> {
  const { json } = await http(`${url}/rows-written`);
  return writtenSchema.parse(json());
}
