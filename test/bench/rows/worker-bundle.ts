// What is uploaded to Cloudflare, as Cloudflare counts it: compressed.
import { gzipSync } from "node:zlib";
import { toKib } from "../memory.ts";
import { readWorker } from "../paths.ts";
import type { Row } from "../row.ts";
import { round } from "../stats.ts";

const BUDGET_KIB = 250;

export const workerBundle: Row = {
  name: "worker_bundle",
  unit: "KiB gzip",
  budget: "≤ 250 KiB",
  measure: async () => {
    const worker = readWorker();
    const value = round(toKib(gzipSync(worker, { level: 9 }).length));
    const details = { uncompressed_kib: round(toKib(worker.length)) };
    return { value, p99: null, peer: null, within: value <= BUDGET_KIB, details };
  },
};
