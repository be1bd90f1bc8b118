// What becomes of a send once its outcome is known, or is not: stored, told, and, where nobody could say, looked for
// among the messages that Messages shows (I6). Nothing here ever sends.
import type { EventData } from "../../../shared/events.ts";
import type { Answer } from "../../../shared/jsonrpc.ts";
import { IDEMPOTENCY_MS, MAX_UNRESOLVED, ROW_EARLY_MS, ROW_LATE_MS } from "../../../shared/limits.ts";
import { outcomeOf } from "../../../shared/outcome.ts";
import { mayBeTold } from "./operation-row.ts";
import { partlySent } from "./operation-view.ts";
import type { Appended, EventLog } from "../log/event-log.ts";
import type { AccountPorts } from "../ports.ts";
import type { Operation } from "../store/operation.ts";
import type { OperationStore } from "../store/operations.ts";
import type { StateStore } from "../store/state.ts";
import { callOf } from "./call-name.ts";
import type { Echoes } from "./echoes.ts";
import { matchRows, type Match, type UnknownPart } from "./match.ts";
import type { OwnRows } from "./own-rows.ts";
import type { SendStates } from "./send-states.ts";
import { guidOf } from "./sent-guid.ts";

export class Outcomes {
  readonly #ports: Pick<AccountPorts, "clock">;
  readonly #state: StateStore;
  readonly #store: OperationStore;
  readonly #rows: OwnRows;
  readonly #log: EventLog;
  readonly #echoes: Echoes;
  readonly #states: Pick<SendStates, "follow">;
  /** What a row may still tell; read when it is first asked for. */
  #unresolved: Map<string, Operation> | undefined;
  /** When the last of those was settled that are too many to be looked at. */
  #overlooked = 0;
  /** Whoever waits a moment for the guid of a message that imsg did not name. */
  readonly #held = new Map<string, Set<() => void>>();

  constructor(
    ports: Pick<AccountPorts, "clock">,
    state: StateStore,
    store: OperationStore,
    rows: OwnRows,
    log: EventLog,
    echoes: Echoes,
    states: Pick<SendStates, "follow">,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#store = store;
    this.#rows = rows;
    this.#log = log;
    this.#echoes = echoes;
    this.#states = states;
    state.onRollback(() => {
      this.#unresolved = undefined;
    });
  }

