import { describe, expect, test } from "vitest";
import type { WatchHandlers } from "../../../gateway/client/watch.ts";
import { settle } from "../support/virtual-clock.ts";
import { VirtualRelay, watch, type Attempt } from "../support/virtual-relay.ts";

const message = (n: number): object => ({ id: n, guid: `G${n}`, chat_id: 1, chat_guid: "any;-;+1" });

/** A tunnel with one subscription that the relay has taken up as number 7. */
async function subscribed(params: Record<string, unknown> = {}, more: Partial<WatchHandlers> = {}) {
  const relay = new VirtualRelay();
  relay.last.open();
  const got: unknown[] = [];
  const subscription = relay.tunnel.subscribe(params, {
    onMessage: ({ message }, taken) => {
      got.push(message["id"]);
      taken();
    },
    ...more,
  });
  accept(relay.last, 7);
  await settle();
  return { relay, got, subscription };
}

const accept = (attempt: Attempt, number: number, after = "log1.0"): void =>
  attempt.answer(attempt.asked("watch.subscribe").at(-1), {
    result: { subscription: number, relay: { id: after } },
  });
const acks = (attempt: Attempt): unknown[] => attempt.asked("relay.ack").map(({ params }) => params?.["id"]);

describe("subscriptions", () => {
  test("RPC12 after a reconnect a subscription goes on after the last event it saw", async () => {
    const { relay, got } = await subscribed({ since_rowid: 5 });
    relay.last.show(7, 1, message(1));
    relay.last.show(7, 2, message(2));
    const next = await relay.reconnect();
    expect(next.asked("watch.subscribe")[0]?.params).toEqual({ since_rowid: 5, relay_after: "log1.2" });
    accept(next, 3);
    next.show(3, 3, message(3));
    next.show(7, 4, message(99));
    expect(got).toEqual([1, 2, 3]);
  });

  test("RPC12 a tail that has seen nothing keeps the place that the relay named", async () => {
    const { relay } = await subscribed();
    const next = await relay.reconnect();
    expect(next.asked("watch.subscribe")[0]?.params).toEqual({ relay_after: "log1.0" });
  });

  test("RPC10 a subscription from a row that has seen nothing asks from that row again: older rows have no place", async () => {
    const { relay } = await subscribed({ since_rowid: 5 });
    const next = await relay.reconnect();
    expect(next.asked("watch.subscribe")[0]?.params).toEqual({ since_rowid: 5 });
  });

  test("LOG7 what the relay cannot show is told once, and a later subscription starts behind it", async () => {
    const gaps: unknown[] = [];
    const { relay } = await subscribed({}, { onGap: (gap) => gaps.push(gap) });
    const gap = { from: "log1.3", to: "log1.9", count: 6, why: "retention" };
    relay.last.say({ method: "relay.gap", params: { subscription: 7, ...gap } });
    relay.last.say({ method: "relay.gap", params: { subscription: 7, from: 1 } });
    expect(gaps).toMatchObject([gap]);
    const next = await relay.reconnect();
    expect(next.asked("watch.subscribe")[0]?.params).toEqual({ relay_after: "log1.9" });
  });

  test("RPC12 what a restored log shows again is dropped, and acknowledged", async () => {
    const { relay, got } = await subscribed();
    relay.last.show(7, 1, message(1));
    const next = await relay.reconnect();
    accept(next, 7);
    next.show(7, 1, { ...message(1), chat_guid: "iMessage;-;+1" }, "log2");
    next.show(7, 2, message(2), "log2");
    await relay.clock.pass(250);
    expect(got).toEqual([1, 2]);
    expect(acks(next)).toEqual(["log2.2"]);
  });

  test("the same guid in another chat is another message", async () => {
    const { relay, got } = await subscribed();
    relay.last.show(7, 1, message(1));
    relay.last.show(7, 2, { ...message(1), chat_guid: "any;+;group" });
    expect(got).toEqual([1, 1]);
  });

  test("RPC12 acknowledgements leave every 32 messages, or after 250 ms of quiet", async () => {
    const { relay } = await subscribed();
    for (let n = 1; n <= 70; n += 1) relay.last.show(7, n, message(n));
    expect(acks(relay.last)).toEqual(["log1.32", "log1.64"]);
    await relay.clock.pass(249);
    expect(acks(relay.last)).toHaveLength(2);
    await relay.clock.pass(1);
    expect(acks(relay.last)).toEqual(["log1.32", "log1.64", "log1.70"]);
    await relay.passAlive(10_000);
    expect(acks(relay.last)).toHaveLength(3);
  });

  test("RPC12 a message that nobody has taken is not acknowledged", async () => {
    const taken: (() => void)[] = [];
    const { relay } = await subscribed({}, { onMessage: (_, done) => taken.push(done) });
    for (let n = 1; n <= 40; n += 1) relay.last.show(7, n, message(n));
    await relay.clock.pass(1_000);
    expect(acks(relay.last)).toEqual([]);
    for (const done of taken.slice(0, 3)) done();
    await relay.clock.pass(250);
    expect(acks(relay.last)).toEqual(["log1.3"]);
  });

  test("RPC9 closing unsubscribes, and nothing follows", async () => {
    const { relay, got, subscription } = await subscribed();
    relay.last.show(7, 1, message(1));
    subscription.close();
    relay.last.show(7, 2, message(2));
    expect(relay.last.asked("watch.unsubscribe").map(({ params }) => params)).toEqual([{ subscription: 7 }]);
    expect(acks(relay.last)).toEqual(["log1.1"]);
    expect((await relay.reconnect()).frames).toEqual([]);
    expect(got).toEqual([1]);
  });

  test("a refusal that would come again ends the first attempt with that error", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    const subscription = relay.tunnel.subscribe({}, { onMessage: () => undefined });
    const established = watch(subscription.established);
    const error = { code: -32602, message: "Invalid params", data: "start is nonsense" };
    relay.last.answer(relay.last.frames[0], { error });
    await settle();
    expect(established.value).toEqual({ error });
    expect((await relay.reconnect()).frames).toEqual([]);
  });

  test("a refusal that may pass is reported and asked again", async () => {
    const troubles: number[] = [];
    const relay = new VirtualRelay();
    relay.last.open();
    const { established } = relay.tunnel.subscribe(
      {},
      { onMessage: () => undefined, onTrouble: ({ code }) => troubles.push(code) },
    );
    relay.last.answer(relay.last.frames[0], {
      error: { code: -32052, message: "x", data: { retryable: true } },
    });
    await relay.clock.pass(5_000);
    expect(troubles).toEqual([-32052]);
    expect(relay.last.asked("watch.subscribe")).toHaveLength(2);
    accept(relay.last, 1);
    await expect(established).resolves.toMatchObject({ result: { subscription: 1 } });
  });

  test("a subscription that the relay calls broken is taken up again after what it saw", async () => {
    const troubles: string[] = [];
    const { relay, got } = await subscribed({}, {});
    relay.tunnel.subscribe(
      {},
      { onMessage: () => undefined, onTrouble: ({ message }) => troubles.push(message) },
    );
    accept(relay.last, 8, "log1.4");
    relay.last.say({ method: "error", params: { subscription: 8, error: { message: "locked" } } });
    await relay.clock.pass(5_000);
    expect(troubles).toEqual(["locked"]);
    expect(relay.last.asked("watch.subscribe").at(-1)?.params).toEqual({ relay_after: "log1.4" });
    expect(got).toEqual([]);
  });

  test("a subscription made while the relay is away is established when it is back", async () => {
    const relay = new VirtualRelay();
    relay.last.end({ reason: "ECONNREFUSED" });
    const subscription = relay.tunnel.subscribe({}, { onMessage: () => undefined });
    subscription.anchor("log1.41");
    await relay.clock.pass(1_000);
    relay.last.open();
    expect(relay.last.frames[0]?.params).toEqual({ relay_after: "log1.41" });
  });

  test("a subscription that is never answered costs the socket", async () => {
    const relay = new VirtualRelay();
    relay.last.open();
    relay.tunnel.subscribe({}, { onMessage: () => undefined });
    await relay.passAlive(30_000);
    expect(relay.attempts[0]?.closedBy).toBe(4006);
  });
});
