/** A fault that can explain why nobody knows what became of a send. Cuts of wires and ends of the relay never can. */
export interface Excuse {
  /** Milliseconds since the start of the seed: when it struck, and until when it can have taken an answer with it. */
  readonly at: number;
  readonly until: number;
  readonly what: string;
  /** One send is in imsg's hands at a time; a journal that is lost takes all with it that were given to the Mac. */
  readonly covers: number | "all";
}