  /**
   * In a transaction of the caller: the outcome of what is under way, or never will be. `operation` has the guids of
   * its parts that went out. `isAwaited`: somebody is told the answer itself.
   */
  settle(operation: Operation, answer: Answer, isAwaited: boolean): Appended[] {
    const at = this.#ports.clock.now();
    const outcome = outcomeOf(answer);
    const { id, guids, states } = operation;
    const unresolved = operation.text_hash !== null && (outcome === "unknown" || guids.includes(null));
    // Whom an event tells now, an event tells the rest as well.
    const owed = operation.owed || (unresolved && !(isAwaited && outcome !== "unknown"));
    const settled = { ...operation, params: null, unresolved, owed, settled: { at, outcome, answer } };
    this.#store.update(id, {
      settled_at: at,
      outcome,
      answer,
      params: null,
      guids,
      states,
      unresolved,
      ...(owed ? { owed } : {}),
      look_at: outcome === "sent" ? this.#states.follow(guids) : null,
    });
    const learnt = unresolved ? this.#enter(settled) : [];
    const mine = learnt.find((found) => found.id === id) ?? settled;
    const isAnswered = isAwaited && !operation.owed && mine.settled?.outcome !== "unknown";
    const isTold = isAnswered || mine.origin === "relay";
    const others = learnt.filter((found) => found.id !== id);
    return [...(isTold ? [] : [this.#tell(mine, at)]), ...this.#tellAll(others, at)];
  }

  /** In a transaction of the caller: the Mac's own word on one whose outcome was not known. */
  correct(operation: Operation, answer: Answer): Appended[] {
    const { id, part, parts } = operation;
    this.#echoes.settled(callOf(id, part), answer);
    const isSent = outcomeOf(answer) === "sent";
    const guids = isSent ? [...operation.guids, guidOf(answer)] : operation.guids;
    const told = isSent && guids.length < parts ? partlySent(guids.length, parts) : answer;
    const now = this.#write(operation, guids, told);
    return this.#tellAll([now, ...this.#match().filter((found) => found.id !== id)], this.#ports.clock.now());
  }

  /** In the transaction that logged rows of our own: what they tell. */
  resolve(): Appended[] {
    const now = this.#ports.clock.now();
    return this.#tellAll(this.#match(), now);
  }

  /** Until the guids of that operation are known, or the time is over; of one that was settled before, no wait. */
  guidsOf(id: string, ms: number): Promise<void> {
    const settled = this.#all().get(id)?.settled ?? null;
    if (settled === null) return Promise.resolve();
    if (settled.at + ms <= this.#ports.clock.now()) {
      this.#owe(id);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const waiting = this.#held.get(id) ?? new Set();
      this.#held.set(id, waiting);
      const cancel = this.#ports.clock.after(ms, () => {
        try {
          this.#owe(id);
        } finally {
          done();
        }
      });
      const done = (): void => {
        cancel();
        waiting.delete(done);
        if (waiting.size === 0) this.#held.delete(id);
        resolve();
      };
      waiting.add(done);
    });
  }

  /** Somebody was answered without the guid. */
  #owe(id: string): void {
    const operation = this.#all().get(id);
    if (operation === undefined || operation.owed) return;
    this.#state.transact(() => this.#store.update(operation.id, { owed: true }));
    this.#all().set(id, { ...operation, owed: true });
  }

  #enter(settled: Operation): Operation[] {
    const all = this.#all();
    all.set(settled.id, settled);
    const [oldest] = all.values();
    if (all.size > MAX_UNRESOLVED && oldest !== undefined) {
      all.delete(oldest.id);
      this.#overlooked = Math.max(this.#overlooked, oldest.settled?.at ?? 0);
    }
    return this.#match();
  }

  /** Looks at what is not known and at the rows, and writes down what follows. */
  #match(): Operation[] {
    const all = this.#all();
    if (all.size === 0) return [];
    const unresolved = [...all.values()].flatMap(unknownParts);
    // A row of before may be that of a send which is not kept, or not looked at, any more.
    const from = Math.max(this.#ports.clock.now() - IDEMPOTENCY_MS, this.#overlooked) + ROW_LATE_MS;
    const wanted = unresolved.filter((part) => part.chat !== null && part.from - ROW_EARLY_MS >= from);
    if (wanted.length === 0) return [];
    const hashes = new Set(wanted.map(({ text_hash }) => text_hash));
    const rows = this.#rows
      .since(Math.min(...wanted.map(({ seq }) => seq)))
      .filter(({ text_hash }) => text_hash === null || hashes.has(text_hash))
      .filter(({ guid }) => !this.#store.hasGuid(guid));
    // Every operation is looked at only where there is something to decide.
    if (rows.length === 0) return [];
    const parts = [...unresolved, ...this.#store.underWay().flatMap(partsUnderWay)];
    const matches = matchRows(parts, rows, { seq: this.#rows.knownSince, from });
    return [...all.values()].flatMap((operation) => {
      const found = matches.filter(({ part }) => part.operation === operation.id);
      return found.length === 0 ? [] : [this.#learn(operation, found)];
    });
  }

  #learn(operation: Operation, found: readonly Match[]): Operation {
    const guids = [...operation.guids];
    for (const { part, guid } of found) {
      guids[part.part] = guid;
      this.#echoes.settled(callOf(operation.id, part.part), { result: { guid } });
    }
    const isWhole = guids.length === operation.parts;
    const answer = isWhole
      ? { result: { ok: true, guid: guids[0] } }
      : partlySent(guids.length, operation.parts);
    const isProven = operation.settled?.outcome === "unknown" && guids.length > operation.part;
    return this.#write(operation, guids, isProven ? answer : null);
  }

  /** `answer` null = as it was. */
  #write(operation: Operation, guids: readonly (string | null)[], answer: Answer | null): Operation {
    const states = guids.map((_, at) => operation.states[at] ?? null);
    const { settled: before } = operation;
    const settled =
      answer === null || before === null ? before : { at: before.at, outcome: outcomeOf(answer), answer };
    const unresolved = settled?.outcome === "unknown" || guids.includes(null);
    const now = { ...operation, guids, states, unresolved, settled };
    this.#store.update(operation.id, {
      guids,
      states,
      unresolved,
      look_at: this.#states.follow(guids),
      ...(settled === null ? {} : { outcome: settled.outcome, answer: settled.answer }),
    });
    if (unresolved) this.#all().set(now.id, now);
    else this.#all().delete(now.id);
    return now;
  }

  #tellAll(operations: readonly Operation[], now: number): Appended[] {
    return operations.flatMap((operation) => {
      const held = [...(this.#held.get(operation.id) ?? [])];
      // Told by the answers that wait for it, where everybody waits.
      const isAwaited = held.length > 0 && !operation.owed && !operation.unresolved;
      if (!operation.unresolved) for (const done of held) done();
      return isAwaited || isSaid(operation) ? [] : [this.#tell(operation, now)];
    });
  }

  #tell(operation: Operation, now: number): Appended {
    return this.#log.append("message.outcome", outcomeData(operation), now);
  }

  #all(): Map<string, Operation> {
    if (this.#unresolved !== undefined) return this.#unresolved;
    const newestLast = this.#store.unresolved(MAX_UNRESOLVED).toReversed();
    this.#overlooked = this.#store.unresolvedBefore(newestLast[0]?.turn ?? 0) ?? 0;
    this.#unresolved = new Map(newestLast.map((operation) => [operation.id, operation]));
    return this.#unresolved;
  }
}

/** Nobody asks more of it: the relay's own words, and what imsg answered through the tunnel without naming a guid. */
function isSaid({ origin, owed, settled }: Operation): boolean {
  const isOfImsg = settled?.outcome === "sent" && guidOf(settled.answer) === null;
  return origin === "relay" || (origin === "tunnel" && isOfImsg && !owed);
}

/** What a row may still tell of a settled one: the part at which it stopped, and those that imsg did not name. */
function unknownParts(operation: Operation): UnknownPart[] {
  const { guids, part, settled, given } = operation;
  const stopped = settled?.outcome === "unknown" && guids.length === part ? [part] : [];
  return [...unnamed(operation), ...stopped].flatMap((at) =>
    // The next part is given when this one is answered.
    partOf(operation, at, given[at]?.[0] ?? settled?.at ?? null),
  );
}

/** Those that went out without a name are settled with the rest; until then their rows are theirs. */
const partsUnderWay = (operation: Operation): UnknownPart[] =>
  [...unnamed(operation), operation.part].flatMap((at) => partOf(operation, at, null));

const unnamed = ({ guids }: Operation): number[] => guids.flatMap((guid, at) => (guid === null ? [at] : []));

function partOf(operation: Operation, part: number, until: number | null): UnknownPart[] {
  const { id, chat, text_hash, begun_at, begun_seq, given } = operation;
  const hash = text_hash?.split(" ")[part];
  const [from, seq] = part === 0 ? [begun_at, begun_seq] : (given[part - 1] ?? [begun_at, begun_seq]);
  if (hash === undefined || from === null) return [];
  return [{ operation: id, part, chat, text_hash: hash, from, until, seq }];
}

export function outcomeData(operation: Operation): EventData<"message.outcome"> {
  const { id, idempotency_key: key, guids, parts, settled } = operation;
  const outcome = settled?.outcome ?? "unknown";
  const [guid] = guids;
  return {
    operation: id,
    outcome,
    final: outcome !== "unknown" || !mayBeTold(operation),
    delivered: guids.length,
    parts,
    guids: [...guids],
    ...(typeof guid === "string" ? { guid } : {}),
    // One that begins with a blank is ours, and nobody else's business.
    ...(key === null || key.startsWith(" ") ? {} : { idempotency_key: key }),
  };
}
