// Times as somebody at this machine reads them, in its time zone. The same order everywhere: they sort as texts.

const two = (value: number): string => String(value).padStart(2, "0");
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** `2026-11-22` */
const localDay = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
/** `14:05` */
const localMinute = (at: Date): string => `${two(at.getHours())}:${two(at.getMinutes())}`;
/** `2026-11-22 14:05` */
export const localTime = (at: number): string => `${localDay(new Date(at))} ${localMinute(new Date(at))}`;

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
