// The command as a program: what it prints, how it ends, and that it leaves nothing behind.
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it, vi } from "vitest";
import * as z from "zod";
import { CHECK_IDS } from "../../../agent/doctor/check-ids.ts";
import { useAgentHome, WAIT } from "../support/agent-home.ts";
import { Running, type Finished } from "../support/programs.ts";
import { FakeMac, readJson, stepsOf } from "./support/fake-mac.ts";

const here = useAgentHome();
const begin = (...args: readonly string[]): Running => here.begin(args);
const run = (...args: readonly string[]): Promise<Finished> => begin(...args).finished;

const reportSchema = z.looseObject({
  ok: z.boolean(),
  checks: z.array(z.looseObject({ id: z.string(), state: z.string(), because: z.string().nullable() })),
});

it("DOC3: before an enrolment: exit code 1, what is wrong first, and what cannot be said in one line", async () => {
  const { code, stdout, stderr } = await run("doctor", "--offline");
  expect(code).toBe(1);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^✗ Identity +not enrolled\n/);
  expect(stdout).toContain("$ imsg-relay-agent enroll");
  expect(stdout).not.toContain("\u001B");
});

it("DOC3: warnings only is exit code 0, and --json names every check", async () => {
  await here.enrolled();
  const { code, stdout } = await run("doctor", "--json", "--offline");
  expect(code).toBe(0);
  const { ok, checks } = reportSchema.parse(JSON.parse(stdout));
  expect(ok).toBe(true);
  expect(checks.map(({ id }) => id)).toEqual([...CHECK_IDS]);
  expect(checks.filter(({ state }) => state === "warning").map(({ id }) => id)).toContain("agent");
  expect(stdout.trim().split("\n")).toHaveLength(1);
});

it("DOC3: --only looks at one thing, with what stands in its way; another name is misuse", async () => {
  await here.enrolled();
  const only = await run("doctor", "--only", "imsg");
  expect(only.code).toBe(0);
  expect(only.stdout).toMatch(/^✓ imsg +0\.15\.0\n/);
  writeFileSync(here.file("agent.jsonc"), '{ "cliPaht": 1 }');
  const inTheWay = await run("doctor", "--only", "imsg");
  expect(inTheWay.code).toBe(1);
  expect(inTheWay.stdout).toContain("✗ Settings");
  const none = await run("doctor", "--only", "imsgs");
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("full_disk_access") });
});

it("DOC3: the commands of a remedy name the profile", async () => {
  const { stdout } = await run("doctor", "--profile", "second", "--only", "identity");
  expect(stdout).toContain("$ imsg-relay-agent enroll 'URL#CODE' --profile second\n");
});

it("DOC4: a running agent does not notice: its link, its journal and its imsg stay as they are", async () => {
  const mac = await here.enrolled();
  mac.appendText(mac.dm("+15550100101"), "+15550100101", "words of a message");
  begin("run");
  await vi.waitFor(() => expect(here.server.relay.resume).not.toBeNull(), WAIT);
  await vi.waitFor(
    () => expect(readJson(here.file("status.json"))).toMatchObject({ link: { state: "live" } }),
    WAIT,
  );
  const before = {
    journal: statSync(here.file("journal.jsonl")).mtimeMs,
    upgrades: here.server.upgrades.length,
  };
  const { stdout } = await run("doctor", "--json");
  const { checks } = reportSchema.parse(JSON.parse(stdout));
  expect(checks.find(({ id }) => id === "agent")).toMatchObject({ state: "ok" });
  expect({
    journal: statSync(here.file("journal.jsonl")).mtimeMs,
    upgrades: here.server.upgrades.length,
  }).toEqual(before);
  expect(here.server.relay.hellos).toHaveLength(1);
  expect(mac.sent()).toEqual([]);
  for (const secret of ["words of a message", "15550100101", privateKey()])
    expect(stdout).not.toContain(secret);
});

it("DOC2: what a send of the running agent met (-1743) is what the doctor says of Automation", async () => {
  const mac = new FakeMac(here.programs, here.server.origin);
  rmSync(mac.files.status);
  const data = "AppleScript failed: Not authorized to send Apple events to Messages. (-1743)";
  mac.messages.fault({
    kind: "fail",
    method: "send",
    error: { code: -32603, message: "Internal error", data },
  });
  const agent = new Running(here.programs.agent, ["run"], {
    PATH: process.env["PATH"],
    HOME: mac.home,
    IMSG_RELAY_HOME: path.join(mac.home, "relay"),
  });
  here.running.push(agent);
  await vi.waitFor(() => expect(here.server.relay.resume).not.toBeNull(), WAIT);
  here.server.relay.call("send", { to: "+15550100101", text: "x" }, { operation: "op-a" });
  const unwell = { health: { state: "degraded", reason: "automation_missing" } };
  await vi.waitFor(() => expect(readJson(mac.files.status)).toMatchObject(unwell), WAIT);
  mac.processes([[Number(agent.pid), 1, "/opt/homebrew/Cellar/node/22.12.0/bin/node"]]);
  const found = await mac.find("automation");
  expect(found).toMatchObject({ state: "broken", reason: "automation_missing" });
  expect(stepsOf(found)).toContain("Under /opt/homebrew/Cellar/node/22.12.0/bin/node: switch on Messages");
});

const privateKey = (): string =>
  z.object({ private_key: z.string() }).parse(JSON.parse(readFileSync(here.file("identity.json"), "utf8")))
    .private_key;

it("Ctrl-C while imsg hangs: ends at once with 130, and imsg with it", async () => {
  const mac = await here.enrolled();
  const fault = mac.fault({ kind: "hang", method: "status" });
  // Says its number, and is imsg from then on.
  const cliPath = path.join(here.home, "imsg-with-number");
  writeFileSync(cliPath, `#!/bin/sh\necho $$ > "${cliPath}.pid"\nexec "${here.programs.imsg}" "$@"\n`, {
    mode: 0o755,
  });
  writeFileSync(here.file("agent.jsonc"), JSON.stringify({ cliPath, dbPath: mac.dbPath }));
  const doctor = begin("doctor", "--offline");
  await mac.until(() => mac.claimed(fault));
  const imsg = Number(readFileSync(`${cliPath}.pid`, "utf8"));
  expect(process.kill(imsg, 0)).toBe(true);
  doctor.kill("SIGINT");
  expect(await doctor.finished).toMatchObject({ code: 130, stdout: "" });
  expect(() => process.kill(imsg, 0)).toThrow("ESRCH");
});
