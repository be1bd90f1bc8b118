// Rows without their chat. They are held for a moment while later rows pass, looked at again, sent without their
// chat when it does not come, and looked for an hour longer so that they can be repaired. `lowest` keeps the
// position to resume from below what is unresolved, so that a crash forgets none of them.
import type { Clock } from "../../shared/clock.ts";
import {
  HOLD_LOOKS,
  LOOK_ROWS,
  MAX_HELD_ROWS,
  MAX_REPAIR_ROWS,
  REPAIR_LOOK_MAX_MS,
  REPAIR_LOOK_MS,
} from "../limits.ts";
import type { Row } from "./row.ts";

export interface HoldingTimes {
  readonly holdMs: number;
  readonly repairMs: number;
}

interface HoldingHooks {
  look(rowid: number, done: (result: "looked" | "gone" | "failed") => void): void;
  /** It has its chat. */
  onAnchored(row: Row): void;
  /** It goes on without. */
  onGivenUp(row: Row): void;
}

interface Tracked {
  readonly row: Row;
  readonly since: number;
  /** `held`: not sent yet. `repair`: sent without its chat. */
  state: "held" | "repair";
  looks: number;
  nextLook: number;
}

export class Holding {
  readonly #clock: Clock;
  readonly #times: HoldingTimes;
  readonly #hooks: HoldingHooks;
  readonly #tracked = new Map<number, Tracked>();
  #held = 0;
  #looking = false;
  #cancel: (() => void) | undefined;
  /** Looks begun before the last `pause` are not heard. */
  #run = 0;

  constructor(clock: Clock, times: HoldingTimes, hooks: HoldingHooks) {
    this.#clock = clock;
    this.#times = times;
    this.#hooks = hooks;
  }

  get held(): number {
    return this.#held;
  }

  get repairs(): number {
    return this.#tracked.size - this.#held;
  }

  /** A row without its chat. False: it was sent like this before, and may pass again. */
  hold(row: Row): boolean {
    const known = this.#tracked.get(row.rowid);
    if (known?.state === "repair") return false;
    if (known === undefined) {
      const now = this.#clock.now();
      const nextLook = now + this.#times.holdMs / HOLD_LOOKS;
      this.#tracked.set(row.rowid, { row, since: now, state: "held", looks: 0, nextLook });
      this.#held += 1;
      if (this.#held > MAX_HELD_ROWS) this.#giveUpOldest();
      this.#arm();
    }
    return true;
  }

  /** Any row that is shown: perhaps one of ours, with its chat. True where it was. */
  seen(row: Row): boolean {
    const known = this.#tracked.get(row.rowid);
    if (known === undefined || !row.anchored) return false;
    this.#forget(known);
    this.#hooks.onAnchored(row);
    return true;
  }

  /** The lowest row that is not resolved. One sent without its chat counts while it is young. */
  lowest(): number | undefined {
    const young = this.#clock.now() - this.#times.repairMs;
    let lowest: number | undefined;
    for (const { row, state, since } of this.#tracked.values()) {
      if (state === "repair" && Math.min(row.date ?? since, since) < young) continue;
      if (lowest === undefined || row.rowid < lowest) lowest = row.rowid;
    }
    return lowest;
  }

  /** imsg is away: nothing is looked at, and no time given up. */
  pause(): void {
    this.#run += 1;
    this.#looking = false;
    this.#cancel?.();
  }

  resume(): void {
    this.#arm();
  }

  /** The link is gone: what was not sent is read again, what was sent is still looked for. */
  forgetHeld(): void {
    for (const tracked of this.#tracked.values()) if (tracked.state === "held") this.#forget(tracked);
  }

  /** Another database: these rows mean nothing there. */
  clear(): void {
    this.pause();
    this.#tracked.clear();
    this.#held = 0;
  }

  #arm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#looking || this.#tracked.size === 0) return;
    let next = Number.POSITIVE_INFINITY;
    for (const { nextLook } of this.#tracked.values()) next = Math.min(next, nextLook);
    this.#cancel = this.#clock.after(Math.max(0, next - this.#clock.now()), () => this.#lookAtDue());
  }

  /** One look at a time: from the lowest that is due, over as many as one look shows. */
  #lookAtDue(): void {
    const now = this.#clock.now();
    const due = [...this.#tracked.values()]
      .filter(({ nextLook }) => nextLook <= now)
      .sort((a, b) => a.row.rowid - b.row.rowid);
    const first = due[0];
    if (first === undefined) {
      this.#arm();
      return;
    }
    // What one look shows is one look for all of them.
    const group = due.filter(({ row }) => row.rowid < first.row.rowid + LOOK_ROWS);
    const run = this.#run;
    this.#looking = true;
    this.#hooks.look(first.row.rowid, (result) => {
      if (run !== this.#run) return;
      this.#looking = false;
      if (result === "gone" && this.#isTracked(first)) this.#forget(first);
      for (const tracked of group) if (this.#isTracked(tracked)) this.#lookedAt(tracked, result !== "failed");
      this.#arm();
    });
  }

  #lookedAt(tracked: Tracked, counts: boolean): void {
    const now = this.#clock.now();
    const { holdMs, repairMs } = this.#times;
    if (counts) tracked.looks += 1;
    const age = now - tracked.since;
    if (tracked.state === "repair") {
      // From now on it no longer holds `resume` down.
      if (age >= repairMs) this.#forget(tracked);
      else
        tracked.nextLook =
          now + Math.min(REPAIR_LOOK_MAX_MS, REPAIR_LOOK_MS * 2 ** Math.min(tracked.looks, 10));
    } else if (tracked.looks >= HOLD_LOOKS || age >= holdMs) this.#giveUp(tracked);
    else tracked.nextLook = now + holdMs / HOLD_LOOKS;
  }

  #giveUp(tracked: Tracked): void {
    tracked.state = "repair";
    tracked.looks = 0;
    tracked.nextLook = this.#clock.now() + REPAIR_LOOK_MS;
    this.#held -= 1;
    if (this.repairs > MAX_REPAIR_ROWS) {
      for (const oldest of this.#tracked.values()) {
        if (oldest.state !== "repair") continue;
        this.#forget(oldest);
        break;
      }
    }
    this.#hooks.onGivenUp(tracked.row);
  }

  #giveUpOldest(): void {
    for (const tracked of this.#tracked.values()) {
      if (tracked.state !== "held") continue;
      this.#giveUp(tracked);
      return;
    }
  }

  #isTracked(tracked: Tracked): boolean {
    return this.#tracked.get(tracked.row.rowid) === tracked;
  }

  #forget(tracked: Tracked): void {
    if (!this.#tracked.delete(tracked.row.rowid)) return;
    if (tracked.state === "held") this.#held -= 1;
  }
}
