// Two rounds with every interval as in service, for the long run only: what takes a minute of waiting.
import type { Dialect } from "../imsg-sim/host.ts";
import { outcomeOf } from "../../shared/outcome.ts";
import { DropInReader } from "./drop-in-reader.ts";
import { HANDLES, Stage } from "./stage.ts";

export interface SlowRound {
  readonly name: string;
  readonly run: (dialect: Dialect) => Promise<SlowResult>;
}

export interface SlowResult {
  readonly broken: readonly string[];
  /** What took how long. */
  readonly said: string;
}

const HELD_MS = 60_000;
/** imsg's own time, the way back, a busy machine. */
const SLACK_MS = 5_000;

/** The object sleeps 10 s after its last event: a send that imsg holds for a minute, and nothing else goes on. */
async function longSend(dialect: Dialect): Promise<SlowResult> {
  const stage = await Stage.open(dialect, { intervals: "in service" });
  try {
    const { system, world } = stage;
    const tunnel = await system.tunnel();
    world.fault({ kind: "hold", ms: HELD_MS, method: "send" });
    const text = "in a minute";
    const asked = Date.now();
    const answered = tunnel.frames.find(({ id }) => id === "long", "the answer", HELD_MS + SLACK_MS);
    tunnel.send({ jsonrpc: "2.0", id: "long", method: "send", params: { to: HANDLES[0], text } });
    const { result, error } = await answered;
    const ms = Date.now() - asked;
    const outcome = outcomeOf(error === undefined ? { result } : { error });
    const times = world.sent().filter((sent) => sent.text === text).length;
    const broken: string[] = [];
    if (outcome !== "sent") broken.push(`I6: answered as ${outcome}: ${JSON.stringify(error)}`);
    if (times !== 1) broken.push(`I7: sent ${times} times`);
    if (ms < HELD_MS) broken.push(`I6: answered after ${ms} ms, before it was sent`);
    return { broken, said: `sent and answered after ${seconds(ms)}` };
  } finally {
    await stage.close();
  }
}

const MESSAGES = 200;
/** Two heartbeats missed and a look (LINK5, RPC15), then the first tries to connect. */
const NOTICED_MS = 27_000;
const BACK_MS = 40_000;

/** The Mac's link and the drop-in's socket fall silent for good, with a send and messages on their way. */
async function longSilence(dialect: Dialect): Promise<SlowResult> {
  const stage = await Stage.open(dialect, { intervals: "in service" });
  try {
    const { system, world, wires, chats } = stage;
    const dropIn = await DropInReader.start(system, wires.dropIn);
    stage.atEnd(() => dropIn.close());
    const from = system.agent.events.all.length;
    const began = Date.now();
    wires.agent.silence();
    wires.dropIn.silence();
    const text = "into the silence";
    const answered = dropIn.ask("silent", { to: HANDLES[0], text });
    const [chat = ""] = chats;
    const guids = Array.from({ length: MESSAGES }, (_, at) => world.appendText(chat, HANDLES[0], `${at}`));
    const broken: string[] = [];
    await system.agent.waitFor("link_down", NOTICED_MS, from);
    const noticed = Date.now() - began;
    const last = guids.at(-1);
    await dropIn.taken.find((guid) => guid === last, "the drop-in is shown the last message", BACK_MS);
    const back = Date.now() - began;
    const shown = dropIn.shelf.messages.map(({ guid }) => guid).filter((guid) => guids.includes(guid));
    if (shown.join() !== guids.join())
      broken.push(`I2: the drop-in was shown ${shown.length} of ${guids.length}`);
    const outcome = outcomeOf(await answered);
    const times = world.sent().filter((sent) => sent.text === text).length;
    if (times !== (outcome === "sent" ? 1 : 0)) broken.push(`I6: said to be ${outcome}, sent ${times} times`);
    return {
      broken,
      said: `noticed after ${seconds(noticed)}, all shown after ${seconds(back)}, ${outcome}`,
    };
  } finally {
    await stage.close();
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export const SLOW_ROUNDS: readonly SlowRound[] = [
  { name: "long-send", run: longSend },
  { name: "long-silence", run: longSilence },
];
