// Mutations from the relay's call to their one result: in the order given, one at a time, at most once each
// (LINK14). The journal remembers, the guard forbids, imsg acts; this file is the order in which they are asked.
import type { Clock } from "../shared/clock.ts";
import { NOT_STARTED, refusal, rpcError, RPC, unknownOutcome, type Answer } from "../shared/jsonrpc.ts";
import { assertNever } from "../shared/result.ts";
import { unavailable, type Guard } from "./guard.ts";
import type { ImsgEngine } from "./imsg/engine.ts";
import type { LaneOutcome } from "./imsg/call-queue.ts";
import type { Journal, Operation } from "./journal.ts";
import { MAX_QUEUED_MUTATIONS } from "./limits.ts";

export interface MutationCall {
  readonly operation: string;
  readonly call: string;
  readonly epoch: number;
  readonly method: string;
  readonly params: unknown;
  /** Milliseconds from now. */
  readonly deadline: number;
}

interface Queued {
  readonly given: MutationCall;
  readonly until: number;
}

export interface MutationParts {
  readonly clock: Clock;
  readonly engine: Pick<ImsgEngine, "mutate" | "health">;
  readonly journal: Journal;
  readonly guard: Pick<Guard, "judge">;
  /** imsg is taken to hang after this. */
  readonly hangMs: number;
  /** A result, durable or not journalled at all; the link may be away. */
  readonly send: (result: Pick<Operation, "operation" | "call" | "epoch"> & { answer: Answer }) => void;
}

export class Mutations {
  readonly #parts: MutationParts;
  readonly #queue: Queued[] = [];
  /** Queued or running, with the call that its result is to name. */
  readonly #open = new Map<string, string>();
  #running = false;

  constructor(parts: MutationParts) {
    this.#parts = parts;
  }

  get open(): number {
    return this.#open.size;
  }

  give(given: MutationCall): void {
    const { operation, call, epoch, deadline } = given;
    const { journal, clock, send } = this.#parts;
    // The journal before everything: what has an answer is neither judged nor queued again.
    const known = journal.get(operation);
    if (known?.answer !== undefined) {
      send({ operation, call, epoch: known.epoch, answer: known.answer });
      return;
    }
    if (known !== undefined || this.#open.has(operation)) {
      this.#open.set(operation, call);
      return;
    }
    this.#open.set(operation, call);
    // Never seen here, and only asked about: it never will be run.
    if (deadline <= 0) this.#finish(given, epoch, refusal("deadline_exceeded", NOT_STARTED));
    else if (this.#queue.length >= MAX_QUEUED_MUTATIONS || !journal.hasRoom()) {
      this.#finish(given, epoch, rpcError(RPC.busy, "Server busy", { ...NOT_STARTED }));
    } else {
      this.#queue.push({ given, until: clock.now() + deadline });
      this.#pump();
    }
  }

  /** LINK16: what the relay has not acknowledged, at every `welcome`. */
  resend(): void {
    for (const { operation, call, epoch, answer } of this.#parts.journal.unacked()) {
      // One whose record is still being written is sent when it is durable.
      if (answer !== undefined && !this.#open.has(operation))
        this.#parts.send({ operation, call, epoch, answer });
    }
  }

  #pump(): void {
    const next = this.#running ? undefined : this.#queue.shift();
    if (next === undefined) return;
    this.#running = true;
    const { given, until } = next;
    const { guard, clock, journal } = this.#parts;
    guard.judge(given.method, given.params, (judgement) => {
      // A refusal is recorded as well: given again, perhaps after the owner has changed his mind, it answers the same.
      if (!judgement.allowed) this.#end(given, judgement.answer);
      else if (clock.now() >= until) this.#end(given, refusal("deadline_exceeded", NOT_STARTED));
      else {
        journal.begin(given.operation, given.call, given.epoch, (durable) => {
          if (durable) this.#run(given, judgement.params, until);
          else this.#notJournalled(given);
        });
      }
    });
  }

  #run(given: MutationCall, params: unknown, until: number): void {
    const { engine, clock, hangMs } = this.#parts;
    engine.mutate({
      method: given.method,
      params,
      hangMs,
      patienceMs: Math.max(0, until - clock.now()),
      settle: (outcome) => this.#end(given, this.#answerOf(given.operation, outcome)),
    });
  }

  #answerOf(operation: string, outcome: LaneOutcome): Answer {
    switch (outcome.kind) {
      case "answer":
        return outcome.answer;
      case "lost":
        return unknownOutcome(operation);
      case "unsent":
        if (outcome.why === "busy") return rpcError(RPC.busy, "Server busy", { ...NOT_STARTED });
        if (outcome.why === "deadline") return refusal("deadline_exceeded", NOT_STARTED);
        return unavailable(this.#parts.engine.health.reason, this.#parts.engine.health.remedy);
      default:
        return assertNever(outcome);
    }
  }

  /** The next one need not wait for the disk: the journal's writes keep their order. */
  #end(given: MutationCall, answer: Answer): void {
    this.#finish(given, given.epoch, answer);
    this.#running = false;
    this.#pump();
  }

  #finish({ operation, call }: MutationCall, epoch: number, answer: Answer): void {
    this.#parts.journal.finish(operation, call, epoch, answer, (kept) => {
      const named = this.#open.get(operation) ?? call;
      this.#open.delete(operation);
      this.#parts.send({ operation, call: named, epoch, answer: kept.answer ?? answer });
    });
  }

  /** The disk refuses: not run, and said so without a record. */
  #notJournalled({ operation, call, epoch }: MutationCall): void {
    const named = this.#open.get(operation) ?? call;
    this.#open.delete(operation);
    this.#parts.send({ operation, call: named, epoch, answer: refusal("internal", NOT_STARTED) });
    this.#running = false;
    this.#pump();
  }
}
