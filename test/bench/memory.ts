// Resident memory of processes, by number.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const MIB = 2 ** 20;
const KIB = 1024;

/** Bytes; 0 where there is no such process. */
export function residentBytes(pid: number): number {
  try {
    if (process.platform === "linux") {
      const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
      return Number(kib ?? 0) * KIB;
    }
    return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) * KIB;
  } catch {
    return 0;
  }
}

export const toMib = (bytes: number): number => bytes / MIB;
export const toKib = (bytes: number): number => bytes / KIB;

/** Watches a process and remembers its peak. */
export class PeakWatch {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #peak: number;

  constructor(pid: number, everyMs = 50) {
    this.#pid = pid;
    this.#peak = residentBytes(pid);
    this.#timer = setInterval(() => this.#look(), everyMs);
  }

  /** Bytes. */
  stop(): number {
    clearInterval(this.#timer);
    this.#look();
    return this.#peak;
  }

  #look(): void {
    this.#peak = Math.max(this.#peak, residentBytes(this.#pid));
  }
}
