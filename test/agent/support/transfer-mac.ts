// The agent's transfers with real files and real HTTP, and nothing else of the agent.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { attachmentOpener, type FileSteps } from "../../../agent/node/attachment-file.ts";
import { randomName, sha256, systemClock } from "../../../agent/node/machine.ts";
import { stagingFolder } from "../../../agent/node/staging-folder.ts";
import { transferHttp } from "../../../agent/node/transfer-http.ts";
import type { LogFields } from "../../../agent/ports.ts";
import type { TransferPorts } from "../../../agent/transfers/ports.ts";
import { Reading } from "../../../agent/transfers/reading.ts";
import { Staging } from "../../../agent/transfers/staging.ts";
import { Transfers } from "../../../agent/transfers/transfers.ts";
import { Writing } from "../../../agent/transfers/writing.ts";
import type { Clock } from "../../../shared/clock.ts";
import {
  encodeAgentFrame,
  decodeAgentFrame,
  type AgentFrame,
  type FrameOf,
  type RelayFrame,
} from "../../../shared/frames.ts";
import { ATTACHMENT_PART_BYTES } from "../../../shared/limits.ts";
import { onTestFinished, vi } from "vitest";
import { TransferRelay } from "./transfer-relay.ts";

export const MIB = 1024 * 1024;
const HOUR = 3_600_000;
/** Long enough ago that nobody takes it for a file that is still written. */
export const LONG_AGO = new Date("2026-01-02T03:04:05Z");

type Word = FrameOf<AgentFrame, "transfer">;
type Read = FrameOf<RelayFrame, "read">;
type Write = FrameOf<RelayFrame, "write">;

interface MacOptions {
  /** Instead of the one folder. */
  readonly roots?: (mac: TransferMac) => readonly string[];
  /** What the file system is asked, with something in between. */
  readonly steps?: (mac: TransferMac) => FileSteps;
  readonly partBytes?: number;
  readonly capBytes?: number;
  readonly clock?: Clock;
  readonly ports?: (real: TransferPorts) => TransferPorts;
  readonly stallMs?: number;
}

export class TransferMac {
  readonly folder = realpathSync(mkdtempSync(path.join(tmpdir(), "transfers-")));
  /** The one folder out of which attachments may be read. */
  readonly root = path.join(this.folder, "Attachments");
  readonly stagingRoot = path.join(this.folder, "profile", "staging");
  readonly relay = new TransferRelay();
  readonly words: Word[] = [];
  readonly logged: { readonly event: string; readonly fields: LogFields }[] = [];
  readonly #options: MacOptions;
  #transfers: Transfers | undefined;
  #staging: Staging | undefined;
  #reading: Reading | undefined;
  #heard: (() => void)[] = [];
  #names = 0;
  /** By the owner. */
  isPaused = false;

  constructor(options: MacOptions = {}) {
    this.#options = options;
    mkdirSync(this.root);
  }

  async start(): Promise<this> {
    await this.relay.listen();
    this.restart();
    return this;
  }

  /** A new life of the agent on the same disk. */
  restart(): void {
    this.#staging?.stop();
    const {
      clock = systemClock,
      capBytes = 200 * MIB,
      partBytes = ATTACHMENT_PART_BYTES,
      stallMs,
    } = this.#options;
    const real: TransferPorts = {
      open: attachmentOpener(() => this.#options.roots?.(this) ?? [this.root], this.#options.steps?.(this)),
      wire: transferHttp({ origin: this.relay.origin, account: "acc_1", proxy: undefined }, stallMs),
      staging: stagingFolder(this.stagingRoot),
      sha256,
    };
    const ports = this.#options.ports?.(real) ?? real;
    const log = (_: string, event: string, fields: LogFields = {}): void => {
      this.logged.push({ event, fields });
      this.#tell();
    };
    this.#staging = new Staging({ clock, log, randomName, ports, capBytes: () => capBytes });
    this.#reading = new Reading({ clock, ports, capBytes: () => capBytes, partBytes });
    this.#transfers = new Transfers({
      clock,
      log,
      reading: this.#reading,
      writing: new Writing({ staging: this.#staging, wire: ports.wire, capBytes: () => capBytes }),
      isPaused: () => this.isPaused,
      send: (frame) => {
        // As it goes over the wire.
        const decoded = decodeAgentFrame(encodeAgentFrame(frame));
        if (decoded.kind !== "frame" || decoded.frame.t !== "transfer")
          throw new Error("not a frame of the link");
        this.words.push(decoded.frame);
        this.#tell();
      },
    });
    this.#staging.start();
  }

  async dispose(): Promise<void> {
    this.#transfers?.abortAll();
    this.#staging?.stop();
    await this.relay.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get transfers(): Transfers {
    if (this.#transfers === undefined) throw new Error("not started");
    return this.#transfers;
  }

  get staging(): Staging {
    if (this.#staging === undefined) throw new Error("not started");
    return this.#staging;
  }

  get reading(): Reading {
    if (this.#reading === undefined) throw new Error("not started");
    return this.#reading;
  }

  /** A file in the root, old. */
  file(name: string, content: string | Uint8Array): string {
    const file = path.join(this.root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    utimesSync(file, LONG_AGO, LONG_AGO);
    return file;
  }

  give(frame: RelayFrame & { t: "read" | "write" }): void {
    this.transfers.give(frame);
  }

  /** Begins a read; returns its name. */
  read(file: string, more: Partial<Read> = {}): string {
    const transfer = more.transfer ?? this.#name();
    const none = { head: false, range: null, if_range: null, if_none_match: null, cap: 1_000 * MIB };
    this.transfers.give({ t: "read", path: file, ...none, ...more, transfer });
    return transfer;
  }

  /** Begins a write of a body that waits; returns its name. */
  write(body: Buffer | null, more: Partial<Write> = {}): string {
    const transfer = more.transfer ?? this.#name();
    if (body !== null && !this.relay.bodies.has(transfer)) this.relay.bodies.set(transfer, { bytes: body });
    const length = body === null ? null : body.length;
    const none = { staged: null, name: "file.bin", size: length ?? 0, offset: 0, length, cap: 1_000 * MIB };
    this.transfers.give({ t: "write", ...none, ...more, transfer });
    return transfer;
  }

  of(transfer: string): Word[] {
    return this.words.filter((word) => word.transfer === transfer);
  }

  /** What was said of it last, once all have ended and their files are closed. */
  async ended(transfer: string): Promise<Word | undefined> {
    await this.until(() => this.transfers.counts.running === 0);
    return this.of(transfer).at(-1);
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#heard.push(resolve));
  }

  /** The folder of a staged file is removed. */
  async gone(staged: string): Promise<void> {
    await vi.waitFor(() => {
      if (existsSync(path.join(this.stagingRoot, staged))) throw new Error("still there");
    });
  }

  #tell(): void {
    const heard = this.#heard;
    this.#heard = [];
    for (const one of heard) one();
  }

  #name(): string {
    this.#names += 1;
    return `t/${this.#names}?`;
  }
}

/** One that lives as long as the test. */
export function macOf(options: MacOptions = {}): Promise<TransferMac> {
  const mac = new TransferMac(options);
  onTestFinished(() => mac.dispose());
  return mac.start();
}

export const bytesOf = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 255));
export const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");

/** A clock that a test moves by itself; timers run when it passes them. */
export class HandClock implements Clock {
  #now = Date.now();
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  passHours(hours: number): void {
    this.#now += hours * HOUR;
    for (const timer of this.#timers) {
      if (timer.at > this.#now) continue;
      this.#timers.delete(timer);
      timer.run();
    }
  }
}
