// Ten thousand requests that nobody means, over every route: each is answered, by a word of the table of errors where
// it is refused, and nothing else is harmed. FUZZ_SEED tries others.
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { ERRORS } from "../../shared/errors.ts";
import { http } from "../e2e/http.ts";
import { OPERATOR_KEY } from "../e2e/relay-process.ts";
import { seededRandom } from "../imsg-sim/random.ts";
import { hostile, send, type HostileAnswer } from "./hostile-request.ts";
import { startWorld, type World } from "./world.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
const REQUESTS = 10_000;
const AT_ONCE = 8;
/** The first fifth brings in what is needed once. */
const WARM_UP = REQUESTS / 5;
/**
 * What the other four fifths may add to what is held once everything else was collected (the process's own memory goes
 * up and down by tens of MiB meanwhile): keys, grants and rates that are remembered, up to the numbers that bound them.
 */
const MAX_GROWTH_MIB = 4;
const MIB = 2 ** 20;

const problemSchema = z.looseObject({ code: z.string(), status: z.int(), request_id: z.string().min(1) });

let world: World;
beforeAll(async () => {
  world = await startWorld();
  // The rate is not what is tried here; and what is made must not be what memory grows by.
  const quotas = { requests_a_second: 10_000, keys: 100, accounts: 10, endpoints: 10 };
  const path = `${world.relay.url}/v1/tenants/${world.mine["tenant"]}/quotas`;
  await http(path, { method: "PATCH", key: OPERATOR_KEY, body: { quotas } });
}, 60_000);
afterAll(() => world.stop());

/** Everything of the other tenant's that can be seen. */
async function others(): Promise<string> {
  const { tenant, account } = world.theirs;
  const paths = ["accounts", "keys", "endpoints", "config"].map((name) => `/v1/tenants/${tenant}/${name}`);
  paths.push(`/v1/accounts/${account}/installs`, `/v1/accounts/${account}/config`);
  const answers = await Promise.all(
    paths.map((path) => http(`${world.relay.url}${path}`, { key: OPERATOR_KEY })),
  );
  return answers.map(({ status, text }) => `${status} ${text}`).join("\n");
}

/** Undefined = as it should be. */
function wrongWith({ what, status, type, text }: HostileAnswer): string | undefined {
  if (status < 400 || status === 426 || (text === "" && what.startsWith("HEAD"))) return undefined;
  // The Mac's own doors to bytes say it in their own words (ATT rules).
  if (what.includes("/agent/transfers/") && status === 410 && text === '{"ok":false}') return undefined;
  // What the runtime refuses before the Worker sees it.
  if (status === 400 && !type.includes("json")) return undefined;
  const problem = problemSchema.safeParse(parsed(text)).data;
  const known =
    problem === undefined ? undefined : Object.entries(ERRORS).find(([code]) => code === problem.code)?.[1];
  if (known?.status === status && status !== 500 && type.includes("problem+json")) return undefined;
  return `${what}: ${status} ${type} ${text.slice(0, 200)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

test("I6 of 10,000 hostile requests none makes the relay fail, or touches another tenant", async () => {
  const random = seededRandom(SEED);
  const before = await others();
  const { pid } = world.relay;
  const wrong: string[] = [];
  const statuses = new Map<number, number>();
  let made = 0;
  let warm = 0;
  const work = async (): Promise<void> => {
    while (made < REQUESTS) {
      made += 1;
      if (made === WARM_UP) warm = await world.held();
      const answer = await send(world.relay.url, hostile(random, world));
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const trouble = wrongWith(answer);
      if (trouble !== undefined) wrong.push(trouble);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(wrong).toEqual([]);
  // A bug is one line of the relay's log (relay/log.ts).
  expect(world.relay.lines.all.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  expect(await others()).toBe(before);
  expect(world.relay.pid).toBe(pid);
  // All kinds of answers came: these were not all refused at the same place.
  for (const status of [200, 201, 400, 401, 403, 404]) expect(statuses.get(status)).toBeGreaterThan(50);
  expect(((await world.held()) - warm) / MIB).toBeLessThan(MAX_GROWTH_MIB);
}, 300_000);
