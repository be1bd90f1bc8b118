// The relay's own SQL on real SQLite (its WebAssembly build), in the test's process. What was committed survives
// the relay's death, as a file would.
import initSqlJs, { type Database, type SqlJsStatic, type Statement } from "sql.js";
import type { SqlValue, Storage } from "../../relay/account/ports.ts";

/** The names of its columns are asked for once: every question is a call into WebAssembly. */
interface Prepared {
  readonly statement: Statement;
  readonly columns: readonly string[];
}

let engine: Promise<SqlJsStatic> | undefined;
/** Databases with their tables, as bytes, by how they were prepared: making tables takes longer than copying them. */
const prepared = new Map<(storage: Storage) => void, Uint8Array>();

/** A database in memory that `prepare` has seen; it is asked once. */
export async function openStorage(prepare: (storage: Storage) => void): Promise<SqlStorage> {
  engine ??= initSqlJs();
  const { Database } = await engine;
  let bytes = prepared.get(prepare);
  if (bytes === undefined) {
    const first = new Database();
    prepare(new SqlStorage(first));
    bytes = first.export();
    first.close();
    prepared.set(prepare, bytes);
  }
  const database = new Database(bytes);
  // Its file is memory, and nobody else has it: what SQLite does for the sake of disks and of others would only cost.
  database.run("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE");
  return new SqlStorage(database);
}

export class SqlStorage implements Storage {
  readonly #database: Database;
  readonly #statements = new Map<string, Prepared>();
  #depth = 0;
  readonly sql = {
    exec: (query: string, ...bindings: SqlValue[]): { toArray(): Record<string, SqlValue>[] } => {
      const rows = this.#run(query, bindings);
      return { toArray: () => rows };
    },
  };

  constructor(database: Database) {
    this.#database = database;
  }

  transaction<T>(run: () => T): T {
    const name = `t${this.#depth}`;
    this.#depth += 1;
    this.#run(`SAVEPOINT ${name}`, []);
    try {
      const value = run();
      this.#run(`RELEASE ${name}`, []);
      return value;
    } catch (error) {
      this.#run(`ROLLBACK TO ${name}`, []);
      this.#run(`RELEASE ${name}`, []);
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  close(): void {
    for (const { statement } of this.#statements.values()) statement.free();
    this.#database.close();
  }

  #run(query: string, bindings: SqlValue[]): Record<string, SqlValue>[] {
    if (bindings.length === 0 && query.includes(";")) {
      this.#database.run(query);
      return [];
    }
    const { statement, columns } = this.#prepared(query);
    if (bindings.length > 0)
      statement.bind(bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value)));
    const rows: Record<string, SqlValue>[] = [];
    while (statement.step()) rows.push(rowOf(columns, statement.get()));
    statement.reset();
    return rows;
  }

  #prepared(query: string): Prepared {
    const known = this.#statements.get(query);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(query);
    const prepared = { statement, columns: statement.getColumnNames() };
    this.#statements.set(query, prepared);
    return prepared;
  }
}

function rowOf(columns: readonly string[], values: readonly unknown[]): Record<string, SqlValue> {
  const row: Record<string, SqlValue> = {};
  for (const [at, name] of columns.entries()) {
    const value = values[at];
    if (typeof value !== "string" && typeof value !== "number" && value !== null)
      throw new Error(`column ${name} has a value that the relay never stores`);
    row[name] = value;
  }
  return row;
}
