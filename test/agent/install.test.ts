// install, uninstall, logs and keep_awake as a user runs them: real processes, with a launchctl and a caffeinate that
// only remember.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { parse as readPlist } from "plist";
import { beforeEach, expect, it, vi } from "vitest";
import { Mac } from "../imsg-sim/scenario.ts";
import { CODE, useAgentHome, WAIT } from "./support/agent-home.ts";
import { FakeMac } from "./support/fake-mac.ts";

const LABEL = "imsg-relay-agent.default";

let fake: FakeMac;
const here = useAgentHome((home) => ({ PATH: fake.path, HOME: home }));
beforeEach(() => {
  fake = new FakeMac(path.join(here.home, "bin"));
});

const at = (...parts: string[]): string => path.join(here.home, ...parts);
const profile = (name = "default", file = ""): string => at(".imsg-relay", "agent", name, file);
const plistOf = (name = "default"): string => at("Library/LaunchAgents", `imsg-relay-agent.${name}.plist`);
const logOf = (name = "default"): string => at("Library/Logs/imsg-relay-agent", `${name}.log`);

it("install needs an enrolment and settings that are understood, and is not for sudo", async () => {
  expect(await here.run(["install"])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("not enrolled"),
  });
  await here.enrol();
  expect(await here.run(["install"], { SUDO_USER: "ada" })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("without sudo"),
  });
  expect(await here.run(["install", "--node", "node"])).toMatchObject({ code: 2 });
  expect(await here.run(["install", "--profile", "../x"])).toMatchObject({ code: 2 });
  writeFileSync(profile("default", "agent.jsonc"), '{\n  "read_onyl": true\n}');
  expect(await here.run(["install"])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("agent.jsonc:2:3: "),
  });
  expect(fake.calls()).toEqual([]);
  expect(existsSync(plistOf())).toBe(false);
});

it("installed, installed again, changed, taken away: launchd is asked no more than it takes", async () => {
  await here.enrol();
  const first = await here.run(["install"]);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("after every login") });
  expect(first.stdout).toContain("Full Disk Access");
  expect(fake.verbs()).toEqual(["print", "enable", "bootstrap"]);
  expect(fake.loaded()).toEqual([LABEL]);
  expect(statSync(path.dirname(logOf())).mode & 0o777).toBe(0o700);

  fake.forgetCalls();
  // Another window, with another PATH.
  const again = await here.run(["install"], { PATH: `${fake.path}:/somewhere/else` });
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing was changed") });
  expect(fake.verbs()).toEqual(["print"]);

  fake.forgetCalls();
  const changed = await here.run(["install"], { HTTPS_PROXY: "http://ada:secret@proxy:3128" });
  expect(changed).toMatchObject({ code: 0, stdout: expect.stringContaining("holds a password") });
  expect(changed.stdout).not.toContain("secret");
  expect(fake.verbs()).toEqual(["print", "bootout", "print", "enable", "bootstrap"]);

  fake.forgetCalls();
  const gone = await here.run(["uninstall"]);
  expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining("Uninstalled") });
  expect([existsSync(plistOf()), existsSync(profile("default", "identity.json"))]).toEqual([false, true]);
  expect(fake.loaded()).toEqual([]);
  expect(await here.run(["uninstall"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("was not installed"),
  });
});

it("--dry-run prints what would be written and changes nothing, whatever the names", async () => {
  const odd = at(`a & b <c> "d" 'e'`);
  mkdirSync(odd);
  const node = path.join(odd, "node");
  symlinkSync(process.execPath, node);
  const environment = { IMSG_RELAY_HOME: path.join(odd, "state"), NO_PROXY: `"<&>'` };
  await here.run(["enroll", here.link(), "--yes"], environment);
  const { code, stdout, stderr } = await here.run(["install", "--dry-run", "--node", node], environment);
  expect([code, stderr]).toEqual([0, ""]);
  expect(readPlist(stdout)).toMatchObject({
    Label: LABEL,
    ProgramArguments: [node, here.programs.agent, "run", "--profile", "default", "--log", logOf()],
    EnvironmentVariables: { IMSG_RELAY_HOME: path.join(odd, "state"), NO_PROXY: `"<&>'` },
  });
  expect([existsSync(plistOf()), fake.calls().length]).toEqual([false, 0]);
});

