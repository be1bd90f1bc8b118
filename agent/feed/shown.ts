// What a watch has shown since a position, and up to where nothing is missing. A watch may leave rows out without
// a word (those that stay without a chat), so its own cursor is not where reading may resume.
export class Shown {
  readonly #rows = new Set<number>();
  #complete = 0;

  /** Everything up to here was seen. */
  start(position: number): void {
    this.#rows.clear();
    this.#complete = position;
  }

  /** The greatest position below which no rowid is missing. */
  get complete(): number {
    return this.#complete;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Whether rows were shown beyond one that was not. */
  get hasGap(): boolean {
    return this.#rows.size > 0;
  }

  has(rowid: number): boolean {
    return rowid <= this.#complete || this.#rows.has(rowid);
  }

  add(rowid: number): void {
    if (rowid > this.#complete) this.#rows.add(rowid);
    this.#advance();
  }

  /** A page has said what there is up to here. */
  checkedTo(position: number): void {
    if (position <= this.#complete) return;
    this.#complete = position;
    for (const rowid of this.#rows) if (rowid <= position) this.#rows.delete(rowid);
    this.#advance();
  }

  #advance(): void {
    while (this.#rows.delete(this.#complete + 1)) this.#complete += 1;
  }
}
