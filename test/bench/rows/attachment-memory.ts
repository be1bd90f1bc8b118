// What transfers add to the memory of relay and agent. One growth is held against what was there before the first
// transfer of all, since nothing that was taken may have been given back in between.
import { randomBytes } from "node:crypto";
import { startFilesMac, type FilesMac, type ShownFile } from "../attachments.ts";
import { PeakWatch, residentBytes, toMib } from "../memory.ts";
import type { Row } from "../row.ts";
import { round } from "../stats.ts";
import { now, sleep } from "../timing.ts";

const MB = 1_000_000;
const LARGE_BYTES = 100 * MB;
const MANY = 16;
const EACH_BYTES = 25 * MB;
const SLOW_BYTES_PER_S = MB;
const SLOW_MS = { normal: 8_000, quick: 3_000 };
const SETTLE_MS = { normal: 3_000, quick: 1_000 };
const LOOK_MS = 20;
/** Of DESIGN §15, in MiB. */
const BUDGET = { relay: 8, agentOfMany: 32 };

interface Growth {
  readonly relay: number;
  readonly agent: number;
}

export const attachmentMemory: Row = {
  name: "attachment_memory",
  unit: "MiB",
  budget:
    "relay ≤ 8 MiB (100 MB: fast and slow reader, and the other way), agent ≤ 32 MiB (16 × 25 MB at once)",
  measure: async (bench) => {
    const mac = await startFilesMac(bench);
    const [small, large, each] = await Promise.all(
      [1_024, LARGE_BYTES, EACH_BYTES].map((size) => one(mac, size)),
    );
    if (small === undefined || large === undefined || each === undefined) throw new Error("no file is shown");
    // What is loaded once, whatever is transferred.
    await drain(mac, small);
    await sleep(bench.pick(SETTLE_MS.normal, SETTLE_MS.quick));
    const { relay, agent } = mac.system;
    const before = { relay: residentBytes(relay.pid), agent: residentBytes(agent.pid) };
    const growth = async (name: string, work: () => Promise<unknown>): Promise<Growth> => {
      const [relayPeak, agentPeak] = [relay, agent].map(({ pid }) => new PeakWatch(pid, LOOK_MS));
      await work();
      const grown = (watch: PeakWatch | undefined, from: number): number =>
        round(toMib((watch?.stop() ?? 0) - from));
      const found = { relay: grown(relayPeak, before.relay), agent: grown(agentPeak, before.agent) };
      bench.say(`${name}: relay ${found.relay}, agent ${found.agent}`);
      return found;
    };
    const fast = await growth("fast", () => drain(mac, large));
    const slow = await growth("slow", () => drain(mac, large, bench.pick(SLOW_MS.normal, SLOW_MS.quick)));
    const many = await growth("16 at once", () =>
      Promise.all(Array.from({ length: MANY }, () => drain(mac, each))),
    );
    const sent = await growth("to the Mac", () => send(mac, randomBytes(LARGE_BYTES)));
    const content = randomBytes(EACH_BYTES);
    const manySent = await growth("16 at once to the Mac", () =>
      Promise.all(Array.from({ length: MANY }, () => send(mac, content))),
    );
    const value = Math.max(fast.relay, slow.relay, sent.relay);
    const agentOfMany = Math.max(many.agent, manySent.agent);
    return {
      value,
      p99: null,
      peer: null,
      within: value <= BUDGET.relay && agentOfMany <= BUDGET.agentOfMany,
      details: {
        relay_before_mib: round(toMib(before.relay)),
        agent_before_mib: round(toMib(before.agent)),
        relay_fast_mib: fast.relay,
        relay_slow_mib: slow.relay,
        relay_16_at_once_mib: many.relay,
        agent_fast_mib: fast.agent,
        agent_slow_mib: slow.agent,
        agent_16_at_once_mib: many.agent,
        relay_to_mac_mib: sent.relay,
        agent_to_mac_mib: sent.agent,
        relay_16_to_mac_mib: manySent.relay,
        agent_16_to_mac_mib: manySent.agent,
      },
    };
  },
};

async function one(mac: FilesMac, size: number): Promise<ShownFile | undefined> {
  return (await mac.show(1, randomBytes(size)))[0];
}

/** Reads all of it; for so long no faster than a slow line. */
async function drain({ attachments }: FilesMac, { reference }: ShownFile, slowMs = 0): Promise<void> {
  const { body } = await attachments.open(reference);
  const began = now();
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    const due = (bytes / SLOW_BYTES_PER_S) * 1_000;
    const passed = now() - began;
    if (passed < slowMs) await sleep(Math.max(0, Math.min(due, slowMs) - passed));
  }
}

const send = ({ attachments }: FilesMac, bytes: Uint8Array): Promise<unknown> =>
  attachments.upload(new Blob([bytes]), { name: "sent.bin" });
