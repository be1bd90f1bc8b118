import { attachmentSpeed } from "../attachment-speed.ts";
import type { Row } from "../row.ts";

/** More than one body may be: it goes in parts. */
const BYTES = 100_000_000;

export const attachment100mb: Row = {
  name: "attachment_100mb",
  unit: "MB/s",
  budget: "≥ 2 × the throughput of one scp process, in both directions",
  measure: (bench) => attachmentSpeed(bench, { bytes: BYTES, runs: bench.pick(5, 2), timesScp: 2 }),
};
