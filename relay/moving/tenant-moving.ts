// A tenant that leaves for another relay, and one that comes (TEN rules). In transactions of the caller.
import { err, ok, type Result } from "../../shared/result.ts";
import type { TenantInfo } from "../api.ts";
import type { Storage } from "../account/ports.ts";
import type { Secrets } from "../secrets.ts";
import { countRows, putRow, stepOf, type RowSealing } from "./carried.ts";
import { EXPORT_FORMAT, type ExportHeader, type ExportStep, type TenantLine } from "./format.ts";
import { STEP_ROWS } from "./limits.ts";
import { secretChecks } from "./secret-checks.ts";
import { TENANT_TABLES } from "./tenant-tables.ts";

/** Nothing of a tenant's tables is a text that somebody wrote in a message. */
const AS_IT_IS: RowSealing = { seal: (text) => text, unseal: (text) => text };

export function headerOf(
  { tenant, name, created_at }: TenantInfo,
  facts: Pick<ExportHeader, "changed_at" | "accounts" | "rows">,
  secrets: Secrets,
  now: number,
): ExportHeader {
  return {
    t: "export",
    format: EXPORT_FORMAT,
    tenant,
    name,
    created_at,
    exported_at: now,
    ...facts,
    secrets: secretChecks(secrets),
  };
}

export function tenantStep({ sql }: Storage, place: string | null): ExportStep<TenantLine> {
  const { lines, next } = stepOf(sql, TENANT_TABLES, place, STEP_ROWS, AS_IT_IS);
  return { lines: lines.map(({ table, row }) => ({ t: "tenant_row", table, row })), next };
}

export const countTenantRows = ({ sql }: Storage): number => countRows(sql, TENANT_TABLES);

export function takeTenantLines({ sql }: Storage, lines: readonly TenantLine[]): Result<void, string> {
  for (const line of lines) {
    const taken = putRow(sql, TENANT_TABLES, line, AS_IT_IS);
    if (!taken.ok) return err(taken.error);
  }
  return ok(undefined);
}
