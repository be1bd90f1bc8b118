import { expect, it } from "vitest";
import { CLOSE } from "../../shared/close.ts";
import { MAX_FRAME_BYTES } from "../../shared/limits.ts";
import { VirtualAgent } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

it("LINK1: hello follows the challenge and says what imsg can do", () => {
  const mac = new VirtualAgent().started();
  const [hello] = mac.relay.hellos;
  expect(mac.dialled).toEqual(["ws://relay.test/v1/accounts/acc_1/agent"]);
  expect(hello).toMatchObject({
    install: "ins_1",
    protocols: [1],
    origin: "http://relay.test",
    agent: "test/1",
  });
  expect(hello?.health).toEqual({ state: "ok", reason: null, remedy: null });
  expect(hello?.engine.pages).toBe(true);
});

it("LINK2: the signature covers origin, account, install, nonce and protocols", () => {
  const mac = new VirtualAgent().started();
  expect(mac.relay.hellos[0]?.signature).toBe(
    "signed imsg-relay hello v1|http://relay.test|acc_1|ins_1|nonce-0|1",
  );
});

it("LINK1: a hello does not wait for an imsg that does not answer", () => {
  const mac = new VirtualAgent();
  mac.faults.set({ kind: "hang" });
  mac.started(3 * SECOND);
  expect(mac.relay.hellos[0]?.health).toEqual({ state: "down", reason: null, remedy: null });
});

it("LINK3: only the first link takes the account over", () => {
  const mac = new VirtualAgent({ takeover: true }).started();
  mac.relay.cut();
  mac.advance(5 * SECOND);
  expect(mac.relay.hellos.map(({ takeover }) => takeover)).toEqual([true, undefined]);
});

it("LINK5: a ping goes out every 10 s", () => {
  const mac = new VirtualAgent().started(0);
  mac.advance(61 * SECOND);
  expect(mac.relay.pings).toBe(7);
});

it("LINK5: a link without a word for 25 s is given up, and not before", () => {
  const mac = new VirtualAgent().started();
  mac.advance(10 * SECOND);
  mac.relay.silent = true;
  mac.advance(24 * SECOND - 4 * SECOND);
  expect(mac.events("link_down")).toEqual([]);
  mac.advance(6 * SECOND);
  expect(mac.events("link_down")).toHaveLength(1);
});

const FATAL = [
  ["replaced", CLOSE.replaced],
  ["protocol violation", CLOSE.protocol_violation],
  ["unauthenticated", CLOSE.unauthenticated],
  ["revoked", CLOSE.revoked],
  ["version", CLOSE.version],
] as const;
for (const [name, code] of FATAL) {
  it(`LINK6: after ${code} (${name}) the agent says why and tries again only after 5 minutes`, () => {
    const mac = new VirtualAgent();
    mac.relay.refuseWith = code;
    mac.started(4 * MINUTE);
    expect(mac.dialled).toHaveLength(1);
    expect(mac.agent.status().link.problem).toMatch(/^[a-z]/);
    mac.advance(2 * MINUTE);
    expect(mac.dialled).toHaveLength(2);
  });
}

for (const status of [401, 403, 404, 426]) {
  it(`LINK6: HTTP ${status} before the upgrade means the same`, () => {
    const mac = new VirtualAgent();
    mac.refuseDial = status;
    mac.started(4 * MINUTE);
    expect(mac.dialled).toHaveLength(1);
    mac.advance(2 * MINUTE);
    expect(mac.dialled).toHaveLength(2);
  });
}

it("LINK6: after any other close the first try comes within 1 s, and a welcome resets the delay", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const mac = new VirtualAgent({ seed }).started(2 * MINUTE);
    mac.relay.cut();
    mac.advance(1_010);
    expect(mac.dialled).toHaveLength(2);
    mac.stop();
  }
});

it("LINK6: unsuccessful tries never end, and are at most 20 s apart", () => {
  const mac = new VirtualAgent();
  mac.refuseDial = "unreachable";
  mac.started(10 * MINUTE);
  expect(mac.dialled.length).toBeGreaterThan(40);
  const waits = mac.events("link_down").map(({ again_in_ms }) => Number(again_in_ms));
  expect(Math.max(...waits)).toBeLessThanOrEqual(20 * SECOND);
  expect(Math.max(...waits.slice(0, 8))).toBeLessThanOrEqual(5 * SECOND);
  mac.refuseDial = undefined;
  mac.advance(21 * SECOND);
  expect(mac.agent.status().link.state).toBe("live");
});

