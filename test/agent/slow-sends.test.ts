// What a slow send holds up, and what it does not: mutations of several chats under virtual time.
import { expect, it } from "vitest";
import { DEFAULT_CONFIG } from "../../agent/config/config.ts";
import { EXTRA_LANE_AFTER_MS, EXTRA_LANE_IDLE_MS, MAX_EXTRA_LANES } from "../../agent/limits.ts";
import { ADA, BOB, CLEO, DAN, EVE, alive, effects, given, hold, send, started } from "./support/sends.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DIALECTS = ["0.15", "0.9"] as const;

for (const dialect of DIALECTS) {
  const usual = dialect === "0.9" ? 2 : 1;

  it(`LINK14: a send that takes a minute holds up its own chat alone (${dialect})`, () => {
    const mac = started({ dialect });
    hold(mac, MINUTE);
    send(mac, "a1", ADA);
    send(mac, "a2", { chat_id: 1 });
    send(mac, "b1", { chat_guid: `any;-;${BOB}` });
    send(mac, "c1", CLEO);
    const read = mac.relay.call("chats.list", { limit: 1 });
    const guid = mac.script.appendText(`iMessage;-;${DAN}`, DAN, "meanwhile");
    mac.advance(EXTRA_LANE_AFTER_MS - 1);
    expect(alive(mac)).toBe(usual);
    mac.advance(4 * SECOND);
    expect([effects(mac), mac.relay.answers(read).length, mac.relay.guids()[0]]).toEqual([
      ["b1", "c1"],
      1,
      guid,
    ]);
    expect([alive(mac), mac.agent.status().operations_running, mac.agent.status().operations_queued]).toEqual(
      [usual + 1, 1, 1],
    );
    // From now on another chat waits for nothing.
    send(mac, "d1", DAN);
    mac.advance(SECOND);
    expect(effects(mac)).toEqual(["b1", "c1", "d1"]);
    mac.advance(MINUTE);
    expect(effects(mac)).toEqual(["b1", "c1", "d1", "a1", "a2"]);
    for (const text of ["a1", "a2", "b1", "c1", "d1"])
      expect(mac.relay.answersTo(`op-${text}`)).toMatchObject([{ result: { ok: true } }]);
  });

  it(`LINK14: an extra imsg is ended when it is not used, and an idle account has what it always had (${dialect})`, () => {
    const mac = started({ dialect });
    expect(alive(mac)).toBe(usual);
    hold(mac, 10 * SECOND);
    send(mac, "a1", ADA);
    send(mac, "b1", BOB);
    mac.advance(20 * SECOND);
    expect(alive(mac)).toBe(usual + 1);
    mac.advance(EXTRA_LANE_IDLE_MS);
    expect([alive(mac), mac.events("imsg_extra").length, mac.events("imsg_extra_ended").length]).toEqual([
      usual,
      1,
      1,
    ]);
    expect(mac.agent.status().health.state).toBe("ok");
  });

  it(`LINK14: there are at most ${MAX_EXTRA_LANES} extra imsg, whatever is held up (${dialect})`, () => {
    const mac = started({ dialect });
    // Each strikes one process.
    for (let at = 0; at < 3; at += 1) hold(mac, MINUTE);
    for (const [at, to] of [ADA, BOB, CLEO, DAN, EVE].entries()) send(mac, `${at}`, to);
    mac.advance(30 * SECOND);
    expect(given(mac).flat()).toEqual(["0", "1", "2"]);
    expect(alive(mac)).toBe(usual + MAX_EXTRA_LANES);
    mac.advance(2 * MINUTE);
    expect(effects(mac).toSorted()).toEqual(["0", "1", "2", "3", "4"]);
    expect(alive(mac)).toBe(usual);
  });

  it(`LINK14: an imsg that is slow for a moment gets no help (${dialect})`, () => {
    const mac = started({ dialect });
    hold(mac, EXTRA_LANE_AFTER_MS - 100, { times: 3 });
    for (const [at, to] of [ADA, BOB, CLEO].entries()) send(mac, `${at}`, to);
    mac.advance(20 * SECOND);
    expect(effects(mac)).toEqual(["0", "1", "2"]);
    expect(mac.children).toHaveLength(usual);
  });

  it(`LINK14: an extra imsg that is there is left alone while the usual one is quick (${dialect})`, () => {
    const mac = started({ dialect });
    hold(mac, 10 * SECOND);
    send(mac, "a1", ADA);
    send(mac, "b1", BOB);
    mac.advance(20 * SECOND);
    hold(mac, EXTRA_LANE_AFTER_MS - 100);
    send(mac, "a2", ADA);
    send(mac, "b2", BOB);
    mac.advance(20 * SECOND);
    expect(given(mac).filter((texts) => texts.length > 0)).toEqual([["a1", "a2", "b2"], ["b1"]]);
  });

  it(`LINK14: an imsg that is back is given what waited, also with the link away (${dialect})`, () => {
    const mac = started({ dialect });
    hold(mac, SECOND);
    mac.faults.set({ kind: "crash", at: "after_effect", method: "send", count: 2 });
    for (const text of ["a1", "a2", "a3"]) send(mac, text, ADA);
    mac.advance(100);
    mac.refuseDial = "unreachable";
    mac.relay.cut();
    mac.advance(10 * SECOND);
    expect(effects(mac)).toEqual(["a1", "a2", "a3"]);
  });

  it(`LINK14: what waits for its own chat alone starts no extra imsg (${dialect})`, () => {
    const mac = started({ dialect });
    hold(mac, MINUTE);
    for (const text of ["a1", "a2", "a3"]) send(mac, text, ADA);
    mac.advance(30 * SECOND);
    expect(mac.children).toHaveLength(usual);
  });

  it(`I6: a send that never ends is ended after its time, and the next of its chat works (${dialect})`, () => {
    const mac = started({
      dialect,
      config: { times: { ...DEFAULT_CONFIG.times, mutationMs: 20 * SECOND } },
    });
    mac.faults.set({ kind: "hang", method: "send" });
    send(mac, "a1", ADA);
    send(mac, "a2", ADA);
    send(mac, "b1", BOB);
    mac.advance(10 * SECOND);
    expect(effects(mac)).toEqual(["b1"]);
    mac.advance(20 * SECOND);
    expect(mac.relay.answersTo("op-a1")).toMatchObject([{ error: { code: -32001 } }]);
    expect(effects(mac)).toEqual(["b1", "a2"]);
    expect(mac.agent.status().health.state).toBe("ok");
  });

  it(`I6: an extra imsg that ends under a send leaves that one unknown; what waited goes on (${dialect})`, () => {
    const mac = started({ dialect });
    hold(mac, MINUTE);
    send(mac, "a1", ADA);
    mac.advance(SECOND);
    mac.faults.set({ kind: "crash", at: "after_effect", method: "send" });
    send(mac, "b1", BOB);
    send(mac, "b2", BOB);
    send(mac, "c1", CLEO);
    mac.advance(10 * SECOND);
    expect(mac.relay.answersTo("op-b1")).toMatchObject([{ error: { code: -32001 } }]);
    expect(effects(mac).toSorted()).toEqual(["b1", "b2", "c1"]);
    expect(mac.agent.status().health.state).toBe("ok");
    mac.advance(MINUTE);
    expect(effects(mac)).toHaveLength(4);
  });

  it(`I6: where no extra imsg starts, the others wait for the usual one and the account is well (${dialect})`, () => {
    const mac = started({ dialect });
    hold(mac, 30 * SECOND);
    send(mac, "a1", ADA);
    mac.advance(SECOND);
    mac.imsgMissing = true;
    send(mac, "b1", BOB);
    mac.advance(20 * SECOND);
    expect(mac.children.length).toBeGreaterThan(usual + 1);
    expect([effects(mac), mac.agent.status().health.state]).toEqual([[], "ok"]);
    mac.advance(15 * SECOND);
    expect(effects(mac)).toEqual(["a1", "b1"]);
    mac.advance(2 * EXTRA_LANE_IDLE_MS);
    const before = mac.children.length;
    mac.advance(MINUTE);
    expect(mac.children).toHaveLength(before);
  });

  it(`LINK14: one whose chat nobody knows goes alone, and nothing passes it (${dialect})`, () => {
    const mac = started({ dialect });
    hold(mac, 20 * SECOND);
    send(mac, "a1", ADA);
    send(mac, "local", "5550100102");
    send(mac, "b1", BOB);
    mac.advance(15 * SECOND);
    expect(given(mac).flat()).toEqual(["a1"]);
    mac.advance(10 * SECOND);
    expect(effects(mac)).toEqual(["a1", "local", "b1"]);
    // Nor does anything run beside it.
    hold(mac, 20 * SECOND);
    send(mac, "local 2", "5550100102");
    send(mac, "b2", BOB);
    mac.advance(15 * SECOND);
    expect(effects(mac)).toHaveLength(3);
    mac.advance(10 * SECOND);
    expect(effects(mac).slice(3)).toEqual(["local 2", "b2"]);
    expect(mac.events("imsg_extra")).toEqual([]);
  });

  it(`LINK14: typing in another chat goes to the extra imsg that is there (${dialect})`, () => {
    const mac = started({ dialect });
    hold(mac, MINUTE);
    send(mac, "a1", ADA);
    send(mac, "b1", BOB);
    mac.advance(5 * SECOND);
    const typing = mac.relay.call("typing", { to: BOB, typing: true });
    mac.advance(SECOND);
    expect(mac.relay.answers(typing)).toMatchObject([{ result: {} }]);
  });

  it(`health: what an extra imsg says of the Mac's permissions counts (${dialect})`, () => {
    const mac = started({ dialect });
    hold(mac, MINUTE);
    send(mac, "a1", ADA);
    mac.advance(SECOND);
    const data = "AppleScript failed: Not authorized (-1743)";
    mac.faults.set({
      kind: "fail",
      method: "send",
      error: { code: -32603, message: "Internal error", data },
    });
    send(mac, "b1", BOB);
    mac.advance(5 * SECOND);
    expect(mac.agent.status().health).toMatchObject({ state: "degraded", reason: "automation_missing" });
  });

  it(`LINK14: stopping the agent begins nothing more (${dialect})`, () => {
    const mac = started({ dialect });
    hold(mac, MINUTE);
    send(mac, "a1", ADA);
    send(mac, "b1", BOB);
    mac.advance(5 * SECOND);
    for (const text of ["a2", "a3"]) send(mac, text, ADA);
    mac.advance(10);
    mac.agent.stop();
    expect([given(mac).flat(), alive(mac)]).toEqual([["a1", "b1"], 0]);
  });
}
