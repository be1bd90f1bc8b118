// The owner changes agent.jsonc while the agent runs: a whole agent under virtual time.
import { expect, it } from "vitest";
import type { Answer } from "../../shared/jsonrpc.ts";
import { VirtualAgent } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const ADA = "+15550100101";
const BOB = "+15550100102";

function started(dialect: "0.15" | "0.9" = "0.15", settings: Record<string, unknown> = {}): VirtualAgent {
  const mac = new VirtualAgent({ dialect });
  mac.owner.save(settings);
  mac.script.appendText(mac.script.dm(ADA), ADA, "hello");
  return mac.started();
}
const forbidden = (rule: string) => ({
  error: {
    code: -32043,
    data: { code: "forbidden_by_mac", rule, disposition: "not_started", retry_safe: true },
  },
});
const SENT = { result: { ok: true } };
function sends(
  mac: VirtualAgent,
  operation: string,
  params: unknown = { to: ADA, text: "x" },
): Answer | undefined {
  mac.relay.call("send", params, { operation });
  mac.advance(2 * SECOND);
  return mac.relay.answersTo(operation)[0];
}
function asks(mac: VirtualAgent, method: string, params: unknown = {}): Answer | undefined {
  const call = mac.relay.call(method, params);
  mac.advance(SECOND);
  return mac.relay.answers(call)[0];
}
const policies = (mac: VirtualAgent) =>
  mac.relay.frames.flatMap((frame) => (frame.t === "hello" || frame.t === "health" ? [frame.policy] : []));

it("I3: what the owner takes away is gone before the next call, without a restart", () => {
  const mac = started();
  expect(sends(mac, "op-1")).toMatchObject(SENT);
  mac.owner.save({ read_only: true });
  // Nobody but the call itself looks at the file.
  expect(sends(mac, "op-2")).toMatchObject(forbidden("read_only"));
  expect(asks(mac, "chats.list")).toMatchObject({ result: { chats: [{}] } });
  mac.owner.save({ methods: { deny: ["chats.*"] } });
  expect(asks(mac, "chats.list")).toMatchObject(forbidden("methods.deny"));
  expect(sends(mac, "op-3")).toMatchObject(SENT);
  expect(mac.relay.epoch).toBe(1);
  expect(mac.requests("send")).toHaveLength(2);
});

for (const dialect of ["0.15", "0.9"] as const) {
  it(`I3: calls that wait for their turn already are judged by the new rules (${dialect})`, () => {
    const mac = started(dialect);
    mac.faults.set({ kind: "hold", ms: 5 * SECOND, method: "send", at: "before_effect" });
    mac.faults.set({
      kind: "hold",
      ms: 5 * SECOND,
      method: "messages.history",
      at: "before_effect",
      times: 200,
    });
    const operations = ["op-1", "op-2", "op-3"];
    for (const operation of operations)
      mac.relay.call("send", { to: ADA, text: operation }, { operation, deadline: 60_000 });
    const own = mac.requests("messages.history").length;
    // More than imsg is given at once.
    const reads = Array.from({ length: 80 }, () => mac.relay.call("messages.history", { chat_id: 1 }));
    mac.advance(SECOND);
    const given = mac.requests("messages.history").length;
    expect(given - own).toBeLessThan(80);
    mac.owner.save({ methods: { allow: ["chats.list"] } });
    mac.advance(60 * SECOND);
    expect(mac.requests("send")).toHaveLength(1);
    expect(mac.requests("messages.history")).toHaveLength(given);
    expect(mac.relay.answersTo("op-1")[0]).toMatchObject(SENT);
    for (const operation of ["op-2", "op-3"])
      expect(mac.relay.answersTo(operation)).toMatchObject([forbidden("methods.allow")]);
    const refused = reads.filter((call) => JSON.stringify(mac.relay.answers(call)).includes("methods.allow"));
    expect(refused).toHaveLength(80 - given + own);
    for (const call of reads) expect(mac.relay.answers(call)).toHaveLength(1);
  });
}

it("I3: a mutation is judged once more when it is in the journal and imsg is about to get it", () => {
  const mac = started();
  mac.journal.delayMs = SECOND;
  mac.relay.call("send", { to: ADA, text: "x" }, { operation: "op-1" });
  mac.advance(SECOND / 2);
  mac.owner.save({ recipients: { deny: [ADA] } });
  mac.advance(5 * SECOND);
  expect(mac.relay.answersTo("op-1")).toMatchObject([forbidden("recipients.deny")]);
  expect(mac.requests("send")).toEqual([]);
});

