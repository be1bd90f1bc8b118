// Files that gateways have sent and that wait to be sent on: which there are, how far each is, and when it goes.
import type { Clock } from "../../shared/clock.ts";
import { safeFileName } from "../../shared/file-name.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { TransferFailure } from "../../shared/transfer-frames.ts";
import {
  MAX_STAGED_BYTES,
  MAX_STAGED_FILES,
  STAGED_IN_USE_MS,
  STAGED_MS,
  STAGING_RETRY_MAX_S,
  STAGING_SWEEP_MS,
} from "../limits.ts";
import type { Log } from "../ports.ts";
import type { Hasher, StagedMeta, StagedWriter, TransferPorts } from "./ports.ts";

const SECOND = 1_000;

interface Append {
  readonly signal: AbortSignal;
  /** Nothing more comes: what came is made safe. */
  isEnding: boolean;
  /** All of that is done. */
  readonly ended: Promise<void>;
}

export interface Staged {
  meta: StagedMeta;
  /** When it is removed. */
  until: number;
  /** Somebody writes to it. */
  writing: Append | undefined;
  /** Over all of its bytes; undefined where they were not seen by this process. */
  hash: Hasher | undefined;
}

/** Gives bytes, each piece after the one before was taken. */
type Feed<T> = (take: (bytes: Uint8Array) => Promise<void>) => Promise<T>;

interface StagingParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly randomName: () => string;
  readonly ports: Pick<TransferPorts, "staging" | "sha256">;
  /** The largest single file: there is always room for one. */
  readonly capBytes: () => number;
}

export class Staging {
  readonly #parts: StagingParts;
  readonly #files = new Map<string, Staged>();
  #cancelSweep: (() => void) | undefined;

  constructor(parts: StagingParts) {
    this.#parts = parts;
  }

  /** What an earlier life left is there again. */
  start(): void {
    const { staging } = this.#parts.ports;
    for (const { meta, writtenAt } of staging.list()) {
      const hash = meta.bytes === 0 ? this.#parts.ports.sha256() : undefined;
      this.#files.set(meta.id, { meta, until: writtenAt + STAGED_MS, writing: undefined, hash });
    }
    this.#sweepNowAndThen();
  }

  stop(): void {
    this.#cancelSweep?.();
  }

  get(id: string): Staged | undefined {
    const file = this.#files.get(id);
    return file === undefined || this.#isOver(file) ? undefined : file;
  }

  /** A new one, empty. */
  async create(name: string, size: number): Promise<Result<Staged, TransferFailure>> {
    this.#sweep();
    const files = [...this.#files.values()];
    // What was promised counts, not what has come: otherwise many half-sent files could fill the disk together.
    const promised = files.reduce((sum, { meta }) => sum + meta.size, 0);
    const room = Math.max(MAX_STAGED_BYTES, this.#parts.capBytes());
    if (files.length >= MAX_STAGED_FILES || promised + size > room) {
      const next = Math.min(...files.map(({ until }) => until)) - this.#parts.clock.now();
      const seconds = Math.min(Math.max(1, Math.ceil(next / SECOND)), STAGING_RETRY_MAX_S);
      return err({ code: "rate_limited", detail: "too much is staged on the Mac", retry_after_s: seconds });
    }
    const { ports, randomName } = this.#parts;
    const hash = ports.sha256();
    const digest = size === 0 ? ports.sha256().digest() : null;
    const meta: StagedMeta = { id: randomName(), name: safeFileName(name), size, bytes: 0, digest };
    // Before the disk is asked, so that two at a time do not both see the last room.
    const file: Staged = { meta, until: this.#soon(STAGED_MS), writing: undefined, hash };
    this.#files.set(meta.id, file);
    try {
      await ports.staging.create(meta);
    } catch (error) {
      await this.remove(file);
      throw error;
    }
    return ok(file);
  }

  /** Whoever was cut off may come back before what he sent is safe: only then it is known where the file ends. */
  async settled({ writing }: Staged): Promise<void> {
    if (writing !== undefined && (writing.isEnding || writing.signal.aborted)) await writing.ended;
  }

  /** Takes what `feed` gives, as far as it comes: that is kept, and on disk afterwards. One at a time (`writing`). */
  async append<T>(file: Staged, signal: AbortSignal, feed: Feed<T>): Promise<T> {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const writing: Append = { signal, isEnding: false, ended };
    file.writing = writing;
    try {
      const writer = await this.#parts.ports.staging.open(file.meta);
      try {
        return await this.#appendTo(writer, file, async (take) => {
          try {
            return await feed(take);
          } finally {
            writing.isEnding = true;
          }
        });
      } finally {
        await writer.close();
      }
    } finally {
      file.writing = undefined;
      end();
    }
  }

  async #appendTo<T>(writer: StagedWriter, file: Staged, feed: Feed<T>): Promise<T> {
    const { staging } = this.#parts.ports;
    const { size } = file.meta;
    let { bytes } = file.meta;
    let { hash } = file;
    // Until the new count is on disk, the hash may be ahead of it.
    file.hash = undefined;
    try {
      return await feed(async (piece) => {
        const written = writer.write(piece, bytes);
        const ahead = hash;
        // Beside the disk; of no use where that fails.
        hash = undefined;
        ahead?.update(piece);
        await written;
        hash = ahead;
        bytes += piece.length;
      });
    } finally {
      await writer.sync();
      const isWhole = bytes === size;
      const whole = isWhole ? (hash?.digest() ?? (await staging.digest(file.meta))) : null;
      const meta = { ...file.meta, bytes, digest: whole };
      await staging.keep(meta);
      file.meta = meta;
      file.hash = isWhole ? undefined : hash;
      file.until = Math.max(file.until, this.#soon(STAGED_MS));
    }
  }

  async remove(file: Staged): Promise<void> {
    this.#files.delete(file.meta.id);
    try {
      await this.#parts.ports.staging.remove(file.meta.id);
    } catch {
      this.#parts.log("warn", "staged_not_removed");
    }
  }

  /** The real path of a whole file, for imsg; it stays for a while, since Messages reads it when it likes. */
  locate(id: string): Result<string, "not_found" | "not_ready"> {
    const file = this.get(id);
    if (file === undefined) return err("not_found");
    if (file.meta.digest === null) return err("not_ready");
    const path = this.#parts.ports.staging.locate(file.meta);
    if (path === undefined) return err("not_found");
    file.until = Math.max(file.until, this.#soon(STAGED_IN_USE_MS));
    return ok(path);
  }

  #soon(ms: number): number {
    return this.#parts.clock.now() + ms;
  }

  #isOver({ until, writing }: Staged): boolean {
    return writing === undefined && until <= this.#parts.clock.now();
  }

  #sweep(): void {
    for (const file of this.#files.values()) if (this.#isOver(file)) void this.remove(file);
  }

  #sweepNowAndThen(): void {
    this.#sweep();
    this.#cancelSweep = this.#parts.clock.after(STAGING_SWEEP_MS, () => this.#sweepNowAndThen());
  }
}
