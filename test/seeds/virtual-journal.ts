// The agent's journal under virtual time: a file whose last writes may be lost, or torn, when the process dies before
// they were synced.
import type { JournalFile } from "../../agent/ports.ts";
import type { VirtualTime } from "./virtual-time.ts";

const FSYNC_MS = 3;

export class VirtualJournal implements JournalFile {
  readonly #time: VirtualTime;
  readonly #random: () => number;
  /** What is safe. */
  text: string | undefined;
  /** Lines that are on their way to the disk. */
  onWriting: (text: string) => void = () => undefined;
  #unsynced: string[] = [];
  #epoch = 0;

  constructor(time: VirtualTime, random: () => number) {
    this.#time = time;
    this.#random = random;
  }

  read(): string | undefined {
    return this.text;
  }

  append(text: string, done: (ok: boolean) => void): void {
    const epoch = this.#epoch;
    this.#unsynced.push(text);
    this.onWriting(text);
    this.#time.after(this.#random() * FSYNC_MS, () => {
      if (epoch !== this.#epoch) return;
      this.text = (this.text ?? "") + this.#unsynced.splice(0).join("");
      done(true);
    });
  }

  replace(text: string, done: (ok: boolean) => void): void {
    const epoch = this.#epoch;
    this.#time.after(this.#random() * FSYNC_MS, () => {
      if (epoch !== this.#epoch) return;
      this.text = text;
      this.#unsynced = [];
      done(true);
    });
  }

  setAside(): void {
    // Nobody looks at it here.
  }

  /** The process is gone: what was not synced is there whole, in part, or not at all. */
  died(): void {
    this.#epoch += 1;
    const rest = this.#unsynced.splice(0).join("");
    this.text = (this.text ?? "") + rest.slice(0, Math.floor(this.#random() * (rest.length + 1)));
  }

  lose(): void {
    this.text = undefined;
  }

  tear(): void {
    this.text = this.text?.slice(0, -Math.floor(1 + this.#random() * 20));
  }
}
