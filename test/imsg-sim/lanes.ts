import { mutationLaneBlocked, serverBusy, type Delivery, type RpcFailure } from "./rpc-failure.ts";

export type Lane = "mutation" | "read" | "control";

/** A request in its lane; `run` calls back when it is over, with the poison of a stuck mutation. */
export interface Work {
  readonly lane: Lane;
  readonly run: (finished: (poison?: Delivery) => void) => void;
  readonly refuse: (failure: RpcFailure) => void;
}

/** Accepted and not yet answered, over all lanes. */
const OUTSTANDING = 128;
const READS_AT_ONCE = 4;

/**
 * The three lanes of 0.15: mutations strictly one after the other, up to four reads at once, control
 * beside both. A mutation that is still in flight when its time is up poisons the mutation lane.
 */
export class Lanes {
  readonly #drained: () => void;
  readonly #mutations: Work[] = [];
  readonly #reads: Work[] = [];
  #mutating = false;
  #reading = 0;
  #outstanding = 0;
  #poison: Delivery | undefined;

  constructor(drained: () => void) {
    this.#drained = drained;
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  submit(work: Work): void {
    if (this.#outstanding >= OUTSTANDING)
      return work.refuse(serverBusy("outstanding request limit exceeded"));
    this.#outstanding++;
    if (work.lane === "control") return work.run(() => this.#done());
    if (work.lane === "read") {
      this.#reads.push(work);
      return this.#nextReads();
    }
    this.#mutations.push(work);
    return this.#nextMutation();
  }

  /** Started in the order of arrival; which one ends first is another matter. */
  #nextReads(): void {
    while (this.#reading < READS_AT_ONCE) {
      const work = this.#reads.shift();
      if (work === undefined) return;
      this.#reading++;
      work.run(() => {
        this.#reading--;
        this.#done();
        this.#nextReads();
      });
    }
  }

  #nextMutation(): void {
    while (!this.#mutating) {
      const work = this.#mutations.shift();
      if (work === undefined) return;
      if (this.#poison !== undefined) {
        work.refuse(mutationLaneBlocked(this.#poison));
        this.#done();
        continue;
      }
      this.#mutating = true;
      work.run((poison) => {
        this.#poison = poison;
        this.#mutating = false;
        this.#done();
        this.#nextMutation();
      });
    }
  }

  #done(): void {
    this.#outstanding--;
    if (this.#outstanding === 0) this.#drained();
  }
}
