// One launcher a state folder: two workerds on the same database files would ruin them. The file also names the
// children, so that those of a launcher that was killed outright are ended before anything is started anew.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import path from "node:path";
import * as z from "zod";
import { readPrivate, writePrivate } from "./private-folder.ts";

const lockSchema = z.object({ pid: z.int(), children: z.record(z.string(), z.int()) });
type Lock = z.infer<typeof lockSchema>;

const GONE_TRIES = 40;
const GONE_LOOK_MS = 50;

export class StateLock {
  readonly #file: string;
  #children: Readonly<Record<string, number>> = {};

  private constructor(file: string) {
    this.#file = file;
  }

  /** Rejects where another launcher runs on this folder. `onLeftover` hears of each child that had to be ended. */
  static async take(folder: string, onLeftover: (name: string, pid: number) => void): Promise<StateLock> {
    const file = path.join(folder, "running.json");
    const before = read(file);
    if (before !== undefined) {
      if (before.pid !== process.pid && isOurs(before.pid, "host.cjs")) {
        throw new Error(
          `Already running on ${folder} (process ${before.pid}). Stop it first, or use another --state.`,
        );
      }
      for (const [name, pid] of Object.entries(before.children)) {
        // The number may long be somebody else's: only a process that names this folder, or the agent's program, is ended.
        if (!isOurs(pid, name === "relay" ? folder : "imsg-relay")) continue;
        onLeftover(name, pid);
        await end(pid);
      }
    }
    const lock = new StateLock(file);
    lock.#write();
    return lock;
  }

  /** Undefined = it ended. */
  note(name: string, pid: number | undefined): void {
    const { [name]: _gone, ...others } = this.#children;
    this.#children = pid === undefined ? others : { ...others, [name]: pid };
    this.#write();
  }

  release(): void {
    rmSync(this.#file, { force: true });
  }

  #write(): void {
    writePrivate(this.#file, JSON.stringify({ pid: process.pid, children: this.#children } satisfies Lock));
  }
}

function read(file: string): Lock | undefined {
  try {
    const text = readPrivate(file);
    return text === undefined ? undefined : lockSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether that process runs and its command line holds `mark`. */
function isOurs(pid: number, mark: string): boolean {
  if (!isAlive(pid)) return false;
  return commandLine(pid).includes(mark);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // No /proc on a Mac.
  }
  try {
    return execFileSync("ps", ["-p", String(pid), "-o", "command="], { encoding: "utf8" });
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function end(pid: number): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    for (let look = 0; look < GONE_TRIES && isAlive(pid); look += 1) await sleep(GONE_LOOK_MS);
  }
}
