// Mutations from the relay's call to their one result: those of one chat in the order given and one at a time, each
// at most once (LINK14). The journal remembers, the guard forbids, imsg acts; this file is the order in which they
// are asked.
import type { Clock } from "../shared/clock.ts";
import { NOT_STARTED, refusal, rpcError, RPC, unknownOutcome, type Answer } from "../shared/jsonrpc.ts";
import { findRecipients } from "../shared/recipients.ts";
import { assertNever } from "../shared/result.ts";
import { chatOfCall, type KnownChats } from "./chat-of-call.ts";
import type { KnownDatabase } from "./feed/known-database.ts";
import { unavailable, type Allowed, type Guard } from "./guard.ts";
import type { ImsgEngine } from "./imsg/engine.ts";
import type { LaneOutcome } from "./imsg/call-queue.ts";
import type { Journal, Operation } from "./journal.ts";
import { MAX_QUEUED_MUTATIONS } from "./limits.ts";
import { inTurn } from "./turns.ts";

export interface MutationCall {
  readonly operation: string;
  readonly call: string;
  readonly epoch: number;
  readonly method: string;
  readonly params: unknown;
  /** Milliseconds from now. */
  readonly deadline: number;
}

interface Entry {
  readonly given: MutationCall;
  readonly until: number;
  readonly chat: string | undefined;
  /** The generation of the database whose row ids it names chats by; undefined where it names none so. */
  readonly ids: number | undefined;
  running: boolean;
  /** It is in the journal. */
  begun: boolean;
  /** It was put back, and waits for something to change. */
  isBack: boolean;
}

export interface MutationParts {
  readonly clock: Clock;
  readonly engine: Pick<ImsgEngine, "mutate" | "mutationRoom" | "wantMutationRoom" | "health" | "known">;
  readonly journal: Journal;
  readonly guard: Pick<Guard, "judge" | "shut">;
  readonly chats: KnownChats;
  readonly database: Pick<KnownDatabase, "told" | "keepsIds">;
  /** imsg is taken to hang after this. */
  readonly hangMs: number;
  /** A result, durable or not journalled at all; the link may be away. */
  readonly send: (result: Pick<Operation, "operation" | "call" | "epoch"> & { answer: Answer }) => void;
}

export class Mutations {
  readonly #parts: MutationParts;
  /** Waiting or under way, in the order given. */
  readonly #entries = new Set<Entry>();
  /** Queued, running or being answered, with the call that its result is to name. */
  readonly #open = new Map<string, string>();
  #beginning = false;
  #again = false;
  #stopped = false;
  #cancelExpiry: (() => void) | undefined;

  constructor(parts: MutationParts) {
    this.#parts = parts;
  }

  get open(): number {
    return this.#open.size;
  }

