// I6 past the hibernation mark: the object sleeps 10 s after its last event, and a send may take a minute.
import type { Dialect } from "../imsg-sim/host.ts";
import { outcomeOf } from "../../shared/outcome.ts";
import { startSystem } from "../e2e/harness.ts";
import { HANDLES } from "./stage.ts";

const HELD_MS = 60_000;
/** imsg's own time, the way back, a busy machine. */
const SLACK_MS = 5_000;

/** A send that imsg holds for a minute while nothing else goes on; everything as in service. */
export async function runLongSend(
  dialect: Dialect,
): Promise<{ readonly broken: string[]; readonly ms: number }> {
  const system = await startSystem({
    dialect,
    world: (mac) => void mac.appendText(mac.dm(HANDLES[0]), HANDLES[0], "before"),
    agentConfig: { intervals: {} },
  });
  try {
    const tunnel = await system.tunnel();
    system.world.fault({ kind: "hold", ms: HELD_MS, method: "send" });
    const text = "in a minute";
    const asked = Date.now();
    // The harness waits 30 s for a call of its own; an id sent by hand is waited for here.
    const answered = tunnel.frames.find(({ id }) => id === "long", "the answer", HELD_MS + SLACK_MS);
    tunnel.send({ jsonrpc: "2.0", id: "long", method: "send", params: { to: HANDLES[0], text } });
    const { result, error } = await answered;
    const ms = Date.now() - asked;
    const outcome = outcomeOf(error === undefined ? { result } : { error });
    const times = system.world.sent().filter((sent) => sent.text === text).length;
    const broken: string[] = [];
    if (outcome !== "sent") broken.push(`I6: answered as ${outcome}: ${JSON.stringify(error)}`);
    if (times !== 1) broken.push(`I7: sent ${times} times`);
    if (ms < HELD_MS) broken.push(`I6: answered after ${ms} ms, before it was sent`);
    return { broken, ms };
  } finally {
    await system.stop();
  }
}
