import { expect, it } from "vitest";
import { VirtualAgent, type VirtualOptions } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const FROM = "+15550100101";
const DIALECTS = ["0.15", "0.9"] as const;

function mac(options: VirtualOptions) {
  const made = new VirtualAgent(options);
  const chat = made.script.dm(FROM);
  const text = (what: string): string => made.script.appendText(chat, FROM, what);
  return { mac: made, chat, text };
}

for (const dialect of DIALECTS) {
  it(`LINK10: the first start begins at the tail and says so in an empty frame (${dialect})`, () => {
    const { mac: one, text } = mac({ dialect });
    for (let at = 0; at < 30; at += 1) text(`before ${at}`);
    one.started();
    expect(one.relay.rows).toEqual([]);
    expect(one.relay.frames.filter(({ t }) => t === "events")).toMatchObject([
      { n: 1, database: 1, resume: 30, rows: [] },
    ]);
    const guid = text("after");
    one.advance(6 * SECOND);
    expect(one.relay.guids()).toEqual([guid]);
  });

  it(`LINK10: an empty database is begun at its beginning (${dialect})`, () => {
    const one = new VirtualAgent({ dialect }).started();
    const guid = one.script.appendText(one.script.dm(FROM), FROM, "the first ever");
    one.advance(6 * SECOND);
    expect(one.relay.guids()).toEqual([guid]);
  });

  it(`LINK9: rows written while the agent was away come first and in order (${dialect})`, () => {
    const { mac: one, text } = mac({ dialect });
    text("before");
    one.started();
    one.crash();
    const missed = Array.from({ length: 1_234 }, (_, at) => text(`missed ${at}`));
    one.start();
    one.advance(SECOND);
    const live = text("live");
    one.advance(30 * SECOND);
    expect(one.relay.guids()).toEqual([...missed, live]);
    expect(one.relay.rows).toHaveLength(1_235);
    expect(one.relay.resume).toBe(1_236);
    const notes = one.relay.frames.filter((frame) => frame.t === "note" && frame.kind === "progress");
    expect(notes.at(-1)).toMatchObject({ finished: true });
  });

  it(`I2: rows that were not acknowledged are shown again on the next link (${dialect})`, () => {
    const { mac: one, text } = mac({ dialect });
    one.started();
    one.relay.ackEvents = false;
    const lost = [text("a"), text("b")];
    one.advance(6 * SECOND);
    expect(one.relay.rows).toEqual([]);
    one.relay.ackEvents = true;
    one.relay.cut();
    one.advance(10 * SECOND);
    expect(one.relay.guids()).toEqual(lost);
  });

  it(`LINK8: a relay that does not acknowledge is not overrun, and gets everything in the end (${dialect})`, () => {
    const { mac: one, text } = mac({ dialect });
    one.started();
    one.relay.ackEvents = false;
    const guids = Array.from({ length: 2_500 }, (_, at) => text(`burst ${at}`));
    one.advance(60 * SECOND);
    expect(one.relay.violations).toEqual([]);
    expect(one.agent.status().backlog).toBeLessThan(1_200);
    one.relay.ackEvents = true;
    for (const frame of one.relay.frames) if (frame.t === "events" && frame.n > 1) one.relay.store(frame);
    one.relay.ackUpTo(one.relay.lastN);
    one.advance(2 * MINUTE);
    expect(one.relay.guids()).toEqual(guids);
  });

  it(`I2: a restarted imsg loses nothing (${dialect})`, () => {
    const { mac: one, text } = mac({ dialect });
    one.started();
    const guids: string[] = [];
    for (let at = 0; at < 20; at += 1) {
      guids.push(text(`row ${at}`));
      if (at % 5 === 2) one.faults.set({ kind: "crash", at: "before_effect" });
      if (at % 5 === 3) one.relay.call("chats.list", {});
      one.advance(900);
    }
    one.advance(MINUTE);
    expect(one.relay.guids()).toEqual(guids);
    expect(one.children.length).toBeGreaterThan(2);
  });

  it(`I2: a stream that ends with an error loses nothing (${dialect})`, () => {
    const { mac: one, text } = mac({ dialect });
    one.started();
    one.faults.set({ kind: "stream_error" });
    const guids = [text("a"), text("b")];
    one.advance(15 * SECOND);
    guids.push(text("c"));
    one.advance(15 * SECOND);
    expect(one.relay.guids()).toEqual(guids);
    expect(one.events("watch_again").length).toBeGreaterThan(0);
  });

  it(`I2: a poll that shows only 100 rows of a burst holds the rest back for moments, not for seconds (${dialect})`, () => {
    const { mac: one, text } = mac({ dialect, engine: { fileEvents: false } });
    one.started(20 * SECOND);
    const guids = Array.from({ length: 450 }, (_, at) => text(`burst ${at}`));
    one.advance(6_500);
    expect(one.relay.guids()).toEqual(guids);
  });

  it(`I2: tapbacks and attachments are read, too (${dialect})`, () => {
    const { mac: one, chat, text } = mac({ dialect });
    one.started();
    const guid = text("hello");
    const love = one.script.appendTapback(chat, FROM, guid, "love");
    const file = one.script.appendAttachments(chat, FROM, [one.script.file("a.png", 5)], "");
    one.advance(6 * SECOND);
    expect(one.relay.guids()).toEqual([guid, love, file]);
    expect(one.relay.rows[1]?.message).toMatchObject({ is_reaction: true });
    expect(one.relay.rows[2]?.message["attachments"]).toHaveLength(1);
  });

  it(`I2: a message passes as imsg gave it, no field added or changed (${dialect})`, () => {
    const { mac: one, text } = mac({ dialect });
    one.started();
    text("as it is");
    one.advance(6 * SECOND);
    const line = one.children.flatMap(({ wrote }) => wrote).find((written) => written.includes("as it is"));
    const shown: { params: { message: Record<string, unknown> } } = JSON.parse(line ?? "{}");
    expect(one.relay.rows[0]?.message).toEqual(shown.params.message);
  });

  it(`LINK7: a message too long to be stored is cut, and those after it pass (${dialect})`, () => {
    const { mac: one, text } = mac({ dialect });
    one.started();
    const guids = [text("x".repeat(2_000_000)), text("next")];
    one.advance(8 * SECOND);
    expect(one.relay.guids()).toEqual(guids);
    expect(String(one.relay.rows[0]?.message["text"]).length).toBe(256 * 1024);
    expect(one.relay.violations).toEqual([]);
  });

  it(`LINK12: the list of chats comes after welcome and with every new chat (${dialect})`, () => {
    const { mac: one, text } = mac({ dialect });
    text("before");
    one.started();
    const lists = (): unknown[][] =>
      one.relay.frames.flatMap((frame) =>
        frame.t === "note" && frame.kind === "chats" ? [frame.chats] : [],
      );
    expect(lists().at(-1)).toHaveLength(1);
    const seen = lists().length;
    text("the same chat");
    one.advance(6 * SECOND);
    expect(lists()).toHaveLength(seen);
    one.script.appendText(one.script.dm("+15550100102"), "+15550100102", "a new one");
    one.advance(8 * SECOND);
    expect(lists()).toHaveLength(seen + 1);
    expect(lists().at(-1)).toHaveLength(2);
  });
}

