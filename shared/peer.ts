import { Calls, type Outcome } from "./calls.ts";
import type { Clock } from "./clock.ts";
import { parseJson } from "./json.ts";
import {
  encodeAnswer,
  encodeNotification,
  encodeRequest,
  readIncoming,
  type Answer,
  type RpcId,
  type RpcRequest,
} from "./jsonrpc.ts";

export interface PeerHandlers {
  onRequest?(request: RpcRequest & { id: RpcId }): void;
  onNotification?(method: string, params: unknown): void;
  /** Something that is no JSON-RPC, or an error answer that names no call. */
  onStray?(why: string): void;
}

/**
 * One end of a JSON-RPC conversation over any channel of texts: the agent to imsg's stdio, the client to the
 * relay's tunnel. Answers are matched by id alone (imsg orders keys at random and answers out of order).
 */
export class Peer {
  readonly #send: (text: string) => void;
  readonly #handlers: PeerHandlers;
  readonly #calls: Calls;
  #nextId = 1;
  #closed = false;

  constructor(clock: Clock, send: (text: string) => void, handlers: PeerHandlers) {
    this.#calls = new Calls(clock);
    this.#send = send;
    this.#handlers = handlers;
  }

  get pending(): number {
    return this.#calls.size;
  }

  /** Settles exactly once, also when the channel closes; never rejects. */
  call(
    method: string,
    params: unknown,
    timeoutMs: number,
    extra?: Record<string, unknown>,
  ): Promise<Outcome> {
    return this.start(method, params, timeoutMs, extra).outcome;
  }

  /** Like `call`, with a way to stop waiting. */
  start(
    method: string,
    params: unknown,
    timeoutMs: number,
    extra?: Record<string, unknown>,
  ): { outcome: Promise<Outcome>; cancel: () => void } {
    let cancel = (): void => undefined;
    const outcome = new Promise<Outcome>((resolve) => {
      cancel = this.ask(method, params, timeoutMs, resolve, extra);
    });
    return { outcome, cancel };
  }

  /** For callers whose order matters: `settle` runs in the turn in which the answer came. Returns the cancel. */
  ask(
    method: string,
    params: unknown,
    timeoutMs: number,
    settle: (outcome: Outcome) => void,
    extra?: Record<string, unknown>,
  ): () => void {
    const id = this.#nextId;
    this.#nextId += 1;
    if (this.#closed) {
      settle({ kind: "closed" });
      return () => undefined;
    }
    this.#calls.open(String(id), timeoutMs, settle);
    this.#send(encodeRequest(id, method, params, extra));
    return () => void this.#calls.cancel(String(id));
  }

  /** Ends a call with an answer that did not come as a text of its own (one too long to be read). */
  answer(id: string, answer: Answer): boolean {
    return this.#calls.answer(id, answer);
  }

  notify(method: string, params: unknown): void {
    if (!this.#closed) this.#send(encodeNotification(method, params));
  }

  reply(id: RpcId, answer: Answer): void {
    if (!this.#closed) this.#send(encodeAnswer(id, answer));
  }

  /** One text off the channel. */
  receive(text: string): void {
    const json = parseJson(text);
    if (!json.ok) {
      this.#handlers.onStray?.(json.error);
      return;
    }
    const incoming = readIncoming(json.value);
    switch (incoming.kind) {
      case "request":
        this.#handlers.onRequest?.(incoming.request);
        return;
      case "notification":
        this.#handlers.onNotification?.(incoming.method, incoming.params);
        return;
      case "answer":
        if (!this.#calls.answer(String(incoming.id), incoming.answer))
          this.#handlers.onStray?.("nobody waits for this answer");
        return;
      case "invalid":
        this.#handlers.onStray?.(incoming.why);
    }
  }

  /** The channel is gone: every pending call settles as `closed`, and so does every later one. */
  close(): void {
    this.#closed = true;
    this.#calls.close();
  }
}
