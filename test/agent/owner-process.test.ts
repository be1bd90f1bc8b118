// agent.jsonc edited under a running agent: the built program, a real file, a simulated imsg.
import { mkdtempSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { Mac } from "../imsg-sim/scenario.ts";
import { Programs, RelayServer, Running } from "./support/programs.ts";

const FROM = "+15550100101";
const CODE = `enr_${"0123456789abcdef".repeat(4)}`;
const WAIT = { timeout: 8_000, interval: 20 };

let programs: Programs;
let server: RelayServer;
let home: string;
let running: Running[];

beforeAll(() => {
  programs = new Programs();
});
afterAll(() => programs.dispose());
beforeEach(async () => {
  server = new RelayServer();
  await server.listen();
  home = mkdtempSync(path.join(programs.folder, "home-"));
  running = [];
});
afterEach(async () => {
  for (const one of running) one.kill("SIGKILL");
  await Promise.all(running.map(({ finished }) => finished));
  await server.close();
});

const begin = (...args: string[]): Running => {
  const environment = { PATH: process.env["PATH"], HOME: home, IMSG_RELAY_HOME: home };
  const one = new Running(programs.agent, args, environment);
  running.push(one);
  return one;
};

it("I3: the owner's file, saved while the agent runs, counts from the next call on; imsg is exchanged when it names another", async () => {
  const mac = new Mac({ folder: mkdtempSync(path.join(programs.folder, "mac-")) });
  mac.dm(FROM);
  expect(await begin("enroll", `${server.origin}#${CODE}`, "--yes").finished).toMatchObject({ code: 0 });
  const file = path.join(home, "agent", "default", "agent.jsonc");
  const settings = { cliPath: programs.imsg, dbPath: mac.dbPath, debounce_ms: 10 };
  const save = (more: object): void => {
    const beside = `${file}.swp`;
    writeFileSync(beside, JSON.stringify({ ...settings, ...more }), { mode: 0o600 });
    renameSync(beside, file);
  };
  save({});
  begin("run");
  await vi.waitFor(() => expect(server.relay.resume).not.toBeNull(), WAIT);
  // Nothing is waited for between the two.
  save({ read_only: true });
  server.relay.call("send", { to: FROM, text: "no" }, { operation: "op-a" });
  const refused = { error: { code: -32043, data: { rule: "read_only" } } };
  await vi.waitFor(() => expect(server.relay.answersTo("op-a")).toMatchObject([refused]), WAIT);
  save({ cliPath: "/bin/false" });
  await vi.waitFor(
    () =>
      expect(server.relay.frames.findLast(({ t }) => t === "health")).toMatchObject({
        health: { state: "down" },
      }),
    WAIT,
  );
  save({});
  server.relay.call("send", { to: FROM, text: "yes" }, { operation: "op-b" });
  await vi.waitFor(() => expect(server.relay.answersTo("op-b")).not.toEqual([]), WAIT);
  await vi.waitFor(async () => {
    const asked = await begin("status", "--json").finished;
    expect(JSON.parse(asked.stdout)).toMatchObject({ health: { state: "ok" }, policy: { read_only: false } });
  }, WAIT);
  save({ paused: true });
  await vi.waitFor(() => expect(server.relay.hellos.at(-1)?.policy).toMatchObject({ paused: true }), WAIT);
  const missed = mac.appendText(1, FROM, "while it is paused");
  save({});
  await vi.waitFor(() => expect(server.relay.guids()).toContain(missed), WAIT);
});

it("status says the owner's rules, whether the agent runs or not, and what is wrong with them", async () => {
  expect(await begin("enroll", `${server.origin}#${CODE}`, "--yes").finished).toMatchObject({ code: 0 });
  const settings = (text: string): void =>
    writeFileSync(path.join(home, "agent", "default", "agent.jsonc"), text);
  expect((await begin("status").finished).stdout).toContain(
    "Rules    everything is allowed but to send files",
  );
  settings('{ "cliPath": "/bin/false", "read_only": true, "sends": { "per_day": 9 } }');
  const rules = "Rules    read_only: nothing is sent or changed\n         sends: at most 9 a day\n";
  expect((await begin("status").finished).stdout).toContain(rules);
  begin("run");
  await vi.waitFor(async () => expect((await begin("status").finished).code).toBe(0), WAIT);
  expect((await begin("status").finished).stdout).toContain(rules);
  settings('{\n  "read_onyl": true }');
  await vi.waitFor(async () => {
    const { stdout } = await begin("status").finished;
    expect(stdout).toContain(rules);
    expect(stdout).toContain(
      'Mistake  agent.jsonc:2:3: unknown setting "read_onyl"; did you mean "read_only"?',
    );
  }, WAIT);
  expect(JSON.parse((await begin("status", "--json").finished).stdout)).toMatchObject({
    policy: { read_only: true, mistake: { line: 2, column: 3 } },
    settings_mistake: expect.stringContaining("read_onyl"),
  });
  for (const one of running) one.kill("SIGKILL");
  await vi.waitFor(async () => {
    const { stdout } = await begin("status").finished;
    expect(stdout).toContain("The agent does not start with it.");
  }, WAIT);
});
