/** What happened when, in milliseconds since its start: for whoever looks for a cause. */
export class Timeline {
  readonly lines: string[] = [];
  readonly #began = Date.now();

  /** Milliseconds since the start. */
  get now(): number {
    return Date.now() - this.#began;
  }

  /** Of an absolute time. */
  since(epochMs: number): number {
    return epochMs - this.#began;
  }

  note(what: string): void {
    this.lines.push(`${String(this.now).padStart(6)} ${what}`);
  }
}
