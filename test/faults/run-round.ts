// One round: a stream of messages, gateways, bots and sends over real processes, one fault in the middle, healing, and then
// the judgement of test/seeds/history.ts. The seed decides what happens when; real processes decide the rest.
import { setTimeout as sleep } from "node:timers/promises";
import type { Dialect } from "../imsg-sim/host.ts";
import { seededRandom } from "../imsg-sim/random.ts";
import type { Notification } from "../e2e/tunnel.ts";
import { until } from "../e2e/waiting.ts";
import { brokenPromises } from "../seeds/history.ts";
import { openChannel } from "../e2e/open-channel.ts";
import { ChannelReaders } from "./channel-readers.ts";
import { DropInReader } from "./drop-in-reader.ts";
import { LibraryReader, PlainReader, PostAsker, WATCH, type Reader } from "./readers.ts";
import { OLDER_GUID } from "./replace.ts";
import type { Kind } from "./rounds.ts";
import { flightOf, Sends, type Flight } from "./sends.ts";
import { Stage } from "./stage.ts";
import { Stream } from "./stream.ts";

export interface RoundResult {
  readonly kind: string;
  readonly dialect: Dialect;
  readonly seed: number;
  readonly flight: Flight;
  readonly broken: readonly string[];
  /** What happened, with the agent's own log: for who looks for the cause. */
  readonly events: readonly string[];
  readonly counts: {
    readonly written: number;
    readonly repeats: number;
    readonly sent: number;
    readonly notSent: number;
    readonly unknown: number;
  };
  /** What workerd says of itself. */
  readonly grumbles: number;
  readonly ms: number;
}

/** A reader that has not caught up by then never will. */
const CATCH_UP_MS = 12_000;
/** Of the 256 notifications that may be unacknowledged. */
const ACK_EVERY = 64;
/** Pauses between sends that have nothing to do with the fault. */
const SEND_EVERY_MS = [80, 300] as const;

export const dialectOf = (seed: number): Dialect => (seed % 2 === 0 ? "0.9" : "0.15");

export async function runRound(kind: Kind, seed: number, dialect = dialectOf(seed)): Promise<RoundResult> {
  const began = Date.now();
  const random = seededRandom(seed);
  const flight = flightOf(seed);
  const events: string[] = [];
  const note = (what: string): void =>
    void events.push(`${((Date.now() - began) / 1000).toFixed(3)} ${what}`);
  const stage = await Stage.open(dialect);
  try {
    const { system, wires, world, chats } = stage;
    const library = new LibraryReader(system, wires.gateway);
    stage.atEnd(() => library.close());
    const plain = new PlainReader(system, wires.gateway);
    stage.atEnd(() => plain.close());
    const dropIn = await DropInReader.start(system, wires.dropIn);
    stage.atEnd(() => dropIn.close());
    await openChannel(system);
    const bots = await ChannelReaders.start(system, wires.gateway);
    stage.atEnd(() => bots.close());
    const readers: readonly Reader[] = [library, plain, dropIn];
    await Promise.all([library.ready(), plain.ready()]);
    const sends = new Sends(system, [...readers, new PostAsker(system)], random, note);
    const unjoined = kind.replacesDatabase !== true;
    const stream = new Stream(world, { dialect, random, chats, unjoined });
    note("everybody is ready");

    const streaming = stream.run();
    const enough = new AbortController();
    const sending = sendUntil(enough.signal, sends, random);
    const broken: string[] = [];
    const striking = (async (): Promise<void> => {
      await stream.part(0.2 + random() * 0.5);
      await kind.strike({ dialect, stage, stream, sends, library, plain, random, flight, note });
      note("healed");
    })().catch((error: unknown) => void broken.push(error instanceof Error ? error.message : String(error)));
    await streaming;
    note("stream ends");
    await striking;
    enough.abort();
    await sending;
    await sends.answered();
    note("everybody was answered");
    await isWell(stage).catch((error: unknown) => void broken.push(String(error)));
    const afterwards = sends.send("after it all");
    await sends.answered();
    note("all is well");
    const settled = await sends.settled();
    const last = stream.end();
    const rows = [...stream.promised];
    // A process of the old engine goes on sending into a file that was replaced: nobody is shown those.
    if (kind.replacesDatabase !== true)
      rows.push(...world.sent().map(({ guid }) => ({ guid, chat: "sent", late: true })));
    await Promise.all(
      readers.map((reader) =>
        hasAll(
          reader,
          rows.map(({ guid }) => guid),
        ),
      ),
    );
    const channel = await bots.findings(rows);
    note("everybody was shown everything");
    if (settled.get(afterwards) !== "sent") broken.push("I6: after it all a send does not go out");
    broken.push(
      ...brokenPromises({
        written: rows,
        shown: readers.map(({ name, shelf }) => ({ name, messages: shelf.messages })),
        sent: sends.all,
        effects: sends.effects(),
        settled,
        channel,
      }),
      ...readers.flatMap(tooOld),
      ...(await doublesInTheLog(stage, last)),
      ...dropIn.complaints.map((line) => `the drop-in complains: ${line}`),
      ...system.agent.noise.map((line) => `the agent complains: ${line}`),
    );
    const outcomes = [...settled.values()];
    const count = (wanted: string): number => outcomes.filter((outcome) => outcome === wanted).length;
    return {
      kind: kind.name,
      dialect,
      seed,
      flight,
      broken,
      events: [
        ...events,
        ...system.agent.events.all.map((line) => JSON.stringify(line)),
        ...system.relay.lines.all,
      ],
      counts: {
        written: rows.length,
        repeats: bots.repeats + readers.reduce((sum, { shelf }) => sum + shelf.repeats, 0),
        sent: count("sent"),
        notSent: count("not_sent"),
        unknown: count("unknown"),
      },
      grumbles: system.relay.lines.all.filter((line) => line.includes("error")).length,
      ms: Date.now() - began,
    };
  } finally {
    await stage.close();
  }
}

