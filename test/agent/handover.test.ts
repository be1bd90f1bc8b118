// When a mutation is in the journal, when imsg has it, and when it goes elsewhere.
import { expect, it } from "vitest";
import { MAX_QUEUED_MUTATIONS } from "../../agent/limits.ts";
import { ADA, BOB, CLEO, effects, hold, send, started } from "./support/sends.ts";
import type { VirtualAgent } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const killAll = (mac: VirtualAgent): void => {
  for (const child of mac.children) {
    child.alive = false;
    child.handlers.onExit({ code: null, signal: "SIGKILL", missing: false, stderr: "" });
  }
};

it("LINK14: of one chat nothing is begun before the one before has its result, also in the journal", () => {
  const mac = started();
  hold(mac, MINUTE);
  send(mac, "a1", ADA);
  send(mac, "a2", `sms:${ADA}`);
  send(mac, "b1", BOB);
  mac.advance(10 * SECOND);
  const begun = [...(mac.journal.text ?? "").matchAll(/"begun","operation":"op-(\w+)"/g)].map(
    ([, text]) => text,
  );
  expect(begun).toEqual(["a1", "b1"]);
});

it("LINK14: what waits for a free imsg is not begun: a crash of the agent leaves it to be given again", () => {
  const mac = started();
  hold(mac, MINUTE);
  for (const [text, to] of Object.entries({ a1: ADA, b1: BOB, c1: CLEO })) send(mac, text, to);
  mac.advance(SECOND);
  mac.crash();
  mac.started();
  for (const [text, to] of Object.entries({ a1: ADA, b1: BOB, c1: CLEO })) send(mac, text, to);
  mac.advance(5 * SECOND);
  expect(mac.relay.answersTo("op-a1").at(-1)).toMatchObject({ error: { code: -32001 } });
  for (const text of ["b1", "c1"]) expect(mac.relay.answersTo(`op-${text}`)).toMatchObject([{ result: {} }]);
});

it("LINK14: an operation that has begun and whose imsg is gone before it was given goes to the next one", () => {
  const mac = started({ dialect: "0.9" });
  mac.journal.delayMs = 500;
  send(mac, "a1", ADA);
  // Between the journal's line and imsg.
  mac.advance(490);
  killAll(mac);
  mac.advance(5 * SECOND);
  expect([effects(mac), mac.relay.answersTo("op-a1").length]).toEqual([["a1"], 1]);
  expect(mac.journal.text?.match(/"begun","operation":"op-a1"/g)).toHaveLength(1);
  expect(mac.relay.answersTo("op-a1")).toMatchObject([{ result: { ok: true } }]);
});

it("LINK14: while imsg is being started anew nothing is begun", () => {
  const mac = started();
  killAll(mac);
  send(mac, "a1", ADA);
  mac.advance(20);
  expect(mac.agent.status().operations_queued).toBe(1);
  expect(mac.journal.text).not.toContain("op-a1");
  mac.advance(SECOND);
  expect(effects(mac)).toEqual(["a1"]);
});

it("LINK14: behind typing that took too long a send goes as soon as imsg answers again", () => {
  const mac = started({ dialect: "0.9" });
  mac.faults.set({ kind: "hold", ms: 20 * SECOND, method: "typing" });
  mac.relay.call("typing", { to: ADA, typing: true });
  mac.advance(100);
  send(mac, "b1", BOB);
  mac.advance(20 * SECOND);
  expect(effects(mac)).toEqual(["b1"]);
});

it("LINK14: behind typing that hangs a send is not lost with its imsg", () => {
  const mac = started({ dialect: "0.9" });
  mac.faults.set({ kind: "hang", method: "typing" });
  mac.relay.call("typing", { to: ADA, typing: true });
  mac.advance(100);
  send(mac, "b1", BOB);
  mac.advance(MINUTE);
  expect(mac.relay.answersTo("op-b1")).toMatchObject([{ result: { ok: true } }]);
});

it(`LINK14: at most ${MAX_QUEUED_MUTATIONS} wait; one more is refused as busy, and was not started`, () => {
  const mac = started();
  hold(mac, MINUTE);
  send(mac, "slow", ADA);
  mac.advance(10);
  for (let at = 0; at <= MAX_QUEUED_MUTATIONS; at += 1) send(mac, `${at}`, ADA);
  mac.advance(SECOND);
  expect(mac.agent.status().operations_queued).toBe(MAX_QUEUED_MUTATIONS);
  expect(mac.relay.answersTo(`op-${MAX_QUEUED_MUTATIONS}`)).toMatchObject([
    { error: { code: -32000, data: { disposition: "not_started" } } },
  ]);
});

it("LINK13: what waits is told at its deadline, not when its turn comes", () => {
  const mac = started();
  hold(mac, MINUTE);
  send(mac, "a1", ADA);
  send(mac, "a2", ADA, 5 * SECOND);
  mac.advance(6 * SECOND);
  expect(mac.relay.answersTo("op-a2")).toMatchObject([
    { error: { data: { code: "deadline_exceeded", disposition: "not_started" } } },
  ]);
});

it("LINK14: -32004 of an extra imsg restarts that one alone", () => {
  const mac = started({ engine: { bridgeReady: true } });
  hold(mac, MINUTE);
  send(mac, "a1", ADA);
  mac.advance(SECOND);
  mac.faults.set({ kind: "stuck", method: "send", effect: "none" });
  for (const text of ["b1", "b2", "b3"]) send(mac, text, BOB);
  mac.advance(20 * SECOND);
  expect(mac.relay.answersTo("op-b1")).toMatchObject([{ error: { code: -32001 } }]);
  expect(mac.relay.answersTo("op-b2")).toMatchObject([{ error: { code: -32004 } }]);
  expect(mac.relay.answersTo("op-b3")).toMatchObject([{ result: { ok: true } }]);
  expect(mac.children[0]?.alive).toBe(true);
  mac.advance(MINUTE);
  expect(mac.relay.answersTo("op-a1")).toMatchObject([{ result: { ok: true } }]);
});
