import type { Clock } from "../../shared/clock.ts";
import { READER_ACK_EVERY, READER_ACK_MS } from "../limits.ts";

/**
 * What was taken and not yet said, on one socket. Acks are cumulative (EVT7): one leaves when nothing else waits to
 * be taken, after every 32 events, or 100 ms after the first that was not said.
 */
export class EventAcks {
  readonly #clock: Clock;
  readonly #send: (id: string) => void;
  #owed: string | undefined;
  #count = 0;
  #stopTimer: (() => void) | undefined;

  constructor(clock: Clock, send: (id: string) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  taken(id: string, isLast: boolean): void {
    this.#owed = id;
    this.#count += 1;
    if (isLast || this.#count >= READER_ACK_EVERY) this.flush();
    else this.#stopTimer ??= this.#clock.after(READER_ACK_MS, () => this.flush());
  }

  flush(): void {
    const owed = this.#owed;
    this.forget();
    if (owed !== undefined) this.#send(owed);
  }

  /** The socket is gone, and what is owed with it: the next one shows it again. */
  forget(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#owed = undefined;
    this.#count = 0;
  }
}
