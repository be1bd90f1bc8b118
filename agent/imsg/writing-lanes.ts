// Which imsg process a mutation is given to: the usual one, and where that one is held up by a single slow send,
// one of few others. imsg does one mutation after the other, so a process has at most one in its hands.
import type { Clock } from "../../shared/clock.ts";
import type { Answer } from "../../shared/jsonrpc.ts";
import { EXTRA_LANE_AFTER_MS, EXTRA_LANE_IDLE_MS, MAX_EXTRA_LANES } from "../limits.ts";
import type { Log } from "../ports.ts";
import type { LaneCall } from "./call-queue.ts";
import type { Lane } from "./lane.ts";

export interface WritingLanesParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Where an account writes that has no trouble. */
  readonly usual: () => Lane;
  /** It cannot be used, and why is known: whoever asks is told. */
  readonly isDown: () => boolean;
  /** Another process, not started; `onReady` after every start of it. */
  readonly open: (name: string, onReady: () => void) => Lane;
  /** What became of a mutation, before its caller is told. */
  readonly onAnswer: (lane: Lane, answer: Answer) => void;
  /** There is, or may be, room for one more. */
  readonly onRoom: () => void;
}

interface Extra {
  readonly name: string;
  readonly lane: Lane;
  /** When the mutation it has was given to it. */
  since: number | undefined;
  /** It has a database open that was replaced: what it has is its last. */
  stale: boolean;
  cancelIdle: (() => void) | undefined;
}

export class WritingLanes {
  readonly #parts: WritingLanesParts;
  readonly #extras = new Set<Extra>();
  /** When the mutation that the usual lane has was given to it. */
  #since: number | undefined;
  #wanted = false;
  #cancelWait: (() => void) | undefined;
  #opened = 0;

  constructor(parts: WritingLanesParts) {
    this.#parts = parts;
  }

  /** Mutations that may be under way now, those included that are. One more would be given to imsg at once. */
  get room(): number {
    const usual = this.#since !== undefined || this.#parts.usual().ready || this.#parts.isDown() ? 1 : 0;
    const extras = [...this.#extras];
    const busy = extras.filter(({ since }) => since !== undefined).length;
    return usual + busy + (this.#isHeldUp ? extras.filter(isFree).length : 0);
  }

  /** Whether a mutation waits that concerns no chat of those under way. */
  want(waits: boolean): void {
    this.#wanted = waits;
    this.#consider();
  }

  mutate(call: Omit<LaneCall, "kind">): void {
    const usual = this.#parts.usual();
    if (this.#since === undefined && usual.ready) {
      this.#since = this.#parts.clock.now();
      this.#give(usual, call, () => {
        this.#since = undefined;
      });
      return;
    }
    const extra = [...this.#extras].find(isFree);
    if (extra === undefined) {
      call.settle({ kind: "unsent", why: this.#parts.isDown() ? "unavailable" : "moved" });
      return;
    }
    extra.cancelIdle?.();
    extra.since = this.#parts.clock.now();
    this.#give(extra.lane, call, () => {
      extra.since = undefined;
      if (extra.stale) this.#end(extra);
      else if (this.#extras.has(extra)) this.#rest(extra);
    });
  }

  /** For what drives Messages and is no mutation: the usual lane, or one that is there and free. */
  get forPresence(): Lane {
    const extra = this.#since !== undefined && this.#isHeldUp ? [...this.#extras].find(isFree) : undefined;
    if (extra !== undefined) this.#rest(extra);
    return extra?.lane ?? this.#parts.usual();
  }

  /** The database was replaced: no process that has the old one open is given anything more. */
  retire(): void {
    for (const extra of this.#extras) {
      extra.stale = true;
      if (extra.since === undefined) this.#end(extra);
    }
  }

  stop(): void {
    this.#wanted = false;
    this.#cancelWait?.();
    for (const extra of this.#extras) this.#end(extra);
  }

  #give(lane: Lane, call: Omit<LaneCall, "kind">, over: () => void): void {
    lane.call({
      ...call,
      kind: "mutation",
      settle: (outcome) => {
        over();
        if (outcome.kind === "answer") this.#parts.onAnswer(lane, outcome.answer);
        call.settle(outcome);
      },
    });
  }

  /** One mutation has the usual lane for so long that others go elsewhere; or it is being started anew. */
  get #isHeldUp(): boolean {
    if (this.#since === undefined) return !this.#parts.usual().ready;
    return this.#parts.clock.now() - this.#since >= EXTRA_LANE_AFTER_MS;
  }

  #consider(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    if (!this.#wanted || this.#since === undefined) return;
    // One that is free, or is being started, will do.
    const extras = [...this.#extras];
    const isThere = extras.some(({ since, stale }) => since === undefined && !stale);
    if (!isThere && extras.length >= MAX_EXTRA_LANES) return;
    const youngest = Math.max(this.#since, ...extras.map(({ since }) => since ?? 0));
    const wait = (isThere ? this.#since : youngest) + EXTRA_LANE_AFTER_MS - this.#parts.clock.now();
    if (wait > 0) {
      this.#cancelWait = this.#parts.clock.after(wait, () => {
        this.#consider();
        this.#parts.onRoom();
      });
    } else if (!isThere) this.#open();
  }

  #open(): void {
    this.#opened += 1;
    const name = `extra ${this.#opened}`;
    const lane = this.#parts.open(name, () => this.#parts.onRoom());
    const extra: Extra = { name, lane, since: undefined, stale: false, cancelIdle: undefined };
    this.#extras.add(extra);
    this.#parts.log("info", "imsg_extra", { lane: name });
    this.#rest(extra);
    lane.start();
  }

  #rest(extra: Extra): void {
    extra.cancelIdle?.();
    extra.cancelIdle = this.#parts.clock.after(EXTRA_LANE_IDLE_MS, () => {
      this.#end(extra);
      this.#consider();
    });
  }

  #end(extra: Extra): void {
    extra.cancelIdle?.();
    if (!this.#extras.delete(extra)) return;
    this.#parts.log("info", "imsg_extra_ended", { lane: extra.name });
    extra.lane.stop();
  }
}

const isFree = ({ lane, since, stale }: Extra): boolean => since === undefined && !stale && lane.ready;
