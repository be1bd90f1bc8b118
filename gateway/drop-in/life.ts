/**
 * When a conversation is over: as imsg, which answers what it accepted before the end of its input and then ends,
 * open subscriptions or not.
 */
export class Life {
  readonly #onOver: () => void;
  #inFlight = 0;
  #hasEnded = false;

  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  accepted(): void {
    this.#inFlight += 1;
  }

  answered(): void {
    this.#inFlight -= 1;
    this.#look();
  }

  inputEnded(): void {
    this.#hasEnded = true;
    this.#look();
  }

  #look(): void {
    if (this.#hasEnded && this.#inFlight === 0) this.#onOver();
  }
}
