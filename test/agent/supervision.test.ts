import { expect, it } from "vitest";
import { DEFAULT_TIMES } from "../../agent/config/config.ts";
import { VirtualAgent, type VirtualOptions } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const FROM = "+15550100101";
const TO = { to: FROM, text: "x" };

const started = (options: VirtualOptions = {}): VirtualAgent => {
  const mac = new VirtualAgent(options);
  mac.script.appendText(mac.script.dm(FROM), FROM, "before");
  return mac.started();
};

it("I1: an old engine gets a second process, so that a slow send does not hold up reading", () => {
  const mac = started({ dialect: "0.9" });
  expect(mac.children).toHaveLength(2);
  mac.faults.set({ kind: "hold", ms: 60 * SECOND, method: "send" });
  mac.relay.call("send", TO, { operation: "op-a", deadline: 120_000 });
  const read = mac.relay.call("messages.history", { chat_id: 1, limit: 1 });
  const guid = mac.script.appendText(`iMessage;-;${FROM}`, FROM, "meanwhile");
  mac.advance(6 * SECOND);
  expect(mac.relay.answers(read)).toMatchObject([{ result: { messages: [{}] } }]);
  expect(mac.relay.guids()).toEqual([guid]);
  mac.advance(60 * SECOND);
  expect(mac.relay.answersTo("op-a")).toMatchObject([{ result: {} }]);
});

it("I1: a new engine gets one process", () => {
  expect(started().children).toHaveLength(1);
});

it("an old engine is given one read at a time, a new one many", () => {
  for (const [dialect, most] of [
    ["0.9", 1],
    ["0.15", 20],
  ] as const) {
    const mac = started({ dialect });
    mac.faults.set({ kind: "hold", ms: SECOND, method: "chats.list", times: 1 });
    for (let at = 0; at < 20; at += 1) mac.relay.call("chats.list", { limit: 1 });
    const before = mac.requests("chats.list").length;
    mac.advance(100);
    expect(mac.requests("chats.list").length - before).toBe(most);
  }
});

it("health: without the program the agent connects, says imsg_missing, and refuses calls at once", () => {
  const mac = new VirtualAgent();
  mac.imsgMissing = true;
  mac.started();
  expect(mac.relay.hellos[0]?.health).toMatchObject({ state: "down", reason: "imsg_missing" });
  const read = mac.relay.call("chats.list", {});
  mac.relay.call("send", TO, { operation: "op-a" });
  mac.advance(SECOND);
  for (const answer of [...mac.relay.answers(read), ...mac.relay.answersTo("op-a")]) {
    expect(answer).toMatchObject({
      error: { data: { code: "messages_unavailable", reason: "imsg_missing", disposition: "not_started" } },
    });
  }
  expect(mac.relay.results).toHaveLength(2);
  mac.imsgMissing = false;
  mac.advance(31 * SECOND);
  expect(mac.agent.status().health.state).toBe("ok");
  expect(mac.relay.frames.at(-1)).toBeDefined();
  expect(mac.relay.frames.some((frame) => frame.t === "health" && frame.health.state === "ok")).toBe(true);
});

for (const dialect of ["0.15", "0.9"] as const) {
  it(`health: a database that cannot be opened is full_disk_access_missing, until it can (${dialect})`, () => {
    const mac = new VirtualAgent({ dialect });
    const { current } = mac.world;
    mac.world.current = "unreadable";
    mac.started();
    expect(mac.relay.hellos[0]?.health).toMatchObject({ state: "down", reason: "full_disk_access_missing" });
    mac.world.current = current;
    mac.advance(31 * SECOND);
    expect(mac.agent.status().health).toEqual({ state: "ok", reason: null, remedy: null });
  });

  it(`health: an imsg that hangs is noticed without a call, and started anew (${dialect})`, () => {
    const mac = started({ dialect });
    mac.faults.set({ kind: "hang" });
    mac.advance(2 * MINUTE);
    expect(mac.events("imsg_trouble").map(({ kind }) => kind)).toContain("hung");
    expect(mac.agent.status().health.state).toBe("ok");
    const guid = mac.script.appendText(`iMessage;-;${FROM}`, FROM, "after");
    mac.advance(10 * SECOND);
    expect(mac.relay.guids()).toEqual([guid]);
  });

  it(`a read that imsg never answers ends with deadline_exceeded, and the next one works (${dialect})`, () => {
    const mac = started({ dialect });
    mac.faults.set({ kind: "hang", method: "messages.history" });
    const hung = mac.relay.call("messages.history", { chat_id: 1 }, { deadline: 60_000 });
    mac.advance(50 * SECOND);
    expect(mac.relay.answers(hung)).toMatchObject([{ error: { data: { code: "deadline_exceeded" } } }]);
    const next = mac.relay.call("messages.history", { chat_id: 1 });
    mac.advance(5 * SECOND);
    expect(mac.relay.answers(next)).toMatchObject([{ result: {} }]);
  });

  it(`a read under which imsg ends is given to the next imsg (${dialect})`, () => {
    const mac = started({ dialect });
    mac.faults.set({ kind: "crash", at: "before_effect", method: "messages.history" });
    const read = mac.relay.call("messages.history", { chat_id: 1 });
    mac.advance(5 * SECOND);
    expect(mac.relay.answers(read)).toMatchObject([{ result: { messages: [{}] } }]);
  });
}

