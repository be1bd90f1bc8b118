// LINK11: is this the database that the log's rows came from? Looks up rows that were logged: the same when at
// least one is there and none is another message.
import type { Reader } from "./reader.ts";
import type { Row } from "./row.ts";

export interface Pair {
  readonly rowid: number;
  readonly guid: string;
}

export class IdentityCheck {
  readonly #pairs: readonly Pair[];
  readonly #seen = new Map<number, string>();

  constructor(pairs: readonly Pair[]) {
    this.#pairs = pairs;
  }

  /** Any row that imsg shows while the check runs. */
  seen(row: Row): void {
    this.#seen.set(row.rowid, row.guid);
  }

  /** All looks at once: an old engine needs its time for each that finds nothing. */
  run(reader: Pick<Reader, "look">, done: (result: "same" | "other" | "failed") => void): void {
    let left = this.#pairs.length;
    let failed = false;
    if (left === 0) {
      done("same");
      return;
    }
    for (const { rowid } of this.#pairs) {
      reader.look(rowid, (result) => {
        failed ||= result === "failed";
        left -= 1;
        if (left === 0) done(failed ? "failed" : this.#verdict());
      });
    }
  }

  #verdict(): "same" | "other" {
    let matches = 0;
    for (const { rowid, guid } of this.#pairs) {
      const found = this.#seen.get(rowid);
      if (found === guid) matches += 1;
      else if (found !== undefined) return "other";
    }
    return matches > 0 ? "same" : "other";
  }
}
