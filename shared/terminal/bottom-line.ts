// A line, or a few, that stays below everything else in a terminal: whatever is printed meanwhile goes above it. One
// write for each change, so that nothing is seen half drawn.

export interface TerminalStream {
  readonly columns?: number;
  write(text: string): unknown;
}

/** No line longer than so many columns; undefined where there is none now. */
type Draw = (columns: number) => string | undefined;

const ESCAPE = "\u001B";
const CLEAR_BELOW = `\r${ESCAPE}[J`;
const COLOUR = new RegExp(`${ESCAPE}\\[\\d*m`, "g");
const DEFAULT_COLUMNS = 80;

export class BottomLine {
  readonly #stream: TerminalStream;
  readonly #draw: Draw;
  readonly #cells: (text: string) => number;
  /** As it stands in the terminal. */
  #shown: string | undefined;

  /** `cells`: how many columns a text takes, where that is not one for each of its characters. */
  constructor(stream: TerminalStream, draw: Draw, cells = (text: string): number => text.length) {
    this.#stream = stream;
    this.#draw = draw;
    this.#cells = cells;
  }

  get isShown(): boolean {
    return this.#shown !== undefined;
  }

  /** Whole lines, above it; where it is not shown, they do not begin it. */
  write(text: string): void {
    const { isShown } = this;
    const cleared = this.#clear();
    this.#stream.write(cleared + text + (isShown ? this.#again() : ""));
  }

  redraw(): void {
    const before = this.#shown;
    const cleared = this.#clear();
    const again = this.#again();
    if (again !== (before ?? "")) this.#stream.write(cleared + again);
  }

  /** It is gone; what was printed stays. */
  clear(): void {
    const cleared = this.#clear();
    if (cleared !== "") this.#stream.write(cleared);
  }

  #again(): string {
    // One less: some terminals go to the next line when the last column is written.
    this.#shown = this.#draw(this.#columns - 1);
    return this.#shown ?? "";
  }

  #clear(): string {
    if (this.#shown === undefined) return "";
    // A terminal that has become narrower has folded it.
    const rowsOf = (line: string): number => Math.max(1, Math.ceil(this.#cells(line) / this.#columns));
    const above = this.#shown
      .replace(COLOUR, "")
      .split("\n")
      .reduce((sum, line) => sum + rowsOf(line), -1);
    this.#shown = undefined;
    return (above > 0 ? `${ESCAPE}[${above}A` : "") + CLEAR_BELOW;
  }

  get #columns(): number {
    const { columns } = this.#stream;
    return columns === undefined || columns < 1 ? DEFAULT_COLUMNS : columns;
  }
}
