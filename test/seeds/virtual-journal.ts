// The agent's journal under virtual time: a file whose last writes may be lost, or torn, when the process dies before
// they were synced.
import type { JournalFile } from "../../agent/ports.ts";
import type { VirtualTime } from "./virtual-time.ts";

const FSYNC_MS = 3;

/** One that is on its way to the disk. */
interface Write {
  readonly text: string;
  /** The file anew, all or nothing; else lines at its end. */
  readonly isWhole: boolean;
}

export class VirtualJournal implements JournalFile {
  readonly #time: VirtualTime;
  readonly #random: () => number;
  /** What is safe. */
  text: string | undefined;
  /** Lines that are on their way to the disk … */
  onWriting: (lines: string) => void = () => undefined;
  /** … and lines that are safe there. */
  onSafe: (lines: string) => void = () => undefined;
  #writes: Write[] = [];
  /** No write is done before the one before it. */
  #doneAt = 0;
  #epoch = 0;

  constructor(time: VirtualTime, random: () => number) {
    this.#time = time;
    this.#random = random;
  }

  read(): string | undefined {
    return this.text;
  }

  append(text: string, done: (ok: boolean) => void): void {
    this.onWriting(text);
    this.#write({ text, isWhole: false }, done);
  }

  replace(text: string, done: (ok: boolean) => void): void {
    this.#write({ text, isWhole: true }, done);
  }

  setAside(): void {
    // Nobody looks at it here.
  }

  /** The process is gone: what was not synced is there up to some byte, and of a file anew all or nothing. */
  died(): void {
    this.#epoch += 1;
    for (const { text, isWhole } of this.#writes.splice(0)) {
      const written = this.#random() < 0.3 ? text.length : Math.floor(this.#random() * text.length);
      if (!isWhole) this.text = (this.text ?? "") + text.slice(0, written);
      else if (written === text.length) this.text = text;
      if (written < text.length) return;
    }
  }

  lose(): void {
    this.text = undefined;
  }

  tear(): void {
    this.text = this.text?.slice(0, -Math.floor(1 + this.#random() * 20));
  }

  #write(write: Write, done: (ok: boolean) => void): void {
    const epoch = this.#epoch;
    const now = this.#time.now();
    this.#writes.push(write);
    this.#doneAt = Math.max(this.#doneAt, now + this.#random() * FSYNC_MS);
    this.#time.after(this.#doneAt - now, () => {
      if (epoch !== this.#epoch) return;
      this.#writes.shift();
      this.text = write.isWhole ? write.text : (this.text ?? "") + write.text;
      this.onSafe(write.text);
      done(true);
    });
  }
}
