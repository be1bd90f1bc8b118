// Who waits for an operation's outcome: everybody who asked for it with its key, told at once, or as it is when the
// time is over.
import type { Outcome } from "../../../shared/calls.ts";
import type { AgentCalls } from "../link/agent-calls.ts";
import type { AccountPorts } from "../ports.ts";
import type { Operation } from "../store/operation.ts";
import type { OperationStore } from "../store/operations.ts";

/** Told once. */
export type Told = (operation: Operation) => void;

export class Askers {
  readonly #ports: Pick<AccountPorts, "warn">;
  readonly #store: OperationStore;
  readonly #calls: AgentCalls;
  readonly #giveUp: (operation: Operation) => void;
  readonly #waiting = new Map<string, Told[]>();

  /** `giveUp`: nobody waits any longer for one that is not settled. */
  constructor(
    ports: Pick<AccountPorts, "warn">,
    store: OperationStore,
    calls: AgentCalls,
    giveUp: (operation: Operation) => void,
  ) {
    this.#ports = ports;
    this.#store = store;
    this.#calls = calls;
    this.#giveUp = giveUp;
  }

  join(operation: Operation, deadlineMs: number, told: Told): void {
    if (operation.settled !== null) return told(operation);
    const waiting = this.#waiting.get(operation.id);
    if (waiting !== undefined) {
      waiting.push(told);
      return undefined;
    }
    this.#waiting.set(operation.id, [told]);
    return this.#calls.awaitOperation(operation.id, deadlineMs, (outcome) =>
      this.#tell(operation.id, outcome),
    );
  }

  #tell(id: string, outcome: Outcome): void {
    const waiting = this.#waiting.get(id) ?? [];
    this.#waiting.delete(id);
    const before = this.#store.byId(id);
    try {
      if (outcome.kind !== "answer" && before?.settled === null) this.#giveUp(before);
    } catch (error) {
      // Nobody waits for ever because nothing can be written just now.
      const why = error instanceof Error ? error.name : "unknown";
      this.#ports.warn("the end of a wait was not stored", { why });
    }
    const operation = this.#store.byId(id) ?? before;
    if (operation !== undefined) for (const told of waiting) told(operation);
  }
}
