// How fast reading goes: over the last seconds and not since its beginning, so that a relay or an imsg that has
// become slow is seen, and what is left is judged by how it goes now.
import { PACE_SAMPLE_MS, PACE_WINDOW_MS } from "../limits.ts";

interface Sample {
  readonly at: number;
  readonly done: number;
  readonly position: number;
}

interface Speed {
  /** Rows sent a second. */
  readonly rows: number;
  /** Row ids passed a second: more than rows where ids are missing. */
  readonly ids: number;
}

export class Pace {
  /** A few, oldest first; all but the first within the window. */
  #samples: Sample[] = [];
  #movedAt = 0;

  clear(): void {
    this.#samples = [];
  }

  note(now: number, done: number, position: number): void {
    this.#movedAt = now;
    const last = this.#samples.at(-1);
    if (last !== undefined && now - last.at < PACE_SAMPLE_MS) return;
    this.#samples.push({ at: now, done, position });
    this.#forget(now);
  }

  /** Undefined where it is too early to say. */
  speed(now: number, done: number, position: number): Speed | undefined {
    this.#forget(now);
    const [first] = this.#samples;
    const ms = first === undefined ? 0 : now - first.at;
    if (first === undefined || ms < PACE_SAMPLE_MS) return undefined;
    if (now - this.#movedAt >= PACE_WINDOW_MS) return { rows: 0, ids: 0 };
    return { rows: ((done - first.done) * 1_000) / ms, ids: ((position - first.position) * 1_000) / ms };
  }

  /** The newest of those that are too old stays: the window is never shorter than it should be. */
  #forget(now: number): void {
    while (this.#samples[1] !== undefined && this.#samples[1].at <= now - PACE_WINDOW_MS)
      this.#samples.shift();
  }
}
