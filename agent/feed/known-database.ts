// Which generation of the database it is whose file imsg has open, and which one the relay has in mind: what a row
// id means hangs on both.
import type { ImsgEngine } from "../imsg/engine.ts";

export class KnownDatabase {
  readonly #engine: Pick<ImsgEngine, "databaseStamp" | "isDatabaseReplaced">;
  /** File and generation for which the identity was found to hold. */
  #verified: { readonly file: string | undefined; readonly database: number } | undefined;
  #told = 0;

  constructor(engine: Pick<ImsgEngine, "databaseStamp" | "isDatabaseReplaced">) {
    this.#engine = engine;
  }

  /** The generation whose row ids the relay means: it knows of a newer one when it has acknowledged it. */
  get told(): number {
    return this.#told;
  }

  /** A new link. */
  welcomed(database: number): void {
    this.#told = database;
    // A file that cannot be seen may have been replaced while the link was away.
    if (this.#engine.databaseStamp === undefined) this.#verified = undefined;
  }

  acked(database: number): void {
    this.#told = Math.max(this.#told, database);
  }

  /** The file that is open is of this generation. */
  found(database: number): void {
    this.#verified = { file: this.#engine.databaseStamp, database };
  }

  /** Whether the file that imsg was last known to have open was found to be of this generation. */
  is(database: number): boolean {
    const verified = this.#verified;
    return verified?.database === database && verified.file === this.#engine.databaseStamp;
  }

  /** Whether row ids of that generation still mean the same, also while the link is away; undefined = nobody can say yet. */
  keepsIds(database: number): boolean | undefined {
    this.#engine.isDatabaseReplaced();
    const verified = this.#verified;
    if (verified === undefined || verified.file !== this.#engine.databaseStamp) return undefined;
    return verified.database === database;
  }
}
