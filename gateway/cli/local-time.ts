import { localDay, localMinute, localTime } from "../../shared/terminal/local-time.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/**
 * The times of lines that follow one another. For a terminal the day is said once, above its first line; in a pipe
 * every line says all, for those who look for something in it.
 */
export class Timeline {
  readonly #isTerminal: boolean;
  #day: string | undefined;

  constructor(isTerminal: boolean) {
    this.#isTerminal = isTerminal;
  }

  /** `ms` since the epoch; undefined where the date is not known. */
  mark(ms: number | undefined): { readonly heading: string | undefined; readonly time: string } {
    if (ms === undefined)
      return { heading: undefined, time: this.#isTerminal ? "--:--" : "---------- --:--" };
    const at = new Date(ms);
    if (!this.#isTerminal) return { heading: undefined, time: localTime(ms) };
    const day = localDay(at);
    const isNew = day !== this.#day;
    this.#day = day;
    return { heading: isNew ? `${DAYS[at.getDay()]}, ${day}` : undefined, time: localMinute(at) };
  }
}
