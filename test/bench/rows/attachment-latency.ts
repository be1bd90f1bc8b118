// A small file: what asking for one costs, whatever its size.
import { randomBytes } from "node:crypto";
import { openWays, type Direction, type PathName } from "../attachment-paths.ts";
import { startFilesMac } from "../attachments.ts";
import type { Row } from "../row.ts";
import { median, quantile, round } from "../stats.ts";

const BYTES = 1_024;
const RUNS = { normal: 30, quick: 8 };
const WARM_UP = 3;

export const attachmentLatency: Row = {
  name: "attachment_latency",
  unit: "ms",
  budget: "none: 1 KiB from the Mac to a file here",
  measure: async (bench) => {
    const mac = await startFilesMac(bench);
    const content = randomBytes(BYTES);
    const ways = await openWays(bench, mac, content);
    const runs = bench.pick(RUNS.normal, RUNS.quick);
    const shown = await mac.show(WARM_UP + runs, content);
    const times = new Map<`${Direction} ${PathName}` | "again", number[]>();
    const took = (name: `${Direction} ${PathName}` | "again", ms: number): void =>
      void times.set(name, [...(times.get(name) ?? []), ms]);
    for (const [at, file] of shown.entries()) {
      if (at === WARM_UP) times.clear();
      for (const [name, way] of ways) {
        took(`from_mac ${name}`, await way.from_mac(file));
        took(`to_mac ${name}`, await way.to_mac(file));
      }
      // Of one that was fetched before, the checksum is known already.
      took("again", (await ways.get("relay")?.from_mac(file)) ?? 0);
    }
    const p50 = (name: `${Direction} ${PathName}` | "again"): number => round(median(times.get(name) ?? []));
    const hasPeer = ways.has("scp");
    return {
      value: p50("from_mac relay"),
      p99: round(quantile(times.get("from_mac relay") ?? [], 0.99)),
      peer: hasPeer ? { name: "one scp process", value: p50("from_mac scp") } : null,
      within: null,
      details: {
        fetched_again_ms: p50("again"),
        forward_ms: p50("from_mac forward"),
        to_mac_ms: p50("to_mac relay"),
        ...(hasPeer ? { to_mac_scp_ms: p50("to_mac scp") } : {}),
        to_mac_forward_ms: p50("to_mac forward"),
      },
    };
  },
};
