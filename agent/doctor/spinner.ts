// What is looked at now, as the last line of a terminal; gone when it is done.
import { BottomLine, type TerminalStream } from "../../shared/terminal/bottom-line.ts";

/** Often enough to be seen to move. */
const FRAME_MS = 90;
const BRAILLE = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const ASCII = ["|", "/", "-", "\\"];

export class Spinner {
  readonly #line: BottomLine;
  #title = "";
  #frame = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(stream: TerminalStream, isUnicode: boolean) {
    const frames = isUnicode ? BRAILLE : ASCII;
    this.#line = new BottomLine(stream, (columns) =>
      `${frames[this.#frame % frames.length] ?? ""} ${this.#title}`.slice(0, columns),
    );
  }

  show(title: string): void {
    this.#title = title;
    this.#timer ??= setInterval(() => {
      this.#frame += 1;
      this.#line.redraw();
    }, FRAME_MS);
    this.#line.redraw();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#line.clear();
  }
}
