// Calls of the relay that leave no mark in the journal: reads, and presence (LINK13). One with an operation goes
// to the mutations.
import type { AgentFrame, FrameOf, RelayFrame } from "../shared/frames.ts";
import { NOT_STARTED, refusal, rpcError, RPC, type Answer } from "../shared/jsonrpc.ts";
import { deadlineOf, methodOf } from "../shared/methods.ts";
import { assertNever } from "../shared/result.ts";
import type { Clock } from "../shared/clock.ts";
import { unavailable, type Guard } from "./guard.ts";
import type { ImsgEngine } from "./imsg/engine.ts";
import type { LaneOutcome } from "./imsg/call-queue.ts";

type Call = FrameOf<RelayFrame, "call">;
type Result = FrameOf<AgentFrame, "result">;

interface CallsParts {
  readonly clock: Clock;
  readonly engine: Pick<ImsgEngine, "read" | "presence" | "health">;
  readonly guard: Pick<Guard, "judge">;
  /** imsg is taken to hang after this, where the table's deadline is not shorter. */
  readonly hangMs: number;
  /** False where the frame is too large. */
  readonly send: (result: Result) => boolean;
}

export class ReadCalls {
  readonly #parts: CallsParts;
  /** What waits, with the way to stop it. */
  readonly #open = new Map<string, () => void>();

  constructor(parts: CallsParts) {
    this.#parts = parts;
  }

  get open(): number {
    return this.#open.size;
  }

  give({ call, method, params, deadline }: Call, epoch: number): void {
    if (this.#open.has(call)) return;
    let cancelled = false;
    const until = this.#parts.clock.now() + deadline;
    this.#open.set(call, () => {
      cancelled = true;
    });
    const settle = (answer: Answer): void => {
      if (cancelled || !this.#open.delete(call)) return;
      if (!this.#parts.send({ t: "result", call, epoch, answer })) {
        this.#parts.send({ t: "result", call, epoch, answer: refusal("too_large") });
      }
    };
    const ask = (): void =>
      this.#parts.guard.judge({ method, params }, (judgement) => {
        if (cancelled) return;
        const entry = methodOf(method);
        if (!judgement.allowed) settle(judgement.answer);
        else if (entry === undefined || entry.class === "mutation") {
          // Without an operation it could run twice.
          settle(refusal("invalid_request", NOT_STARTED));
        } else {
          // The caller's patience is not imsg's: one who waits a second must not make imsg look hung.
          const hangMs = Math.min(this.#parts.hangMs, deadlineOf(entry));
          const { engine, clock } = this.#parts;
          const give = entry.effect ? engine.presence : engine.read;
          const stop = give.call(engine, {
            method,
            params: judgement.params,
            hangMs,
            patienceMs: Math.max(0, until - clock.now()),
            mayGo: judgement.isStillAllowed,
            settle: (outcome) => {
              // The rules are others than those it was judged by while it waited for its turn.
              if (outcome.kind === "unsent" && outcome.why === "vetoed") ask();
              else settle(this.#answerOf(outcome));
            },
          });
          if (this.#open.has(call))
            this.#open.set(call, () => {
              cancelled = true;
              stop();
            });
        }
      });
    ask();
  }

  cancel(call: string): void {
    this.#open.get(call)?.();
    this.#open.delete(call);
  }

  /** The link is gone, and whoever asked is told by the relay. */
  cancelAll(): void {
    for (const call of this.#open.keys()) this.cancel(call);
  }

  #answerOf(outcome: LaneOutcome): Answer {
    const { health } = this.#parts.engine;
    switch (outcome.kind) {
      case "answer":
        return outcome.answer;
      case "lost":
        return outcome.why === "hung"
          ? refusal("deadline_exceeded")
          : unavailable(health.reason, health.remedy);
      case "unsent":
        if (outcome.why === "busy") return rpcError(RPC.busy, "Server busy", { ...NOT_STARTED });
        if (outcome.why === "deadline") return refusal("deadline_exceeded", NOT_STARTED);
        return unavailable(health.reason, health.remedy);
      default:
        return assertNever(outcome);
    }
  }
}
