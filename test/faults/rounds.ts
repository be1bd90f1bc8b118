// The faults: what breaks, and what must be true right after. One table; everything else is the same for all.
import { setTimeout as sleep } from "node:timers/promises";
import type { Dialect } from "../imsg-sim/host.ts";
import { pick } from "../imsg-sim/random.ts";
import { AgentProcess } from "../e2e/agent-process.ts";
import { offerEnrolment } from "../e2e/owner.ts";
import { PROGRAMS } from "../e2e/programs.ts";
import { until } from "../e2e/waiting.ts";
import { replaceDatabase } from "./replace.ts";
import type { LibraryReader, PlainReader } from "./readers.ts";
import { AGENT_CONFIG, killQuietly, type Stage } from "./stage.ts";
import type { Stream } from "./stream.ts";
import type { Flight, Sends } from "./sends.ts";

/** What a fault can reach. */
export interface Scene {
  readonly dialect: Dialect;
  readonly stage: Stage;
  readonly stream: Stream;
  readonly sends: Sends;
  readonly library: LibraryReader;
  readonly plain: PlainReader;
  readonly random: () => number;
  readonly flight: Flight;
  readonly note: (what: string) => void;
}

export interface Kind {
  readonly name: string;
  /** What must hold, with its rules. */
  readonly promise: string;
  /** Comes back when it is healed; throws where what it did was not answered as it must be. */
  readonly strike: (scene: Scene) => Promise<void>;
  readonly replacesDatabase?: true;
}

const SEEN_MS = 15_000;
/** A burst is read, sent and shown within about this. */
const BURST_READ_MS = 120;
const STORM_MS = 800;

type WireName = keyof Stage["wires"];
const WIRES: readonly (readonly WireName[])[] = [
  ["agent"],
  ["gateway", "dropIn"],
  ["agent", "gateway", "dropIn"],
];

const killAgent = async ({ stage, random, note }: Scene): Promise<void> => {
  const { agent } = stage.system;
  const children = agent.imsgPids();
  // As when only the agent dies: its imsg goes on with what it has, beside the next one.
  for (const pid of children) stage.keepAnEyeOn(pid);
  process.kill(agent.pid, "SIGKILL");
  await until(async () => agent.pid === 0, "the agent is gone", SEEN_MS, 5);
  note("agent killed");
  await sleep(random() * 600);
  const from = agent.events.all.length;
  await agent.start();
  await agent.waitFor("link_up", SEEN_MS, from);
};

const killImsg = async ({ stage, random, note }: Scene): Promise<void> => {
  const { agent } = stage.system;
  const all = agent.imsgPids();
  // The old engine has two: reads, and mutations.
  const some = random() < 0.5 ? all : all.slice(-1);
  const from = agent.events.all.length;
  for (const pid of some) killQuietly(pid);
  note(`${some.length} of ${all.length} imsg killed`);
  // In a storm there may be nobody to kill.
  if (some.length > 0) await agent.waitFor("imsg_ready", SEEN_MS, from);
};

/**
 * Most likely while rows are on their way: 130 at once take the agent several frames and longer than the wait here, and
 * the 333 a second of the stream come beside them. So of some frames nothing was stored, some are stored and their ack
 * never left, and some were acknowledged while readers were not shown them or had not said that they were.
 */
const killRelay = async ({ stage, stream, random, note }: Scene): Promise<void> => {
  const { agent, relay } = stage.system;
  const from = agent.events.all.length;
  stream.burst();
  await sleep(random() * BURST_READ_MS);
  await relay.kill9();
  note("workerd killed");
  await sleep(random() * 600);
  await relay.start();
  await agent.waitFor("link_up", SEEN_MS, from);
};

const cut = async ({ stage, random, note }: Scene): Promise<void> => {
  const { agent } = stage.system;
  for (let left = 1 + Math.floor(random() * 3); left > 0; left -= 1) {
    const wires = pick(random, WIRES);
    const how = random() < 0.5 ? "reset" : "end";
    const from = agent.events.all.length;
    for (const name of wires) stage.wires[name].cut(how);
    note(`${how} of ${wires.join(", ")}`);
    if (wires.includes("agent")) await agent.waitFor("link_up", SEEN_MS, from);
    else await sleep(random() * 500);
  }
};

