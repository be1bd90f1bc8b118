import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it, vi } from "vitest";
import { Mac } from "../imsg-sim/scenario.ts";
import { CODE, useAgentHome, WAIT } from "./support/agent-home.ts";

const FROM = "+15550100101";

const here = useAgentHome();
const files = (profile?: string) => ({
  identity: here.file("identity.json", profile),
  config: here.file("agent.jsonc", profile),
  journal: here.file("journal.jsonl", profile),
  status: here.file("status.json", profile),
});

it("LINK2: enroll makes the key pair on the Mac, and only its public half leaves", async () => {
  const { code, stdout } = await here.enrol("--name", "the Mac");
  expect(code).toBe(0);
  expect(stdout).toContain("ins_1");
  expect(here.server.claims).toMatchObject([{ code: CODE, name: "the Mac" }]);
  expect(Buffer.from(here.server.claims[0]?.public_key ?? "", "base64")).toHaveLength(32);
  const identity: Record<string, unknown> = JSON.parse(readFileSync(files().identity, "utf8"));
  expect(identity).toMatchObject({ relay: here.server.origin, account: "acc_test", install: "ins_1" });
  expect(statSync(files().identity).mode & 0o777).toBe(0o600);
  expect(statSync(path.dirname(files().identity)).mode & 0o777).toBe(0o700);
  expect(readFileSync(files().config, "utf8")).toContain("cliPath");
  expect(stdout).not.toContain(CODE);
});

it("ID5: a second enrolment needs --force, and a profile is another agent", async () => {
  await here.enrol();
  const again = await here.enrol();
  expect(again).toMatchObject({ code: 3 });
  expect(again.stderr).toContain("--force");
  expect(here.server.claims).toHaveLength(1);
  expect(await here.enrol("--force")).toMatchObject({ code: 0 });
  expect(await here.enrol("--profile", "second")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Next: imsg-relay-agent run --profile second\n"),
  });
  expect(await here.run(["status", "--profile", "second"])).toMatchObject({
    code: 4,
    stdout: expect.stringContaining("Run: imsg-relay-agent run --profile second\n"),
  });
  expect(existsSync(files("second").identity)).toBe(true);
});

it("help is made from the table of commands, and names the exit codes", async () => {
  const [help, enroll, version, unknown, none] = await Promise.all([
    here.run(["--help"]),
    here.run(["enroll", "--help"]),
    here.run(["--version"]),
    here.run(["bogus"]),
    here.run([]),
  ]);
  for (const word of ["enroll", "run", "status", "rotate-key", "move", "leave", "Exit codes"])
    expect(help.stdout).toContain(word);
  expect(enroll.stdout).toContain("--force");
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect([help.code, enroll.code, version.code, unknown.code, none.code]).toEqual([0, 0, 0, 2, 2]);
});

it("run without an enrolment, or with a mistyped agent.jsonc, ends with 3 and names the line", async () => {
  expect(await here.run(["run"])).toMatchObject({ code: 3, stderr: expect.stringContaining("not enrolled") });
  await here.enrol();
  writeFileSync(files().config, '{\n  "read_onyl": true\n}');
  const mistyped = await here.run(["run"]);
  expect(mistyped).toMatchObject({ code: 3, stderr: expect.stringContaining(`${files().config}:2:`) });
  expect(mistyped.stderr).toContain('"read_only"');
});

