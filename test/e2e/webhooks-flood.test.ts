// Ten thousand messages to five endpoints of which one is well, with the relay killed in the middle and the Mac away:
// nothing is lost, and every chat is told in its order. Waits are a hundredth of the service's.
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { anyFreePort } from "../../host/ports.ts";
import { http } from "./http.ts";
import { startSystem, type System } from "./harness.ts";
import { HookReceiver, type HookAnswer, type Received } from "./hook-receiver.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";
import { until } from "./waiting.ts";

const CHATS = 20;
const IN_SLOW_CHAT = 200;
const MESSAGES = 10_000;
/** Written in turns, so that every chat has some among those that are looked at ahead. */
const A_TURN = 5;
const SCALE = 0.01;
const SLOW_MS = 2_000 * SCALE;
/** Of the one that fails every third time: one attempt at a time, and each is a commit. */
const PATIENCE_MS = 400_000;
const OK: HookAnswer = { status: 200 };

const endpointSchema = z.looseObject({ endpoint: z.string(), secret: z.string() });
const pageSchema = z.looseObject({
  events: z.array(z.looseObject({ id: z.string(), chat: z.string().nullable() })),
  next: z.string(),
  more: z.boolean(),
});
const parkedSchema = z.looseObject({ set_aside: z.array(z.looseObject({ event: z.string() })) });
const healthSchema = z.looseObject({
  endpoints: z.array(
    z.looseObject({ endpoint: z.string(), parked: z.int(), delivered: z.int(), failed: z.int() }),
  ),
});

let system: System;
/** With the endpoint that leads there. */
const receivers = new Map<HookReceiver, string>();
beforeAll(async () => {
  const relayEnv = { WEBHOOKS_TO_LOOPBACK: "1", WEBHOOK_SCALE: String(SCALE) };
  system = await startSystem({ dialect: "0.15", relayEnv });
  await openChannel(system, EVERYBODY);
});
afterAll(async () => {
  for (const receiver of receivers.keys()) receiver.stop();
  await system.stop();
});

async function add(url: string, more: object = {}): Promise<z.infer<typeof endpointSchema>> {
  const body = { url, kinds: ["message.received"], ...more };
  const path = `${system.relayUrl}/v1/tenants/${system.tenant}/endpoints`;
  const made = await http(path, { method: "POST", key: system.operatorKey, body });
  expect(made.status).toBe(201);
  return endpointSchema.parse(made.json());
}

async function receiver(
  answer: (received: Received) => HookAnswer,
  more: object = {},
): Promise<HookReceiver> {
  const made = await HookReceiver.start();
  made.answer = answer;
  const { endpoint, secret } = await add(made.url, more);
  receivers.set(made, endpoint);
  made.secrets = [secret];
  return made;
}

/** Every message in the log, by its chat, in order. */
async function logged(): Promise<Map<string, string[]>> {
  const chats = new Map<string, string[]>();
  for (let after = "beginning", more = true; more;) {
    const query = `after=${after}&limit=200&kinds=message.received`;
    const page = pageSchema.parse(
      (await http(`${system.accountUrl}/events?${query}`, { key: system.key })).json(),
    );
    for (const { id, chat } of page.events) chats.set(chat ?? "", [...(chats.get(chat ?? "") ?? []), id]);
    ({ next: after, more } = page);
  }
  return chats;
}
const countOf = (chats: ReadonlyMap<string, readonly string[]>): number => [...chats.values()].flat().length;

/** Those that were taken, by chat, each when it was taken first; without what came late. */
function inOrder({ received }: HookReceiver): Map<string, string[]> {
  const chats = new Map<string, string[]>();
  const seen = new Set<string>();
  for (const { payload, status } of received.all) {
    const { id, chat, late } = payload.data;
    if (status !== 200 || seen.has(id) || late === true) continue;
    seen.add(id);
    chats.set(String(chat), [...(chats.get(String(chat)) ?? []), id]);
  }
  return chats;
}
const taken = ({ received }: HookReceiver): Set<string> =>
  new Set(received.all.filter(({ status }) => status === 200).map(({ payload }) => payload.data.id));

async function health() {
  const answer = await http(`${system.accountUrl}/endpoints`, { key: system.operatorKey });
  return healthSchema.parse(answer.json()).endpoints;
}

