// How far transfers are, below everything else on the terminal that a human looks at; elsewhere nothing is drawn.
import { BottomLine, type TerminalStream } from "../../shared/terminal/bottom-line.ts";
import type { Glyphs } from "../../shared/terminal/progress-words.ts";
import type { TransferProgress } from "../client/bytes-ask.ts";
import { sentenceOf } from "./failure-report.ts";
import { cells } from "./text-cells.ts";
import { TransferPace } from "./transfer-pace.ts";
import { transferLine } from "./transfer-words.ts";

/** What is over in a moment shows nothing. */
const FIRST_MS = 300;
const DRAW_MS = 100;

interface BarsOptions {
  readonly stream: TerminalStream;
  /** Undefined where nothing may move. */
  readonly glyphs: Glyphs | undefined;
  /** Bytes of all the files that will go, in order; a single one needs no sum. */
  readonly sizes?: readonly number[];
  readonly now?: () => number;
}

export class TransferBars {
  readonly #line: BottomLine;
  readonly #glyphs: Glyphs | undefined;
  readonly #sizes: readonly number[];
  readonly #now: () => number;
  readonly #pace = new TransferPace();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #label = "";
  #progress: TransferProgress = { bytes: 0, size: 0, waiting: null };
  /** Files that are through, and their bytes. */
  #files = 0;
  #before = 0;

  constructor({ stream, glyphs, sizes = [], now = () => performance.now() }: BarsOptions) {
    this.#glyphs = glyphs;
    this.#sizes = sizes;
    this.#now = now;
    this.#line = new BottomLine(stream, (columns) => this.#draw(columns)?.join("\n"), cells);
  }

  /** The next file. */
  start(label: string): void {
    this.#label = label;
    this.#progress = { bytes: 0, size: this.#sizes[this.#files] ?? 0, waiting: null };
    if (this.#glyphs !== undefined && this.#timer === undefined) this.#later(FIRST_MS);
  }

  readonly moved = (progress: TransferProgress): void => {
    this.#progress = progress;
    this.#pace.note(this.#now(), this.#before + progress.bytes);
  };

  /** It is through; what `say` prints goes above what is still under way. */
  ended(say: () => void): void {
    this.#files += 1;
    this.#before += this.#progress.size;
    this.#line.clear();
    say();
    if (this.#files === Math.max(1, this.#sizes.length)) this.stop();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#line.clear();
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#line.redraw();
      this.#later(DRAW_MS);
    }, ms);
  }

  #draw(columns: number): string[] | undefined {
    const glyphs = this.#glyphs;
    if (glyphs === undefined || this.#timer === undefined) return undefined;
    const { bytes, size, waiting } = this.#progress;
    const speed = this.#pace.perSecond;
    const why = waiting === null ? null : `${sentenceOf(waiting)} Trying again …`;
    const one = transferLine({ label: this.#label, bytes, size, speed, waiting: why }, columns, glyphs);
    if (this.#sizes.length < 2) return [one];
    const all = {
      label: `${this.#files} of ${this.#sizes.length} files`,
      bytes: this.#before + bytes,
      size: this.#sizes.reduce((sum, each) => sum + each, 0),
      speed,
      waiting: null,
    };
    return [one, transferLine(all, columns, glyphs)];
  }
}
