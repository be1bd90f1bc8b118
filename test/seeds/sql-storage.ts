// The relay's own SQL on real SQLite (its WebAssembly build), in the test's process. What was committed survives
// the relay's death, as a file would.
import initSqlJs, { type Database, type SqlJsStatic, type Statement } from "sql.js";
import type { SqlValue, Storage } from "../../relay/account/ports.ts";

let engine: Promise<SqlJsStatic> | undefined;

export async function openStorage(): Promise<SqlStorage> {
  engine ??= initSqlJs();
  return new SqlStorage(new (await engine).Database());
}

export class SqlStorage implements Storage {
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();
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
    for (const statement of this.#statements.values()) statement.free();
    this.#database.close();
  }

  #run(query: string, bindings: SqlValue[]): Record<string, SqlValue>[] {
    if (bindings.length === 0 && query.includes(";")) {
      this.#database.run(query);
      return [];
    }
    let statement = this.#statements.get(query);
    if (statement === undefined) {
      statement = this.#database.prepare(query);
      this.#statements.set(query, statement);
    }
    const rows: Record<string, SqlValue>[] = [];
    statement.bind(bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value)));
    while (statement.step()) rows.push(plain(statement.getAsObject()));
    statement.reset();
    return rows;
  }
}

function plain(row: Record<string, unknown>): Record<string, SqlValue> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (typeof value === "string" || typeof value === "number" || value === null) return [name, value];
      throw new Error(`column ${name} has a value that the relay never stores`);
    }),
  );
}
