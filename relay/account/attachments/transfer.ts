// One transfer: what the Mac said of it, how far its bytes are, and what became of it. Bytes never pass through here.
import type { FrameOf, AgentFrame, RelayFrame } from "../../../shared/frames.ts";
import type { Refused } from "../../../shared/errors.ts";
import { assertNever, err, ok, type Result } from "../../../shared/result.ts";
import { isSoundOpening, isSoundStaging } from "./sound.ts";

type Told = FrameOf<AgentFrame, "transfer">;
/** What the Mac is asked. */
type Wish = FrameOf<RelayFrame, "read"> | FrameOf<RelayFrame, "write">;
export type Opened = Extract<Told, { state: "opened" }>;
export type Staged = Extract<Told, { state: "staged" }>;
type Done = Extract<Told, { state: "done" }>;

/** A promise and its end, which is told once. */
class Once<T> {
  readonly promise: Promise<T>;
  #tell: (value: T) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  tell(value: T): void {
    this.#tell(value);
  }
}

export class Transfer {
  readonly id: string;
  readonly direction: "read" | "write";
  /** The link it was asked on: another one knows nothing of it. */
  readonly epoch: number;
  readonly #wish: Wish;
  #moved = 0;
  #isMoving = false;
  #moving = new Once<void>();
  readonly #opened = new Once<Result<Opened, Refused>>();
  readonly #ended = new Once<Result<Done | Staged, Refused>>();
  readonly #end: (transfer: Transfer) => void;
  #result: Result<Done | Staged, Refused> | undefined;
  /** Of the bytes; undefined = the Mac has not said it yet. */
  #length: number | undefined;

  /** `end`: it is over, told once. */
  constructor(wish: Wish, epoch: number, end: (transfer: Transfer) => void) {
    this.id = wish.transfer;
    this.direction = wish.t;
    this.epoch = epoch;
    this.#wish = wish;
    this.#length = wish.t === "write" ? (wish.length ?? 0) : undefined;
    this.#end = end;
  }

  /** Of the bytes that come or go by HTTP, those that were taken. */
  get moved(): number {
    return this.#moved;
  }

  /** One body at a time. */
  get isMoving(): boolean {
    return this.#isMoving;
  }

  /** The next body is there. */
  get moving(): Promise<void> {
    return this.#moving.promise;
  }

  begins(): void {
    this.#isMoving = true;
    this.#moving.tell();
  }

  /** All of a body was taken. */
  ends(bytes: number): void {
    this.#moved += bytes;
    this.#isMoving = false;
    this.#moving = new Once();
  }

  /** Of a read: what the file is. */
  get opened(): Promise<Result<Opened, Refused>> {
    return this.#opened.promise;
  }

  get ended(): Promise<Result<Done | Staged, Refused>> {
    return this.#ended.promise;
  }

  /** Undefined = it goes on. */
  get result(): Result<Done | Staged, Refused> | undefined {
    return this.#result;
  }

  /** Bytes that are still to come; none while nobody knows. */
  get left(): number {
    return (this.#length ?? 0) - this.#moved;
  }

  /** False where the Mac cannot mean that: out of turn, or not what was asked. */
  tell(told: Told): boolean {
    if (this.#result !== undefined) return true;
    switch (told.state) {
      case "opened":
        if (this.#wish.t === "write" || this.#length !== undefined || !isSoundOpening(told, this.#wish))
          return false;
        this.#length = told.length;
        this.#opened.tell(ok(told));
        return true;
      case "done":
        // Bytes that are not here yet do not come any more: who waits for them would wait for ever.
        if (this.#wish.t === "write" || told.bytes !== this.#length || this.#moved !== this.#length)
          return false;
        this.#over(ok(told));
        return true;
      case "staged":
        if (this.#wish.t === "read" || !isSoundStaging(told, this.#wish)) return false;
        this.#over(ok(told));
        return true;
      case "failed":
        this.fail(refusedOf(told.error));
        return true;
      default:
        return assertNever(told);
    }
  }

  fail(refused: Refused): void {
    if (this.#result === undefined) this.#over(err(refused));
  }

  #over(result: Result<Done | Staged, Refused>): void {
    this.#result = result;
    if (!result.ok) this.#opened.tell(result);
    this.#ended.tell(result);
    this.#end(this);
  }
}

/** Nobody is sent away for longer, in seconds. */
const MAX_RETRY_AFTER_S = 3_600;
const soonest = (said: number | undefined, usual: number): number =>
  Math.min(said ?? usual, MAX_RETRY_AFTER_S);

/** The Mac's word, as a caller is told it. */
function refusedOf({
  code,
  detail,
  size,
  cap,
  offset,
  retry_after_s,
  rule,
}: Extract<Told, { state: "failed" }>["error"]): Refused {
  const said = {
    ...(detail === undefined ? {} : { detail }),
    ...(rule === undefined ? {} : { rule }),
  };
  switch (code) {
    case "missing":
      return { code: "not_found", detail: "the file is not on the Mac" };
    case "growing":
      return {
        code: "not_ready",
        detail: "Messages is still writing the file",
        retry_after_s: soonest(retry_after_s, 1),
      };
    case "changed":
      return {
        code: "not_ready",
        detail: "the file changed while it was read",
        retry_after_s: soonest(retry_after_s, 1),
      };
    case "too_large":
      return {
        code: "too_large",
        ...said,
        ...(size === undefined ? {} : { size }),
        ...(cap === undefined ? {} : { cap }),
      };
    case "conflict":
      return { code: "conflict", ...said, ...(offset === undefined ? {} : { offset }) };
    case "rate_limited":
      return { code: "rate_limited", ...said, retry_after_s: soonest(retry_after_s, 5) };
    case "forbidden_by_mac":
    case "not_found":
    case "internal":
      return { code, ...said };
    default:
      return assertNever(code);
  }
}
