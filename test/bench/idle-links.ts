// Many Macs that do nothing: links that speak the protocol and keep their heartbeat, without imsg and without a
// process each.
import path from "node:path";
import * as z from "zod";
import { WebSocket } from "ws";
import { http } from "../e2e/http.ts";
import { makeKey, makeTenant } from "../e2e/owner.ts";
import { enrol, RawLink, type Identity } from "../e2e/raw-link.ts";
import { OPERATOR_KEY, RelayProcess } from "../e2e/relay-process.ts";
import { tempFolder } from "../e2e/temp.ts";
import { startEchoRelay } from "./echo.ts";
import { residentBytes, toKib } from "./memory.ts";
import type { Bench } from "./row.ts";
import { sleep } from "./timing.ts";

const AT_ONCE = 8;
const HEARTBEAT_MS = 10_000;
/** Macs beat when they were started, not all at once: so many groups, one after the other. */
const PHASES = 100;
/** The first ones bring in what is needed once, however many follow. */
const WARM_UP = 20;
const WARM_MS = 2_000;
const OPEN_MS = 30_000;
/** Accounts that are asked how often they woke. */
const ASKED = 10;

/** A socket that is kept alive. */
export interface Idle {
  readonly ping: () => void;
  readonly close: () => void;
}

export interface Fleet {
  readonly relay: RelayProcess;
  readonly identities: readonly Identity[];
  /** Reads every account, and calls its Mac. */
  readonly credential: string;
}

const madeSchema = z.object({ account: z.string() });
const usageSchema = z.looseObject({
  usage: z.object({ constructed: z.int(), wakes: z.int() }),
});

/** A relay with so many enrolled accounts; nobody is connected. */
export async function enrolFleet(bench: Bench, size: number): Promise<Fleet> {
  const folder = tempFolder("bench-fleet");
  bench.later(() => folder.remove());
  const relay = await RelayProcess.start({ state: path.join(folder.path, "relay") });
  bench.later(() => relay.kill9());
  const tenant = await makeTenant(relay.url);
  const body = { quotas: { accounts: size } };
  await http(`${relay.url}/v1/tenants/${tenant}/quotas`, { method: "PATCH", key: OPERATOR_KEY, body });
  const { credential } = await makeKey(relay.url, tenant, { scopes: ["read", "rpc"] });
  const identities = await inTurns(size, async (at) => {
    const body = { name: `mac ${at}` };
    const made = await http(`${relay.url}/v1/tenants/${tenant}/accounts`, {
      method: "POST",
      key: OPERATOR_KEY,
      body,
    });
    return enrol(relay.url, madeSchema.parse(made.json()).account);
  });
  return { relay, identities, credential };
}

/** KiB of workerd a link, in a fresh process, after so much idleness; and how often an object woke meanwhile. */
export async function measureLinks(
  { relay, identities, credential }: Fleet,
  idleMs: number,
): Promise<{ readonly kib: number; readonly wakes: number; readonly constructed: number }> {
  await relay.kill9();
  await relay.start();
  const asked = identities.slice(-ASKED).map(({ account }) => account);
  const usage = (): Promise<Usage[]> => Promise.all(asked.map((id) => usageOf(relay.url, id, credential)));
  const open = async (at: number): Promise<Idle> => {
    const identity = identities[at];
    if (identity === undefined) throw new Error("no such identity");
    return idleLink(await RawLink.welcomed(relay.url, identity));
  };
  let before: Usage[] = [];
  let after: Usage[] = [];
  const kib = await growth(
    () => relay.pid,
    identities.length,
    open,
    async () => {
      before = await usage();
      await sleep(idleMs);
      // While they are still connected: a close is a wake, too.
      after = await usage();
    },
  );
  // Asking is a wake, and constructs an object that slept: that is ours.
  const most = (name: keyof Usage): number =>
    Math.max(...after.map((now, at) => now[name] - (before[at]?.[name] ?? 0) - 1));
  await relay.kill9();
  return { kib, wakes: most("wakes"), constructed: most("constructed") };
}

/** The same for objects that have a socket and nothing else. */
export async function measureEmpty(bench: Bench, size: number, idleMs: number): Promise<number> {
  const undos: (() => unknown)[] = [];
  const relay = await startEchoRelay({ ...bench, later: (undo) => void undos.push(undo) });
  const open = (at: number): Promise<Idle> => openEmpty(`ws://127.0.0.1:${relay.port}/?object=${at}`);
  try {
    return await growth(
      () => relay.pid,
      size,
      open,
      () => sleep(idleMs),
    );
  } finally {
    for (const undo of undos.reverse()) await undo();
  }
}

async function growth(
  pid: () => number,
  size: number,
  open: (at: number) => Promise<Idle>,
  idle: () => Promise<void>,
): Promise<number> {
  const links: Idle[] = [];
  const stop = beat(links);
  try {
    links.push(...(await inTurns(WARM_UP, open)));
    await sleep(WARM_MS);
    const before = residentBytes(pid());
    links.push(...(await inTurns(size - WARM_UP, (at) => open(WARM_UP + at))));
    await idle();
    return toKib(residentBytes(pid()) - before) / (size - WARM_UP);
  } finally {
    stop();
  }
}

async function openEmpty(url: string): Promise<Idle> {
  const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: OPEN_MS });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => undefined);
  return { ping: () => socket.send("ping"), close: () => socket.terminate() };
}

type Usage = z.infer<typeof usageSchema>["usage"];

export async function usageOf(relay: string, account: string, key: string): Promise<Usage> {
  const { json } = await http(`${relay}/v1/accounts/${account}/status`, { key });
  return usageSchema.parse(json()).usage;
}

export function idleLink(link: RawLink): Idle {
  return { ping: () => link.raw("ping"), close: () => link.close() };
}

/** Keeps them alive, and what is added to them, until they are all closed by calling what is returned. */
export function beat(links: readonly Idle[]): () => void {
  let phase = 0;
  const timer = setInterval(() => {
    phase = (phase + 1) % PHASES;
    for (let at = phase; at < links.length; at += PHASES) links[at]?.ping();
  }, HEARTBEAT_MS / PHASES);
  return () => {
    clearInterval(timer);
    for (const link of links) link.close();
  };
}

/** `make(0)` to `make(count - 1)`, a few at a time. */
export async function inTurns<T>(count: number, make: (at: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      const at = next;
      next += 1;
      if (at >= count) return;
      made[at] = await make(at);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return made;
}
