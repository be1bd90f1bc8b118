// The channel as a bot uses it: strangers, groups, answers, and four readers that must agree.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { ChannelHttp } from "../../gateway/client/channel.ts";
import { pairingSchema } from "../../gateway/client/channel-shapes.ts";
import { httpFetch } from "../../gateway/node/http-fetch.ts";
import { run } from "../../host/child.ts";
import { chatKey } from "../../shared/imsg.ts";
import { ME } from "../imsg-sim/scenario.ts";
import { FourReaders } from "./four-readers.ts";
import { startSystem, type System } from "./harness.ts";
import { openChannel } from "./open-channel.ts";
import { until } from "./waiting.ts";

const FRIEND = "+15550100111";
const TESS = "+15550100113";
const STRANGER = "+15550100942";
const CODE = /\b[A-HJ-NP-Z2-9]{8}\b/;

describe.each(["0.9", "0.15"] as const)("imsg %s", (dialect) => {
  let system: System;
  let readers: FourReaders;
  let channel: ChannelHttp;
  let stranger: string;
  let group: string;
  let unknownGroup: string;

  beforeAll(async () => {
    system = await startSystem({
      dialect,
      world: (mac) => {
        mac.appendText(mac.dm(FRIEND, "any"), FRIEND, "before all this");
        stranger = mac.dm(STRANGER, "any");
        group = mac.group("chat100000000000000001", [FRIEND, TESS], "Climbing");
        unknownGroup = mac.group("chat100000000000000002", [FRIEND, STRANGER], "Nobody asked");
      },
    });
    const { log } = await system.status();
    const target = { relay: system.relayUrl, account: system.account, key: system.key };
    channel = new ChannelHttp({ ...target, fetch: httpFetch });
    readers = new FourReaders(target, `${log.id}.${log.last_seq}`);
    // Until somebody configures it, the channel is off.
    await openChannel(system, { enabled: true });
    await readers.everywhere(({ kind }) => kind === "config.changed", "config.changed");
  });
  afterAll(async () => {
    await readers.close();
    await system.stop();
  });

  const cli = (...args: string[]) => run(system.gateway(args));
  const sentTo = (chat: string): string[] =>
    system.world
      .sent()
      .filter((sent) => sent.chat === chat)
      .map(({ text }) => text ?? "");

  /** Resolves when so many messages of that chat were decided upon for that reason. */
  const decided = (chat: string, reason: string, count = 1): Promise<true> =>
    until(async () => {
      const { decisions } = await channel.decisions({ limit: 200 });
      const those = decisions.filter((one) => one.chat === chatKey(chat) && one.reason === reason);
      return those.length >= count;
    }, `${count} × ${reason}`);

  test("a stranger's message is shown to nobody and answered with a code, once", async () => {
    system.world.appendText(stranger, STRANGER, "hello, who is this?");
    const code = await until(
      () => Promise.resolve(sentTo(stranger).map((text) => CODE.exec(text)?.[0])[0]),
      "the stranger has a code",
    );
    system.world.appendText(stranger, STRANGER, "hello??");
    const asked = await readers.everywhere(({ kind }) => kind === "pairing.requested", "pairing.requested");
    expect(asked.data).toMatchObject({ handle: STRANGER, code });
    const listed = pairingSchema.parse(JSON.parse((await cli("pairing", "list", "--json")).out));
    expect(listed).toMatchObject({ requests: [{ handle: STRANGER, code }], allowed: [] });
    await decided(stranger, "pairing", 2);
    expect(sentTo(stranger)).toHaveLength(1);
    expect(readers.texts()).not.toContain("hello, who is this?");
  });

  test("a wrong code lets nobody in; the right one does, and their next message reaches every reader", async () => {
    expect(await cli("pairing", "approve", "AAAAAAAA")).toMatchObject({
      err: expect.stringContaining("no pending request has this code"),
    });
    const [request] = (await channel.pairing()).requests;
    const approved = await cli("pairing", "approve", request?.code.toLowerCase() ?? "");
    expect(approved.out).toContain(`Approved: ${STRANGER}`);
    await readers.everywhere(({ kind }) => kind === "pairing.approved", "pairing.approved");
    expect((await channel.pairing()).allowed).toMatchObject([
      { handle: STRANGER, by: expect.stringMatching(/^key_/) },
    ]);
    system.world.appendText(stranger, STRANGER, "now it works");
    const shown = await readers.everywhereWithText("now it works");
    expect(shown).toMatchObject({
      kind: "message.received",
      data: { chat_type: "direct", sender: STRANGER, reply_to: `chat_guid:any;-;${STRANGER}`, via: null },
    });
    expect(readers.texts()).not.toContain("hello??");
  });

  test("a group that nobody named is not shown, and the decision says why", async () => {
    system.world.appendText(unknownGroup, FRIEND, "psst");
    await decided(unknownGroup, "group_list_empty");
    expect(readers.texts()).not.toContain("psst");
  });

  test("EVT1 a mention in a group that is allowed is shown, with what was said before it", async () => {
    await openChannel(system, {
      groupAllowFrom: [FRIEND, TESS],
      groups: { [`chat_guid:${group}`]: { requireMention: true } },
      mentionPatterns: ["@?robo\\b"],
    });
    system.world.appendText(group, FRIEND, "quarry or wall?");
    system.world.appendText(group, TESS, "the quarry is in the shade");
    system.world.appendText(group, FRIEND, "@robo what does the weather say?");
    const shown = await readers.everywhereWithText("@robo what does the weather say?");
    expect(shown.data).toMatchObject({
      chat_type: "group",
      sender: FRIEND,
      mentioned: true,
      context: [
        { sender: FRIEND, text: "quarry or wall?" },
        { sender: TESS, text: "the quarry is in the shade" },
      ],
      context_missing: 0,
    });
    expect(readers.texts()).not.toContain("quarry or wall?");
  });

  test("I7 an answer goes where `reply_to` says, once, and every reader sees it as sent by the relay", async () => {
    for (const [question, chat] of [
      ["now it works", stranger],
      ["@robo what does the weather say?", group],
    ] as const) {
      const { data } = readers.withText(question);
      const to = replySchema.parse(data).reply_to;
      const text = `an answer to “${question}”`;
      const key = { idempotencyKey: `answer-${chatKey(chat)}` };
      const outcome = await channel.send({ to, text }, key);
      expect(outcome).toMatchObject({ outcome: "sent", guid: expect.any(String) });
      expect(await channel.send({ to, text }, key)).toEqual(outcome);
      expect(sentTo(chat).filter((sent) => sent === text)).toHaveLength(1);
      const shown = await readers.everywhereWithText(text);
      expect(shown).toMatchObject({ kind: "message.sent", data: { via: "relay" } });
    }
  });

  test("EVT11 a chat that is claimed is answered by its owner alone", async () => {
    const to = replySchema.parse(readers.withText("now it works").data).reply_to;
    await channel.claim({ chat: `-;${STRANGER}`, consumer: "four", ttl_s: 60 });
    await expect(channel.send({ to, text: "not mine", consumer: "other" })).rejects.toMatchObject({
      code: "chat_claimed",
    });
    expect(await channel.send({ to, text: "mine", consumer: "four" })).toMatchObject({ outcome: "sent" });
    await channel.unclaim(`-;${STRANGER}`);
    expect(sentTo(stranger)).not.toContain("not mine");
  });

  test("EVT2, EVT8: the relay dies and comes back: every reader goes on, without loss, in one order", async () => {
    const say = (from: number, to: number): void => {
      for (let at = from; at < to; at += 1) system.world.appendText(stranger, STRANGER, `line ${at}`);
    };
    say(0, 20);
    await readers.everywhereWithText("line 19");
    await system.relay.kill9();
    say(20, 40);
    await system.relay.start();
    say(40, 60);
    await readers.everywhereWithText("line 59");
    await system.relay.restart();
    say(60, 80);
    system.world.appendText(stranger, ME, "typed on the Mac");
    const typed = await readers.everywhereWithText("typed on the Mac");
    expect(typed).toMatchObject({ kind: "message.sent", data: { via: "mac" } });
    const lines = readers.texts().filter((text) => text.startsWith("line "));
    expect(lines).toEqual(Array.from({ length: 80 }, (_, at) => `line ${at}`));
    expect(() => readers.checkAgreement()).not.toThrow();
    expect(await channel.consumers()).toMatchObject([{ name: "four", connected: true }]);
  });

  test("access that was revoked is gone", async () => {
    expect((await cli("pairing", "revoke", STRANGER)).out).toContain(`Revoked: ${STRANGER}`);
    await readers.everywhere(({ kind }) => kind === "pairing.revoked", "pairing.revoked");
    system.world.appendText(stranger, STRANGER, "and now?");
    await decided(stranger, "pairing", 3);
    expect(readers.texts()).not.toContain("and now?");
  });
});

const replySchema = z.looseObject({ reply_to: z.string() });
