// What an object costs that no row of it says: counted here until the next row that is written anyway takes it along.
/** Since they were last taken. Outlives hibernation with its isolate, and is lost with that: best effort. */
export interface Meter {
  rows: number;
  constructions: number;
}

type SqlValue = string | number | null | ArrayBuffer;
interface Cursor {
  toArray(): Record<string, SqlValue>[];
  readonly rowsWritten: number;
}
interface Sql {
  exec(query: string, ...bindings: SqlValue[]): Cursor;
}

/** The same storage, whose written rows are counted: they are what is billed. */
export function metered(sql: Sql, meter: Meter): Sql {
  return {
    exec(query, ...bindings) {
      const cursor = sql.exec(query, ...bindings);
      if (cursor.rowsWritten > 0) meter.rows += cursor.rowsWritten;
      return cursor;
    },
  };
}
