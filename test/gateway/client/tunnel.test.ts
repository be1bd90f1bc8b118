import { describe, expect, test } from "vitest";
import { settle } from "../support/virtual-clock.ts";
import { VirtualRelay, watch } from "../support/virtual-relay.ts";

const OK = { result: { ok: true, guid: "G1" } };

describe("connection", () => {
  test("RPC15 a client pings every 10 s and gives the socket up after 25 s of silence", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    await relay.clock.pass(10_000);
    expect(relay.last.pings).toBe(1);
    relay.last.pong();
    await relay.clock.pass(24_999);
    expect(relay.attempts).toHaveLength(1);
    expect(relay.tunnel.state.kind).toBe("open");
    await relay.clock.pass(2);
    expect(relay.attempts[0]?.closedBy).toBe(4006);
    expect(relay.tunnel.state.kind).toBe("waiting");
  });

  test("RPC15 any text is a sign of life, not only a pong", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    await relay.clock.pass(20_000);
    relay.last.say({ method: "message", params: {} });
    await relay.clock.pass(20_000);
    expect(relay.tunnel.state.kind).toBe("open");
  });

  test("LINK6 it reconnects for ever: within 1 s after a loss, then doubling to 5 s, later to 20 s", async () => {
    const relay = new VirtualRelay(0.999);
    relay.last.open();
    await relay.passAlive(120_000);
    relay.last.end({ code: 1006, reason: "lost" });
    const waits: number[] = [];
    for (let i = 0; i < 30; i += 1) {
      const state = relay.tunnel.state;
      if (state.kind !== "waiting") throw new Error(state.kind);
      waits.push(Math.round(state.inMs));
      await relay.clock.pass(state.inMs);
      relay.last.end({ reason: "refused" });
    }
    expect(waits.slice(0, 4)).toEqual([999, 999, 1998, 3996]);
    expect(Math.max(...waits.slice(0, 10))).toBeLessThanOrEqual(5_000);
    expect(waits.at(-1)).toBe(Math.round(20_000 * 0.999));
    expect(relay.attempts.length).toBe(31);
  });

  test("LINK6 an attempt that neither opens nor fails is given up after 15 s", async () => {
    const relay = new VirtualRelay();
    await relay.clock.pass(15_001);
    expect(relay.attempts[0]?.closedBy).toBeDefined();
    expect(relay.tunnel.state.kind).toBe("waiting");
  });

  test.each([
    [{ code: 4003, reason: "" }, "unauthenticated", /does not accept the key/],
    [{ code: 4004, reason: "" }, "unauthenticated", /revoked/],
    [{ code: 4005, reason: "" }, "unsupported", /version/],
    [{ status: 401, reason: "" }, "unauthenticated", /key/],
    [{ status: 404, reason: "" }, "not_found", /no such account/],
  ] as const)(
    "LINK6 %o is reported in plain words and tried again only every 5 minutes",
    async (end, code, why) => {
      const relay = new VirtualRelay();
      relay.last.end(end);
      const state = relay.tunnel.state;
      if (state.kind !== "refused") throw new Error(state.kind);
      expect(state.refused.code).toBe(code);
      expect(state.refused.why).toMatch(why);
      await relay.clock.pass(4 * 60_000);
      expect(relay.attempts).toHaveLength(1);
      await relay.clock.pass(60_001);
      expect(relay.attempts).toHaveLength(2);
    },
  );

  test("what a socket says after its end is ignored", async () => {
    const relay = new VirtualRelay();
    const first = relay.last;
    first.open();
    const call = watch(relay.tunnel.call("chats.list"));
    await relay.reconnect();
    first.answer(first.frames[0], { result: "late" });
    first.end({ code: 4004, reason: "late" });
    await settle();
    expect(call.isSettled).toBe(false);
    expect(relay.tunnel.state.kind).toBe("open");
  });

  test("closing ends every timer", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    void relay.tunnel.call("send", { text: "x" });
    relay.tunnel.subscribe({}, { onMessage: (_, taken) => taken() });
    relay.tunnel.close();
    await settle();
    expect(relay.clock.pending).toBe(0);
    expect(relay.last.closedBy).toBe(4000);
  });
});

