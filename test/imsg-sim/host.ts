import type { FaultPlan } from "./faults.ts";
import type { World } from "./world.ts";
import type { AttachmentRow, WorldOp } from "./world-op.ts";

export type Dialect = "0.9" | "0.15";

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Returns the cancellation. */
  setTimer(ms: number, fire: () => void): () => void;
}

/** One inode: what an open descriptor sees, whatever happens to the path afterwards. */
export interface Database {
  /** Differs between two files, also at one path. */
  readonly identity: string;
  /** `empty` and `garbage` open without an error and fail at the first query [transcript 12]. */
  readonly state: "ready" | "empty" | "garbage";
  readonly world: World;
  /** Applies what others appended since the last look. */
  refresh(): void;
  append(ops: readonly WorldOp[]): void;
  /** Called after every change, whoever made it; returns the unsubscription. */
  onChange(changed: () => void): () => void;
}

export type OpenFailure = "missing" | "unreadable" | "directory";

export interface WorldSource {
  readonly path: string;
  /** The database that is at the path now; the same object as long as it is the same file. */
  open(): Database | OpenFailure;
}

/** Everything an engine takes from outside; nothing else reaches the core. */
export interface Host {
  readonly clock: Clock;
  /** In [0, 1), as Math.random. */
  readonly random: () => number;
  /** One line without its end. */
  readonly write: (line: string) => void;
  /** The orderly end, after the last answer. */
  readonly exit: (code: number) => void;
  /** Dies at once, as by SIGKILL: nothing is written any more. */
  readonly kill: () => void;
  readonly world: WorldSource;
  readonly faults?: FaultPlan;
  /** Attachments: is the file there? Absent: every file is. */
  readonly fileExists?: (path: string) => boolean;
  /** Takes a file to be sent into Messages' own folder; undefined: it cannot be read. Absent: kept where it is. */
  readonly takeFile?: (path: string, guid: string) => AttachmentRow | undefined;
  /** Where `~` points; absent: /Users/demo. */
  readonly home?: string;
}

export interface EngineOptions {
  /** Is the private-API bridge injected into Messages (tapbacks, edits, threaded replies, groups)? */
  readonly bridgeReady: boolean;
  /**
   * `works`: as on a Mac. `without_guid`: `{ok: true}` and nothing more, as when imsg cannot find the
   * row it caused. `linux`: every send fails as in transcript 07, after the validation.
   */
  readonly sending: "works" | "without_guid" | "linux";
  /** Does a change of the file cause a poll (Mac), or only the 5 s timer (Linux, all transcripts)? */
  readonly fileEvents: boolean;
  /** 0.9: chance that notifications of a backlog come before the subscribe answer (seen: 55 of 300). */
  readonly backlogFirst: number;
  /** 0.9: chance that the tail is looked up late, after rows that follow the answer (seen: 2 of 30). */
  readonly tailRace: number;
  /** 0.15: how long a read takes, [least, most) in ms; a spread makes answers overtake each other. */
  readonly readMs: readonly [number, number];
  /** How long `send` takes, [least, most) in ms; its effect is anywhere within. */
  readonly sendMs: readonly [number, number];
  /** 0.15: hold of live text rows for their URL preview (2000 in imsg); 0 = off. */
  readonly previewHoldMs: number;
  /** One's own address: destination_caller_id of what is sent. */
  readonly account: string;
  /** 0.15: may imsg look into Contacts? `status` says so; names are not played. */
  readonly contacts: boolean;
  /** Reported by `status` and `--version`; absent: that of the dialect. */
  readonly version: string;
}

export const VERSIONS: Readonly<Record<Dialect, string>> = { "0.9": "0.9.0", "0.15": "0.15.0" };

export const DEFAULT_OPTIONS: Omit<EngineOptions, "version"> = {
  bridgeReady: false,
  sending: "works",
  fileEvents: true,
  backlogFirst: 55 / 300,
  tailRace: 2 / 30,
  readMs: [0, 0],
  sendMs: [0, 0],
  previewHoldMs: 0,
  account: "+15550100000",
  contacts: false,
};