const blackHole = async ({ stage, library, plain, random, note }: Scene): Promise<void> => {
  const { agent } = stage.system;
  const wires = pick(random, WIRES);
  const from = agent.events.all.length;
  const opened = [library, plain].map((reader) => reader.opened.all.length);
  for (const name of wires) stage.wires[name].silence();
  note(`silence on ${wires.join(", ")}`);
  if (wires.includes("agent")) {
    const down = await agent.waitFor("link_down", SEEN_MS, from);
    note(`agent: ${String(down["why"])}`);
    await agent.waitFor("link_up", SEEN_MS, from);
  }
  if (wires.includes("gateway")) {
    for (const [at, reader] of [library, plain].entries())
      await reader.opened.find(() => true, `${reader.name} is back`, SEEN_MS, opened[at]);
  }
  // The drop-in gives up after 25 s; here its wire comes back before that. On the others, what is late now comes to
  // sockets that nobody has any more.
  for (const name of wires) stage.wires[name].heal();
  note("healed");
};

const secondInstall = async ({ stage, sends, flight, note }: Scene): Promise<void> => {
  const { system } = stage;
  const { url } = await offerEnrolment(system.relayUrl, system.account);
  const config = { cliPath: PROGRAMS.sim, dbPath: system.world.dbPath, ...AGENT_CONFIG };
  const second = await AgentProcess.enrol(`${system.folder}/second`, url, config);
  stage.atEnd(async () => void (await second.kill("SIGKILL")));
  const before = await system.status();
  const undisturbed = system.agent.events.all.length;
  await second.start();
  const refused = await second.waitFor("link_down", SEEN_MS);
  if (refused.level !== "error" || !String(refused["why"]).includes("--takeover"))
    throw new Error(`LINK3: the second Mac was not told why: ${JSON.stringify(refused)}`);
  const between = await system.status();
  if (between.agent.epoch !== before.agent.epoch || between.agent.state !== "online")
    throw new Error("LINK3: the first Mac was disturbed by one that was refused");
  if (system.agent.events.all.slice(undisturbed).some(({ event }) => event === "link_down"))
    throw new Error("LINK3: the first Mac's link ended when another was refused");
  note("second refused");
  await second.kill("SIGTERM");
  await sends.inFlight(flight);
  const seen = system.agent.events.all.length;
  const from = second.events.all.length;
  await second.start("--takeover");
  await second.waitFor("link_up", SEEN_MS, from);
  const lost = await system.agent.waitFor("link_down", SEEN_MS, seen);
  if (lost.level !== "error" || Number(lost["again_in_ms"]) < 60_000)
    throw new Error(`LINK3: the first Mac does not know that it was replaced: ${JSON.stringify(lost)}`);
  note("second took over");
};

/** All at once, nearly. */
const storm = async (scene: Scene): Promise<void> => {
  const strikes = [killAgent, killImsg, killRelay, cut];
  const soon = strikes.map(async (strike) => {
    await sleep(scene.random() * STORM_MS);
    await strike(scene);
  });
  await Promise.all(soon);
};

/** Most faults strike while a send is in imsg's hands. */
const withSend =
  (strike: Kind["strike"]): Kind["strike"] =>
  async (scene) => {
    await scene.sends.inFlight(scene.flight);
    await strike(scene);
  };

export const KINDS: readonly Kind[] = [
  {
    name: "kill-agent",
    promise:
      "I2, I6, I7: after kill -9 of the agent every row is shown, and every send has one outcome and at most one effect",
    strike: withSend(killAgent),
  },
  {
    name: "kill-imsg",
    promise: "I2, I6, I7: after kill -9 of imsg nothing is lost, doubled or sent twice",
    strike: withSend(killImsg),
  },
  {
    name: "kill-relay",
    promise:
      "I2, I5, I7: after kill -9 of workerd what it acknowledged is on disk, and what it did not comes again",
    strike: withSend(killRelay),
  },
  {
    name: "cut",
    promise:
      "I2, I6, LINK6: over cut sockets nothing is lost, and a send in flight is asked again by its key",
    strike: withSend(cut),
  },
  {
    name: "black-hole",
    promise:
      "I2, I6, LINK4, LINK5: a silent socket is given up, and what it held back is nobody's when it comes",
    strike: withSend(blackHole),
  },
  {
    name: "second-install",
    promise:
      "I2, I6, LINK3: a second Mac is refused in words, takes the lease with --takeover, and no row is lost over it",
    strike: secondInstall,
  },
  {
    name: "replaced-database",
    promise:
      "I2, I6, LINK11: a database with other row ids under the same name is read back and doubles nothing",
    strike: withSend(replaceDatabase),
    replacesDatabase: true,
  },
];

/** Beyond the seven, for the long run. */
export const STORM: Kind = {
  name: "storm",
  promise:
    "I2, I6, I7: agent, imsg and workerd killed and sockets cut within a second, and still nothing lost",
  strike: withSend(storm),
};

export function kindNamed(name: string): Kind {
  const all = [...KINDS, STORM];
  const kind = all.find((each) => each.name === name);
  if (kind === undefined)
    throw new Error(`no fault “${name}”; there are ${all.map(({ name: each }) => each).join(", ")}`);
  return kind;
}
