/**
 * Faults an engine can be told to have. Each is claimed once, by the first process whose matching
 * event is the `count`-th it has seen since the fault was set, and then strikes `times` in a row.
 *
 * At a request (`method` absent = any; with `text`, only at one that says just that):
 *   hang           no answer and no notification any more, stdin is still read, EOF does not end it
 *   crash          dies at once: before the effect, after it (before the answer), after the answer
 *   hold           everything waits `ms` before the effect, or between effect and answer; with
 *                  `times` on a read: slow reads
 *   lose_answer    the effect happens, the answer is never written, the process goes on
 *   out_of_order   the answer is written after the next answer to anything else (0.15)
 *   fail           answers `error` without an effect
 *   stuck          0.15: a mutation that never comes back: after `ms` (default 0) -32001
 *                  still_in_flight, then -32004 for every mutation until the process is restarted;
 *                  `effect`: none, done, or late (when the answer goes out)
 *   locked         another process holds the database exclusively for `ms` from now: requests wait
 *                  5 s and fail, watches die with "database is locked (code: 5)"
 * At the start of the process:
 *   locked_at_start  the exclusive lock is there first: 0.9 serves nothing for 20 s (four schema probes
 *                  of 5 s) or till it ends, and every guid is "" afterwards [12, 16]
 *   empty_guids    0.9 probed the schema while it was locked: every guid is "" till restart [16]
 * At a watch (`method` is ignored):
 *   overflow       0.15: `watch.overflow` instead of the next batch of rows
 *   stream_error   an `error` notification instead of the next batch; the stream is dead then
 *   lose_tail      0.9: the tail is looked up `ms` after the subscribe answer; rows of that time are lost
 */
export type Fault = Readonly<{ id: string }> & Choice & FaultKind;

/** What it strikes, and how often. */
export type Choice = Readonly<{ method?: string; text?: string; count?: number; times?: number }>;

export type Stage = "before_effect" | "after_effect" | "after_answer";

export type FaultKind =
  | Readonly<{ kind: "hang"; at?: Exclude<Stage, "after_answer"> }>
  | Readonly<{ kind: "crash"; at: Stage }>
  | Readonly<{ kind: "hold"; ms: number; at?: Exclude<Stage, "after_answer"> }>
  | Readonly<{ kind: "lose_answer" }>
  | Readonly<{ kind: "out_of_order" }>
  | Readonly<{ kind: "fail"; error: Readonly<{ code: number; message: string; data?: string }> }>
  | Readonly<{ kind: "stuck"; ms?: number; effect?: "none" | "done" | "late" }>
  | Readonly<{ kind: "locked"; ms: number }>
  | Readonly<{ kind: "locked_at_start"; ms: number }>
  | Readonly<{ kind: "empty_guids" }>
  | Readonly<{ kind: "overflow" }>
  | Readonly<{ kind: "stream_error"; message?: string }>
  | Readonly<{ kind: "lose_tail"; ms?: number }>;

/** Where a fault can strike. */
export type FaultPoint = "request" | "start" | "poll" | "tail";

const POINT_OF: Readonly<Record<FaultKind["kind"], FaultPoint>> = {
  hang: "request",
  crash: "request",
  hold: "request",
  lose_answer: "request",
  out_of_order: "request",
  fail: "request",
  stuck: "request",
  locked: "request",
  locked_at_start: "start",
  empty_guids: "start",
  overflow: "poll",
  stream_error: "poll",
  lose_tail: "tail",
};

/** Where the faults are kept: in memory, or in a file that several processes share. */
export interface FaultSource {
  list(): readonly Fault[];
  /** True for exactly one caller. */
  claim(id: string): boolean;
}

/** What one process asks at every point where a fault could strike. */
export interface FaultPlan {
  strike(point: FaultPoint, method: string, text?: string): Fault | undefined;
}

export class Faults implements FaultPlan {
  readonly #source: FaultSource;
  readonly #seen = new Map<string, number>();
  /** Strikes left of the faults this process owns; 0 = spent, or another's. */
  readonly #left = new Map<string, number>();

  constructor(source: FaultSource) {
    this.#source = source;
  }

  strike(point: FaultPoint, method: string, text?: string): Fault | undefined {
    let struck: Fault | undefined;
    for (const fault of this.#source.list()) {
      const matches =
        POINT_OF[fault.kind] === point &&
        (fault.text === undefined || fault.text === text) &&
        (fault.method === undefined || point !== "request" || fault.method === method);
      if (!matches || this.#left.get(fault.id) === 0) continue;
      const seen = (this.#seen.get(fault.id) ?? 0) + 1;
      this.#seen.set(fault.id, seen);
      if (struck === undefined && seen >= (fault.count ?? 1) && this.#take(fault)) struck = fault;
    }
    return struck;
  }

  #take(fault: Fault): boolean {
    const left = this.#left.get(fault.id) ?? (this.#source.claim(fault.id) ? (fault.times ?? 1) : 0);
    this.#left.set(fault.id, Math.max(0, left - 1));
    return left > 0;
  }
}

/** Faults of in-process engines; several engines may share one box. */
export class FaultBox implements FaultSource {
  readonly #faults: Fault[] = [];
  readonly #claimed = new Set<string>();

  set(fault: FaultKind & Choice & Readonly<{ id?: string }>): string {
    const id = fault.id ?? `fault-${this.#faults.length + 1}`;
    this.#faults.push({ ...fault, id });
    return id;
  }

  list(): readonly Fault[] {
    return this.#faults;
  }

  claim(id: string): boolean {
    if (this.#claimed.has(id)) return false;
    this.#claimed.add(id);
    return true;
  }

  claimed(id: string): boolean {
    return this.#claimed.has(id);
  }
}
