// A history about sending: everybody sends by every door, each fault of the table strikes at its point, and in the
// end every send has one outcome, at most one effect, and is not unknown where Messages tells.
import { DEFAULT_CONFIG } from "../../agent/config/config.ts";
import type { Dialect, EngineOptions } from "../imsg-sim/host.ts";
import { seededRandom } from "../imsg-sim/random.ts";
import { ME, Script } from "../imsg-sim/script.ts";
import { ChannelWorld } from "./channel-world.ts";
import { Diary } from "./diary.ts";
import { brokenPromises, type Written } from "./history.ts";
import { chatOp, HANDLES } from "./people.ts";
import type { SeedResult } from "./seed-result.ts";
import { countsOf } from "./sends/counts.ts";
import { judgeSends } from "./sends/judge.ts";
import { find, type SendFindings } from "./sends/findings.ts";
import { Repeats } from "./sends/repeats.ts";
import { Senders, WORD } from "./sends/senders.ts";
import { cellsOf } from "./sends/table.ts";
import { Trace } from "./sends/trace.ts";
import { Trouble } from "./sends/trouble.ts";
import { VirtualMac } from "./virtual-mac.ts";
import { VirtualRelay } from "./virtual-relay.ts";
import { VirtualTime } from "./virtual-time.ts";
import { doOne, type Weighted } from "./weighted.ts";

const STRANGERS = ["iMessage;-;+15550100191", "iMessage;-;+15550100192"];
/** The trouble lasts at least, and at most, so long. */
const TROUBLE_MS = { least: 12_000, most: 45_000 };
const PAUSE_MS = 1_400;
/** Everything heals within this: deadlines of sends, hung processes, the 5 s polls of the old engine, backoffs. */
const HEALING_MS = { least: 40_000, step: 50_000, most: 640_000 };
/** imsg is taken to hang after this, as in most of these histories … */
const SHORT_HANG_MS = 12_000;
/** Less than what the relay allows two clocks to differ by. */
const MAX_SKEW_MS = 3_000;
/** How long Messages takes over a send, in ms. */
const SEND_MS: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, 300],
  [200, 4_000],
];

/** Between the row ids of a message before and after the database was replaced. */
const SHIFT = 5;

/** What imsg does to one send or other by itself. */
const IMSG_FAULTS = [
  { kind: "fail", method: "send", error: { code: -32_602, message: "Invalid params" } },
  { kind: "fail", method: "send", error: { code: -32_603, message: "Internal error", data: "no window" } },
  { kind: "fail", method: "send", error: { code: -32_000, message: "Server busy" } },
  { kind: "lose_answer", method: "send" },
  { kind: "hold", method: "send", ms: 6_000 },
  { kind: "hold", method: "send", ms: 6_000, at: "after_effect" },
] as const;

