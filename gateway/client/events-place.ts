import { parseEventId } from "../../shared/events.ts";

/**
 * How far a reader has come. Ids are ordered in a log, so the last one taken tells every repeat (EVT2); an id of
 * another log, or of another form, repeats nothing.
 */
export class EventPlace {
  #resume: string | undefined;
  #taken: { readonly log: string; readonly seq: number } | undefined;

  /** The event after which to go on; undefined = nothing was taken yet, and no start is known. */
  get resume(): string | undefined {
    return this.#resume;
  }

  /** Where a reader from the tail starts: without it, what comes during a loss of the link would be missed. */
  anchor(id: string): void {
    this.#resume ??= id;
  }

  wasTaken(id: string): boolean {
    const at = parseEventId(id);
    return at !== undefined && at.log === this.#taken?.log && at.seq <= this.#taken.seq;
  }

  take(id: string): void {
    if (this.wasTaken(id)) return;
    this.#resume = id;
    this.#taken = parseEventId(id);
  }
}