/** Online, and imsg in order: from here on a send has no excuse. */
async function isWell({ system }: Stage): Promise<void> {
  await system.waitForOnline();
  await until(async () => (await system.status()).health?.state === "ok", "imsg is in order", CATCH_UP_MS);
}

async function sendUntil(enough: AbortSignal, sends: Sends, random: () => number): Promise<void> {
  const [least, most] = SEND_EVERY_MS;
  while (!enough.aborted) {
    sends.send("send");
    await sleep(least + random() * (most - least));
  }
}

/** Whoever has not got everything in time is found out by the judge, who says what is missing. */
async function hasAll(reader: Reader, guids: readonly string[]): Promise<void> {
  const missing = new Set(guids);
  const isLast = (guid: string): boolean => missing.delete(guid) && missing.size === 0;
  await reader.taken.find(isLast, `${reader.name} has everything`, CATCH_UP_MS).catch(() => undefined);
}

/** LINK11: what another database holds from before the log is none of its messages. */
function tooOld({ name, shelf }: Reader): string[] {
  const count = shelf.messages.filter(({ guid }) => guid.startsWith(OLDER_GUID)).length;
  return count === 0 ? [] : [`LINK11: ${name} was shown ${count} messages older than the log`];
}

/** LOG1, LOG3: everything in the log, by a reader that starts where no log of ours begins and acknowledges. */
async function doublesInTheLog({ system }: Stage, last: string): Promise<string[]> {
  const tunnel = await system.tunnel();
  const subscription = await tunnel.subscribe({ ...WATCH, relay_after: "another.0" });
  const seen = new Map<string, string>();
  const broken: string[] = [];
  const isLast = ({ message: { guid }, relay }: Notification): boolean => {
    const id = relay?.id ?? "no event";
    const before = seen.get(guid);
    if (before !== undefined) broken.push(`LOG3: ${guid} is logged twice, as ${before} and ${id}`);
    seen.set(guid, id);
    if (seen.size % ACK_EVERY === 0)
      tunnel.send({ jsonrpc: "2.0", method: "relay.ack", params: { subscription, id } });
    return guid === last;
  };
  const end = tunnel.notifications.find(isLast, "the last row of the log", CATCH_UP_MS);
  await end.catch(() => void broken.push("I5: the log does not hold the last row"));
  return broken;
}