it("two profiles are two LaunchAgents, and --purge takes one of them with all it knows", async () => {
  await here.enrol();
  await here.enrol("--profile", "work");
  await here.run(["install"]);
  await here.run(["install", "--profile", "work"]);
  expect(fake.loaded().sort()).toEqual([LABEL, "imsg-relay-agent.work"]);
  for (const name of [logOf("work"), `${logOf("work")}.1`, logOf()]) writeFileSync(name, "{}\n");
  const purged = await here.run(["uninstall", "--profile", "work", "--purge"]);
  expect(purged).toMatchObject({ code: 0, stdout: expect.stringContaining("Removed") });
  expect([existsSync(profile("work")), existsSync(logOf("work")), existsSync(`${logOf("work")}.1`)]).toEqual([
    false,
    false,
    false,
  ]);
  expect([existsSync(profile()), existsSync(logOf()), fake.loaded()]).toEqual([true, true, [LABEL]]);
});

it("a Node that an upgrade replaces, a program in a passing folder and a missing imsg are warned of", async () => {
  await here.enrol();
  const node = at(".nvm/versions/node/v22.15.0/bin/node");
  mkdirSync(path.dirname(node), { recursive: true });
  writeFileSync(node, "#!/bin/sh\n", { mode: 0o755 });
  const warned = await here.run(["install", "--node", node]);
  expect(warned.code).toBe(0);
  for (const words of ["kept by nvm", "emptied now and then", 'no "imsg" on this PATH'])
    expect(warned.stdout).toContain(words);
  const imsg = path.join(fake.folder, "imsg");
  writeFileSync(imsg, "#!/bin/sh\n", { mode: 0o755 });
  const found = await here.run(["install"]);
  expect(found.stdout).not.toContain("kept by");
  expect(found.stdout).not.toContain("on this PATH");
  expect(readFileSync(plistOf(), "utf8")).toContain(`<string>${fake.folder}:/opt/homebrew/bin:`);
});

it("what launchd says against it is passed on: nobody at the screen, a refusal, no launchctl at all", async () => {
  await here.enrol();
  const says = "Could not find domain for user gui: 501";
  fake.troubles([{ verb: "print", code: 113, says }]);
  expect(await here.run(["install"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("at this Mac's screen"),
  });
  expect(existsSync(plistOf())).toBe(false);
  fake.troubles([{ verb: "bootstrap", code: 5, says: "Bootstrap failed: 5: Input/output error" }]);
  expect(await here.run(["install"])).toMatchObject({ code: 0 });
  const bare = new FakeMac(at("bare"), []);
  for (const command of ["install", "uninstall"])
    expect(await here.run([command], { PATH: `${bare.folder}:/usr/bin:/bin` })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no launchctl here"),
    });
});

it("what LaunchAgent says is a command that serves, logs to its file, and stops when it is told to", async () => {
  const mac = new Mac({ folder: here.folder("mac") });
  await here.enrol();
  const config = { cliPath: here.programs.imsg, dbPath: mac.dbPath, debounce_ms: 10 };
  writeFileSync(profile("default", "agent.jsonc"), JSON.stringify(config));
  await here.run(["install"]);
  const text = readFileSync(plistOf(), "utf8");
  const args = [...text.matchAll(/<string>(.*?)<\/string>/g)].map(([, one]) => one ?? "");
  const program = args.indexOf(here.programs.agent);
  expect(args[program - 1]).toBe(process.execPath);
  const command = args.slice(program + 1, args.indexOf(logOf()) + 1);
  const stderrLog = logOf().replace(".log", ".stderr.log");
  writeFileSync(stderrLog, "Error: the last time\n    at once\n");
  const agent = here.begin(command);
  await vi.waitFor(() => expect(here.server.relay.resume).not.toBeNull(), WAIT);
  here.server.relay.call("send", { to: "+15550100101", text: "hidden reply" }, { operation: "op-a" });
  await vi.waitFor(
    () => expect(here.server.relay.answersTo("op-a")).toMatchObject([{ result: { ok: true } }]),
    WAIT,
  );
  expect(await here.run(["logs"])).toMatchObject({ code: 0, stdout: expect.stringContaining("link up") });
  for (const secret of ["15550100101", "hidden reply", CODE])
    expect(readFileSync(logOf(), "utf8")).not.toContain(secret);
  agent.kill("SIGTERM");
  expect(await agent.finished).toMatchObject({ code: 0, stdout: "", stderr: "" });
  const events = readFileSync(logOf(), "utf8")
    .trim()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));
  expect(events.slice(0, 2)).toMatchObject([
    { event: "stderr", text: "Error: the last time" },
    { event: "stderr", text: "    at once" },
  ]);
  expect(events.at(-1)).toMatchObject({ event: "stop", signal: "SIGTERM" });
  expect(readFileSync(stderrLog, "utf8")).toBe("");
  expect(statSync(logOf()).mode & 0o777).toBe(0o600);
  expect((await here.run(["logs", "--json"])).stdout).toBe(readFileSync(logOf(), "utf8"));
  expect((await here.run(["logs", "-n", "1"])).stdout).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d stop {2}signal=SIGTERM\n$/,
  );
});

