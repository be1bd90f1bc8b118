// A Mac that was away for long: everything that waited is logged, and everybody can see how far it is.
import { afterEach, expect, test } from "vitest";
import * as z from "zod";
import { run } from "../../host/child.ts";
import { PeakWatch, residentBytes, toMib } from "../bench/memory.ts";
import type { Mac } from "../imsg-sim/scenario.ts";
import { startSystem, type System } from "./harness.ts";
import { PROGRAMS } from "./programs.ts";
import { until } from "./waiting.ts";

const CHATS = 20;
const TEXT = "Are we still on for tomorrow at the climbing hall? I can bring the rope and two harnesses.";
/** Messages that were deleted while it was away: their row ids are gaps. */
const DELETED = 30;
/** How long it may take is the bench's to say; this only ends a test that hangs, also where others work meanwhile. */
const PATIENCE_MS = 90_000;
const TEST_MS = 120_000;
/** Nor is this the budget: what keeps all rows in memory grows by more. */
const MOST_GROWTH_MIB = 120;

const handleOf = (chat: number): string => `+1555010${String(chat).padStart(4, "0")}`;

const toldSchema = z.object({ done: z.int(), total: z.int().nullable(), finished: z.boolean() });
type Told = z.infer<typeof toldSchema>;
const lineSchema = z.looseObject({ ...toldSchema.shape, seconds: z.number().optional() });
const agentStatusSchema = z.looseObject({
  feed: z.looseObject({
    catch_up: z
      .object({
        done: z.int(),
        total: z.int().nullable(),
        part: z.number().nullable(),
        rows_per_s: z.int().nullable(),
        seconds_left: z.int().nullable(),
      })
      .nullable(),
  }),
});

let system: System | undefined;
afterEach(() => system?.stop());

test.each([
  ["0.15", 20_000],
  ["0.9", 3_000],
] as const)(
  "I2, LINK9, LINK12: what waited comes oldest first and each row once, and its progress is seen (imsg %s, %i rows)",
  async (dialect, rows) => {
    system = await startSystem({ dialect, world: (mac) => fill(mac, CHATS) });
    const { agent, relay, world } = system;
    const settled = residentBytes(agent.pid);
    await agent.kill("SIGTERM");
    const before = (await system.waitForOffline()).log.last_seq;
    fill(world, rows / 2);
    for (let at = 0; at < DELETED; at += 1)
      world.delete(world.appendText(world.dm(handleOf(0)), handleOf(0), "never mind"));
    fill(world, rows / 2);
    const gateway = await system.tunnel({ v1: false });
    await gateway.subscribe();

    const last = CHATS + rows + DELETED;
    const relaySettled = residentBytes(relay.pid);
    const from = agent.events.all.length;
    await agent.start();
    const agentPeak = new PeakWatch(agent.pid);
    const relayPeak = new PeakWatch(relay.pid);
    // A few thousand rows are over before its file is written.
    const asked = dialect === "0.15" ? [askAgent(system)] : [];
    const told = await watchProgress(system);
    await agent.events.find(
      ({ event, finished }) => event === "catch_up" && finished === true,
      "the agent's last word on it",
      PATIENCE_MS,
      from,
    );
    await gateway.message(({ id }) => id === last, "the last one", PATIENCE_MS);
    const growth = {
      agent: toMib(agentPeak.stop() - settled),
      relay: toMib(relayPeak.stop() - relaySettled),
    };

    const shown = gateway.notifications.all.map(({ message }) => message.id);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
    expect(new Set(shown).size).toBe(rows);
    expect(shown).toHaveLength(rows);
    expect([shown[0], shown.at(-1)]).toEqual([CHATS + 1, last]);
    // And that the Mac came back.
    expect((await system.status()).log.last_seq).toBe(before + rows + 1);

    expectRising(told, rows);
    const lines = agent.events.all
      .slice(from)
      .flatMap((event) => (event.event === "catch_up" ? [lineSchema.parse(event)] : []));
    expectRising(lines, rows);
    expect(lines.at(-1)?.seconds).toBeGreaterThan(0);
    for (const { done, total, part } of await Promise.all(asked)) {
      expect(done).toBeLessThan(rows);
      expect(total).toBeGreaterThanOrEqual(rows);
      expect(part).toBeCloseTo(done / rows, 1);
    }
    expect(growth.agent).toBeLessThan(MOST_GROWTH_MIB);
    expect(growth.relay).toBeLessThan(MOST_GROWTH_MIB);
  },
  TEST_MS,
);

function fill(world: Mac, rows: number): void {
  for (let chat = 0; chat < CHATS; chat += 1)
    world.appendBulk(world.dm(handleOf(chat)), handleOf(chat), rows / CHATS, TEXT);
}

/** Everything that `GET status` says of the catch-up, until it is finished. */
async function watchProgress(one: System): Promise<Told[]> {
  const told: Told[] = [];
  const isFinished = async (): Promise<boolean> => {
    const { catch_up } = await one.status();
    if (catch_up === null) return false;
    const now = toldSchema.parse(catch_up);
    if (JSON.stringify(now) !== JSON.stringify(told.at(-1))) told.push(now);
    return now.finished;
  };
  await until(isFinished, "the catch-up is finished", PATIENCE_MS);
  return told;
}

/** What `imsg-relay-agent status --json` says while it goes on, once the end is known. */
function askAgent({ agent }: System) {
  const ask = async () => {
    const args = [PROGRAMS.agent, "status", "--json"];
    const env = { ...process.env, IMSG_RELAY_HOME: agent.home };
    const { out } = await run({ command: process.execPath, args, env });
    const now = agentStatusSchema.safeParse(JSON.parse(out)).data?.feed.catch_up ?? undefined;
    return now !== undefined && now.total !== null && now;
  };
  return until(ask, "the agent says how far it is", PATIENCE_MS);
}

/** Rises to the end, and never promises too little. */
function expectRising(told: readonly Told[], rows: number): void {
  const dones = told.map(({ done }) => done);
  expect(dones).toEqual([...dones].sort((a, b) => a - b));
  expect(told.filter(({ finished, done }) => !finished && done > 0).length).toBeGreaterThan(0);
  const totals = told.flatMap(({ total }) => total ?? []);
  // Known before the end, too.
  expect(totals.length).toBeGreaterThan(1);
  expect(Math.min(...totals)).toBe(rows);
  expect(Math.max(...totals)).toBeLessThanOrEqual(rows + DELETED);
  expect(told.at(-1)).toMatchObject({ done: rows, total: rows, finished: true });
}
