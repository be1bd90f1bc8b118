// Mutations: at most one effect, exactly one outcome (I6, I7, LINK14 to LINK16). The row is written before the
// call leaves; what is settled is never asked again.
import type { Outcome } from "../../../shared/calls.ts";
import { sha256 } from "../../secrets.ts";
import type { FrameOf, AgentFrame } from "../../../shared/frames.ts";
import { NOT_STARTED, refusal, unknownOutcome, type Answer, type RpcId } from "../../../shared/jsonrpc.ts";
import { IDEMPOTENCY_MS, MAX_OPERATIONS } from "../../../shared/limits.ts";
import { outcomeOf } from "../../../shared/outcome.ts";
import { serverBusy, type AgentCalls } from "../link/agent-calls.ts";
import type { AgentLink } from "../link/agent-link.ts";
import type { Echoes } from "./echoes.ts";
import type { AccountPorts } from "../ports.ts";
import type { Schedule } from "../schedule.ts";
import type { Operation, OperationStore } from "../store/operations.ts";
import type { StateStore } from "../store/state.ts";

export interface Mutation {
  readonly method: string;
  readonly params: unknown;
  /** What was asked, where `params` were made of it: the same request may resolve otherwise tomorrow. */
  readonly request?: unknown;
  readonly deadlineMs: number;
  readonly idempotencyKey: string | null;
  /** The gateway socket to answer if the object slept meanwhile; null over HTTP. */
  readonly asked: { readonly gateway: string; readonly rpcId: RpcId } | null;
}

