// The transfers of attachments that run: how many at once, how they are stopped, what is logged and counted of them.
import type { Clock } from "../../shared/clock.ts";
import type { AgentFrame, FrameOf, RelayFrame } from "../../shared/frames.ts";
import { MAC_RULES } from "../../shared/mac-policy.ts";
import { MAX_TRANSFERS } from "../../shared/limits.ts";
import type { TransferFailure } from "../../shared/transfer-frames.ts";
import { TRANSFERS_RETRY_S } from "../limits.ts";
import type { Log } from "../ports.ts";
import type { Job, JobEnd } from "./job.ts";
import type { Reading } from "./reading.ts";
import type { Writing } from "./writing.ts";

export interface TransferCounts {
  readonly running: number;
  readonly done: number;
  readonly failed: number;
}

interface TransfersParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly reading: Pick<Reading, "run">;
  readonly writing: Pick<Writing, "run">;
  /** By the owner: nothing is read or written. */
  readonly isPaused: () => boolean;
  readonly send: (frame: FrameOf<AgentFrame, "transfer">) => void;
}

export class Transfers {
  readonly #parts: TransfersParts;
  readonly #running = new Map<string, AbortController>();
  #done = 0;
  #failed = 0;

  constructor(parts: TransfersParts) {
    this.#parts = parts;
  }

  get counts(): TransferCounts {
    return { running: this.#running.size, done: this.#done, failed: this.#failed };
  }

  give(frame: FrameOf<RelayFrame, "read" | "write">): void {
    const { transfer, t: direction } = frame;
    if (this.#running.has(transfer)) return;
    if (this.#parts.isPaused()) {
      this.#failed += 1;
      this.#fail(transfer, { code: "forbidden_by_mac", rule: "paused", detail: MAC_RULES.paused });
      this.#log(direction, 0, 0, "forbidden_by_mac");
      return;
    }
    if (this.#running.size >= MAX_TRANSFERS) {
      this.#failed += 1;
      this.#fail(transfer, { code: "rate_limited", retry_after_s: TRANSFERS_RETRY_S });
      this.#log(direction, 0, 0, "rate_limited");
      return;
    }
    const stop = new AbortController();
    this.#running.set(transfer, stop);
    void this.#run(frame, stop);
  }

  abort(transfer: string): void {
    // At once for whoever counts; its files and sockets are closed as soon as they let go.
    this.#running.get(transfer)?.abort();
  }

  /** The link is gone: nobody is there to be told, and the names are worth nothing on the next one. */
  abortAll(): void {
    for (const stop of this.#running.values()) stop.abort();
  }

  /** Never rejects. */
  async #run(frame: FrameOf<RelayFrame, "read" | "write">, { signal }: AbortController): Promise<void> {
    const { transfer } = frame;
    const { clock, reading, writing, send } = this.#parts;
    const begun = clock.now();
    const job: Job = {
      signal,
      bytes: 0,
      tell: (word) => {
        if (!signal.aborted) send(word);
      },
    };
    let end: JobEnd;
    try {
      end = await (frame.t === "read" ? reading.run(frame, job) : writing.run(frame, job));
    } catch (error) {
      end = { code: "internal", detail: faultOf(error) };
    }
    this.#running.delete(transfer);
    const result = signal.aborted ? "aborted" : (end?.code ?? "done");
    if (result === "done") this.#done += 1;
    else this.#failed += 1;
    if (end !== undefined && !signal.aborted) this.#fail(transfer, end);
    this.#log(frame.t, job.bytes, clock.now() - begun, result);
  }

  #fail(transfer: string, error: TransferFailure): void {
    this.#parts.send({ t: "transfer", transfer, state: "failed", error });
  }

  /** Neither path nor name. */
  #log(direction: string, bytes: number, ms: number, result: string): void {
    const level = result === "internal" ? "warn" : "info";
    this.#parts.log(level, "transfer", { direction, bytes, seconds: ms / 1_000, result });
  }
}

/** What the disk said, in two words for the caller: a path stands in the message of every such error. */
const faultOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return "the Mac's disk is full";
  return "the Mac could not read or write the file";
};
