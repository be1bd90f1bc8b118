import type { Clock } from "../../shared/clock.ts";
import { isOver } from "../../shared/json.ts";
import type { Answer } from "../../shared/jsonrpc.ts";
import { MAX_REQUEST_BYTES, READ_DEADLINE_MS } from "../../shared/limits.ts";
import { deadlineOf, methodOf } from "../../shared/methods.ts";
import type { Peer } from "../../shared/peer.ts";
import { mayHaveLeft, neverLeft, noAnswer, refusedBeforeSending, tooLarge } from "./failures.ts";
import type { Refused } from "./refusals.ts";

export interface CallOptions {
  /** Until an answer must be there; default by the method's class. */
  readonly timeoutMs?: number;
  /** For mutations; one is made where none is given. */
  readonly idempotencyKey?: string;
  /** Do not wait for the link to come back: what cannot be sent now fails as soon as an attempt has failed. */
  readonly failFast?: boolean;
}

interface Entry {
  readonly method: string;
  readonly params: unknown;
  /** Undefined for what is harmless to repeat. */
  readonly key: string | undefined;
  readonly deadline: number;
  readonly failFast: boolean;
  /** How often it was handed to a socket; 0 = it certainly never left. */
  sends: number;
  cancelSend: () => void;
  stopTimers: (() => void)[];
  readonly settle: (answer: Answer) => void;
}

/**
 * The calls that wait for an answer, across losses of the link. After a reconnect everything open is sent again:
 * a read because asking twice changes nothing, a mutation with the same key because the relay runs it once (RPC6).
 */
export class Ledger {
  readonly #clock: Clock;
  readonly #mintKey: () => string;
  readonly #patienceMs: number;
  readonly #open = new Set<Entry>();
  #peer: Peer | undefined;
  /** Whether an attempt to connect has failed since the last open link, and for what reason. */
  #down: { readonly refused: Refused | undefined } | undefined;
  #closed = false;

  constructor(clock: Clock, mintKey: () => string, patienceMs: number) {
    this.#clock = clock;
    this.#mintKey = mintKey;
    this.#patienceMs = patienceMs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Never rejects. */
  call(method: string, params: unknown, options: CallOptions = {}): Promise<Answer> {
    const entryOf = methodOf(method);
    const timeoutMs = options.timeoutMs ?? (entryOf === undefined ? READ_DEADLINE_MS : deadlineOf(entryOf));
    const isMutation = entryOf?.class === "mutation";
    if (params !== undefined && isOver(JSON.stringify(params), MAX_REQUEST_BYTES)) {
      return Promise.resolve(tooLarge(MAX_REQUEST_BYTES));
    }
    if (this.#closed) return Promise.resolve(neverLeft("The connection is closed."));
    return new Promise((resolve) => {
      const entry: Entry = {
        method,
        params,
        // On what is harmless to repeat a key would only cost the relay a look.
        key: isMutation ? (options.idempotencyKey ?? this.#mintKey()) : undefined,
        deadline: this.#clock.now() + timeoutMs,
        failFast: options.failFast ?? false,
        sends: 0,
        cancelSend: () => undefined,
        stopTimers: [],
        settle: resolve,
      };
      this.#open.add(entry);
      entry.stopTimers.push(this.#clock.after(timeoutMs, () => this.#expire(entry)));
      if (this.#peer === undefined) this.#wait(entry, timeoutMs);
      else this.#send(entry, this.#peer);
    });
  }

  /** The link is up: everything open goes out, in the order it was asked. */
  linkUp(peer: Peer): void {
    this.#peer = peer;
    this.#down = undefined;
    for (const entry of this.#open) this.#send(entry, peer);
  }

  linkLost(): void {
    this.#peer = undefined;
  }

  /** An attempt to connect ended; `refused` says that only a human can mend it. */
  attemptFailed(refused: Refused | undefined): void {
    this.#down = { refused };
    for (const entry of this.#open) this.#giveUp(entry);
  }

  /** Everybody is told, once. */
  close(): void {
    this.#closed = true;
    this.#peer = undefined;
    for (const entry of this.#open) this.#expire(entry);
  }

  #wait(entry: Entry, timeoutMs: number): void {
    this.#giveUp(entry);
    if (!this.#open.has(entry) || timeoutMs <= this.#patienceMs) return;
    entry.stopTimers.push(
      this.#clock.after(this.#patienceMs, () => {
        if (entry.sends === 0) this.#settle(entry, neverLeft());
      }),
    );
  }

  /** Settles what has no hope to be sent in time: at once where the relay refused us, or where asked for. */
  #giveUp(entry: Entry): void {
    if (this.#down === undefined) return;
    const { refused } = this.#down;
    if (refused === undefined) {
      if (entry.failFast && entry.sends === 0) this.#settle(entry, neverLeft());
      return;
    }
    if (entry.sends > 0 && entry.key !== undefined) this.#settle(entry, mayHaveLeft(entry.key));
    else this.#settle(entry, refusedBeforeSending(refused));
  }

  #send(entry: Entry, peer: Peer): void {
    entry.sends += 1;
    const attempt = entry.sends;
    const leftMs = Math.max(1, entry.deadline - this.#clock.now());
    const extra = entry.key === undefined ? undefined : { idempotency_key: entry.key };
    entry.cancelSend = peer.ask(
      entry.method,
      entry.params,
      leftMs,
      (ended) => {
        if (ended.kind === "answer") this.#settle(entry, ended.answer);
        else if (ended.kind === "deadline" && attempt === entry.sends) this.#expire(entry);
      },
      extra,
    );
  }

  #expire(entry: Entry): void {
    if (entry.sends === 0) this.#settle(entry, neverLeft());
    else if (entry.key === undefined) this.#settle(entry, noAnswer());
    else this.#settle(entry, mayHaveLeft(entry.key));
  }

  #settle(entry: Entry, answer: Answer): void {
    if (!this.#open.delete(entry)) return;
    for (const stop of entry.stopTimers) stop();
    entry.cancelSend();
    entry.settle(answer);
  }
}