describe("calls", () => {
  test("RPC6 every mutation carries an idempotency key, a read carries none", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    void relay.tunnel.call("send", { text: "a" });
    void relay.tunnel.call("send", { text: "b" }, { idempotencyKey: "mine" });
    void relay.tunnel.call("chats.list", {});
    expect(relay.last.frames.map((frame) => frame.idempotency_key)).toEqual(["key-1", "mine", undefined]);
  });

  test("RPC6 an open mutation is sent again after a reconnect with the same key, and settles once", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    const send = watch(relay.tunnel.call("send", { text: "a" }));
    const read = watch(relay.tunnel.call("chats.list", { limit: 1 }));
    const again = await relay.reconnect();
    expect(again.frames.map(({ method, idempotency_key }) => [method, idempotency_key])).toEqual([
      ["send", "key-1"],
      ["chats.list", undefined],
    ]);
    again.answer(again.frames[0], OK);
    again.answer(again.frames[1], { result: { chats: [] } });
    await settle();
    expect(send.value).toEqual(OK);
    expect(read.value).toEqual({ result: { chats: [] } });
    expect(relay.tunnel.pending).toBe(0);
    expect((await relay.reconnect()).frames).toEqual([]);
  });

  test("I6 what never left is not_started and safe to retry, after 8 s without a link", async () => {
    const relay = new VirtualRelay();
    relay.last.end({ reason: "ECONNREFUSED" });
    const send = watch(relay.tunnel.call("send", { text: "a" }));
    await relay.clock.pass(7_999);
    expect(send.isSettled).toBe(false);
    await relay.clock.pass(2);
    expect(send.value).toMatchObject({
      error: { code: -32056, data: { disposition: "not_started", retry_safe: true } },
    });
    relay.last.open();
    expect(relay.last.frames).toEqual([]);
  });

  test("I6 a deadline shorter than that patience ends it the same way", async () => {
    const relay = new VirtualRelay();
    const send = watch(relay.tunnel.call("send", { text: "a" }, { timeoutMs: 2_000 }));
    await relay.clock.pass(2_001);
    expect(send.value).toMatchObject({ error: { data: { disposition: "not_started" } } });
  });

  test("I6 what may have left and was never settled is may_have_completed at its deadline, and names its key", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    const send = watch(relay.tunnel.call("send", { text: "a" }, { timeoutMs: 20_000 }));
    relay.last.end({ code: 1006, reason: "lost" });
    await relay.clock.pass(19_999);
    expect(send.isSettled).toBe(false);
    await relay.clock.pass(2);
    expect(send.value).toEqual({
      error: {
        code: -32001,
        message: "The operation may have completed.",
        data: { disposition: "may_have_completed", retry_safe: false, idempotency_key: "key-1" },
      },
    });
  });

  test("I6 the same holds with the link up, and for a read it is only late", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    const send = watch(relay.tunnel.call("send", { text: "a" }, { timeoutMs: 9_000 }));
    const read = watch(relay.tunnel.call("chats.list", {}, { timeoutMs: 9_000 }));
    await relay.clock.pass(9_001);
    expect(send.value).toMatchObject({ error: { code: -32001 } });
    expect(read.value).toMatchObject({ error: { code: -32056, data: { retryable: true } } });
  });

  test("I6 a refused key settles at once: unsent is not_started, sent is unknown", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    const sent = watch(relay.tunnel.call("send", { text: "a" }));
    relay.last.end({ code: 4004, reason: "revoked" });
    const unsent = watch(relay.tunnel.call("send", { text: "b" }));
    await settle();
    expect(sent.value).toMatchObject({ error: { code: -32001 } });
    expect(unsent.value).toMatchObject({ error: { code: -32041, data: { disposition: "not_started" } } });
  });

  test("a link that is only connecting is waited for, and failFast waits for no second attempt", async () => {
    const relay = new VirtualRelay();
    const patient = watch(relay.tunnel.call("send", { text: "a" }));
    const hasty = watch(relay.tunnel.call("chats.list", {}, { failFast: true }));
    await relay.clock.pass(100);
    expect(hasty.isSettled).toBe(false);
    relay.last.end({ reason: "ECONNREFUSED" });
    await settle();
    expect(hasty.value).toMatchObject({ error: { code: -32056, data: { disposition: "not_started" } } });
    await relay.clock.pass(1_000);
    relay.last.open();
    expect(relay.last.frames).toHaveLength(1);
    expect(patient.isSettled).toBe(false);
  });

  test("a request over 1 MiB is refused before it leaves", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    const answer = await relay.tunnel.call("send", { text: "x".repeat(1024 * 1024) });
    expect(answer).toMatchObject({
      error: { code: -32049, data: { disposition: "not_started", limit: 1024 * 1024 } },
    });
    expect(relay.last.frames).toEqual([]);
  });

  test("errors of imsg and of the relay pass unchanged", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    const send = watch(relay.tunnel.call("send", { text: "a" }));
    const error = { code: -32602, message: "Invalid params", data: "reply_to requires bridge transport" };
    relay.last.answer(relay.last.frames[0], { error });
    await settle();
    expect(send.value).toEqual({ error });
  });

  test("RPC13 a probe is answered", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    relay.last.say({ id: "relay:1", method: "relay.probe", params: {} });
    expect(relay.last.frames.at(-1)).toMatchObject({ id: "relay:1", result: {} });
  });
});
