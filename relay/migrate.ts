import type { Sql } from "./account/ports.ts";

const hasTable = (sql: Sql, name: string): boolean =>
  sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name).toArray().length > 0;

/** Whether the object was ever created. Reading this writes nothing: an unknown object stays unknown. */
export const isCreated = (sql: Sql): boolean => hasTable(sql, "migration");

/** Runs what is missing, in order. Must be called inside a transaction. */
export function migrate(sql: Sql, migrations: readonly string[]): void {
  if (!hasTable(sql, "migration")) sql.exec("CREATE TABLE migration (id INTEGER PRIMARY KEY)");
  const done = new Set(
    sql
      .exec("SELECT id FROM migration")
      .toArray()
      .map(({ id }) => Number(id)),
  );
  for (const [at, migration] of migrations.entries()) {
    if (done.has(at)) continue;
    sql.exec(migration);
    sql.exec("INSERT INTO migration (id) VALUES (?)", at);
  }
}