  get running(): number {
    let running = 0;
    for (const entry of this.#entries) if (entry.running) running += 1;
    return running;
  }

  get queued(): number {
    return this.#entries.size - this.running;
  }

  give(given: MutationCall): void {
    const { operation, call, deadline } = given;
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
    if (deadline <= 0) this.#finish(given, refusal("deadline_exceeded", NOT_STARTED));
    else if (this.queued >= MAX_QUEUED_MUTATIONS || !journal.hasRoom()) {
      this.#finish(given, rpcError(RPC.busy, "Server busy", { ...NOT_STARTED }));
    } else {
      const { database, chats } = this.#parts;
      const namesIds = findRecipients(given.params).chats.some(({ by }) => by === "id");
      this.#entries.add({
        given,
        until: clock.now() + deadline,
        chat: chatOfCall(given.params, chats),
        ids: namesIds ? database.told : undefined,
        running: false,
        begun: false,
        isBack: false,
      });
      this.#beginMore();
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

  /** To be called where something changed: imsg has more room than before, or is down, or its database is known. */
  look(): void {
    for (const entry of this.#entries) entry.isBack = false;
    this.#beginMore();
  }

  /** Nothing is begun any more; what is under way still has its result. */
  stop(): void {
    this.#stopped = true;
    this.#cancelExpiry?.();
  }

  /** Whatever it does may end another one, and so lead back to here. */
  #beginMore(): void {
    this.#again = true;
    if (this.#beginning || this.#stopped) return;
    this.#beginning = true;
    while (this.#again) {
      this.#again = false;
      this.#expire();
      let next = this.#next();
      while (next !== undefined) {
        this.#begin(next);
        next = this.#next();
      }
    }
    this.#beginning = false;
    this.#parts.engine.wantMutationRoom(this.#ready().length > 0);
    this.#armExpiry();
  }

  #ready(): Entry[] {
    return inTurn([...this.#entries]).filter(({ isBack }) => !isBack);
  }

  #next(): Entry | undefined {
    return this.running < this.#parts.engine.mutationRoom ? this.#ready()[0] : undefined;
  }

  #begin(entry: Entry): void {
    const { given, until } = entry;
    const { guard, clock, journal } = this.#parts;
    entry.running = true;
    // Before what has to be asked of imsg: a Mac that is paused asks it nothing.
    const shut = guard.shut();
    if (shut !== undefined) {
      this.#end(entry, shut);
      return;
    }
    if (!this.#areIdsKept(entry)) return;
    guard.judge(given, (judgement) => {
      // A refusal is recorded as well: given again, perhaps after the owner has changed his mind, it answers the same.
      if (!judgement.allowed) this.#end(entry, judgement.answer);
      else if (clock.now() >= until) this.#end(entry, refusal("deadline_exceeded", NOT_STARTED));
      else if (entry.begun) this.#run(entry, judgement);
      else {
        journal.begin(given.operation, given.call, given.epoch, (durable) => {
          entry.begun = true;
          if (durable) this.#run(entry, judgement);
          else this.#notJournalled(entry);
        });
      }
    });
  }

  #run(entry: Entry, { params, isStillAllowed }: Allowed): void {
    // Once more: the veto and the disk took their time.
    if (!this.#areIdsKept(entry)) return;
    const { engine, clock, hangMs } = this.#parts;
    engine.mutate({
      method: entry.given.method,
      params,
      hangMs,
      patienceMs: Math.max(0, entry.until - clock.now()),
      mayGo: isStillAllowed,
      settle: (outcome) => {
        const answer = this.#answerOf(entry.given.operation, outcome);
        if (answer === undefined) this.#putBack(entry, outcome.kind === "unsent" && outcome.why === "vetoed");
        else this.#end(entry, answer);
      },
    });
  }

  /**
   * Whether the chats it names by row id are the ones that were meant. If not, it is refused; while nobody can say,
   * it waits.
   */
  #areIdsKept(entry: Entry): boolean {
    const { database, engine } = this.#parts;
    const kept = entry.ids === undefined || database.keepsIds(entry.ids);
    if (kept === true) return true;
    if (kept === false) this.#end(entry, refusal("gone", { detail: OTHER_DATABASE, ...NOT_STARTED }));
    else if (engine.known && engine.health.state === "down") {
      this.#end(entry, unavailable(engine.health.reason, engine.health.remedy));
    } else this.#putBack(entry);
    return false;
  }

  /** imsg never had it: it waits for its turn again, at its old place. `isReady`: which may be now. */
  #putBack(entry: Entry, isReady = false): void {
    entry.running = false;
    entry.isBack = !isReady;
    this.#beginMore();
  }

  /** Undefined = it may go elsewhere. */
  #answerOf(operation: string, outcome: LaneOutcome): Answer | undefined {
    switch (outcome.kind) {
      case "answer":
        return outcome.answer;
      case "lost":
        return unknownOutcome(operation);
      case "unsent":
        if (outcome.why === "moved" || outcome.why === "vetoed") return undefined;
        if (outcome.why === "busy") return rpcError(RPC.busy, "Server busy", { ...NOT_STARTED });
        if (outcome.why === "deadline") return refusal("deadline_exceeded", NOT_STARTED);
        return unavailable(this.#parts.engine.health.reason, this.#parts.engine.health.remedy);
      default:
        return assertNever(outcome);
    }
  }

  /** The next one need not wait for the disk: the journal's writes keep their order. */
  #end(entry: Entry, answer: Answer): void {
    this.#entries.delete(entry);
    this.#finish(entry.given, answer);
    this.look();
  }

  #finish({ operation, call, epoch }: MutationCall, answer: Answer): void {
    this.#parts.journal.finish(operation, call, epoch, answer, (kept) => {
      const named = this.#open.get(operation) ?? call;
      this.#open.delete(operation);
      this.#parts.send({ operation, call: named, epoch, answer: kept.answer ?? answer });
    });
  }

  /** The disk refuses: not run, and said so without a record. */
  #notJournalled(entry: Entry): void {
    const { operation, call, epoch } = entry.given;
    const named = this.#open.get(operation) ?? call;
    this.#open.delete(operation);
    this.#parts.send({ operation, call: named, epoch, answer: refusal("internal", NOT_STARTED) });
    this.#entries.delete(entry);
    this.look();
  }

  #expire(): void {
    const now = this.#parts.clock.now();
    for (const entry of this.#entries) {
      if (entry.running || entry.until > now) continue;
      this.#entries.delete(entry);
      this.#finish(entry.given, refusal("deadline_exceeded", NOT_STARTED));
    }
  }

  /** One timer, for whoever's patience ends first. */
  #armExpiry(): void {
    this.#cancelExpiry?.();
    this.#cancelExpiry = undefined;
    let nearest = Number.POSITIVE_INFINITY;
    for (const { running, until } of this.#entries) if (!running) nearest = Math.min(nearest, until);
    if (nearest === Number.POSITIVE_INFINITY) return;
    this.#cancelExpiry = this.#parts.clock.after(Math.max(0, nearest - this.#parts.clock.now()), () =>
      this.#beginMore(),
    );
  }
}

const OTHER_DATABASE =
  "the Messages database was replaced, so that a chat_id may be another chat's; name the chat by chat_guid";