it("LINK6: an accepted welcome resets the delay", () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const mac = new VirtualAgent({ seed });
    mac.refuseDial = "unreachable";
    mac.started(5 * MINUTE);
    mac.refuseDial = undefined;
    mac.advance(2 * MINUTE);
    const before = mac.events("link_down").length;
    mac.refuseDial = "unreachable";
    mac.relay.cut();
    mac.advance(5 * SECOND);
    const waits = mac.events("link_down").map(({ again_in_ms }) => Number(again_in_ms));
    expect(Math.max(...waits.slice(before, before + 2))).toBeLessThanOrEqual(SECOND);
    mac.stop();
  }
});

it("LINK6: a relay that opens and never greets is left after 10 s", () => {
  const mac = new VirtualAgent();
  mac.relay.silent = true;
  mac.started(12 * SECOND);
  expect(mac.events("link_down").length).toBeGreaterThan(0);
});

const VIOLATIONS = [
  ["a frame before welcome", (mac: VirtualAgent) => mac.relay.send({ t: "cancel", call: "x" }), true],
  ["a second welcome", (mac: VirtualAgent) => mac.relay.send({ t: "challenge", nonce: "n", time: 0 }), false],
  ["no JSON", (mac: VirtualAgent) => mac.relay.sendText("{"), false],
  [
    "JSON nested too deeply",
    (mac: VirtualAgent) => mac.relay.sendText("[".repeat(70) + "]".repeat(70)),
    false,
  ],
  ["a mistyped field", (mac: VirtualAgent) => mac.relay.sendText('{"t":"ack","n":"1"}'), false],
  ["an ack for what was never sent", (mac: VirtualAgent) => mac.relay.send({ t: "ack", n: 900 }), false],
  [
    "a frame over 16 MiB",
    (mac: VirtualAgent) => mac.relay.sendText(`"${"x".repeat(MAX_FRAME_BYTES)}"`),
    false,
  ],
] as const;
for (const [name, act, early] of VIOLATIONS) {
  it(`LINK7: ${name} ends the link, and the next one works`, () => {
    const mac = new VirtualAgent();
    if (early) {
      mac.relay.refuseWith = undefined;
      mac.start();
      mac.advance(1);
      act(mac);
      mac.advance(5 * SECOND);
    } else {
      mac.started();
      act(mac);
      mac.advance(5 * SECOND);
    }
    expect(mac.events("link_down")).toHaveLength(1);
    expect(mac.agent.status().link.state).toBe("live");
  });
}

it("LINK7: frames of unknown types are counted and do no harm", () => {
  const mac = new VirtualAgent().started();
  mac.relay.sendText('{"t":"transfer","anything":[1]}');
  mac.advance(SECOND);
  expect(mac.agent.status().link).toMatchObject({ state: "live", unknown_frames: 1 });
});

it("LINK17: after goodbye the agent comes back at the time it was told", () => {
  const mac = new VirtualAgent().started();
  mac.relay.send({ t: "goodbye", reconnect_in_ms: 42_000, reason: "drain" });
  mac.advance(41 * SECOND);
  expect(mac.dialled).toHaveLength(1);
  mac.advance(2 * SECOND);
  expect(mac.agent.status().link.state).toBe("live");
});

it("LINK6: a stopped agent has no timer, no child and no socket left", () => {
  const mac = new VirtualAgent({ dialect: "0.9" }).started(10 * SECOND);
  mac.relay.call("messages.history", { chat_id: 1 });
  mac.agent.stop();
  expect(mac.relay.isLinked && mac.agent.status().link.state).not.toBe("live");
  expect(mac.children.every(({ alive }) => !alive)).toBe(true);
  const before = mac.logged.length;
  mac.advance(MINUTE);
  expect(mac.logged.slice(before)).toEqual([]);
  expect(mac.dialled).toHaveLength(1);
});