it("I2: an overflow of the watch loses nothing", () => {
  const { mac: one, text } = mac({});
  one.started();
  one.faults.set({ kind: "overflow" });
  const guids = [text("a"), text("b")];
  one.advance(10 * SECOND);
  guids.push(text("c"));
  one.advance(5 * SECOND);
  expect(one.events("watch_overflow")).toHaveLength(1);
  expect(one.relay.guids()).toEqual(guids);
});

it("I2: notifications that come before the answer to their subscribe are not lost", () => {
  const { mac: one, text } = mac({ dialect: "0.9", engine: { backlogFirst: 1 } });
  text("before");
  one.started();
  one.crash();
  const guids = Array.from({ length: 350 }, (_, at) => text(`missed ${at}`));
  one.start();
  one.advance(20 * SECOND);
  expect(one.relay.guids()).toEqual(guids);
});

it("I2: every subscription names where it starts, so that the tail race loses nothing", () => {
  for (const dialect of DIALECTS) {
    const { mac: one, text } = mac({ dialect, engine: { tailRace: 1 } });
    one.started();
    const guid = text("at once");
    one.advance(10 * SECOND);
    expect(one.relay.guids()).toEqual([guid]);
    const sinces = one
      .requests("watch.subscribe")
      .map(({ params }) => (params as { since_rowid?: number }).since_rowid);
    expect(sinces.length).toBeGreaterThan(0);
    for (const since of sinces) expect(since === -1 || Number(since) > 0).toBe(true);
  }
});