it("logs without a log says where one would be; --lines is checked; last words are shown", async () => {
  expect(await here.run(["logs"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("imsg-relay-agent install"),
  });
  for (const lines of ["x", "-1", "1e3", "99999999"])
    expect(await here.run(["logs", `--lines=${lines}`])).toMatchObject({ code: 2 });
  mkdirSync(path.dirname(logOf()), { recursive: true });
  writeFileSync(
    logOf().replace(".log", ".stderr.log"),
    "imsg-relay-agent: agent.jsonc:2:3: no \u001B[31mred\n",
  );
  const { code, stdout } = await here.run(["logs"]);
  expect(code).toBe(0);
  expect(stdout).toContain("agent.jsonc:2:3");
  expect(stdout).not.toContain("\u001B");
});

it("logs into a program that has read enough is no failure", async () => {
  mkdirSync(path.dirname(logOf()), { recursive: true });
  writeFileSync(logOf(), `${JSON.stringify({ level: "info", event: "x".repeat(50) })}\n`.repeat(20_000));
  const script = `"${process.execPath}" "${here.programs.agent}" logs --lines 20000 | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script], {
    env: { PATH: fake.path, HOME: here.home },
    encoding: "utf8",
  });
  expect([stdout.trim().split("\n").at(-1), stderr]).toEqual(["0", ""]);
});

it("logs -f goes on with what comes, over a rotation, until it is ended", async () => {
  mkdirSync(path.dirname(logOf()), { recursive: true });
  const line = (event: string): string =>
    `${JSON.stringify({ at: "2026-11-23T08:00:00.000Z", level: "info", event })}\n`;
  writeFileSync(logOf(), line("before"));
  const follower = here.begin(["logs", "-f", "--json"]);
  await vi.waitFor(() => expect(follower.stdout).toBe(line("before")), WAIT);
  appendFileSync(logOf(), line("first").slice(0, 10));
  appendFileSync(logOf(), line("first").slice(10));
  await vi.waitFor(() => expect(follower.stdout).toContain("first"), WAIT);
  appendFileSync(logOf(), line("second"));
  renameSync(logOf(), `${logOf()}.1`);
  writeFileSync(logOf(), line("third"));
  const all = ["before", "first", "second", "third"].map(line).join("");
  await vi.waitFor(() => expect(follower.stdout).toBe(all), WAIT);
  follower.kill("SIGINT");
  expect(await follower.finished).toMatchObject({ code: 130, stderr: "" });
});

it("logs -f says that there is no log yet, and shows the one that comes", async () => {
  const follower = here.begin(["logs", "-f", "--json"]);
  await vi.waitFor(() => expect(follower.stderr).toContain("It is waited for, until Ctrl-C"), WAIT);
  mkdirSync(path.dirname(logOf()), { recursive: true });
  writeFileSync(logOf(), "first\n");
  await vi.waitFor(() => expect(follower.stdout).toBe("first\n"), WAIT);
});

it("keep_awake: caffeinate lives as long as the agent, follows the setting, and ends with it however that ends", async () => {
  await here.enrol();
  const settings = (keep_awake: unknown): void =>
    writeFileSync(profile("default", "agent.jsonc"), JSON.stringify({ cliPath: "/bin/false", keep_awake }));
  settings(true);
  const agent = here.begin(["run"]);
  await vi.waitFor(() => expect(fake.awake()).toEqual([["-i", "-w", String(agent.pid)]]), WAIT);
  settings("on_power");
  await vi.waitFor(() => expect(fake.awake()).toEqual([["-s", "-w", String(agent.pid)]]), WAIT);
  settings(false);
  await vi.waitFor(() => expect(fake.awake()).toEqual([]), WAIT);
  settings(true);
  await vi.waitFor(() => expect(fake.awake()).toHaveLength(1), WAIT);
  agent.kill("SIGKILL");
  await agent.finished;
  await vi.waitFor(() => expect(fake.awake()).toEqual([]), WAIT);
});

it("keep_awake without caffeinate is said in the log, and the agent goes on", async () => {
  await here.enrol();
  const bare = new FakeMac(at("bare"), []);
  writeFileSync(
    profile("default", "agent.jsonc"),
    JSON.stringify({ cliPath: "/bin/false", keep_awake: true }),
  );
  const agent = here.begin(["run"], { PATH: bare.folder });
  await vi.waitFor(() => expect(agent.stderr).toContain('"event":"keep_awake_ended","why":"ENOENT"'), WAIT);
  await vi.waitFor(() => expect(here.server.relay.hellos).toHaveLength(1), WAIT);
});
