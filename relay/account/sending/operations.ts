// Mutations: at most one effect, exactly one outcome (I6, I7, LINK14 to LINK16). The row is written before the
// call leaves; what is settled is never asked again.
import type { AgentFrame, FrameOf } from "../../../shared/frames.ts";
import {
  NOT_STARTED,
  refusal,
  unknownOutcome,
  type Answer,
  type Failure,
  type RpcId,
} from "../../../shared/jsonrpc.ts";
import {
  IDEMPOTENCY_MS,
  MAX_CHATS_UNDER_WAY,
  MAX_OPERATIONS,
  MAX_WAITING_MESSAGES,
  MUTATION_DEADLINE_MS,
} from "../../../shared/limits.ts";
import { outcomeOf } from "../../../shared/outcome.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import { sha256 } from "../../secrets.ts";
import { serverBusy, type AgentCalls } from "../link/agent-calls.ts";
import type { AgentLink } from "../link/agent-link.ts";
import type { Appended } from "../log/event-log.ts";
import type { AccountPorts } from "../ports.ts";
import type { Schedule } from "../schedule.ts";
import type { Given, Operation } from "../store/operation.ts";
import type { OperationStore } from "../store/operations.ts";
import type { StateStore } from "../store/state.ts";
import {
  CANCELLED,
  isInQueue,
  isOverdue,
  isVoid,
  mayBeTold,
  operationOf,
  partsOf,
  REVOKED,
  TOO_LATE,
  VOID,
  type Mutation,
} from "./operation-row.ts";
import { Askers, type Told } from "./askers.ts";
import { callOf, readCall } from "./call-name.ts";
import type { Echoes } from "./echoes.ts";
import type { Outcomes } from "./outcomes.ts";
import { guidOf } from "./sent-guid.ts";
import { laneOf, Turns } from "./turns.ts";

interface Hooks {
  /** Answers somebody whose waiter did not outlive the object. */
  answerLate(gateway: string, rpcId: RpcId, answer: Answer): void;
  onAppended(events: readonly Appended[]): void;
  /** Why one that has waited is not begun after all; undefined = it may go. */
  refuse(operation: Operation): Failure | undefined;
  /** In the transaction that stores it. */
  onStored(operation: Operation): void;
}

/** How long after IDEMPOTENCY_MS the settled ones are cleared: one alarm for many. */
const PRUNE_MARGIN_MS = 60 * 60 * 1000;

export class Operations {
  readonly #ports: AccountPorts;
  readonly #state: StateStore;
  readonly #store: OperationStore;
  readonly #link: AgentLink;
  readonly #calls: AgentCalls;
  readonly #schedule: Schedule;
  readonly #echoes: Echoes;
  readonly #outcomes: Outcomes;
  readonly #hooks: Hooks;
  readonly #askers: Askers;
  /** Read when it is first asked for, and after a transaction that failed. */
  #order: { turns: Turns; total: number; lastTurn: number } | undefined;

  constructor(
    ports: AccountPorts,
    state: StateStore,
    store: OperationStore,
    link: AgentLink,
    calls: AgentCalls,
    schedule: Schedule,
    echoes: Echoes,
    outcomes: Outcomes,
    hooks: Hooks,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#store = store;
    this.#link = link;
    this.#calls = calls;
    this.#schedule = schedule;
    this.#echoes = echoes;
    this.#outcomes = outcomes;
    this.#hooks = hooks;
    this.#askers = new Askers(ports, store, calls, (operation) => this.#giveUp(operation));
    state.onRollback(() => {
      this.#order = undefined;
    });
  }