for (const dialect of ["0.15", "0.9"] as const) {
  it(`LINK1, LINK9, LINK14: the programs together: a hello with a true signature, rows, a call, a send (${dialect})`, async () => {
    const mac = await here.enrolled();
    mac.settings({ dialect });
    const chat = mac.dm(FROM);
    mac.appendText(chat, FROM, "before");
    const agent = here.begin(["run"]);
    await vi.waitFor(() => expect(here.server.relay.resume).toBe(1), WAIT);
    expect(here.server.isSigned(0)).toBe(true);
    expect(here.server.upgrades[0]).toEqual({
      path: "/v1/accounts/acc_test/agent",
      protocol: "imsg-relay.agent.v1",
    });
    const guids = Array.from({ length: 5 }, (_, at) => mac.appendText(chat, FROM, `secret words ${at}`));
    await vi.waitFor(() => expect(here.server.relay.guids()).toEqual(guids), WAIT);
    const call = here.server.relay.call("chats.list", { limit: 1 });
    await vi.waitFor(
      () => expect(here.server.relay.answers(call)).toMatchObject([{ result: { chats: [{}] } }]),
      WAIT,
    );
    here.server.relay.call("send", { to: FROM, text: "hidden reply" }, { operation: "op-a" });
    await vi.waitFor(
      () => expect(here.server.relay.answersTo("op-a")).toMatchObject([{ result: { ok: true } }]),
      WAIT,
    );
    expect(mac.sent()).toHaveLength(1);
    expect(readFileSync(files().journal, "utf8")).toContain("op-a");

    await vi.waitFor(async () => {
      const asked = await here.run(["status", "--json"]);
      expect(asked.code).toBe(0);
      const status: Record<string, unknown> = JSON.parse(asked.stdout);
      const live = { running: true, pid: agent.pid, link: { state: "live" }, health: { state: "ok" } };
      expect(status).toMatchObject(live);
    }, WAIT);
    expect((await here.run(["status"])).stdout).toContain("live");
    expect(await here.run(["run"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("served already"),
    });

    agent.kill("SIGINT");
    const ended = await agent.finished;
    expect(ended.code).toBe(0);
    for (const word of ["secret words", "hidden reply", FROM, "15550100101", CODE])
      expect(ended.stderr).not.toContain(word);
    for (const line of ended.stderr.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("event");
    expect(existsSync(files().status)).toBe(false);
    expect(await here.run(["status"])).toMatchObject({ code: 4 });
  });
}

it("LINK14: kill -9 in the middle of a send means unknown, and never a second send", async () => {
  const mac = await here.enrolled();
  mac.dm(FROM);
  mac.fault({ kind: "hold", ms: 60_000, at: "after_effect", method: "send" });
  const first = here.begin(["run"]);
  await vi.waitFor(() => expect(here.server.relay.resume).not.toBeNull(), WAIT);
  here.server.relay.call("send", { to: FROM, text: "once" }, { operation: "op-a" });
  await vi.waitFor(() => expect(mac.sent()).toHaveLength(1), WAIT);
  first.kill("SIGKILL");
  await first.finished;
  here.begin(["run"]);
  await vi.waitFor(
    () => expect(here.server.relay.answersTo("op-a")).toMatchObject([{ error: { code: -32001 } }]),
    WAIT,
  );
  here.server.relay.call("send", { to: FROM, text: "once" }, { operation: "op-a" });
  await vi.waitFor(() => expect(here.server.relay.answersTo("op-a")).toHaveLength(2), WAIT);
  expect(mac.sent()).toHaveLength(1);
});

it("LINK6: without imsg the agent is still there to say so", async () => {
  await here.enrolled({ cliPath: "/no/such/imsg" });
  here.begin(["run"]);
  await vi.waitFor(
    () => expect(here.server.relay.hellos[0]?.health).toMatchObject({ reason: "imsg_missing" }),
    WAIT,
  );
});

it("health: a program without `rpc` is rpc_unsupported", async () => {
  await here.enrolled({ cliPath: "/bin/false" });
  here.begin(["run"]);
  await vi.waitFor(
    () => expect(here.server.relay.hellos[0]?.health).toMatchObject({ reason: "rpc_unsupported" }),
    WAIT,
  );
});

it("LINK6: a refusal before the upgrade is said in plain words", async () => {
  await here.enrolled();
  here.server.refuseUpgrade = 404;
  const agent = here.begin(["run"]);
  await vi.waitFor(() => expect(agent.stderr).toContain("does not know this account"), WAIT);
  await vi.waitFor(
    async () => expect((await here.run(["status"])).stdout).toContain("does not know this account"),
    WAIT,
  );
});

it("LINK12: status says how far a catch-up is, for people and for programs", async () => {
  await here.enrolled();
  const catch_up = { done: 31_000, total: 50_000, part: 0.62, rows_per_s: 4_166, seconds_left: 5 };
  const running = {
    pid: process.pid,
    written_at: Date.now(),
    link: { state: "live", since: Date.now(), problem: null },
    health: { state: "ok", reason: null, remedy: null },
    engine: { version: "0.15.0", pages: true },
    feed: { position: 31_020, caught_up: false, held: 0, catch_up },
    backlog: 0,
    operations_unacked: 0,
  };
  writeFileSync(files().status, JSON.stringify(running));
  expect((await here.run(["status"])).stdout).toContain(
    "Catch-up 31,000 of ~50,000 messages, 4,166/s, 5 s left\n",
  );
  const { stdout } = await here.run(["status", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ running: true, feed: { catch_up } });
  // Live, and as an agent of before wrote it.
  for (const feed of [
    { ...running.feed, catch_up: null },
    { ...running.feed, catch_up: undefined },
  ]) {
    writeFileSync(files().status, JSON.stringify({ ...running, feed }));
    expect((await here.run(["status"])).stdout).not.toContain("Catch-up");
  }
});

it("LINK14: status says how many sends are under way and how many wait", async () => {
  const mac = await here.enrolled();
  mac.fault({ kind: "hold", ms: 60_000, method: "send" });
  here.begin(["run"]);
  await vi.waitFor(() => expect(here.server.relay.resume).not.toBeNull(), WAIT);
  for (const operation of ["op-1", "op-2", "op-3"])
    here.server.relay.call("send", { to: FROM, text: "x" }, { operation });
  await vi.waitFor(
    async () =>
      expect((await here.run(["status"])).stdout).toContain("Sending  1 under way, 2 behind them\n"),
    WAIT,
  );
});

it("LINK6: a broken socket is dialled again within moments, and what came meanwhile is not lost", async () => {
  const mac = await here.enrolled();
  const chat = mac.dm(FROM);
  here.begin(["run"]);
  await vi.waitFor(() => expect(here.server.relay.resume).not.toBeNull(), WAIT);
  here.server.relay.cut();
  const guid = mac.appendText(chat, FROM, "meanwhile");
  await vi.waitFor(() => expect(here.server.relay.guids()).toEqual([guid]), WAIT);
  expect(here.server.relay.hellos).toHaveLength(2);
  expect(here.server.relay.hellos[1]?.journal_id).toBe(here.server.relay.hellos[0]?.journal_id);
});

it("LINK11: another file in the database's place is noticed and read", async () => {
  const mac = await here.enrolled({ intervals: { database_look_ms: 50 } });
  mac.appendText(mac.dm(FROM), FROM, "before");
  here.begin(["run"]);
  await vi.waitFor(() => expect(here.server.relay.resume).not.toBeNull(), WAIT);
  const first = mac.appendText(mac.dm(FROM), FROM, "first");
  await vi.waitFor(() => expect(here.server.relay.guids()).toEqual([first]), WAIT);
  const other = new Mac({ folder: here.folder("other") });
  other.dm("+15550100109");
  const second = other.appendText(other.dm(FROM), FROM, "second");
  rmSync(mac.dbPath);
  writeFileSync(mac.dbPath, readFileSync(other.dbPath));
  await vi.waitFor(() => expect(here.server.relay.guids()).toEqual([first, second]), WAIT);
  expect(here.server.relay.database).toBe(2);
});
