import { expect, it } from "vitest";
import { VirtualAgent } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const TO = "+15550100101";
const send = (mac: VirtualAgent, operation: string, text = operation, deadline = 60_000): string =>
  mac.relay.call("send", { to: TO, text }, { operation, deadline });
const effects = (mac: VirtualAgent): string[] =>
  mac.database.effects.flatMap((op) => (op.op === "message" ? [op.text] : []));

for (const dialect of ["0.15", "0.9"] as const) {
  it(`LINK14: a send is in the journal before imsg sees a byte (${dialect})`, () => {
    const mac = new VirtualAgent({ dialect }).started();
    mac.journal.delayMs = 50;
    send(mac, "op-a");
    mac.advance(40);
    expect([mac.requests("send"), mac.journal.text?.includes("op-a")]).toEqual([[], false]);
    mac.advance(SECOND);
    expect(mac.requests("send")).toHaveLength(1);
    expect(mac.relay.answersTo("op-a")).toMatchObject([{ result: { ok: true } }]);
  });

  it(`LINK14: given twice at once, and again later, it runs once and answers the same (${dialect})`, () => {
    const mac = new VirtualAgent({ dialect }).started();
    const first = send(mac, "op-a");
    const second = send(mac, "op-a");
    mac.advance(5 * SECOND);
    const third = send(mac, "op-a");
    mac.advance(5 * SECOND);
    expect(effects(mac)).toEqual(["op-a"]);
    const answers = mac.relay.answersTo("op-a");
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(mac.relay.answers(third)).toHaveLength(1);
    expect(mac.relay.answers(first).length + mac.relay.answers(second).length).toBe(1);
  });

  it(`LINK16: a result that was not acknowledged comes again on the next link (${dialect})`, () => {
    const mac = new VirtualAgent({ dialect }).started();
    mac.relay.ackResults = false;
    send(mac, "op-a");
    mac.advance(5 * SECOND);
    mac.relay.cut();
    mac.advance(5 * SECOND);
    mac.relay.send({ t: "ack", operations: ["op-a"] });
    mac.advance(SECOND);
    mac.relay.cut();
    mac.advance(5 * SECOND);
    expect(mac.relay.hellos).toHaveLength(3);
    expect(mac.relay.answersTo("op-a")).toHaveLength(2);
  });

  it(`LINK14: a crash of the agent after dispatch means unknown, and never a second send (${dialect})`, () => {
    const mac = new VirtualAgent({ dialect }).started();
    mac.faults.set({ kind: "hold", ms: 2 * SECOND, at: "after_effect", method: "send" });
    send(mac, "op-a");
    mac.advance(SECOND);
    mac.crash();
    mac.started();
    send(mac, "op-a", "op-a", 0);
    send(mac, "op-a");
    mac.advance(5 * SECOND);
    expect(effects(mac)).toEqual(["op-a"]);
    for (const answer of mac.relay.answersTo("op-a")) {
      expect(answer).toMatchObject({
        error: {
          code: -32001,
          data: { disposition: "may_have_completed", retry_safe: false, operation: "op-a" },
        },
      });
    }
    expect(mac.relay.answersTo("op-a").length).toBeGreaterThan(0);
  });

  it(`I6: an imsg that ends under a send leaves it unknown, and the next send works (${dialect})`, () => {
    const mac = new VirtualAgent({ dialect }).started();
    mac.faults.set({ kind: "crash", at: "after_effect", method: "send" });
    send(mac, "op-a");
    send(mac, "op-b");
    mac.advance(10 * SECOND);
    expect(mac.relay.answersTo("op-a")).toMatchObject([{ error: { code: -32001 } }]);
    expect(mac.relay.answersTo("op-b")).toMatchObject([{ result: { ok: true } }]);
    expect(effects(mac)).toEqual(["op-a", "op-b"]);
  });
}

it("LINK14: sends of one chat run in the order in which they were given, one at a time", () => {
  const mac = new VirtualAgent().started();
  mac.faults.set({ kind: "hold", ms: SECOND, method: "send" });
  for (const operation of ["op-1", "op-2", "op-3", "op-4"]) send(mac, operation);
  mac.advance(500);
  expect(mac.requests("send")).toHaveLength(1);
  mac.advance(5 * SECOND);
  expect(effects(mac)).toEqual(["op-1", "op-2", "op-3", "op-4"]);
});