it("I2: an old engine that gives no guids is started anew, and its rows are not passed on", () => {
  const { mac: one, text } = mac({ dialect: "0.9" });
  one.faults.set({ kind: "empty_guids" });
  text("before");
  one.started(10 * SECOND);
  expect(one.events("imsg_trouble")[0]).toMatchObject({ reason: "imsg_schema_unread" });
  const guid = text("after");
  one.advance(10 * SECOND);
  expect(one.relay.rows.map((row) => row.guid)).toEqual([guid]);
});

it("I2: an empty guid in the watch means another start, not a lost row", () => {
  const one = new VirtualAgent({ dialect: "0.9" });
  // Without any chat the probe has nothing to look at.
  one.faults.set({ kind: "empty_guids" });
  one.started();
  const guid = one.script.appendText(one.script.dm(FROM), FROM, "the first");
  one.advance(20 * SECOND);
  expect(one.relay.rows.map((row) => row.guid)).toEqual([guid]);
  expect(one.events("imsg_trouble").some(({ reason }) => reason === "imsg_schema_unread")).toBe(true);
});

it("I2: link previews survive a reconnect of an old engine", () => {
  const { mac: one, chat } = mac({ dialect: "0.9" });
  one.started();
  one.relay.ackEvents = false;
  const balloon = one.script.appendBalloon(chat, FROM, "https://example.com/");
  one.advance(6 * SECOND);
  one.relay.ackEvents = true;
  one.relay.cut();
  one.advance(10 * SECOND);
  // The same process would keep it to itself: it has shown it once.
  expect(one.relay.guids()).toEqual([balloon]);
});

it("I2: a message in two chats is read in both", () => {
  for (const dialect of DIALECTS) {
    const { mac: one, text } = mac({ dialect });
    const other = one.script.dm("+15550100102");
    one.started();
    const guid = one.script.appendUnjoined(FROM, "in two");
    one.script.join(guid, `iMessage;-;${FROM}`);
    one.script.join(guid, other);
    text("later");
    one.advance(10 * SECOND);
    const chats = one.relay.rows.filter((row) => row.guid === guid).map(({ chatGuid }) => chatGuid);
    expect(new Set(chats)).toEqual(new Set([`iMessage;-;${FROM}`, other]));
  }
});

it("I2: the rest of a burst follows its first poll at once on a new engine", () => {
  const { mac: one, text } = mac({});
  // Between two of its 5 s polls.
  one.started(21 * SECOND);
  const guids = Array.from({ length: 450 }, (_, at) => text(`burst ${at}`));
  one.advance(250 + 40);
  expect(one.relay.guids()).toEqual(guids);
});

it("I2: a row that the watch gives up is found although nothing follows it", () => {
  const { mac: one } = mac({});
  one.started();
  const orphan = one.script.appendUnjoined(FROM, "orphan");
  one.advance(60 * SECOND);
  expect(one.relay.guids()).toEqual([orphan]);
});

it("I2: what a new engine's watch keeps to itself is found by the next check", () => {
  const { mac: one, text } = mac({});
  one.started();
  // The watch gives a row without a chat up after 20 looks, and never shows it.
  const orphan = one.script.appendUnjoined(FROM, "orphan");
  const later = text("later");
  one.advance(60 * SECOND);
  expect(new Set(one.relay.guids())).toEqual(new Set([orphan, later]));
  one.script.join(orphan, `iMessage;-;${FROM}`);
  one.advance(2 * MINUTE);
  expect(one.relay.rows.findLast(({ guid }) => guid === orphan)?.chatGuid).toBe(`iMessage;-;${FROM}`);
});
