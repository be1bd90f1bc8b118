// What the feed asks of reading, whichever engine is behind it: first everything that is waiting, oldest first,
// then what comes, without a seam between the two.
import type { Clock } from "../../shared/clock.ts";
import type { ImsgEngine } from "../imsg/engine.ts";
import type { Log } from "../ports.ts";
import type { Row } from "./row.ts";

export interface ReaderHooks {
  /** The next row; reading would go on after `position`. */
  onRow(row: Row, position: number): void;
  /** A row that was passed already, seen again by a look. */
  onSeen(row: Row): void;
  /** Everything up to here is passed, whether it showed anything or not. */
  onPosition(position: number): void;
  /** What was waiting has come; from here on it is live. */
  onCaughtUp(): void;
  /** Guids are missing: the process is of no use. */
  onNoGuid(): void;
  /** `messages.after` is unknown after all. */
  onNoPages(): void;
  /** What has just come is of another database: not to be looked at, reading begins anew. */
  isStale(): boolean;
  /** Reading must pause: call `room` when it may go on. */
  isFull(): boolean;
}

export interface Reader {
  /** Exclusive; 0 = from the beginning. */
  start(from: number): void;
  stop(): void;
  room(): void;
  onNotification(method: string, params: unknown): void;
  /**
   * Shows the row anew through `onSeen`, with some that follow. `gone` = the row does not exist any more;
   * `failed` = nothing is known.
   */
  look(rowid: number, done: (result: "looked" | "gone" | "failed") => void): void;
}

export interface ReaderParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly engine: Pick<ImsgEngine, "own" | "incarnation">;
  readonly log: Log;
  readonly debounceMs: number;
  readonly times: ReaderTimes;
}

export interface ReaderTimes {
  /** imsg is taken to hang after this. */
  readonly hangMs: number;
  /** An old engine that shows nothing for this long has nothing more to show. */
  readonly quietMs: number;
  readonly oldLookMs: number;
  /** How often a page checks what the watch has shown. */
  readonly sweepMs: number;
}