type Reply = (answer: Answer) => void;

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
  /** Answers somebody whose waiter did not outlive the object. */
  readonly #answerLate: (gateway: string, rpcId: RpcId, answer: Answer) => void;
  readonly #waiting = new Map<string, Reply[]>();
  /** Rows stored; -1 = not counted since the object woke. */
  #count = -1;

  constructor(
    ports: AccountPorts,
    state: StateStore,
    store: OperationStore,
    link: AgentLink,
    calls: AgentCalls,
    schedule: Schedule,
    echoes: Echoes,
    answerLate: (gateway: string, rpcId: RpcId, answer: Answer) => void,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#store = store;
    this.#link = link;
    this.#calls = calls;
    this.#schedule = schedule;
    this.#echoes = echoes;
    this.#answerLate = answerLate;
  }

  /** `reply` null = nobody waits: no timer holds the object up, however long the operation may still be begun. */
  mutate(mutation: Mutation, reply: Reply | null): void {
    const hash = sha256(JSON.stringify([mutation.method, mutation.request ?? mutation.params]));
    const before = mutation.idempotencyKey === null ? undefined : this.#store.byKey(mutation.idempotencyKey);
    if (before !== undefined) return this.#repeat(before, hash, mutation.deadlineMs, reply);
    const { journal, account } = this.#state.current;
    if (this.#link.live() === undefined || journal === null)
      return reply?.(refusal("agent_offline", NOT_STARTED));
    if (!this.#calls.hasRoom()) return reply?.(serverBusy());
    if (this.#stored() >= MAX_OPERATIONS) return reply?.(refusal("rate_limited", NOT_STARTED));
    const now = this.#ports.clock.now();
    const echo = this.#echoes.describe(mutation.params);
    const operation = {
      id: this.#ports.mint("op", account),
      idempotency_key: mutation.idempotencyKey,
      request_hash: hash,
      method: mutation.method,
      params: JSON.stringify(mutation.params ?? {}),
      journal,
      gateway: mutation.asked?.gateway ?? null,
      rpc_id: mutation.asked === null ? null : JSON.stringify(mutation.asked.rpcId),
      chat: echo?.chat ?? null,
      text_hash: echo?.text_hash ?? null,
      created_at: now,
      deadline: now + mutation.deadlineMs,
    };
    this.#state.transact(() => {
      this.#store.insert(operation);
      this.#schedule.arm("operations", now + IDEMPOTENCY_MS + PRUNE_MARGIN_MS);
    });
    this.#count += 1;
    if (echo !== null) this.#echoes.sent(operation.id, echo);
    if (reply !== null) this.#join(operation.id, mutation.deadlineMs, reply);
    this.#dispatch({ ...operation, settled: null });
  }

  /** What became of the request with that key; undefined = no such. */
  find(key: string): Operation | undefined {
    return this.#store.byKey(key);
  }

  /** A link was accepted: every open operation is asked of its own journal again, or is unknown for good (LINK15). */
  resume(): void {
    const { journal } = this.#state.current;
    for (const operation of this.#store.open()) {
      if (operation.journal === journal) this.#dispatch(operation);
      else this.#settle(operation, unknownOutcome(operation.id));
    }
  }

  /** A result of the Mac, perhaps for the second time: acknowledged once it is durable. */
  result(frame: FrameOf<AgentFrame, "result"> & { operation: string }): void {
    const operation = this.#store.byId(frame.operation);
    if (operation !== undefined && operation.settled === null) this.#settle(operation, frame.answer);
    this.#link.send({ t: "ack", operations: [frame.operation] });
  }

  /** Answers older than they are promised go; what never settled by then never will. */
  prune(): void {
    const now = this.#ports.clock.now();
    for (const operation of this.#store.open()) {
      if (operation.created_at < now - IDEMPOTENCY_MS) this.#settle(operation, unknownOutcome(operation.id));
    }
    this.#state.transact(() => {
      this.#store.deleteSettledBefore(now - IDEMPOTENCY_MS);
      this.#count = this.#store.count();
      if (this.#count > 0) this.#schedule.arm("operations", now + PRUNE_MARGIN_MS);
    });
  }

  #stored(): number {
    if (this.#count < 0) this.#count = this.#store.count();
    return this.#count;
  }

  #repeat(before: Operation, hash: string, deadlineMs: number, reply: Reply | null): void {
    if (reply === null) return undefined;
    if (before.request_hash !== hash) return reply(refusal("conflict", NOT_STARTED));
    if (before.settled !== null) return reply(before.settled.answer);
    return this.#join(before.id, deadlineMs, reply);
  }

  #join(operation: string, deadlineMs: number, reply: Reply): void {
    const waiting = this.#waiting.get(operation);
    if (waiting !== undefined) {
      waiting.push(reply);
      return;
    }
    this.#waiting.set(operation, [reply]);
    this.#calls.awaitOperation(operation, deadlineMs, (outcome) => this.#answer(operation, outcome));
  }

  #answer(operation: string, outcome: Outcome): void {
    const replies = this.#waiting.get(operation) ?? [];
    this.#waiting.delete(operation);
    // Without an answer in time the operation stays open: its result is stored when it comes (RPC5).
    const answer = outcome.kind === "answer" ? outcome.answer : unknownOutcome(operation);
    // Whoever asked is answered now, and must not be a second time.
    if (outcome.kind !== "answer") this.#state.transact(() => this.#store.forgetAsker(operation));
    for (const reply of replies) reply(answer);
  }

  #dispatch(operation: Operation): void {
    this.#link.send({
      t: "call",
      call: operation.id,
      operation: operation.id,
      method: operation.method,
      params: JSON.parse(operation.params ?? "{}"),
      deadline: operation.deadline - this.#ports.clock.now(),
    });
  }

  #settle(operation: Operation, answer: Answer): void {
    const now = this.#ports.clock.now();
    this.#state.transact(() => this.#store.settle(operation.id, now, outcomeOf(answer), answer));
    this.#echoes.settled(operation.id, answer);
    if (this.#calls.answer(operation.id, answer)) return;
    if (operation.gateway !== null && operation.rpc_id !== null) {
      const rpcId: unknown = JSON.parse(operation.rpc_id);
      if (typeof rpcId === "string" || typeof rpcId === "number" || rpcId === null) {
        this.#answerLate(operation.gateway, rpcId, answer);
      }
    }
  }
}