/** In turns; returns what was written. */
function writeAll(chats: readonly string[], handle: (chat: number) => string): number {
  const others = Math.ceil((MESSAGES - IN_SLOW_CHAT) / (CHATS - 1));
  for (let written = 0; written < others; written += A_TURN) {
    for (const [at, chat] of chats.entries()) {
      const left = (at === 0 ? IN_SLOW_CHAT : others) - written;
      if (left > 0) system.world.appendBulk(chat, handle(at), Math.min(left, A_TURN), "hello");
    }
  }
  return others * (CHATS - 1) + IN_SLOW_CHAT;
}

/** What its chat went on without: its next attempt may be hours away. */
async function setAside(one: HookReceiver): Promise<readonly string[]> {
  const path = `${system.accountUrl}/endpoints/${receivers.get(one)}/parked`;
  const { set_aside } = parkedSchema.parse((await http(path, { key: system.operatorKey })).json());
  return set_aside.map(({ event }) => event);
}

/** The bot was mended: what was set aside is asked for, and comes late. */
async function resendSetAside(one: HookReceiver): Promise<void> {
  one.answer = () => OK;
  const path = `${system.accountUrl}/endpoints/${receivers.get(one)}/resend`;
  for (const event of await setAside(one)) {
    const from = one.received.all.length;
    await http(path, { method: "POST", key: system.operatorKey, body: { event } });
    const isIt = ({ payload }: Received): boolean => payload.data.id === event && payload.data.late === true;
    await one.received.find(isIt, "one that was set aside", 10_000, from);
  }
}

/** What waits for its next attempt is delivered without the Mac. */
async function parkedWhileTheMacIsAway(one: HookReceiver, write: () => void): Promise<void> {
  one.answer = () => ({ status: 503 });
  const from = one.received.all.length;
  write();
  const refused = await one.received.find(({ status }) => status === 503, "a refusal", 10_000, from);
  await system.agent.kill("SIGKILL");
  await until(async () => (await system.status()).agent.state === "offline", "the Mac is away");
  one.answer = () => OK;
  const { id } = refused;
  await one.received.find((got) => got.id === id && got.status === 200, "the parked one", 60_000, from);
}

test(
  "HOOK9 10,000 messages to five endpoints, one of them well: nothing is lost, in the order of every chat",
  async () => {
    const dead = await add(`http://127.0.0.1:${await anyFreePort("127.0.0.1")}/dead`);
    let [flakies, busies] = [0, 0];
    const healthy = await receiver(() => OK);
    const flaky = await receiver(() => ({ status: (flakies += 1) % 3 === 0 ? 500 : 200 }));
    const busy = await receiver(() =>
      (busies += 1) % 50 === 0 ? { status: 429, headers: { "retry-after": "1" } } : OK,
    );
    const handle = (chat: number): string => `+1555010${String(chat).padStart(4, "0")}`;
    const chats = Array.from({ length: CHATS }, (_, at) => system.world.dm(handle(at), "any"));
    const slow = await receiver(() => ({ status: 200, afterMs: SLOW_MS }), { chats: [`-;${handle(0)}`] });
    const total = writeAll(chats, handle);

    for (const part of [0.2, 0.5]) {
      await healthy.received.count(total * part, () => true, "webhooks", PATIENCE_MS);
      await system.relay.kill9();
      await system.relay.start();
    }
    await until(async () => countOf(await logged()) === total, "everything is logged", PATIENCE_MS, 500);
    const everybody = [healthy, flaky, busy];
    const isDone = async (): Promise<boolean> =>
      [healthy, busy].every((one) => taken(one).size === total) &&
      taken(slow).size === IN_SLOW_CHAT &&
      taken(flaky).size + (await setAside(flaky)).length === total;
    await until(isDone, "everything is delivered", PATIENCE_MS, 500);
    await resendSetAside(flaky);
    expect(taken(flaky).size).toBe(total);

    const order = await logged();
    for (const one of everybody) {
      const got = inOrder(one);
      for (const [chat, ids] of order) {
        const first = new Set(got.get(chat));
        expect(got.get(chat)).toEqual(ids.filter((id) => first.has(id)));
      }
    }
    expect(inOrder(healthy)).toEqual(order);
    for (const { received } of [...everybody, slow])
      expect(received.all.filter(({ verified }) => !verified.every(Boolean))).toEqual([]);
    await parkedWhileTheMacIsAway(busy, () => system.world.appendText(chats[1] ?? "", handle(1), "the last"));
    // A dead one parks next to nothing, since its place stands still, and is tried once a step.
    const it = (await health()).find(({ endpoint }) => endpoint === dead.endpoint);
    expect(it?.parked).toBeLessThanOrEqual(6);
    expect(it?.failed).toBeLessThanOrEqual(25);
  },
  3 * PATIENCE_MS,
);
