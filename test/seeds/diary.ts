// What happens in one history, line by line, where somebody wants to read it.
import type { VirtualTime } from "./virtual-time.ts";

/** `more` is said as JSON. */
export type Note = (what: string, more?: unknown) => void;

/** More of one line than anybody reads. */
const MAX_CHARS = 600;

export class Diary {
  readonly lines: string[] = [];
  readonly note: Note;

  /** Of the thousands of histories of which nobody reads a line, none is written. */
  constructor(time: VirtualTime, isKept: boolean) {
    const begin = time.now();
    const write: Note = (what, more) => {
      const at = ((time.now() - begin) / 1000).toFixed(3);
      const rest = more === undefined ? "" : ` ${JSON.stringify(more)}`;
      this.lines.push(`${at} ${what}${rest}`.slice(0, MAX_CHARS));
    };
    this.note = isKept ? write : () => undefined;
  }
}
