// Everything the agent's core takes from outside. The core itself knows no file, socket, process or clock, so
// that a whole agent runs in one process under virtual time.
import type { Channel } from "../shared/channel.ts";
import type { Clock } from "../shared/clock.ts";
import type { ConfigMistake, OwnerFile } from "./config/config-file.ts";
import type { TransferPorts } from "./transfers/ports.ts";

/** Why a connection attempt never became a socket. */
export type DialFailure =
  | { readonly kind: "refused"; readonly status: number }
  | { readonly kind: "unreachable"; readonly why: string };

/** What a dialled socket tells. After `onClose` or `onFailed` nothing more comes. */
export interface DialHandlers {
  onOpen(): void;
  onText(text: string): void;
  onBinary(): void;
  onClose(code: number, reason: string): void;
  onFailed(failure: DialFailure): void;
}

/** Begins a connection at once; closing the channel also ends an attempt that has not opened yet. */
export type Dial = (url: string, subprotocol: string, handlers: DialHandlers) => Channel;

/** How a child ended, or why it never began. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The program is not there or may not be run. */
  readonly missing: boolean;
  /** The end of what it wrote to stderr; for the log of the Mac only. */
  readonly stderr: string;
}

export interface ChildHandlers {
  /** Whole lines that came in one piece of output: one flush of what they caused. */
  onLines(lines: readonly string[]): void;
  /** A line over the cap, skipped; its beginning and its end, in which the id is looked for. */
  onOversize(head: string, tail: string): void;
  onExit(exit: ChildExit): void;
}

export interface LineProcess {
  write(line: string): void;
  /** Ends it for good; `onExit` may still come and is ignored by whoever let go of it. */
  kill(): void;
}

/** Starts the program that the Mac's own file names now (I1: the core cannot say which). */
export type SpawnImsg = (handlers: ChildHandlers) => LineProcess;

/** One append-only file. Every operation is durable when its `done` says true; they are done in order. */
export interface JournalFile {
  /** The whole text; undefined where there is no file. */
  read(): string | undefined;
  append(text: string, done: (ok: boolean) => void): void;
  /** The whole content anew, all or nothing. */
  replace(text: string, done: (ok: boolean) => void): void;
  /** Keeps a copy of what cannot be read, for a human. */
  setAside(): void;
}

/** What the owner's file says. */
export interface OwnerWord {
  /** The last one that was understood. */
  readonly file: OwnerFile;
  /** What is wrong with the file now. */
  readonly mistake: ConfigMistake | null;
}

export interface OwnerPort {
  /** Never throws; the same object while the file is the same. */
  look(): OwnerWord;
  /** `changed` whenever it may be another; the returned function ends that. */
  watch(changed: () => void): () => void;
}

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;
/** One event. Never message text, handles, tokens. */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

/** The key of this install; two while one takes the place of the other, and either may be the one that counts (ENR6). */
export interface Keys {
  /** Ed25519 over UTF-8, base64, by the one that is tried now. */
  sign(text: string): string;
  /** The relay does not know it. True = another one can be tried at once. */
  refused(): boolean;
  /** The relay has taken it. */
  accepted(): void;
}

export interface Ports {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** A name nobody else has: 128 random bits. */
  readonly randomName: () => string;
  readonly dial: Dial;
  readonly spawnImsg: SpawnImsg;
  readonly journal: JournalFile;
  readonly owner: OwnerPort;
  /** What tells one database file from another (inode and birth time); undefined where there is none. */
  readonly databaseStamp: () => string | undefined;
  /** The real path of an existing file, symlinks and `~` resolved; undefined where there is none. */
  readonly realPath: (path: string) => string | undefined;
  /** In bytes; 0 where there is no such file. */
  readonly fileSize: (path: string) => number;
  /** Files and HTTP of attachments. */
  readonly transfers: TransferPorts;
  readonly keys: Keys;
  readonly log: Log;
}
