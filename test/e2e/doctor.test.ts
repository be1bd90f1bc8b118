// The doctor against the real relay: what it is told, and that asking costs nobody anything.
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import * as z from "zod";
import { run } from "../../host/child.ts";
import { startSystem, type System } from "./harness.ts";
import { http } from "./http.ts";
import { onOneRelay } from "./one-relay.ts";
import { PROGRAMS } from "./programs.ts";
import type { RelayProcess } from "./relay-process.ts";
import { until } from "./waiting.ts";

let relay: RelayProcess;
onOneRelay("doctor", (started) => (relay = started));

const systems: System[] = [];
afterAll(async () => {
  await Promise.all(systems.map((system) => system.stop()));
});

const reportSchema = z.looseObject({
  checks: z.array(z.looseObject({ id: z.string(), state: z.string(), summary: z.string() })),
});
const NETWORK = ["relay", "clock", "version", "link", "enrolment"];

async function asked({
  agent,
}: System): Promise<{ states: Record<string, string>; summaries: Record<string, string> }> {
  const { out } = await run({
    command: process.execPath,
    args: [PROGRAMS.agent, "doctor", "--json"],
    env: { ...process.env, IMSG_RELAY_HOME: agent.home },
  });
  const checks = reportSchema.parse(JSON.parse(out)).checks.filter(({ id }) => NETWORK.includes(id));
  return {
    states: Object.fromEntries(checks.map(({ id, state }) => [id, state])),
    summaries: Object.fromEntries(checks.map(({ id, summary }) => [id, summary])),
  };
}

const WELL = Object.fromEntries(NETWORK.map((id) => [id, "ok"]));

test("DOC1, DOC4: the relay knows the Mac without a hello, a link stays as it is, and a Mac that was shut out hears so", async () => {
  const system = await startSystem({ dialect: "0.15", relay, runAgent: false });
  systems.push(system);
  expect((await asked(system)).states).toEqual(WELL);
  expect((await system.status()).agent).toMatchObject({ state: "offline", epoch: 0 });

  await system.agent.start();
  await system.waitForOnline();
  // The agent writes of itself every second.
  const written = path.join(system.agent.home, "agent/default/status.json");
  await until(() => Promise.resolve(readFileSync(written, "utf8").includes('"live"')), "the status file");
  const { epoch } = (await system.status()).agent;
  expect(await asked(system)).toMatchObject({
    states: WELL,
    summaries: { enrolment: "this Mac serves the account" },
  });
  expect((await system.status()).agent).toMatchObject({ state: "online", epoch });
  await system.agent.stop();

  const listed = await http(`${system.accountUrl}/installs`, { key: system.operatorKey });
  const { installs } = z
    .object({ installs: z.array(z.looseObject({ install: z.string() })) })
    .parse(listed.json());
  await http(`${system.accountUrl}/installs/${installs[0]?.install}`, {
    method: "DELETE",
    key: system.operatorKey,
  });
  const after = await asked(system);
  expect(after.states).toEqual({ ...WELL, enrolment: "broken" });
  expect(after.summaries["enrolment"]).toBe("this Mac was shut out at the relay");
});
