// A history about reading: messages arrive, gateways send, and everything breaks that can break, at moments that
// the seed decides. Afterwards everything heals, and nothing may be missing.
import * as z from "zod";
import type { Dialect } from "../imsg-sim/host.ts";
import { seededRandom } from "../imsg-sim/random.ts";
import { Script } from "../imsg-sim/script.ts";
import { ChannelSender } from "./channel-sender.ts";
import { ChannelWorld } from "./channel-world.ts";
import type { SendOutcome } from "../../shared/outcome.ts";
import { Diary } from "./diary.ts";
import { brokenPromises, type Sent, type Written } from "./history.ts";
import { chatOp, HANDLES } from "./people.ts";
import { ClientReader, PlainReader } from "./readers.ts";
import type { SeedResult } from "./seed-result.ts";
import { VirtualMac } from "./virtual-mac.ts";
import { VirtualRelay } from "./virtual-relay.ts";
import { VirtualTime } from "./virtual-time.ts";
import { doOne, type Weighted } from "./weighted.ts";

/** The trouble lasts this long … */
const TROUBLE_MS = 26_000;
/** … and then everything has this long to heal: deadlines of sends, the 5 s polls of the old engine, backoffs. */
const HEALING_MS = { least: 60_000, step: 65_000, most: 450_000 };
/** Long enough for a poll of the old engine, and for every reader. */
const EARLY_MS = 15_000;
const FLOOD = 320;
const SEND_TIMEOUT_MS = 120_000;
/** A row without its chat gets it within this. */
const LATE_JOIN_MS = 20_000;

const operationSchema = z.object({
  idempotency_key: z.string().nullable(),
  outcome: z.enum(["sent", "not_sent", "unknown"]).nullable(),
});

