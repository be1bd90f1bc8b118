// run.mjs lays everything out in one folder of its own: dist/ as it was at the start, and the bundles of this bench.
import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../e2e/programs.ts";

/** A worker that only echoes, in the layout of dist/relay. */
export const ECHO_BUNDLE = path.join(ROOT, "echo");
/** A worker that only passes requests on. */
export const FORWARD_BUNDLE = path.join(ROOT, "forward");
/** The relay with a count of the rows that it writes. */
export const COUNTING_BUNDLE = path.join(ROOT, "counting");
export const WORKER_FILE = path.join(ROOT, "dist", "relay", "worker.js");

/** A bundle of this bench that runs as a process of its own. */
export const processFile = (name: "echo-peer" | "file-origin" | "imsg-tap"): string =>
  path.join(ROOT, "test", "bench", `${name}.cjs`);

export const readWorker = (): Buffer => readFileSync(WORKER_FILE);
