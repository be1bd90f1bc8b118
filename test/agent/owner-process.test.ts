// agent.jsonc edited under a running agent: the built program, a real file, a simulated imsg.
import { renameSync, writeFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { useAgentHome, WAIT } from "./support/agent-home.ts";
import type { Running } from "./support/programs.ts";

const FROM = "+15550100101";

const here = useAgentHome();
const begin = (...args: string[]): Running => here.begin(args);

it("I3: the owner's file, saved while the agent runs, counts from the next call on; imsg is exchanged when it names another", async () => {
  const mac = await here.enrolled();
  mac.dm(FROM);
  const file = here.file("agent.jsonc");
  const settings = { cliPath: here.programs.imsg, dbPath: mac.dbPath, debounce_ms: 10 };
  const save = (more: object): void => {
    const beside = `${file}.swp`;
    writeFileSync(beside, JSON.stringify({ ...settings, ...more }), { mode: 0o600 });
    renameSync(beside, file);
  };
  save({});
  begin("run");
  await vi.waitFor(() => expect(here.server.relay.resume).not.toBeNull(), WAIT);
  // Nothing is waited for between the two.
  save({ read_only: true });
  here.server.relay.call("send", { to: FROM, text: "no" }, { operation: "op-a" });
  const refused = { error: { code: -32043, data: { rule: "read_only" } } };
  await vi.waitFor(() => expect(here.server.relay.answersTo("op-a")).toMatchObject([refused]), WAIT);
  save({ cliPath: "/bin/false" });
  await vi.waitFor(
    () =>
      expect(here.server.relay.frames.findLast(({ t }) => t === "health")).toMatchObject({
        health: { state: "down" },
      }),
    WAIT,
  );
  save({});
  here.server.relay.call("send", { to: FROM, text: "yes" }, { operation: "op-b" });
  await vi.waitFor(() => expect(here.server.relay.answersTo("op-b")).not.toEqual([]), WAIT);
  await vi.waitFor(async () => {
    const asked = await begin("status", "--json").finished;
    expect(JSON.parse(asked.stdout)).toMatchObject({ health: { state: "ok" }, policy: { read_only: false } });
  }, WAIT);
  save({ paused: true });
  await vi.waitFor(
    () => expect(here.server.relay.hellos.at(-1)?.policy).toMatchObject({ paused: true }),
    WAIT,
  );
  const missed = mac.appendText(1, FROM, "while it is paused");
  save({});
  await vi.waitFor(() => expect(here.server.relay.guids()).toContain(missed), WAIT);
});

it("status says the owner's rules, whether the agent runs or not, and what is wrong with them", async () => {
  expect(await here.enrol()).toMatchObject({ code: 0 });
  const settings = (text: string): void => writeFileSync(here.file("agent.jsonc"), text);
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
  for (const one of here.running) one.kill("SIGKILL");
  await vi.waitFor(async () => {
    const { stdout } = await begin("status").finished;
    expect(stdout).toContain("The agent does not start with it.");
  }, WAIT);
});
