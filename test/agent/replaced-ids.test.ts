// A chat's row id means another chat in another database: what waits with one must not reach other people.
import { expect, it } from "vitest";
import { DATABASE_LOOK_MS } from "../../agent/limits.ts";
import { MemoryDatabase } from "../imsg-sim/memory-world.ts";
import { VirtualAgent, type VirtualOptions } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const [ADA, BOB, EVE] = ["+15550100101", "+15550100102", "+15550100109"] as const;
const DIALECTS = ["0.15", "0.9"] as const;
const GONE = {
  error: { data: { code: "gone", disposition: "not_started", retry_safe: true, detail: /chat_guid/ } },
};

/** Ada's chat is 1, Bob's is 2, and rows of both are logged. */
function logged(options: VirtualOptions = {}): VirtualAgent {
  const mac = new VirtualAgent(options);
  for (const handle of [ADA, BOB]) mac.script.appendText(mac.script.dm(handle), handle, "before");
  mac.started();
  for (const handle of [ADA, BOB]) mac.script.appendText(`iMessage;-;${handle}`, handle, "logged");
  mac.advance(8 * SECOND);
  return mac;
}
/** Another file at the same path, in which 1 is Eve's chat and 2 is Ada's. */
function replace(mac: VirtualAgent, date = mac.clock.now()): void {
  mac.replaceDatabase("second");
  for (const handle of [EVE, ADA])
    mac.script.appendText(mac.script.dm(handle), handle, "in the new one", { date });
}
const send = (mac: VirtualAgent, text: string, to: Record<string, unknown>, deadline = 2 * MINUTE): string =>
  mac.relay.call("send", { ...to, text }, { operation: `op-${text}`, deadline });
const effects = (database: MemoryDatabase): string[] =>
  database.effects.flatMap((op) =>
    op.op === "message" && "chat" in op ? [`${op.text} to ${String(op.chat)}`] : [],
  );
const answer = (mac: VirtualAgent, text: string): unknown => {
  const [first, ...more] = mac.relay.answersTo(`op-${text}`);
  expect(more).toEqual([]);
  return first;
};
const gone = (mac: VirtualAgent, text: string): void => {
  expect(answer(mac, text)).toMatchObject({
    error: {
      code: -32047,
      data: { ...GONE.error.data, detail: expect.stringMatching(GONE.error.data.detail) },
    },
  });
};

