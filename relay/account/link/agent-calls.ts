// Calls to the Mac: reads, and the dispatch of operations. What is pending lives in memory and holds one timer for
// the nearest deadline, which keeps the object up until the answer (DESIGN §5).
import { Calls, type Outcome } from "../../../shared/calls.ts";
import { refusal, NOT_STARTED, rpcError, RPC, type Answer, type Failure } from "../../../shared/jsonrpc.ts";
import { MAX_CALLS_PER_ACCOUNT } from "../../../shared/limits.ts";
import { assertNever } from "../../../shared/result.ts";
import type { AgentLink } from "./agent-link.ts";
import type { Clock } from "../../../shared/clock.ts";

interface Read {
  readonly method: string;
  readonly params: unknown;
  readonly deadlineMs: number;
}

export class AgentCalls {
  readonly #link: Pick<AgentLink, "send">;
  readonly #calls: Calls;
  /** Operations are told apart from reads, because closing the link ends reads only. */
  readonly #reads = new Set<string>();
  #next = 1;

  constructor(link: Pick<AgentLink, "send">, clock: Clock) {
    this.#link = link;
    this.#calls = new Calls(clock);
  }

  get pending(): number {
    return this.#calls.size;
  }

  hasRoom(): boolean {
    return this.#calls.size < MAX_CALLS_PER_ACCOUNT;
  }

  /** Asks the Mac once; `reply` runs exactly once. The returned function stops waiting, without a reply. */
  read({ method, params, deadlineMs }: Read, reply: (answer: Answer) => void): () => void {
    const call = `r${this.#next}`;
    this.#next += 1;
    if (!this.#link.send({ t: "call", call, method, params, deadline: deadlineMs })) {
      reply(refusal("agent_offline", NOT_STARTED));
      return () => undefined;
    }
    this.#reads.add(call);
    this.#calls.open(call, deadlineMs, (outcome) => {
      this.#reads.delete(call);
      if (outcome.kind === "cancelled") this.#link.send({ t: "cancel", call });
      else reply(readAnswer(outcome));
    });
    return () => void this.#calls.cancel(call);
  }

  /** Waits for the result of an operation that was dispatched, or will be when the Mac returns. */
  awaitOperation(operation: string, timeoutMs: number, settle: (outcome: Outcome) => void): void {
    this.#calls.open(operation, timeoutMs, settle);
  }

  isAwaited(operation: string): boolean {
    return this.#calls.has(operation);
  }

  /** False where nobody waits any more. */
  answer(call: string, answer: Answer): boolean {
    return this.#calls.answer(call, answer);
  }

  /** The link is gone: a read has no answer any more, an operation may still get its own (RPC5). */
  linkLost(): void {
    // A copy: whoever is told may ask again at once.
    const lost = Array.from(this.#reads);
    for (const call of lost) this.#calls.answer(call, refusal("agent_offline", { retry_safe: true }));
  }
}

function readAnswer(outcome: Outcome): Answer {
  switch (outcome.kind) {
    case "answer":
      return outcome.answer;
    case "deadline":
      return refusal("deadline_exceeded", { retry_safe: true });
    case "closed":
    case "cancelled":
      return refusal("agent_offline", { retry_safe: true });
    default:
      return assertNever(outcome);
  }
}

/** What imsg itself says to more than it takes. */
export const serverBusy = (): Failure =>
  rpcError(RPC.busy, "Server busy", "outstanding request limit exceeded");
