import type { Clock } from "../../shared/clock.ts";
import { LENDER_GREETING_MS, LENDER_PING_MS, LENDER_SILENCE_MS } from "../limits.ts";
import { HELLO, PING, PONG, READY, readKeyed, SAME, writeKeyed, type Keyed } from "./protocol.ts";

interface BorrowerParts {
  readonly clock: Clock;
  readonly mintKey: () => string;
  readonly isOld: boolean;
  /** A line to the lender. */
  readonly send: (line: string) => void;
  readonly hangUp: () => void;
  /** A line to the gateway. */
  readonly answer: (line: string) => void;
  /** The rest of the conversation goes over a connection of our own; these requests are open and keep their keys. */
  readonly own: (open: readonly Keyed[]) => void;
  /** Everything is answered and nothing more will come. */
  readonly done: () => void;
}

/** `asking`: the lender has not greeted. `alone`: it is gone and nothing was open. `over`: handed on, or done. */
type State = "asking" | "lent" | "alone" | "over";

/**
 * A conversation over a lent connection. Whenever the lender cannot be relied on, everything open is asked again
 * over an own connection with the same keys: what was done is answered, what was not is done, nothing is done twice.
 */
export class Borrower {
  readonly #parts: BorrowerParts;
  /** By the key of each request; `asked` is the key under which the relay knows it. */
  readonly #open = new Map<string, { readonly text: string; asked: string }>();
  #state: State = "asking";
  #hasEnded = false;
  #heardAt = 0;
  #stopTimer: () => void;

  constructor(parts: BorrowerParts) {
    this.#parts = parts;
    this.#stopTimer = parts.clock.after(LENDER_GREETING_MS, () => this.lenderLost());
  }

  /** The socket is open. */
  connected(): void {
    if (this.#state === "asking") this.#parts.send(this.#parts.isOld ? HELLO.old : HELLO.json);
  }

  lenderLine(line: string): void {
    if (this.#state === "over" || this.#state === "alone") return;
    this.#heardAt = this.#parts.clock.now();
    if (line === READY) this.#greeted();
    else if (line.startsWith(SAME)) this.#isSame(line);
    else if (line !== PONG) this.#answered(readKeyed(line));
  }

  lenderLost(): void {
    if (this.#state === "over" || this.#state === "alone") return;
    this.#stopTimer();
    // With nothing open there is no hurry to connect: perhaps nothing more will be asked.
    if (this.#state === "lent" && this.#open.size === 0 && !this.#hasEnded) {
      this.#state = "alone";
      this.#parts.hangUp();
    } else {
      this.#handOn();
    }
  }

  /** A request of the gateway's. A lender need not live as long as this process. */
  line(text: string): void {
    const key = this.#parts.mintKey();
    this.#open.set(key, { text, asked: key });
    if (this.#state === "alone" || wantsOwn(text)) this.#handOn();
    else if (this.#state === "lent") this.#ask(key, text);
  }

  end(): void {
    this.#hasEnded = true;
    this.#finishIfDone();
  }

  #greeted(): void {
    if (this.#state !== "asking") return;
    this.#state = "lent";
    this.#stopTimer();
    this.#watchLender();
    for (const [key, { text }] of this.#open) this.#ask(key, text);
  }

  #ask(key: string, text: string): void {
    this.#parts.send(writeKeyed({ key, text }));
  }

  #isSame(line: string): void {
    const [, key = "", asked = ""] = line.split(" ");
    const open = this.#open.get(key);
    if (open !== undefined && asked !== "") open.asked = asked;
  }

  #answered({ key, text }: Keyed): void {
    if (!this.#open.delete(key)) return;
    if (text !== "") this.#parts.answer(text);
    this.#finishIfDone();
  }

  /** A lender may be stopped or stuck without its socket closing. */
  #watchLender(): void {
    this.#heardAt = this.#parts.clock.now();
    const look = (): void => {
      const { clock, send } = this.#parts;
      if (this.#open.size === 0) this.#heardAt = clock.now();
      if (clock.now() - this.#heardAt >= LENDER_SILENCE_MS) {
        this.lenderLost();
        return;
      }
      if (this.#open.size > 0) send(PING);
      this.#stopTimer = clock.after(LENDER_PING_MS, look);
    };
    this.#stopTimer = this.#parts.clock.after(LENDER_PING_MS, look);
  }

  #finishIfDone(): void {
    if (!this.#hasEnded || this.#open.size > 0 || this.#state === "over") return;
    this.#end();
    this.#parts.done();
  }

  #handOn(): void {
    this.#end();
    this.#parts.own([...this.#open.values()].map(({ asked, text }) => ({ key: asked, text })));
  }

  #end(): void {
    this.#state = "over";
    this.#stopTimer();
    this.#parts.hangUp();
  }
}

/** What cannot be asked again elsewhere under its key: a subscription, and a file, which would be another upload. */
function wantsOwn(text: string): boolean {
  // Cheap first: almost every line is a send, whose text may say anything.
  if (!text.includes('"watch.') && !text.includes('"file"')) return false;
  try {
    const request: unknown = JSON.parse(text);
    if (typeof request !== "object" || request === null) return false;
    if ("method" in request && typeof request.method === "string" && request.method.startsWith("watch."))
      return true;
    const params = "params" in request ? request.params : undefined;
    return typeof params === "object" && params !== null && "file" in params;
  } catch {
    return false;
  }
}
