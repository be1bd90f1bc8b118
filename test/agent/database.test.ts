import { expect, it } from "vitest";
import { RESET_OVERLAP_MS } from "../../shared/limits.ts";
import { DATABASE_LOOK_MS } from "../../agent/limits.ts";
import { MemoryDatabase } from "../imsg-sim/memory-world.ts";
import { VirtualAgent } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const FROM = "+15550100101";
const DIALECTS = ["0.15", "0.9"] as const;

/** A Mac with some rows logged. */
function logged(dialect: (typeof DIALECTS)[number], count = 12) {
  const mac = new VirtualAgent({ dialect });
  const chat = mac.script.dm(FROM);
  mac.script.appendText(chat, FROM, "before");
  mac.started();
  const guids = Array.from({ length: count }, (_, at) => mac.script.appendText(chat, FROM, `row ${at}`));
  mac.advance(8 * SECOND);
  expect(mac.relay.guids()).toEqual(guids);
  return { mac, chat, guids };
}

/** Another file at the same path; rows are written into it by the same script. */
function another(mac: VirtualAgent, identity = "second"): string {
  mac.replaceDatabase(identity);
  mac.script.dm("+15550100109");
  return mac.script.dm(FROM);
}

for (const dialect of DIALECTS) {
  it(`LINK11: a replaced file is noticed within 15 s, and what is new in it is read (${dialect})`, () => {
    const { mac, guids } = logged(dialect);
    const chat = another(mac);
    const fresh = mac.script.appendText(chat, FROM, "in the new one");
    mac.advance(DATABASE_LOOK_MS + 10 * SECOND);
    expect(mac.relay.database).toBe(2);
    expect(mac.relay.violations).toEqual([]);
    expect(mac.relay.guids()).toEqual([...guids, fresh]);
    const live = mac.script.appendText(chat, FROM, "live");
    mac.advance(8 * SECOND);
    expect(mac.relay.guids()).toEqual([...guids, fresh, live]);
  });

  it(`LINK11: one replaced while the agent was away is known by its rows (${dialect})`, () => {
    const { mac, guids } = logged(dialect);
    mac.crash();
    const chat = another(mac);
    const fresh = mac.script.appendText(chat, FROM, "in the new one");
    mac.started(20 * SECOND);
    expect(mac.relay.database).toBe(2);
    expect(mac.relay.guids()).toEqual([...guids, fresh]);
  });

  it(`LINK11: rows dated before the last logged message less 10 minutes are not taken again (${dialect})`, () => {
    const { mac, guids } = logged(dialect);
    mac.crash();
    const chat = another(mac);
    const now = mac.clock.now();
    for (let at = 0; at < 700; at += 1) {
      mac.script.appendText(chat, FROM, `old ${at}`, {
        date: new Date(now - RESET_OVERLAP_MS - MINUTE).toISOString(),
      });
    }
    const inside = mac.script.appendText(chat, FROM, "inside", {
      date: new Date(now - RESET_OVERLAP_MS / 2).toISOString(),
    });
    mac.started(30 * SECOND);
    expect(mac.relay.guids()).toEqual([...guids, inside]);
    // One that comes after the reset is taken whatever its date.
    const backfilled = mac.script.appendText(chat, FROM, "from iCloud", {
      date: new Date(now - 60 * MINUTE).toISOString(),
    });
    mac.advance(8 * SECOND);
    expect(mac.relay.guids()).toEqual([...guids, inside, backfilled]);
  });

  it(`LINK11: a crash in the middle of reading back begins it again and loses nothing (${dialect})`, () => {
    const { mac, guids } = logged(dialect);
    mac.crash();
    const chat = another(mac);
    const fresh = Array.from({ length: 40 }, (_, at) => mac.script.appendText(chat, FROM, `fresh ${at}`));
    mac.relay.ackEvents = false;
    mac.started(SECOND / 2);
    const frame = mac.relay.frames.find((frame) => frame.t === "events" && frame.until !== undefined);
    mac.advance(3 * SECOND);
    if (frame?.t === "events") mac.relay.store(frame);
    mac.crash();
    mac.relay.ackEvents = true;
    mac.started(20 * SECOND);
    expect(mac.relay.guids()).toEqual([...guids, ...fresh]);
    expect(mac.relay.database).toBe(frame === undefined ? 2 : frame.t === "events" ? frame.database : 0);
  });

  it(`LINK11: the same database under another inode is the same database (${dialect})`, () => {
    const { mac, guids } = logged(dialect);
    const { world } = mac.database;
    const copy = new MemoryDatabase("copy");
    Object.assign(copy, { world });
    mac.world.current = copy;
    mac.advance(DATABASE_LOOK_MS + 10 * SECOND);
    const live = mac.script.appendText("iMessage;-;+15550100101", FROM, "live");
    mac.advance(8 * SECOND);
    expect([mac.relay.database, mac.relay.guids()]).toEqual([1, [...guids, live]]);
  });

  it(`LINK11: a backup that lacks the last logged rows is another database (${dialect})`, () => {
    const { mac, guids } = logged(dialect, 30);
    const chat = another(mac, "backup");
    // The first rows are the same ones, the last twenty are not there yet.
    mac.script.appendText(chat, FROM, "before");
    mac.advance(DATABASE_LOOK_MS + 10 * SECOND);
    const fresh = mac.script.appendText(chat, FROM, "fresh");
    mac.advance(8 * SECOND);
    expect(mac.relay.database).toBe(2);
    expect(mac.relay.guids().slice(0, guids.length)).toEqual(guids);
    expect(mac.relay.guids().at(-1)).toBe(fresh);
  });

  it(`LINK11: a database that agrees in some rows and contradicts in one is another (${dialect})`, () => {
    const { mac, guids } = logged(dialect);
    const chat = another(mac, "fork");
    mac.script.appendText(chat, FROM, "before");
    for (const [at, guid] of guids.entries()) {
      const fork = at === guids.length - 1 ? mac.script.guid() : guid;
      const date = mac.clock.now();
      mac.script.append({ op: "message", guid: fork, chat, sender: FROM, text: `row ${at}`, date });
    }
    mac.advance(DATABASE_LOOK_MS + 10 * SECOND);
    expect(mac.relay.database).toBe(2);
  });

  it(`LINK11: no row of a replaced database is logged as one of the old (${dialect})`, () => {
    const { mac, guids } = logged(dialect);
    const chat = another(mac);
    // Its own rows pass the old position before the next look at the file.
    const fresh = Array.from({ length: 30 }, (_, at) => mac.script.appendText(chat, FROM, `fresh ${at}`));
    mac.relay.cut();
    mac.advance(3 * SECOND);
    fresh.push(mac.script.appendText(chat, FROM, "one more"));
    mac.advance(DATABASE_LOOK_MS + 10 * SECOND);
    expect(mac.relay.rows.filter(({ database }) => database === 1)).toHaveLength(guids.length);
    expect(mac.relay.guids()).toEqual([...guids, ...fresh]);
  });

  it(`LINK11: a row of a replaced database in the live watch is not logged as one of the old (${dialect})`, () => {
    const { mac, guids } = logged(dialect);
    const chat = another(mac);
    const fresh = Array.from({ length: 30 }, (_, at) => mac.script.appendText(chat, FROM, `fresh ${at}`));
    mac.relay.call("messages.history", { chat_id: 2 });
    mac.faults.set({ kind: "overflow" });
    mac.advance(DATABASE_LOOK_MS + 10 * SECOND);
    expect(mac.relay.rows.filter(({ database }) => database === 1)).toHaveLength(guids.length);
    expect(mac.relay.guids()).toEqual([...guids, ...fresh]);
  });

  it(`LINK11: a database that is away for a while and comes back is no other one (${dialect})`, () => {
    const { mac, chat, guids } = logged(dialect);
    const { current } = mac.world;
    mac.world.current = "missing";
    mac.advance(2 * DATABASE_LOOK_MS);
    mac.world.current = current;
    mac.advance(2 * DATABASE_LOOK_MS);
    const live = mac.script.appendText(chat, FROM, "live");
    mac.advance(8 * SECOND);
    expect([mac.relay.database, mac.relay.guids()]).toEqual([1, [...guids, live]]);
  });

  it(`LINK11: a reconnect does not look the database up again (${dialect})`, () => {
    const { mac } = logged(dialect);
    const asked = (): number =>
      mac.requests("messages.after").length + mac.requests("watch.subscribe").length;
    const before = asked();
    mac.relay.cut();
    mac.advance(5 * SECOND);
    expect(asked() - before).toBeLessThanOrEqual(4);
  });
}

it("LINK11: several chats are read back in the order of their rows on an old engine", () => {
  const { mac, guids } = logged("0.9");
  mac.crash();
  const chat = another(mac);
  const other = mac.script.dm("+15550100102");
  const fresh = Array.from({ length: 20 }, (_, at) =>
    mac.script.appendText(at % 3 === 0 ? other : chat, at % 3 === 0 ? "+15550100102" : FROM, `fresh ${at}`),
  );
  mac.started(20 * SECOND);
  expect(mac.relay.guids()).toEqual([...guids, ...fresh]);
});

it("LINK11: more of one chat than one page of history is read back whole", () => {
  const { mac, guids } = logged("0.9");
  mac.crash();
  const chat = another(mac);
  const fresh = Array.from({ length: 1_300 }, (_, at) =>
    mac.script.appendText(chat, FROM, `fresh ${at}`, {
      date: new Date(mac.clock.now() - MINUTE + at * 20).toISOString(),
    }),
  );
  mac.started(30 * SECOND);
  expect(mac.relay.guids()).toEqual([...guids, ...fresh]);
});
