import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { demoWorld, type DemoWorld } from "../imsg-sim/demo-world.ts";
import { ME } from "../imsg-sim/scenario.ts";
import { startSystem, type System } from "./harness.ts";
import { ListeningImsg } from "./listening-imsg.ts";
import { tempFolder } from "./temp.ts";
import type { Tunnel } from "./tunnel.ts";

const FRIEND = "+15550100111";
const OTHER = "jonas@example.com";
const GATEWAYS = 20;
const EACH = 10;

describe.each(["0.9", "0.15"] as const)("imsg %s", (dialect) => {
  const folder = tempFolder("listening");
  const imsg = new ListeningImsg(folder.path);
  let system: System;
  let world: DemoWorld;
  let tunnel: Tunnel;

  beforeAll(async () => {
    system = await startSystem({
      dialect,
      world: (mac) => {
        world = demoWorld(mac);
      },
      agentConfig: { cliPath: imsg.program },
    });
  });
  beforeEach(async () => {
    tunnel = await system.tunnel();
  });
  afterAll(async () => {
    await system.stop();
    folder.remove();
  });

  /** A marker that every earlier row has passed, when it is seen. */
  async function passed(seen: Tunnel, chat = world.maya, sender = FRIEND): Promise<string> {
    const guid = system.world.appendText(chat, sender, `marker ${Math.random()}`);
    await seen.message((message) => message.guid === guid, "the marker");
    // One subscription after another is shown it, in one go: an answer comes after all of them.
    await seen.result("watch.unsubscribe", { subscription: 999 });
    return guid;
  }

  test("RPC2, RPC9: 200 subscriptions of 20 gateways share one watch, and each is shown everything once", async () => {
    const gateways = await Promise.all(Array.from({ length: GATEWAYS }, () => system.tunnel()));
    const numbers = await Promise.all(
      gateways.map((gateway) => Promise.all(Array.from({ length: EACH }, () => gateway.subscribe()))),
    );
    for (const own of numbers) expect(own).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await system.status()).toMatchObject({ gateways: GATEWAYS + 1, subscriptions: GATEWAYS * EACH });
    const guids = ["one", "two", "three"].map((text) => system.world.appendText(world.maya, FRIEND, text));
    for (const gateway of gateways) {
      const shown = await gateway.notifications.count(EACH * guids.length, () => true, "messages");
      expect(shown).toHaveLength(EACH * guids.length);
      for (let own = 1; own <= EACH; own += 1) expect(gateway.guids(own)).toEqual(guids);
    }
    expect(imsg.watches).toBe(1);
    expect(system.agent.imsgPids()).toHaveLength(dialect === "0.9" ? 2 : 1);
    for (const gateway of gateways) gateway.cut();
  });

  test("RPC9: chat, participants, dates and reactions choose what is shown", async () => {
    const [all, chat, people, reactions, future] = [
      await tunnel.subscribe(),
      await tunnel.subscribe({ chat_id: 2 }),
      await tunnel.subscribe({ participants: [OTHER.toUpperCase()] }),
      await tunnel.subscribe({ include_reactions: true }),
      await tunnel.subscribe({ start: new Date(Date.now() + 3_600_000).toISOString() }),
    ];
    const fromFriend = system.world.appendText(world.maya, FRIEND, "to Maya's chat");
    const fromOther = system.world.appendText(world.jonas, OTHER, "to Jonas' chat");
    const mine = system.world.appendText(world.jonas, ME, "mine");
    const inGroup = system.world.appendText(world.climbing, OTHER, "to the group");
    const love = system.world.appendTapback(world.jonas, OTHER, mine, "love");
    const end = await passed(tunnel);
    expect(tunnel.guids(all)).toEqual([fromFriend, fromOther, mine, inGroup, end]);
    expect(tunnel.guids(chat)).toEqual([fromOther, mine]);
    expect(tunnel.guids(people)).toEqual([fromOther, inGroup]);
    expect(tunnel.guids(reactions)).toEqual([fromFriend, fromOther, mine, inGroup, love, end]);
    expect(tunnel.guids(future)).toEqual([]);
  });

  test("RPC9: a picture is shown with its file only to whoever asked for attachments", async () => {
    const [plain, files] = [await tunnel.subscribe(), await tunnel.subscribe({ attachments: true })];
    const guid = system.world.appendFile(world.maya, FRIEND, "rope.png", new Uint8Array(64), "look");
    const shown = await tunnel.notifications.count(2, ({ message }) => message.guid === guid, "the picture");
    const attachmentsOf = (n: number): unknown =>
      shown.find(({ subscription }) => subscription === n)?.message["attachments"];
    expect(attachmentsOf(plain)).toEqual([]);
    expect(attachmentsOf(files)).toMatchObject([{ transfer_name: "rope.png", mime_type: "image/png" }]);
  });

  test.each([
    ["chat_id: a text", { chat_id: "1" }],
    ["chat_id: zero", { chat_id: 0 }],
    ["since_rowid: a fraction", { since_rowid: 1.5 }],
    ["participants: a text", { participants: "all" }],
    ["start: a day", { start: "2026-11-22" }],
    ["debounce_ms: negative", { debounce_ms: -1 }],
    ["relay_after: no event", { relay_after: "yesterday" }],
  ])("RPC9: %s is refused with -32602 and takes no number", async (_name, params) => {
    expect(await tunnel.error("watch.subscribe", params)).toMatchObject({ code: -32602 });
    expect(await tunnel.subscribe()).toBe(1);
  });

  test("RPC10: nothing and 0 are the tail, -1 the beginning, a row its successor, a number beyond all the tail", async () => {
    const watcher = await system.tunnel();
    await watcher.subscribe();
    const first = system.world.appendText(world.maya, FRIEND, "first");
    const second = system.world.appendText(world.maya, FRIEND, "second");
    const { id } = await watcher.message((message) => message.guid === first, "the first");
    await watcher.message((message) => message.guid === second, "the second");
    const [absent, zero, afterFirst, beyond] = [
      await tunnel.subscribe(),
      await tunnel.subscribe({ since_rowid: 0 }),
      await tunnel.subscribe({ since_rowid: id }),
      await tunnel.subscribe({ since_rowid: 1_000_000 }),
    ];
    const end = await passed(tunnel);
    for (const tail of [absent, zero, beyond]) expect(tunnel.guids(tail)).toEqual([end]);
    expect(tunnel.guids(afterFirst)).toEqual([second, end]);
    const everything = await system.tunnel();
    const beginning = await everything.subscribe({ since_rowid: -1 });
    await everything.message((message) => message.guid === end, "the end, after all the rest");
    const shown = everything.guids(beginning);
    expect(shown.slice(-3)).toEqual([first, second, end]);
    expect(new Set(shown).size).toBe(shown.length);
    // Rows older than the log are the Mac's to give, and only the newer engine can.
    const texts = everything.notifications.all.map(({ message }) => message.text);
    expect(texts.includes("Are you still up for Saturday?")).toBe(dialect === "0.15");
  });

  test("RPC11: a row that comes without its chat is shown once, when it has one", async () => {
    const n = await tunnel.subscribe();
    const guid = system.world.appendUnjoined(FRIEND, "where do I belong?");
    // The old engine shows it at once, without its chat, and later rows pass it; the new one holds it back for a while.
    const later = dialect === "0.9" ? [await passed(tunnel)] : [];
    system.world.join(guid, world.maya);
    const shown = await tunnel.message((message) => message.guid === guid, "the joined row");
    expect(shown).toMatchObject({ chat_guid: world.maya });
    const end = await passed(tunnel);
    expect(tunnel.guids(n)).toEqual([...later, guid, end]);
  });

  test("RPC12: after a cut socket, relay_after goes on exactly where the last one ended", async () => {
    const first = await tunnel.subscribe();
    const before = await passed(tunnel);
    const last = tunnel.notifications.all.at(-1)?.relay?.id;
    tunnel.cut();
    const missed = ["a", "b", "c"].map((text) => system.world.appendText(world.maya, FRIEND, text));
    const back = await system.tunnel();
    const second = await back.subscribe({ relay_after: last });
    await back.message((message) => message.guid === missed[2], "the last one missed");
    expect([...tunnel.guids(first), ...back.guids(second)]).toEqual([before, ...missed]);
  });

  test("RPC12: without an ack 256 notifications come, with acks all of them, in order", async () => {
    const n = await tunnel.subscribe();
    system.world.appendBulk(world.maya, FRIEND, 700, "many");
    const shown = (): number => tunnel.guids(n).length;
    await tunnel.notifications.count(256, () => true, "messages");
    const stalled = await system.tunnel();
    await stalled.subscribe();
    await passed(stalled);
    expect(shown()).toBe(256);
    while (shown() < 701) {
      const before = shown();
      tunnel.send({
        jsonrpc: "2.0",
        method: "relay.ack",
        params: { subscription: n, id: tunnel.notifications.all.at(-1)?.relay?.id },
      });
      await tunnel.notifications.count(before + 1, () => true, "messages");
    }
    const ids = tunnel.notifications.all.map(({ message }) => message.id);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(tunnel.guids(n)).size).toBe(701);
  });

  test("RPC13: a plain client is probed after 256, gets nothing until it answers, and then the rest", async () => {
    const plain = await system.tunnel({ v1: false, answersProbes: false });
    const n = await plain.subscribe();
    system.world.appendBulk(world.maya, FRIEND, 300, "for the plain one");
    const probe = await plain.frames.find((frame) => frame.method === "relay.probe", "the probe");
    expect(plain.notifications.all.every(({ relay }) => relay === undefined)).toBe(true);
    const other = await system.tunnel();
    await other.subscribe();
    await passed(other);
    expect(plain.guids(n)).toHaveLength(256);
    plain.send({ jsonrpc: "2.0", id: probe.id, error: { code: -32601, message: "Method not found" } });
    await plain.notifications.count(301, () => true, "messages");
    expect(new Set(plain.guids(n)).size).toBe(301);
  });

  test("RPC9, RPC14, I2: a subscription outlives the Mac's absence: all that came meanwhile, once, in order, as delayed", async () => {
    const n = await tunnel.subscribe();
    await system.agent.kill("SIGKILL");
    await system.waitForOffline();
    const missed = Array.from({ length: 30 }, (_, at) =>
      system.world.appendText(world.jonas, OTHER, `missed ${at}`),
    );
    await system.agent.start();
    await tunnel.message((message) => message.guid === missed.at(-1), "the last one missed");
    const end = await passed(tunnel);
    expect(tunnel.guids(n)).toEqual([...missed, end]);
    expect(tunnel.notifications.all.every(({ relay }) => relay?.delayed === true)).toBe(true);
  });

  test("I2, I5: killing the relay again and again loses and repeats nothing", async () => {
    const seen = new Map<string, number>();
    const expected: string[] = [];
    let reader = await system.tunnel();
    await reader.subscribe();
    await passed(reader);
    let last = reader.notifications.all.at(-1)?.relay?.id;
    for (let round = 0; round < 2; round += 1) {
      for (let at = 0; at < 20; at += 1) {
        expected.push(system.world.appendText(world.maya, FRIEND, `round ${round} ${at}`));
      }
      await system.relay.kill9();
      await system.relay.start();
      reader = await system.tunnel();
      await reader.subscribe({ relay_after: last });
      await reader.message((message) => message.guid === expected.at(-1), "the last of the round");
      for (const { message, relay } of reader.notifications.all) {
        seen.set(message.guid, (seen.get(message.guid) ?? 0) + 1);
        last = relay?.id;
      }
      reader.cut();
    }
    expect([...seen.keys()]).toEqual(expected);
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
  });

  test("LINK11, RPC10: a replaced database is noticed, and a subscription goes on with the new one", async () => {
    const n = await tunnel.subscribe();
    const before = await passed(tunnel);
    const fresh: string[] = [];
    system.world.replace((script) => {
      const chat = script.dm(FRIEND);
      fresh.push(script.appendText(chat, FRIEND, "on the new database"));
    });
    await tunnel.withText("on the new database", 15_000);
    const end = system.world.appendText(`iMessage;-;${FRIEND}`, FRIEND, "and on");
    await tunnel.message((message) => message.guid === end, "the next message");
    expect(tunnel.guids(n)).toEqual([before, ...fresh, end]);
    expect((await system.status()).log.database).toBe(1);
  });
});
