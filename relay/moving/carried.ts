// Rows of a table as they are carried: read in the order of their keys, a step at a time, and put back over what is there.
import type * as z from "zod";
import type { Sql, SqlValue } from "../account/ports.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { CarriedRow, ExportStep } from "./format.ts";

export interface CarriedTable {
  readonly table: string;
  /** What is read instead of the table: of what is made for the journey. */
  readonly from?: string;
  readonly key: readonly string[];
  /** Beside the key. */
  readonly columns: readonly string[];
  /** Those of them that hold texts: they travel sealed. */
  readonly sealed?: readonly string[];
  /** What means something only where it comes from. */
  readonly changed?: (row: CarriedRow) => CarriedRow;
  /** How it is read here once it is stored: what could not be is not taken. */
  readonly reads?: z.ZodType;
  /** Its rows are counted: they say what is allowed, and none may be missing at the end. */
  readonly isCounted?: true;
}

/** Column names with blanks between. */
export const named = (columns: string): readonly string[] => columns.split(" ");

export interface RowSealing {
  seal(text: string): string;
  unseal(sealed: string): string | undefined;
}

export interface TableRow {
  readonly table: string;
  readonly row: CarriedRow;
}

/** `place`: what `next` of the step before said; null = from the beginning. */
export function stepOf(
  sql: Sql,
  tables: readonly CarriedTable[],
  place: string | null,
  limit: number,
  sealing: RowSealing,
): ExportStep<TableRow> {
  const [name, ...last] = place === null ? [] : (JSON.parse(place) as [string, ...SqlValue[]]);
  let at = Math.max(
    0,
    tables.findIndex(({ table }) => table === name),
  );
  const after = last;
  const lines: TableRow[] = [];
  for (let isFirst = true; lines.length < limit; at += 1, isFirst = false) {
    const table = tables[at];
    if (table === undefined) return { lines, next: null };
    const rows = rowsOf(sql, table, isFirst ? after : [], limit - lines.length);
    lines.push(...rows.map((row) => ({ table: table.table, row: outward(table, row, sealing) })));
    const end = rows.at(-1);
    if (lines.length === limit && end !== undefined)
      return {
        lines,
        next: JSON.stringify([table.table, ...table.key.map((column) => end[column] ?? null)]),
      };
  }
  return { lines, next: null };
}

/** Over what is there with the same key. */
export function putRow(
  sql: Sql,
  tables: readonly CarriedTable[],
  { table: name, row }: TableRow,
  sealing: RowSealing,
): Result<void, string> {
  const table = tables.find((known) => known.table === name);
  if (table === undefined) return err("a table that is not carried");
  const columns = columnsOf(table);
  const opened: Record<string, SqlValue> = {};
  for (const column of columns) {
    const value = row[column];
    if (value === undefined) return err(`${name}: without ${column}`);
    const isSealed = table.sealed?.includes(column) === true && typeof value === "string";
    const text = isSealed ? sealing.unseal(value) : value;
    if (text === undefined) return err(`${name}: ${column} was sealed by another relay`);
    opened[column] = text;
  }
  const marks = columns.map(() => "?").join(", ");
  try {
    table.reads?.parse(opened);
    sql.exec(
      `INSERT OR REPLACE INTO ${name} (${columns.join(", ")}) VALUES (${marks})`,
      ...Object.values(opened),
    );
    return ok(undefined);
  } catch {
    // A schema's transform and a constraint of the table both throw.
    return err(`${name}: not a row of such a table`);
  }
}

/** Of those that are counted. */
export const countRows = (sql: Sql, tables: readonly CarriedTable[]): number =>
  tables
    .filter(({ isCounted }) => isCounted === true)
    .map(({ table }) => Number(sql.exec(`SELECT count(*) AS n FROM ${table}`).toArray()[0]?.["n"] ?? 0))
    .reduce((sum, n) => sum + n, 0);

const columnsOf = ({ key, columns }: CarriedTable): readonly string[] => [...new Set([...key, ...columns])];

function rowsOf(sql: Sql, table: CarriedTable, after: readonly SqlValue[], limit: number): CarriedRow[] {
  const key = table.key.join(", ");
  const where = after.length === 0 ? "" : `WHERE (${key}) > (${after.map(() => "?").join(", ")})`;
  return sql
    .exec(
      `SELECT ${columnsOf(table).join(", ")} FROM ${table.from ?? table.table} ${where} ORDER BY ${key} LIMIT ?`,
      ...after,
      limit,
    )
    .toArray() as CarriedRow[];
}

function outward({ sealed = [], changed }: CarriedTable, row: CarriedRow, sealing: RowSealing): CarriedRow {
  const shut = { ...row };
  for (const column of sealed) {
    const value = shut[column];
    if (typeof value === "string") shut[column] = sealing.seal(value);
  }
  return changed === undefined ? shut : changed(shut);
}