  /**
   * Begins it, or finds the one with that key (I7). `told` null = nobody waits, as for one that is in the queue: no
   * timer holds the object up, however long it may still be begun. A refusal means that nothing was stored.
   */
  begin(mutation: Mutation, told: Told | null): Result<Operation, Failure> {
    const { method, parts, request, idempotencyKey, deadlineMs, queueMs } = mutation;
    const hash = sha256(JSON.stringify([method, request ?? parts[0]]));
    const before = idempotencyKey === null ? undefined : this.#store.byKey(idempotencyKey);
    if (before !== undefined) {
      if (before.request_hash !== hash) return err(refusal("conflict", NOT_STARTED));
      if (told !== null && !isInQueue(before, mutation)) this.#askers.join(before, deadlineMs, told);
      return ok(before);
    }
    const isConnected = this.#link.live() !== undefined && this.#state.current.journal !== null;
    const order = this.#loaded();
    const isOrdered = mutation.origin !== "tunnel";
    if (!isConnected && queueMs === null) return err(refusal("agent_offline", NOT_STARTED));
    if (told !== null && !this.#calls.hasRoom()) return err(serverBusy());
    if (order.total >= MAX_OPERATIONS || (isOrdered && order.turns.waiting >= MAX_WAITING_MESSAGES))
      return err(refusal("rate_limited", { ...NOT_STARTED, detail: "too many messages wait already" }));
    const described = this.#echoes.describe(mutation);
    const operation = operationOf(
      mutation,
      { hash, turn: order.lastTurn + 1, ...described },
      this.#ports,
      this.#state,
    );
    if (isOrdered) order.turns.add(operation.id, laneOf(operation));
    const started = isConnected && isOrdered ? order.turns.start() : [];
    const isNow = isConnected && (!isOrdered || started.includes(operation.id));
    const stored = isNow ? this.#asBegun(operation) : { ...operation, owed: queueMs !== null };
    const { created_at, deadline } = operation;
    this.#state.transact(() => {
      // Before it is stored: what reads the store for the first time would find it there.
      this.#hooks.onStored(stored);
      this.#store.insert(stored);
      this.#schedule.arm("operations", created_at + IDEMPOTENCY_MS + PRUNE_MARGIN_MS);
      if (!isNow) this.#schedule.arm("queue", deadline);
    });
    order.total += 1;
    order.lastTurn += 1;
    if (told !== null && !isInQueue(stored, mutation)) this.#askers.join(stored, deadlineMs, told);
    if (isNow) this.#give(stored);
    this.#startAll(started.filter((id) => id !== operation.id));
    return ok(stored);
  }

  /** What became of the request with that key; undefined = no such. */
  find(key: string): Operation | undefined {
    return this.#store.byKey(key);
  }

  /** A link was accepted: every open operation is asked of its own journal again, or is unknown for good (LINK15). */
  resume(): void {
    const { journal, database } = this.#state.current;
    for (const { id } of this.#store.underWay()) {
      const operation = this.#store.byId(id);
      if (operation === undefined) continue;
      if (operation.journal !== journal) this.#settle(operation, unknownOutcome(operation.id));
      // The row id may be another chat's by now: what was not begun there is not begun any more.
      else this.#ask(operation, isVoid(operation, database) ? 0 : undefined);
    }
    this.expire();
  }

  /** A result of the Mac, perhaps for the second time: acknowledged once it is durable. */
  result(frame: FrameOf<AgentFrame, "result"> & { operation: string }): void {
    const call = readCall(frame.operation);
    const operation = call === undefined ? undefined : this.#store.byId(call.operation);
    if (operation !== undefined && operation.journal !== "" && operation.part === call?.part) {
      if (operation.settled === null) this.#answered(operation, frame.answer);
      else this.#late(operation, frame.answer);
    }
    this.#link.send({ t: "ack", operations: [frame.operation] });
    this.#startNext();
  }

  /** Takes back what the Mac was not given. */
  cancel(id: string): Result<Operation, "not_found" | "conflict"> {
    const operation = this.#store.byId(id);
    if (operation === undefined) return err("not_found");
    if (operation.settled !== null || operation.journal !== "") return err("conflict");
    this.#settle(operation, CANCELLED);
    return ok(this.#store.byId(id) ?? operation);
  }

  /** What that key asked for and the Mac was not given is not sent. */
  revoke(key: string): void {
    for (const operation of this.#store.waitingOf(key)) this.#settle(operation, REVOKED);
  }

  /** What waited too long, or for a chat whose row id means nothing any more, is not sent. */
  expire(): void {
    const now = this.#ports.clock.now();
    for (const operation of this.#store.overdue(now, this.#state.current.database)) {
      const why = operation.deadline <= now ? TOO_LATE : VOID;
      this.#settle(operation, why);
    }
    const next = this.#store.nextOverdue();
    if (next !== null) this.#schedule.arm("queue", next);
    this.#startNext();
  }

  /** Answers older than they are promised go; what never settled by then never will. */
  prune(): void {
    const now = this.#ports.clock.now();
    for (const operation of this.#store.openSince(now - IDEMPOTENCY_MS)) {
      if (operation.journal !== "") this.#settle(operation, unknownOutcome(operation.id));
    }
    this.#state.transact(() => {
      this.#store.deleteSettledBefore(now - IDEMPOTENCY_MS);
      const { total } = this.#store.counts();
      if (this.#order !== undefined) this.#order.total = total;
      if (total > 0) this.#schedule.arm("operations", now + PRUNE_MARGIN_MS);
    });
  }

  #asBegun(operation: Operation): Operation {
    const { journal, last_seq } = this.#state.current;
    return { ...operation, journal: journal ?? "", begun_at: this.#ports.clock.now(), begun_seq: last_seq };
  }

  #loaded(): { turns: Turns; total: number; lastTurn: number } {
    if (this.#order !== undefined) return this.#order;
    const turns = new Turns(MAX_CHATS_UNDER_WAY);
    for (const operation of this.#store.turns()) {
      if (operation.isWaiting) turns.add(operation.id, laneOf(operation));
      else turns.resume(operation.id, laneOf(operation));
    }
    const { total, lastTurn } = this.#store.counts();
    this.#order = { turns, total, lastTurn };
    return this.#order;
  }

  /** Whoever's turn it is now, as long as there is somebody: one that comes too late makes room for the next. */
  #startNext(): void {
    if (this.#link.live() === undefined || this.#state.current.journal === null) return;
    for (let ids = this.#loaded().turns.start(); ids.length > 0; ids = this.#loaded().turns.start())
      this.#startAll(ids);
  }

  #startAll(ids: readonly string[]): void {
    for (const id of ids) {
      const operation = this.#store.byId(id);
      if (operation?.settled === null) this.#start(operation);
      else this.#order?.turns.end(id);
    }
  }

  #start(operation: Operation): void {
    const isLate = operation.deadline <= this.#ports.clock.now();
    const refused = isLate ? TOO_LATE : this.#hooks.refuse(operation);
    if (refused !== undefined) return this.#settle(operation, refused);
    const begun = this.#asBegun(operation);
    const { journal, begun_seq } = begun;
    this.#state.transact(() =>
      this.#store.update(begun.id, { journal, begun_at: this.#ports.clock.now(), begun_seq }),
    );
    return this.#give(begun);
  }

  /** For the first time. */
  #give(operation: Operation): void {
    this.#echoes.sent(operation);
    this.#ask(operation);
  }

  /** `deadline` in ms from now; 0 = only what became of it. */
  #ask(operation: Operation, deadline = operation.deadline - this.#ports.clock.now()): void {
    const call = callOf(operation.id, operation.part);
    const { method } = operation;
    const params = partsOf(operation)[operation.part];
    this.#link.send({ t: "call", call, operation: call, method, params, deadline });
  }

  /** The part under way has its answer: the next one goes, or the message is done. */
  #answered(operation: Operation, answer: Answer): void {
    this.#echoes.settled(callOf(operation.id, operation.part), answer);
    if (outcomeOf(answer) !== "sent") return this.#settle(operation, answer);
    const guids = [...operation.guids, guidOf(answer)];
    const states = [...operation.states, null];
    const part = operation.part + 1;
    const done = { ...operation, guids, states };
    if (part >= operation.parts) return this.#settle(done, answer);
    const { journal, last_seq } = this.#state.current;
    const now = this.#ports.clock.now();
    const changed = {
      guids,
      states,
      part,
      deadline: Math.max(operation.deadline, now + MUTATION_DEADLINE_MS),
      journal: journal ?? operation.journal,
      given: [...operation.given, [now, last_seq] satisfies Given],
    };
    const next = { ...operation, ...changed };
    this.#state.transact(() => this.#store.update(next.id, changed));
    this.#echoes.sent(next);
    return this.#ask(next);
  }

  /** A Mac that was given up came back, and knows what nobody could say. */
  #late(operation: Operation, answer: Answer): void {
    if (!mayBeTold(operation) || operation.settled?.outcome !== "unknown") return;
    if (outcomeOf(answer) === "unknown") return;
    this.#hooks.onAppended(this.#state.transact(() => this.#outcomes.correct(operation, answer)));
  }

  #settle(operation: Operation, answer: Answer, isAwaited = this.#calls.isAwaited(operation.id)): void {
    const { id, gateway, rpc_id } = operation;
    const appended = this.#state.transact(() => this.#outcomes.settle(operation, answer, isAwaited));
    this.#order?.turns.end(id);
    if (!this.#calls.answer(id, answer) && gateway !== null && rpc_id !== null) {
      const rpcId: unknown = JSON.parse(rpc_id);
      if (typeof rpcId === "string" || typeof rpcId === "number" || rpcId === null)
        // A row may have told already what nobody knew.
        this.#hooks.answerLate(gateway, rpcId, this.#store.byId(id)?.settled?.answer ?? answer);
    }
    this.#hooks.onAppended(appended);
  }

  /** Whoever waited is answered now, and not a second time. */
  #giveUp(operation: Operation): void {
    // What the Mac was never given is not sent any more; whoever waited is told so.
    if (isOverdue(operation, this.#ports.clock.now())) return this.#settle(operation, TOO_LATE, true);
    // What it has stays open: its result is stored when it comes (RPC5).
    return this.#state.transact(() => this.#store.update(operation.id, { gateway: null, owed: true }));
  }
}
