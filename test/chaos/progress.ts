// What is said while seeds run: on a terminal one bar below the lines, else lines alone.
import { BottomLine } from "../../shared/terminal/bottom-line.ts";
import { glyphsFor } from "../../shared/terminal/terminal-kind.ts";

const BAR_CELLS = 24;

export interface Standing {
  readonly done: number;
  readonly total: number;
  readonly broken: number;
}

export class Progress {
  readonly #line: BottomLine | undefined;
  readonly #out: NodeJS.WriteStream;
  #standing: Standing;

  constructor(out: NodeJS.WriteStream, total: number) {
    this.#out = out;
    this.#standing = { done: 0, total, broken: 0 };
    const glyphs = glyphsFor(process.env, out.isTTY, process.platform);
    if (glyphs === undefined) return;
    const { full, empty, paint } = glyphs;
    this.#line = new BottomLine(out, (columns) => {
      const { done, total, broken } = this.#standing;
      const cells = Math.floor((BAR_CELLS * done) / Math.max(1, total));
      const words = ` ${done} of ${total} seeds, ${broken} broken`;
      const bar = `${paint(full.repeat(cells))}${empty.repeat(BAR_CELLS - cells)}`;
      return BAR_CELLS + words.length <= columns ? bar + words : words.trim().slice(0, columns);
    });
    this.#line.redraw();
  }

  /** A whole line, above the bar. */
  say(text: string): void {
    if (this.#line === undefined) this.#out.write(`${text}\n`);
    else this.#line.write(`${text}\n`);
  }

  stand(standing: Standing): void {
    this.#standing = standing;
    this.#line?.redraw();
  }

  end(): void {
    this.#line?.clear();
  }
}