it("I3: a mistake in the file lifts nothing, is logged by its place, and is told upward and in the status", () => {
  const mac = started("0.15", { read_only: true });
  mac.owner.mistake({ line: 3, column: 5, message: 'unknown setting "+15550100101"' });
  expect(sends(mac, "op-1")).toMatchObject(forbidden("read_only"));
  expect(mac.events("settings_not_understood")).toEqual([{ line: 3, column: 5 }]);
  expect(JSON.stringify(mac.logged)).not.toContain(ADA);
  expect(mac.agent.status().policy).toMatchObject({ read_only: true, mistake: { line: 3, column: 5 } });
  expect(policies(mac).at(-1)).toMatchObject({ read_only: true, mistake: { line: 3, column: 5 } });
  expect(mac.agent.status().settings_mistake).toContain("unknown setting");
  mac.owner.save({ read_only: true });
  mac.owner.tick();
  mac.advance(SECOND);
  expect(policies(mac).at(-1)).toMatchObject({ mistake: null });
  expect(mac.agent.status().settings_mistake).toBeNull();
});

it("LINK19: hello and health carry the rules that hold, and no handle and no path", () => {
  const mac = started("0.15", {
    recipients: { allow: [ADA], deny: [BOB] },
    send_roots: ["/owner/secret"],
    methods: { deny: ["group.*"] },
    sends: { per_hour: 5 },
  });
  expect(mac.relay.hellos[0]?.policy).toEqual({
    paused: false,
    read_only: false,
    methods_forbidden: [
      "group.rename",
      "group.setIcon",
      "group.addParticipant",
      "group.removeParticipant",
      "group.leave",
    ],
    recipients: { allow: 1, deny: 1 },
    send_roots: 1,
    attachment_roots: 1,
    media_max_bytes: 100 * 1024 * 1024,
    sends: { per_hour: 5, per_day: null },
    mistake: null,
  });
  const told = JSON.stringify(mac.relay.frames.filter(({ t }) => t === "hello" || t === "health"));
  for (const secret of [ADA, BOB, "/owner/secret"]) expect(told).not.toContain(secret);
  const before = policies(mac).length;
  mac.owner.save({ read_only: true });
  mac.owner.tick();
  mac.advance(SECOND);
  expect(policies(mac)).toHaveLength(before + 1);
  expect(policies(mac).at(-1)).toMatchObject({ read_only: true, recipients: { allow: null, deny: 0 } });
});

for (const dialect of ["0.15", "0.9"] as const) {
  it(`I3: paused, nothing passes either way; afterwards what came meanwhile is shown (${dialect})`, () => {
    const mac = started(dialect);
    const first = mac.script.appendText(1, ADA, "before");
    mac.advance(6 * SECOND);
    expect(mac.relay.guids()).toContain(first);
    mac.owner.save({ paused: true });
    mac.owner.tick();
    mac.advance(5 * SECOND);
    expect(mac.relay.epoch).toBe(2);
    expect(mac.relay.isLinked).toBe(true);
    expect(mac.relay.hellos.at(-1)?.policy).toMatchObject({ paused: true });
    const framesBefore = mac.relay.frames.length;
    const meanwhile = mac.script.appendText(1, ADA, "meanwhile");
    mac.advance(60 * SECOND);
    expect(mac.relay.guids()).not.toContain(meanwhile);
    const passed = mac.relay.frames.slice(framesBefore).map(({ t }) => t);
    expect(passed.filter((t) => t === "events" || t === "note")).toEqual([]);
    expect(sends(mac, "op-1")).toMatchObject(forbidden("paused"));
    expect(sends(mac, "op-2", { chat_id: 1, text: "x" })).toMatchObject(forbidden("paused"));
    for (const method of ["chats.list", "messages.history", "status", "typing"])
      expect(asks(mac, method, { chat_id: 1, to: ADA })).toMatchObject(forbidden("paused"));
    for (const t of ["read", "write"] as const) {
      const ask = { transfer: `t-${t}`, cap: 10 };
      if (t === "read")
        mac.relay.send({
          t,
          ...ask,
          path: "/a",
          head: false,
          range: null,
          if_range: null,
          if_none_match: null,
        });
      else mac.relay.send({ t, ...ask, staged: null, name: "a", size: 1, offset: 0, length: 1 });
    }
    mac.advance(SECOND);
    expect(mac.relay.frames.filter(({ t }) => t === "transfer")).toMatchObject([
      { transfer: "t-read", error: { code: "forbidden_by_mac", rule: "paused" } },
      { transfer: "t-write", error: { code: "forbidden_by_mac", rule: "paused" } },
    ]);
    mac.owner.save({});
    mac.owner.tick();
    mac.advance(10 * SECOND);
    expect(mac.relay.guids()).toContain(meanwhile);
    expect(sends(mac, "op-3")).toMatchObject(SENT);
    expect(mac.relay.violations).toEqual([]);
  });
}

