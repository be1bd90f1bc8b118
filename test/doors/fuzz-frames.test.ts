// Ten thousand frames that nobody means, at the three doors that become WebSockets: a link or a gateway that says them
// is shut or answered, and nothing else is harmed. FUZZ_SEED tries others.
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { http } from "../e2e/http.ts";
import { opened } from "../e2e/opened.ts";
import { enrol, RawLink, type Identity } from "../e2e/raw-link.ts";
import { OPERATOR_KEY } from "../e2e/relay-process.ts";
import { below, seededRandom } from "../imsg-sim/random.ts";
import { hostileFrame, type DoorName } from "./hostile-frames.ts";
import type { Random } from "./hostile-values.ts";
import { startWorld, type World } from "./world.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
const FRAMES = { agent: 6_000, rpc: 2_000, events: 2_000 };
/** Sent one after the other, whatever is answered: more than a socket outlives. */
const BURST = 10;
const WARM_UP = 1_000;
/** As with requests. */
const MAX_GROWTH_MIB = 4;
const MIB = 2 ** 20;

interface Socket {
  send(data: string | Uint8Array): void;
  close(): void;
}

let world: World;
let identity: Identity;
beforeAll(async () => {
  world = await startWorld();
  identity = await enrol(world.relay.url, world.mine["account"] ?? "", "hostile");
}, 60_000);
afterAll(() => world.stop());

/** Three of four times a link that was let in. */
async function openAgent(random: Random): Promise<Socket> {
  const { account } = identity;
  const isWelcome = below(random, 4) > 0;
  const { url } = world.relay;
  const link = isWelcome ? await RawLink.welcomed(url, identity) : await RawLink.open(url, account);
  return { send: (data) => link.raw(data), close: () => link.cut() };
}

async function openOther(door: "rpc" | "events"): Promise<Socket> {
  const url = `${world.relay.url.replace("http", "ws")}/v1/accounts/${world.mine["account"]}/${door}`;
  const protocol = door === "rpc" ? "imsg-relay.v1" : "imsg-relay.events.v1";
  const headers = { authorization: `Bearer ${world.keys.all}` };
  const socket = new WebSocket(url, [protocol], { headers, perMessageDeflate: false });
  await opened(socket);
  socket.on("error", () => undefined);
  return { send: (data) => socket.send(data), close: () => socket.terminate() };
}

/** Answered by the account's object after everything that was sent before. */
async function stateOf(account: string | undefined, key: string): Promise<number> {
  return (await http(`${world.relay.url}/v1/accounts/${account}/status`, { key })).status;
}

async function others(): Promise<string> {
  const { account, operation } = world.theirs;
  const paths = ["installs", "config", "pairing"].map((name) => `/v1/accounts/${account}/${name}`);
  const answers = await Promise.all(
    paths.map((path) => http(`${world.relay.url}${path}`, { key: OPERATOR_KEY })),
  );
  answers.push(
    await http(`${world.relay.url}/v1/accounts/${account}/operations/${operation}`, {
      key: world.keys.stranger,
    }),
    await http(`${world.relay.url}/v1/accounts/${account}/events?after=beginning`, {
      key: world.keys.stranger,
    }),
  );
  return answers.map(({ status, text }) => `${status} ${text}`).join("\n");
}

test("I5 of 10,000 hostile frames none makes the relay fail, or touches another tenant", async () => {
  const random = seededRandom(SEED);
  const before = await others();
  const { pid } = world.relay;
  let [sent, shut, warm] = [0, 0, 0];
  for (const [door, count] of Object.entries(FRAMES) as [DoorName, number][]) {
    for (let left = count; left > 0; left -= BURST) {
      if (sent === WARM_UP) warm = await world.held();
      const socket = door === "agent" ? await openAgent(random) : await openOther(door);
      for (let at = 0; at < BURST; at += 1) socket.send(hostileFrame(random, door, world.theirs));
      sent += BURST;
      expect(await stateOf(world.mine["account"], world.keys.all)).toBe(200);
      socket.close();
      shut += 1;
    }
  }
  expect([sent, shut]).toEqual([10_000, 1_000]);
  expect(world.relay.lines.all.filter((line) => /"level":"error"|Uncaught|panic/i.test(line))).toEqual([]);
  expect(await others()).toBe(before);
  expect(await stateOf(world.theirs["account"], world.keys.stranger)).toBe(200);
  expect(world.relay.pid).toBe(pid);
  expect(((await world.held()) - warm) / MIB).toBeLessThan(MAX_GROWTH_MIB);
}, 300_000);
