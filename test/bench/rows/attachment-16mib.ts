import { attachmentSpeed } from "../attachment-speed.ts";
import type { Row } from "../row.ts";

const BYTES = 16 * 2 ** 20;

export const attachment16mib: Row = {
  name: "attachment_16mib",
  unit: "MB/s",
  budget: "≥ 5 × the throughput of one scp process, in both directions",
  measure: (bench) => attachmentSpeed(bench, { bytes: BYTES, runs: bench.pick(9, 3), timesScp: 5 }),
};