it("I3: paused from the start, no row is read and imsg is only asked how it is", () => {
  const mac = started("0.15", { paused: true });
  mac.advance(60 * SECOND);
  expect(mac.relay.rows).toEqual([]);
  for (const method of ["watch.subscribe", "messages.after", "messages.history"])
    expect(mac.requests(method)).toEqual([]);
  expect(mac.agent.status()).toMatchObject({ link: { state: "live" }, policy: { paused: true } });
});

it("I3: what waits when the owner pauses is refused, and the outcome of what was sent is still told", () => {
  const mac = started();
  mac.faults.set({ kind: "hold", ms: 5 * SECOND, method: "send", at: "before_effect" });
  for (const operation of ["op-1", "op-2"])
    mac.relay.call("send", { to: ADA, text: operation }, { operation, deadline: 60_000 });
  mac.advance(SECOND);
  mac.owner.save({ paused: true });
  mac.owner.tick();
  mac.advance(20 * SECOND);
  expect(mac.relay.answersTo("op-1").at(-1)).toMatchObject(SENT);
  expect(mac.relay.answersTo("op-2").at(-1)).toMatchObject(forbidden("paused"));
});

for (const dialect of ["0.15", "0.9"] as const) {
  it(`I1: another program or database is taken by fresh processes, once those that are have answered (${dialect})`, () => {
    const mac = started(dialect);
    const before = mac.children.length;
    mac.faults.set({ kind: "hold", ms: 5 * SECOND, method: "send", at: "before_effect" });
    mac.relay.call("send", { to: ADA, text: "x" }, { operation: "op-1", deadline: 60_000 });
    mac.advance(SECOND);
    mac.owner.save({ cliPath: "/opt/other/imsg" });
    mac.owner.tick();
    mac.advance(20 * SECOND);
    expect(mac.relay.answersTo("op-1")).toMatchObject([SENT]);
    const fresh = mac.children.slice(before);
    expect(fresh.length).toBe(before);
    expect(mac.children.filter(({ alive }) => alive)).toHaveLength(before);
    const later = mac.script.appendText(1, ADA, "later");
    mac.advance(10 * SECOND);
    expect(mac.relay.guids()).toContain(later);
    expect(sends(mac, "op-2")).toMatchObject(SENT);
  });
}

it("I3: the owner's count of sends is kept by the journal, over restarts, and the relay cannot lift it", () => {
  const mac = started("0.15", { sends: { per_hour: 2, per_day: 3 } });
  expect(sends(mac, "op-1")).toMatchObject(SENT);
  // What was never begun is not counted.
  expect(sends(mac, "op-2", { to: ADA, file: "/etc/passwd" })).toMatchObject(forbidden("send_roots"));
  expect(sends(mac, "op-3")).toMatchObject(SENT);
  expect(sends(mac, "op-4")).toMatchObject(forbidden("sends.per_hour"));
  const wait = sends(mac, "op-5");
  expect(wait).toMatchObject({ error: { data: { retry_after_s: expect.any(Number) } } });
  mac.relay.send({ t: "settings", settings: { sends: { per_hour: 1_000, per_day: 1_000 }, paused: false } });
  expect(sends(mac, "op-6")).toMatchObject(forbidden("sends.per_hour"));
  // Reads and signs of typing are none.
  expect(asks(mac, "chats.list")).toMatchObject({ result: {} });
  mac.stop();
  mac.started();
  expect(sends(mac, "op-7")).toMatchObject(forbidden("sends.per_hour"));
  mac.advance(HOUR);
  expect(sends(mac, "op-8")).toMatchObject(SENT);
  expect(sends(mac, "op-9")).toMatchObject(forbidden("sends.per_day"));
  mac.stop();
  mac.started();
  mac.advance(HOUR);
  expect(sends(mac, "op-10")).toMatchObject(forbidden("sends.per_day"));
  mac.advance(22 * HOUR);
  expect(sends(mac, "op-11")).toMatchObject(SENT);
});

it("I3: of many sends at once, no more go than are allowed", () => {
  const mac = started("0.15", { sends: { per_hour: 3 } });
  const operations = Array.from({ length: 10 }, (_, at) => `op-${at}`);
  for (const operation of operations)
    mac.relay.call("send", { to: `+1555010010${operation.at(-1)}`, text: "x" }, { operation });
  mac.advance(10 * SECOND);
  expect(mac.requests("send")).toHaveLength(3);
  const answers = operations.map((operation) => mac.relay.answersTo(operation)[0]);
  expect(answers.filter((answer) => answer !== undefined && "result" in answer)).toHaveLength(3);
});

it("I3: what takes effect only at the next start is said in the log", () => {
  const mac = started();
  mac.owner.save({ debounce_ms: 5, intervals: { quiet_ms: 5 }, read_only: true });
  mac.owner.tick();
  expect(mac.events("settings_wait_for_restart")).toEqual([{ settings: "debounce_ms link or intervals" }]);
  expect(mac.events("settings_read")).toEqual([{ changed: "read_only" }]);
});
