// `keep_awake`: macOS's own caffeinate, for as long as the agent lives. `-w` ends it with the agent also where that is
// killed. `-i` keeps the Mac from falling asleep by itself, on battery as well; `-s` only while it is plugged in. A lid
// that is closed, and the owner who says sleep, win over both.
import { spawn, type ChildProcess } from "node:child_process";
import type { KeepAwake } from "../config/config-file.ts";
import { KEEP_AWAKE_RETRY_MS } from "../limits.ts";
import type { Log } from "../ports.ts";

const FLAGS = { always: "-i", on_power: "-s" } as const;

export class Awake {
  readonly #log: Log;
  readonly #retryMs: number;
  readonly #program: string;
  #mode: KeepAwake = "never";
  #child: ChildProcess | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(log: Log, { retryMs = KEEP_AWAKE_RETRY_MS, program = "caffeinate" } = {}) {
    this.#log = log;
    this.#retryMs = retryMs;
    this.#program = program;
  }

  set(mode: KeepAwake): void {
    if (mode === this.#mode) return;
    this.#end();
    this.#mode = mode;
    this.#begin();
  }

  stop(): void {
    this.set("never");
  }

  #begin(): void {
    const mode = this.#mode;
    if (mode === "never") return;
    const child = spawn(this.#program, [FLAGS[mode], "-w", String(process.pid)], { stdio: "ignore" });
    this.#child = child;
    child.once("spawn", () => this.#log("info", "keep_awake", { mode }));
    let isOver = false;
    const over = (why: string): void => {
      if (isOver || this.#child !== child) return;
      isOver = true;
      this.#child = undefined;
      this.#log("warn", "keep_awake_ended", { why, again_in_ms: this.#retryMs });
      this.#retry = setTimeout(() => this.#begin(), this.#retryMs);
      this.#retry.unref();
    };
    child.once("error", (error: NodeJS.ErrnoException) => over(error.code ?? "not started"));
    child.once("exit", (code, signal) => over(signal ?? `exit code ${code ?? "unknown"}`));
    // It does not hold the process up.
    child.unref();
  }

  #end(): void {
    clearTimeout(this.#retry);
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGTERM");
  }
}