it("a read that is merely slow does not cost the others their imsg", () => {
  const mac = started({ engine: {} });
  mac.faults.set({ kind: "lose_answer", method: "messages.history" });
  const lost = mac.relay.call("messages.history", { chat_id: 1 }, { deadline: 60_000 });
  mac.advance(50 * SECOND);
  expect(mac.relay.answers(lost)).toMatchObject([{ error: { data: { code: "deadline_exceeded" } } }]);
  expect(mac.children).toHaveLength(1);
});

it("one crash is nobody's business; an imsg that ends again and again is imsg_crashing", () => {
  const mac = started();
  const health = (): unknown[] => mac.relay.frames.filter(({ t }) => t === "health");
  mac.faults.set({ kind: "crash", at: "before_effect", method: "chats.list" });
  mac.relay.call("chats.list", {});
  mac.advance(5 * SECOND);
  expect(health()).toEqual([]);
  // Each strikes one process.
  for (let at = 0; at < 30; at += 1) mac.faults.set({ kind: "crash", at: "before_effect" });
  mac.relay.call("chats.list", {});
  mac.advance(20 * SECOND);
  expect(mac.agent.status().health).toMatchObject({ state: "down", reason: "imsg_crashing" });
});

it("restarts of imsg back off to at most 30 s", () => {
  const mac = new VirtualAgent();
  mac.imsgMissing = true;
  mac.started(5 * MINUTE);
  const waits = mac.events("imsg_trouble").map(({ again_in_ms }) => Number(again_in_ms));
  expect(waits[0]).toBeLessThanOrEqual(DEFAULT_TIMES.restartMs);
  expect(Math.max(...waits)).toBeLessThanOrEqual(DEFAULT_TIMES.restartMaxMs);
  expect(waits.length).toBeLessThan(25);
});

it("-1743 of a send is automation_missing, until a send works", () => {
  const mac = started();
  const error = {
    code: -32603,
    message: "Internal error",
    data: "AppleScript failed: Not authorized (-1743)",
  };
  mac.faults.set({ kind: "fail", method: "send", error });
  mac.relay.call("send", TO, { operation: "op-a" });
  mac.advance(SECOND);
  expect(mac.agent.status().health).toMatchObject({ state: "degraded", reason: "automation_missing" });
  mac.relay.call("send", TO, { operation: "op-b" });
  mac.advance(SECOND);
  expect(mac.agent.status().health.state).toBe("ok");
});

it("RPC1: a line of imsg over the cap ends the call that waits for it, and no other", () => {
  const mac = started();
  const call = mac.relay.call("chats.list", {});
  const other = mac.relay.call("chats.get", { chat_id: 1 });
  mac.advance(1);
  const [child] = mac.children;
  const asked: { id: number }[] = child?.received.map((line) => JSON.parse(line)) ?? [];
  const id = asked.at(-2)?.id;
  child?.handlers.onOversize(`{"result":{"chats":[{"id":`, `}]},"id":${id},"jsonrpc":"2.0"}`);
  mac.advance(SECOND);
  expect(mac.relay.answers(call)[0]).toMatchObject({ error: { data: { code: "too_large" } } });
  expect(mac.relay.answers(other)).toMatchObject([{ result: {} }]);
  expect(mac.children).toHaveLength(1);
});

it("LINK13: a cancelled call has no answer", () => {
  const mac = started();
  mac.faults.set({ kind: "hold", ms: SECOND, method: "chats.list" });
  const call = mac.relay.call("chats.list", {});
  mac.advance(10);
  mac.relay.send({ t: "cancel", call });
  mac.advance(5 * SECOND);
  expect(mac.relay.answers(call)).toEqual([]);
  expect(mac.agent.status().calls).toBe(0);
});

it("RPC1: what is not the caller's is never forwarded", () => {
  const mac = started();
  for (const method of [
    "initialize",
    "watch.subscribe",
    "watch.unsubscribe",
    "bridge.events.subscribe",
    "no.such",
  ]) {
    const before = mac.requests(method).length;
    const call = mac.relay.call(method, {});
    mac.advance(SECOND);
    expect(mac.relay.answers(call)).toMatchObject([{ error: { code: -32601, data: method } }]);
    expect(mac.requests(method)).toHaveLength(before);
  }
});
