// How far an export is: by its accounts, since nobody knows its bytes before.
import { BottomLine, type TerminalStream } from "../../shared/terminal/bottom-line.ts";
import {
  bar,
  bytesInWords,
  grouped,
  LEAST_BAR,
  MOST_BAR,
  type Glyphs,
} from "../../shared/terminal/progress-words.ts";
import type { ExportProgress } from "../client/tenant-export.ts";
import { sentenceOf } from "./failure-report.ts";
import { cells, cut } from "./text-cells.ts";

const DRAW_MS = 100;

export class ExportBar {
  readonly #line: BottomLine;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #progress: ExportProgress = { accounts: 0, bytes: 0, waiting: null };

  /** `glyphs`: undefined where nothing may move. */
  constructor(stream: TerminalStream, glyphs: Glyphs | undefined, accounts: number) {
    this.#line = new BottomLine(
      stream,
      (columns) => (glyphs === undefined ? undefined : exportLine(this.#progress, accounts, columns, glyphs)),
      cells,
    );
    if (glyphs !== undefined) this.#timer = setInterval(() => this.#line.redraw(), DRAW_MS);
  }

  readonly moved = (progress: ExportProgress): void => {
    this.#progress = progress;
  };

  stop(): void {
    clearInterval(this.#timer);
    this.#line.clear();
  }
}

/** The last account that has begun is not there yet. */
export function exportLine(
  { accounts, bytes, waiting }: ExportProgress,
  all: number,
  columns: number,
  glyphs: Glyphs,
): string {
  const done = Math.max(0, accounts - 1);
  const words = `${grouped(done)} of ${grouped(Math.max(all, done))} accounts  ${bytesInWords(bytes)}`;
  if (waiting !== null) return cut(`${words}  ${sentenceOf(waiting)} Trying again …`, Math.max(1, columns));
  const room = Math.min(MOST_BAR, columns - words.length - 2);
  const part = all === 0 ? 1 : Math.min(1, done / all);
  return room < LEAST_BAR ? cut(words, Math.max(1, columns)) : `${bar(part, room, glyphs)}  ${words}`;
}