/** `at`: of all histories about sending, this is that one, counted from 0. */
export async function sendingSeed(seed: number, at: number, isTold: boolean): Promise<SeedResult> {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const time = new VirtualTime();
  const dialect: Dialect = seed % 2 === 0 ? "0.9" : "0.15";
  const relay = await VirtualRelay.create(time, random);
  const options: Partial<EngineOptions> = {
    sendMs: pick(SEND_MS),
    sending: random() < 0.4 ? "without_guid" : "works",
    bridgeReady: dialect === "0.15" && random() < 0.25,
  };
  /** The Mac's clock is not the relay's. */
  const skewMs = random() < 0.5 ? 0 : (2 * random() - 1) * MAX_SKEW_MS;
  const mutationMs = random() < 0.85 ? SHORT_HANG_MS : DEFAULT_CONFIG.times.mutationMs;
  const config = { ...DEFAULT_CONFIG, times: { ...DEFAULT_CONFIG.times, mutationMs } };
  const mac = new VirtualMac(relay, time, random, dialect, options, config, skewMs);
  const { note, lines } = new Diary(time, isTold);
  note(dialect, { ...options, mutationMs, skewMs });
  if (isTold) mac.onLog = (line, fields) => note(`agent: ${line}`, fields);
  const trace = new Trace(() => time.now());
  relay.onAgentFrame = (from, text) => trace.frame(from, text);
  mac.journal.onWriting = (line) => trace.writing(line);
  mac.journal.onSafe = (line) => trace.safe(line);
  mac.imsg.watcher = trace;

  const now = (): number => time.now() + skewMs;
  const script = new Script({ append: (ops) => mac.database.append(ops), now, random });
  const chats = [...HANDLES.map((handle) => script.dm(handle)), script.group("chat100", HANDLES, "Friends")];
  const written: Written[] = [];
  const writers = new Map<string, string>();
  const message = (): void => {
    const [chat, sender] = [pick(chats), pick(HANDLES)];
    const guid = script.appendText(chat, sender, `text ${written.length}`);
    written.push({ guid, chat, late: false });
    writers.set(guid, sender);
  };
  const ownerTypes = (chat: string, text: string): void => {
    note(`the owner types "${text}"`);
    if (mac.database.world.chat(chat) !== undefined) script.appendText(chat, ME, text);
  };
  const replaceDatabase = (): void => {
    if (mac.databases.length > 1) return;
    note("database replaced");
    restore(mac, chats, random() < 0.5);
  };
  const trouble: Trouble = new Trouble(
    { relay, time, random, mac, trace, senders: () => senders, replaceDatabase, ownerTypes, note },
    cellsOf(at),
  );
  const settings = { textChunkLimit: WORD, messagesPerMinute: 0, newChatsPerHour: 0, newChatsPerDay: 0 };
  const channel = new ChannelWorld(relay, time, random, { seed, handles: HANDLES, settings, bots: 1 });
  for (const chat of chats) script.appendText(chat, HANDLES[0] ?? "", "before");
  mac.start();
  for (let waited = 0; waited < 200 && relay.core.status().log.resume === null; waited += 1)
    await time.advance(100);
  const senders = new Senders({
    relay,
    time,
    random,
    chats,
    note,
    strangers: STRANGERS,
    onAsked: (ask) => trouble.asked(ask),
    onQueued: (ask, operation) => trouble.queued(ask, operation),
  });
  trouble.begin();

  const actions: Weighted = [
    [30, () => senders.send()],
    [6, message],
    [2, () => ownerTypes(pick(chats), pick(["yes", "no", "on my way"]))],
    [1, () => trouble.killAgent()],
    [1, () => trouble.killRelay(random() * 5_000)],
    [1, () => trouble.breakLink("cut")],
    [1, () => mac.imsg.kill()],
    [2, () => void mac.faults.set(pick(IMSG_FAULTS))],
    [2, () => (relay.hibernate() ? note("hibernated") : undefined)],
    [1, () => channel.restartOne(note)],
  ];
  const [least, most] = [time.now() + TROUBLE_MS.least, time.now() + TROUBLE_MS.most];
  while (time.now() < least || (time.now() < most && !trouble.isOver)) {
    await time.advance(random() * PAUSE_MS);
    doOne(actions, random);
  }
  trouble.end();
  note("healing");

  const findings = (): SendFindings => {
    const { databases } = mac;
    return find({ relay, databases, asks: senders.asks, calls: trace.calls, strays: trace.strays });
  };
  const judge = (): string[] => {
    const found = findings();
    const own = found.rows
      .filter(({ isGone }) => !isGone)
      .map(({ guid, chat }) => ({ guid, chat: `x;${chat}`, late: true }));
    const promised = [...written, ...own];
    const shown = [{ name: "client", messages: senders.clients[0].shelf.messages }];
    const read = { written: promised, shown, channel: channel.findings(written, writers) };
    return [
      ...judgeSends(found),
      ...brokenPromises({ ...read, sent: [], effects: new Map(), settled: new Map() }),
    ];
  };
  await time.advance(HEALING_MS.least);
  let broken = judge();
  for (let left = HEALING_MS.most; left > 0 && broken.length > 0; left -= HEALING_MS.step) {
    await time.advance(HEALING_MS.step);
    broken = judge();
  }
  if (broken.length === 0) {
    const repeats = new Repeats(relay, time, senders.asks, findings());
    await time.advance(Repeats.MS);
    broken = [...repeats.broken(senders.asks), ...judge()];
  }
  const counts = countsOf(findings(), trouble.struck);
  senders.close();
  relay.close();
  return {
    seed,
    dialect,
    broken,
    lines,
    counts: { ...counts, written: written.length, wakes: relay.wakes },
  };
}

/** A restored database: other row ids for the same chats and messages; perhaps without what was sent lately. */
function restore(mac: VirtualMac, chats: readonly string[], hasOwn: boolean): void {
  const { world } = mac.database;
  const database = mac.replaceDatabase();
  const known = [...new Set([...chats.toReversed(), ...[...world.chats.values()].map(({ guid }) => guid)])];
  database.append(known.map(chatOp));
  for (const { message, chat } of world.after({ rowid: 0, chatId: undefined, limit: 1e6, tapbacks: false })) {
    const { guid, text, date, isFromMe, sender, rowid } = message;
    if (chat === undefined || (isFromMe && !hasOwn)) continue;
    const from = isFromMe ? { is_from_me: true } : { sender };
    database.append([{ op: "message", guid, chat: chat.guid, text, date, rowid: rowid + SHIFT, ...from }]);
  }
}