it("LINK14: a deadline of 0 for something never seen refuses it for good", () => {
  const mac = new VirtualAgent().started();
  send(mac, "op-a", "text", 0);
  mac.advance(SECOND);
  send(mac, "op-a", "text", 60_000);
  mac.advance(5 * SECOND);
  expect(mac.requests("send")).toEqual([]);
  const answers = mac.relay.answersTo("op-a");
  expect(answers).toHaveLength(2);
  for (const answer of answers)
    expect(answer).toMatchObject({ error: { data: { disposition: "not_started" } } });
  mac.crash();
  mac.started();
  send(mac, "op-a", "text", 60_000);
  mac.advance(5 * SECOND);
  expect(mac.requests("send")).toEqual([]);
});

it("LINK14: a deadline of 0 is answered at once, also behind a slow send", () => {
  const mac = new VirtualAgent().started();
  mac.faults.set({ kind: "hold", ms: 20 * SECOND, method: "send" });
  send(mac, "op-slow");
  send(mac, "op-asked", "text", 0);
  mac.advance(SECOND);
  expect(mac.relay.answersTo("op-asked")).toHaveLength(1);
});

it("LINK14: a deadline of 0 for one in flight waits for its answer", () => {
  const mac = new VirtualAgent().started();
  mac.faults.set({ kind: "hold", ms: 2 * SECOND, method: "send" });
  send(mac, "op-a");
  mac.advance(SECOND);
  const asked = send(mac, "op-a", "op-a", -5);
  mac.advance(5 * SECOND);
  expect(mac.relay.answersTo("op-a")).toMatchObject([{ result: { ok: true } }]);
  expect(mac.relay.answers(asked)).toHaveLength(1);
});

it("LINK13: one that waited past its deadline is never given to imsg", () => {
  const mac = new VirtualAgent().started();
  mac.faults.set({ kind: "hold", ms: 20 * SECOND, method: "send" });
  send(mac, "op-slow");
  send(mac, "op-late", "late", 5 * SECOND);
  mac.advance(30 * SECOND);
  expect(effects(mac)).toEqual(["op-slow"]);
  expect(mac.relay.answersTo("op-late")).toMatchObject([
    { error: { data: { disposition: "not_started", retry_safe: true } } },
  ]);
});

it("I6: a disk that refuses the journal refuses the send", () => {
  const mac = new VirtualAgent().started();
  mac.journal.failing = true;
  send(mac, "op-a");
  mac.advance(SECOND);
  expect(mac.relay.answersTo("op-a")).toMatchObject([{ error: { data: { disposition: "not_started" } } }]);
  mac.journal.failing = false;
  send(mac, "op-b");
  mac.advance(SECOND);
  expect(effects(mac)).toEqual(["op-b"]);
});

it("LINK15: a torn journal has another name in the next hello", () => {
  const mac = new VirtualAgent().started();
  send(mac, "op-a");
  mac.advance(SECOND);
  mac.crash();
  mac.journal.text = mac.journal.text?.slice(0, -3);
  mac.started();
  const [first, second] = mac.relay.hellos;
  expect(second?.journal_id).not.toBe(first?.journal_id);
});

it("LINK14: without an operation nothing is sent", () => {
  const mac = new VirtualAgent().started();
  const call = mac.relay.call("send", { to: TO, text: "twice?" });
  mac.advance(SECOND);
  expect(mac.relay.answers(call)).toMatchObject([
    { error: { data: { code: "invalid_request", disposition: "not_started" } } },
  ]);
  expect(effects(mac)).toEqual([]);
});

it("RPC1: an error of imsg passes unchanged", () => {
  const mac = new VirtualAgent().started();
  mac.relay.call("send", { to: TO, bogus: 1 }, { operation: "op-a" });
  mac.advance(SECOND);
  expect(mac.relay.answersTo("op-a")).toEqual([
    { error: { code: -32602, message: "Invalid params", data: "unknown send param: bogus" } },
  ]);
});

it("LINK16: results of several links keep the epoch in which they were given", () => {
  const mac = new VirtualAgent().started();
  mac.relay.ackResults = false;
  send(mac, "op-a");
  mac.advance(SECOND);
  mac.relay.cut();
  mac.advance(5 * SECOND);
  expect(mac.relay.results.map(({ epoch }) => epoch)).toEqual([1, 1]);
});

it("I6: after -32004 imsg is started anew, and the next send works", () => {
  const mac = new VirtualAgent({ engine: { bridgeReady: true } }).started();
  mac.faults.set({ kind: "stuck", method: "send", effect: "none" });
  for (const operation of ["op-a", "op-b"]) {
    send(mac, operation);
    mac.advance(5 * SECOND);
  }
  send(mac, "op-c");
  mac.advance(5 * SECOND);
  expect(mac.relay.answersTo("op-a")).toMatchObject([{ error: { code: -32001 } }]);
  expect(mac.relay.answersTo("op-b")).toMatchObject([{ error: { code: -32004 } }]);
  expect(mac.relay.answersTo("op-c")).toMatchObject([{ result: { ok: true } }]);
});
