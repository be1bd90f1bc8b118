// A tunnel whose relay is the test: it sees every frame and says what it likes, in virtual time.
import { Tunnel } from "../../../gateway/client/tunnel.ts";
import type { LinkState } from "../../../gateway/client/link.ts";
import type { SocketEnd, SocketHandlers } from "../../../gateway/client/socket.ts";
import type { Answer } from "../../../shared/jsonrpc.ts";
import { settle, VirtualClock } from "./virtual-clock.ts";

export interface Frame {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly idempotency_key?: string;
  readonly result?: unknown;
}

/** One attempt to connect, seen from the relay. */
export class Attempt {
  readonly frames: Frame[] = [];
  pings = 0;
  closedBy: number | undefined;
  readonly #handlers: SocketHandlers;

  constructor(handlers: SocketHandlers) {
    this.#handlers = handlers;
  }

  open(): void {
    this.#handlers.onOpen();
  }

  end(end: SocketEnd): void {
    this.#handlers.onEnd(end);
  }

  text(text: string): void {
    this.#handlers.onText(text);
  }

  pong(): void {
    this.text("pong");
  }

  say(frame: object): void {
    this.text(JSON.stringify({ jsonrpc: "2.0", ...frame }));
  }

  answer(frame: Frame | undefined, answer: Answer): void {
    this.say({ id: frame?.id, ...answer });
  }

  show(subscription: number, seq: number, message: object, log = "log1", note: object = {}): void {
    const relay = { id: `${log}.${seq}`, logged_at: 0, delayed: false, ...note };
    this.say({ method: "message", params: { subscription, message, relay } });
  }

  receive(text: string): void {
    if (text === "ping") this.pings += 1;
    else this.frames.push(JSON.parse(text) as Frame);
  }

  asked(method: string): Frame[] {
    return this.frames.filter((frame) => frame.method === method);
  }
}

export class VirtualRelay {
  readonly clock = new VirtualClock();
  readonly attempts: Attempt[] = [];
  readonly states: LinkState[] = [];
  readonly tunnel: Tunnel;
  #keys = 0;

  constructor(random = 0.5) {
    this.tunnel = new Tunnel({
      clock: this.clock,
      random: () => random,
      mintKey: () => `key-${(this.#keys += 1)}`,
      onState: (state) => this.states.push(state),
      dial: (handlers) => {
        const attempt = new Attempt(handlers);
        this.attempts.push(attempt);
        return {
          send: (text) => attempt.receive(text),
          close: (code) => {
            attempt.closedBy = code;
          },
        };
      },
    });
    this.tunnel.start();
  }

  get last(): Attempt {
    const last = this.attempts.at(-1);
    if (last === undefined) throw new Error("nobody dialled");
    return last;
  }

  /** Lets time pass with a relay that answers every ping. */
  async passAlive(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5_000) {
      await this.clock.pass(Math.min(5_000, left));
      this.last.pong();
    }
  }

  /** The link breaks, and the next attempt opens. */
  async reconnect(): Promise<Attempt> {
    this.last.end({ code: 1006, reason: "lost" });
    await this.clock.pass(3_000);
    this.last.open();
    await settle();
    return this.last;
  }
}

/** Whether and how a promise settled by now. */
export function watch<T>(promise: Promise<T>): { value: T | undefined; isSettled: boolean } {
  const seen: { value: T | undefined; isSettled: boolean } = { value: undefined, isSettled: false };
  void promise.then((value) => {
    seen.value = value;
    seen.isSettled = true;
  });
  return seen;
}
