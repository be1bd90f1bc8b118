import type { Clock } from "../../shared/clock.ts";
import { ACK_EVERY, ACK_IDLE_MS } from "../limits.ts";

/** Batches the acknowledgements of one subscription: every 32 messages, or when it has been quiet for a moment. */
export class Acks {
  readonly #clock: Clock;
  readonly #send: (id: string) => void;
  #last: string | undefined;
  #count = 0;
  #stopTimer: (() => void) | undefined;

  constructor(clock: Clock, send: (id: string) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  done(id: string): void {
    this.#last = id;
    this.#count += 1;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    if (this.#count >= ACK_EVERY) this.flush();
    else this.#stopTimer = this.#clock.after(ACK_IDLE_MS, () => this.flush());
  }

  flush(): void {
    this.stop();
    if (this.#count === 0 || this.#last === undefined) return;
    this.#count = 0;
    this.#send(this.#last);
  }

  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }
}