for (const dialect of DIALECTS) {
  it(`LINK18: a chat_id that waits while the database is replaced reaches nobody, a guid its chat (${dialect})`, () => {
    const mac = logged({ dialect });
    const old = mac.database;
    mac.faults.set({ kind: "hold", ms: 40 * SECOND, method: "send" });
    send(mac, "held", { to: ADA });
    send(mac, "by id", { chat_id: 1 });
    send(mac, "by guid", { chat_guid: `iMessage;-;${ADA}` });
    mac.advance(SECOND);
    replace(mac);
    mac.advance(DATABASE_LOOK_MS + MINUTE);
    gone(mac, "by id");
    expect(answer(mac, "by guid")).toMatchObject({ result: { ok: true } });
    expect(effects(mac.database)).toEqual([`by guid to iMessage;-;${ADA}`]);
    expect(effects(old).filter((effect) => effect.startsWith("by"))).toEqual([]);
    expect(mac.journal.text).toMatch(/"done","operation":"op-by id"/);
  });

  it(`LINK18: one that comes before the relay has heard of the new database reaches nobody (${dialect})`, () => {
    const mac = logged({ dialect });
    replace(mac);
    // Nobody has looked at the file yet.
    send(mac, "at once", { chat_id: 1 });
    mac.advance(5);
    send(mac, "while it is looked at", { chat_id: 1 });
    mac.advance(20 * SECOND);
    expect(mac.relay.database).toBe(2);
    gone(mac, "at once");
    gone(mac, "while it is looked at");
    expect(effects(mac.database)).toEqual([]);
    // The relay knows, so it means the new one: whether a gateway may is the relay's business.
    send(mac, "afterwards", { chat_id: 1 });
    mac.advance(5 * SECOND);
    expect(effects(mac.database)).toEqual([`afterwards to iMessage;-;${EVE}`]);
  });

  it(`LINK18: the relay knows of the new database also where nothing of it is logged (${dialect})`, () => {
    const mac = logged({ dialect });
    replace(mac, mac.clock.now() - 60 * MINUTE);
    const rows = mac.relay.rows.length;
    mac.advance(DATABASE_LOOK_MS + 10 * SECOND);
    expect([mac.relay.database, mac.relay.rows.length]).toEqual([2, rows]);
    send(mac, "afterwards", { chat_id: 2 });
    mac.advance(5 * SECOND);
    expect(effects(mac.database)).toEqual([`afterwards to iMessage;-;${ADA}`]);
  });

  it(`LINK18: one that is being written into the journal meanwhile reaches nobody (${dialect})`, () => {
    const mac = logged({ dialect });
    mac.journal.delayMs = 500;
    send(mac, "begun", { chat_id: 1 });
    mac.advance(100);
    replace(mac);
    mac.advance(30 * SECOND);
    gone(mac, "begun");
    expect(effects(mac.database)).toEqual([]);
  });

  it(`LINK18: one that crosses the news of the new database reaches nobody (${dialect})`, () => {
    const mac = logged({ dialect });
    mac.relay.ackEvents = false;
    replace(mac);
    mac.advance(DATABASE_LOOK_MS + 10 * SECOND);
    send(mac, "crossing", { chat_id: 1 });
    mac.advance(5 * SECOND);
    gone(mac, "crossing");
    expect(effects(mac.database)).toEqual([]);
  });

  it(`LINK18: one for a database replaced while the agent was away reaches nobody (${dialect})`, () => {
    const mac = logged({ dialect });
    mac.crash();
    replace(mac);
    mac.start();
    // As soon as it is welcome.
    while (mac.relay.epoch < 2) mac.advance(1);
    send(mac, "first of all", { chat_id: 1 });
    mac.advance(20 * SECOND);
    gone(mac, "first of all");
    expect(effects(mac.database)).toEqual([]);
  });

  it(`LINK18: an imsg that ends while the database is replaced hides that from nobody (${dialect})`, () => {
    const mac = logged({ dialect });
    replace(mac);
    const [main] = mac.children;
    if (main !== undefined) main.alive = false;
    main?.handlers.onExit({ code: null, signal: "SIGKILL", missing: false, stderr: "" });
    mac.advance(DATABASE_LOOK_MS + 10 * SECOND);
    send(mac, "afterwards", { chat_id: 2 });
    mac.advance(5 * SECOND);
    expect(effects(mac.database)).toEqual([`afterwards to iMessage;-;${ADA}`]);
  });

  it(`LINK18: a copy of the same database keeps its ids (${dialect})`, () => {
    const mac = logged({ dialect });
    const { world } = mac.database;
    mac.faults.set({ kind: "hold", ms: 40 * SECOND, method: "send" });
    send(mac, "held", { to: ADA });
    send(mac, "by id", { chat_id: 1 });
    mac.advance(SECOND);
    const copy = new MemoryDatabase("copy");
    Object.assign(copy, { world });
    mac.world.current = copy;
    mac.advance(DATABASE_LOOK_MS + MINUTE);
    expect(answer(mac, "by id")).toMatchObject({ result: { ok: true } });
    expect(effects(copy)).toEqual([`by id to iMessage;-;${ADA}`]);
  });

  it(`LINK18: an extra imsg has the new database open too before it is used again (${dialect})`, () => {
    const mac = logged({ dialect });
    mac.faults.set({ kind: "hold", ms: 10 * SECOND, method: "send" });
    send(mac, "a1", { to: ADA });
    send(mac, "b1", { to: BOB });
    mac.advance(12 * SECOND);
    expect(mac.events("imsg_extra")).toHaveLength(1);
    replace(mac);
    mac.advance(DATABASE_LOOK_MS + 10 * SECOND);
    expect(mac.events("imsg_extra_ended")).toHaveLength(1);
    mac.faults.set({ kind: "hold", ms: 10 * SECOND, method: "send" });
    send(mac, "a2", { to: ADA });
    send(mac, "b2", { to: EVE });
    mac.advance(6 * SECOND);
    expect(effects(mac.database)).toEqual([`b2 to iMessage;-;${EVE}`]);
  });

  it(`LINK18: an extra imsg amid a send keeps its old database till the end of it, and no longer (${dialect})`, () => {
    const mac = logged({ dialect });
    const old = mac.database;
    for (let at = 0; at < 2; at += 1) mac.faults.set({ kind: "hold", ms: 30 * SECOND, method: "send" });
    send(mac, "a1", { to: ADA });
    send(mac, "b1", { to: BOB });
    mac.advance(5 * SECOND);
    expect(mac.events("imsg_extra")).toHaveLength(1);
    replace(mac);
    mac.advance(DATABASE_LOOK_MS + 30 * SECOND);
    // A newer imsg opens the file anew for every send.
    expect([...effects(old), ...effects(mac.database)]).toContain(`b1 to iMessage;-;${BOB}`);
    expect(answer(mac, "b1")).toMatchObject({ result: { ok: true } });
    expect(mac.events("imsg_extra_ended")).toHaveLength(1);
  });

  it(`LINK13: where nobody can say which database it is, a chat_id waits no longer than its deadline (${dialect})`, () => {
    const mac = logged({ dialect });
    mac.faults.set({ kind: "hold", ms: 25 * SECOND, method: "send" });
    send(mac, "held", { to: BOB });
    send(mac, "by id", { chat_id: 2 }, 40 * SECOND);
    mac.advance(SECOND);
    // The link goes, and with it whoever could tell.
    mac.refuseDial = "unreachable";
    mac.relay.cut();
    replace(mac);
    mac.advance(45 * SECOND);
    mac.refuseDial = undefined;
    mac.advance(30 * SECOND);
    expect(answer(mac, "by id")).toMatchObject({
      error: { data: { code: "deadline_exceeded", disposition: "not_started" } },
    });
    expect(effects(mac.database)).toEqual([]);
  });

  it(`LINK18: with the link away, a chat_id of the same database goes on (${dialect})`, () => {
    const mac = logged({ dialect });
    mac.faults.set({ kind: "hold", ms: 10 * SECOND, method: "send" });
    send(mac, "held", { to: ADA });
    send(mac, "by id", { chat_id: 1 });
    mac.advance(SECOND);
    mac.refuseDial = "unreachable";
    mac.relay.cut();
    mac.advance(15 * SECOND);
    expect(effects(mac.database)).toEqual([`held to iMessage;-;${ADA}`, `by id to iMessage;-;${ADA}`]);
  });
}

it("LINK18: one that waits behind typing while the database is replaced reaches nobody", () => {
  const mac = logged({ dialect: "0.9" });
  mac.faults.set({ kind: "hold", ms: 10 * SECOND, method: "typing" });
  mac.relay.call("typing", { to: BOB, typing: true });
  mac.advance(100);
  send(mac, "behind", { chat_id: 1 });
  mac.advance(100);
  replace(mac);
  mac.advance(30 * SECOND);
  gone(mac, "behind");
  expect(effects(mac.database)).toEqual([]);
});

it("health: with Messages unreadable a chat_id is refused at once", () => {
  const mac = new VirtualAgent();
  mac.imsgMissing = true;
  mac.started();
  send(mac, "by id", { chat_id: 1 });
  mac.advance(SECOND);
  expect(answer(mac, "by id")).toMatchObject({
    error: { data: { code: "messages_unavailable", disposition: "not_started" } },
  });
});