export async function readingSeed(seed: number, isTold: boolean): Promise<SeedResult> {
  const random = seededRandom(seed);
  const time = new VirtualTime();
  const dialect: Dialect = seed % 2 === 0 ? "0.9" : "0.15";
  const relay = await VirtualRelay.create(time, random);
  const mac = new VirtualMac(relay, time, random, dialect);
  const script = new Script({ append: (ops) => mac.database.append(ops), now: () => time.now(), random });
  const chats = [...HANDLES.map((handle) => script.dm(handle)), script.group("chat100", HANDLES, "Friends")];
  const clients = [
    new ClientReader(relay, time, random, "one"),
    new ClientReader(relay, time, random, "two"),
  ] as const;
  const plain = new PlainReader(relay, time);
  const sender = new ChannelSender(relay, time, random, "key_sender");
  const channel = new ChannelWorld(relay, time, random, { seed, handles: HANDLES });
  const written: Written[] = [];
  const senders = new Map<string, string>();
  const sent: Sent[] = [];
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const { note, lines } = new Diary(time, isTold);
  if (isTold) mac.onLog = (line, fields) => note(`agent: ${line}`, fields);
  for (let at = 0; at < 5; at += 1) script.appendText(pick(chats), pick(HANDLES), `before ${at}`);
  mac.start();
  // Until the agent has said where it starts, nobody promised anything.
  for (let waited = 0; waited < 200 && relay.core.status().log.resume === null; waited += 1)
    await time.advance(100);

  const wrote = (row: Written, sender: string): void => {
    written.push(row);
    senders.set(row.guid, sender);
  };
  const message = (): void => {
    const [chat, sender] = [pick(chats), pick(HANDLES)];
    const guid = script.appendText(chat, sender, `text ${written.length}`);
    wrote({ guid, chat, late: false }, sender);
  };
  const burst = (): void => {
    // Now and then more than a poll of the old engine shows.
    const count = 1 + Math.floor(random() * (random() < 0.04 ? 250 : 8));
    note(`burst of ${count}`);
    for (let at = 0; at < count; at += 1) message();
  };
  const tapbacks = new Set<string>();
  const tapback = (): void => {
    const targets = written.filter(({ late, guid }) => !late && !tapbacks.has(guid));
    if (targets.length === 0) return;
    const { chat, guid: on } = pick(targets);
    const sender = pick(HANDLES);
    const guid = script.appendTapback(chat, sender, on, "love");
    tapbacks.add(guid);
    wrote({ guid, chat, late: false }, sender);
  };
  const unjoined = (): void => {
    const [chat, sender] = [pick(chats), pick(HANDLES)];
    const guid = script.appendUnjoined(sender, `late ${written.length}`);
    const database = mac.database;
    note(`row without chat ${guid}`);
    time.after(random() * LATE_JOIN_MS, () => {
      if (mac.database !== database) return;
      note(`row joined ${guid}`);
      script.join(guid, chat);
      wrote({ guid, chat, late: true }, sender);
    });
  };
  const send = (): void => {
    const text = `sent ${sent.length}`;
    const askers = random() < 0.3 ? clients : [pick(clients)];
    const entry: Sent = { key: `key-${sent.length}`, text, askers: askers.length, answers: [] };
    sent.push(entry);
    note(text);
    const params = { to: pick(HANDLES), text };
    for (const client of askers) {
      void client.call("send", params, entry.key, SEND_TIMEOUT_MS).then((answer) => {
        entry.answers.push(answer);
        note(`${text}:`, answer);
      });
    }
  };
  const sendByChannel = (): void => {
    const at = sent.length;
    const [key, text] = [`key-${at}`, `sent ${at}`];
    sent.push({ key, text, askers: 0, answers: [] });
    note(`channel: ${text}`);
    const queue_ms = random() < 0.5 ? null : Math.ceil(random() * 60_000);
    sender.sendText(
      { to: pick([...HANDLES, ...chats.map((guid) => `chat_guid:${guid}`)]), text, queue_ms },
      key,
      (last) => {
        note(`${text}:`, last);
        sent[at] = { key, text, askers: 1, answers: [last] };
      },
    );
  };
  let isMacUp = true;
  const crashAgent = (): void => {
    if (!isMacUp) return;
    isMacUp = false;
    note("agent killed");
    mac.crash();
    const fate = random();
    if (fate < 0.05) mac.journal.lose();
    else if (fate < 0.1) mac.journal.tear();
    if (fate < 0.1) note("journal damaged");
    time.after(random() * 8_000, () => {
      isMacUp = true;
      note("agent starts");
      mac.start();
    });
  };
  let isRelayUp = true;
  const crashRelay = (): void => {
    if (!isRelayUp) return;
    isRelayUp = false;
    note("relay killed");
    relay.crash();
    time.after(random() * 8_000, () => {
      isRelayUp = true;
      note("relay starts");
      relay.restart();
    });
  };
  const breakWire = (how: "cut" | "swallow"): void => {
    const { wires } = relay;
    if (wires.length === 0) return;
    const wire = pick(wires);
    note(`${how} ${wire.role}`);
    wire[how]();
  };
  const stallWire = (): void => {
    const { wires } = relay;
    if (wires.length === 0) return;
    const wire = pick(wires);
    note(`stall ${wire.role}`);
    wire.stall(random() * 60_000);
  };
  const imsgFault = (): void => {
    const faults = [
      { kind: "crash", at: "before_effect", method: "send" },
      { kind: "crash", at: "after_effect", method: "send" },
      { kind: "crash", at: "after_answer", method: "send" },
      { kind: "lose_answer", method: "send" },
      { kind: "hold", ms: 20_000, method: "send" },
      { kind: "hang" },
      { kind: "overflow" },
      { kind: "stream_error" },
      { kind: "lose_tail", ms: 50 },
      { kind: "empty_guids" },
    ] as const;
    const fault = pick(faults);
    note("imsg:", fault);
    mac.faults.set(fault);
    if (fault.kind === "empty_guids") mac.imsg.kill();
  };
  let replaced = false;
  const left = new Set<string>();
  const replace = (): void => {
    if (replaced || seed % 5 !== 0) return;
    replaced = true;
    note("database replaced");
    const before = [...written];
    const database = mac.replaceDatabase();
    database.append(chats.toReversed().map((guid) => chatOp(guid)));
    // A restored database: the same messages under other row ids; those of the last minutes are in it.
    for (const { guid, chat, late } of before) {
      if (tapbacks.has(guid)) left.add(guid);
      if (late || tapbacks.has(guid)) continue;
      database.append([
        { op: "message", guid, chat, sender: senders.get(guid) ?? "", text: "restored", date: time.now() },
      ]);
    }
  };

  const actions: Weighted = [
    [24, message],
    [3, burst],
    [4, tapback],
    [seed % 5 === 0 ? 0 : 4, unjoined],
    [2, send],
    [2, sendByChannel],
    [3, crashAgent],
    [3, crashRelay],
    [3, () => breakWire("cut")],
    [2, () => breakWire("swallow")],
    [2, () => stallWire()],
    [2, () => mac.imsg.kill()],
    [4, imsgFault],
    [4, () => (relay.hibernate() ? note("hibernated") : undefined)],
    [1, replace],
    [4, () => channel.restartOne(note)],
  ];
  if (channel.isLong) {
    for (let left = 10 + Math.floor(random() * 20); left > 0; left -= 1) message();
    await time.advance(EARLY_MS);
    channel.leave();
    for (let left = 10; left > 0; left -= 1) message();
    await time.advance(EARLY_MS);
    note("a week passes");
    channel.letAWeekPass(written);
    channel.comeBack(TROUBLE_MS);
  }
  // More than any window holds, now and then, in both dialects.
  if (seed % 240 === 9 || seed % 240 === 128) for (let left = FLOOD; left > 0; left -= 1) message();
  const until = time.now() + TROUBLE_MS;
  while (time.now() < until) {
    await time.advance(random() * 2_500);
    doOne(actions, random);
  }
  const settledNow = (): Map<string, SendOutcome | null> => {
    const rows = relay.sql.exec("SELECT idempotency_key, outcome FROM operation").toArray();
    const operations = rows.map((row) => operationSchema.parse(row));
    return new Map(
      operations.flatMap(({ idempotency_key: key, outcome }) =>
        key === null ? [] : [[key, outcome] as const],
      ),
    );
  };
  // A new engine gives a row without its chat up after 20 looks, and its watch never shows it.
  // After a reset an old engine is read back by its history, which hides tapbacks (LINK11); and those of the old
  // database are not in the new one.
  const isHidden = (guid: string): boolean =>
    tapbacks.has(guid) && (left.has(guid) || (replaced && dialect === "0.9"));
  const judge = (): string[] => {
    const effects = new Map<string, number>();
    for (const database of mac.databases) {
      for (const effect of database.effects) {
        if (effect.op === "message") effects.set(effect.text, (effects.get(effect.text) ?? 0) + 1);
      }
    }
    const promised = written.filter(
      ({ guid, late }) => (!late || mac.imsg.showed.has(guid)) && !isHidden(guid),
    );
    return brokenPromises({
      written: promised,
      shown: [
        { name: "client one", messages: clients[0].shelf.messages },
        { name: "client two", messages: clients[1].shelf.messages },
        { name: "plain", messages: plain.shelf.messages },
      ],
      sent,
      effects,
      settled: settledNow(),
      channel: channel.findings(promised, senders),
    });
  };
  note("healing");
  await time.advance(HEALING_MS.least);
  let broken = judge();
  // Where everything is well already, hardly anything can still go wrong; every sixteenth history shows that nothing does.
  const looksOn = Math.floor(seed / 2) % 16 === 0;
  for (let left = HEALING_MS.most - HEALING_MS.least; left > 0; left -= HEALING_MS.step) {
    if (broken.length === 0 && !looksOn) break;
    await time.advance(HEALING_MS.step);
    broken = judge();
  }
  const unknown = [...settledNow().values()].filter((outcome) => outcome === "unknown").length;
  for (const client of clients) client.close();
  plain.close();
  relay.close();
  return {
    seed,
    dialect,
    broken,
    lines,
    counts: {
      written: written.length,
      sends: sent.length,
      "unknown amid reading": unknown,
      wakes: relay.wakes,
    },
  };
}
