// The catch-up that goes on, drawn below the log while it does. Looks once a second whether there is one, so that
// the many that are over in a moment show nothing.
import { BottomLine, type TerminalStream } from "../../shared/terminal/bottom-line.ts";
import type { Glyphs } from "../../shared/terminal/progress-words.ts";
import { barLine } from "../catch-up-words.ts";
import type { CatchUp } from "../feed/progress.ts";

const LOOK_MS = 1_000;
const DRAW_MS = 100;

export class CatchUpBar {
  readonly #line: BottomLine;
  #look: () => CatchUp | null = () => null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stream: TerminalStream, glyphs: Glyphs) {
    this.#line = new BottomLine(stream, (columns) => {
      const now = this.#timer === undefined ? null : this.#look();
      return now === null ? undefined : barLine(now, columns, glyphs);
    });
  }

  /** For the log: whole lines, above the bar. */
  readonly write = (text: string): void => this.#line.write(text);

  start(look: () => CatchUp | null): void {
    this.#look = look;
    this.#later(LOOK_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#line.clear();
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#line.redraw();
      this.#later(this.#line.isShown ? DRAW_MS : LOOK_MS);
    }, ms);
  }
}
