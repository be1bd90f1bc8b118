// Tenants, their keys, usage and audit as this side reads them (docs/protocol.md §11): loose, so that a newer relay may
// say more.
import * as z from "zod";
import { keySchema, tenantSchema } from "./shapes.ts";

const count = z.number().default(0);

export const tenantViewSchema = tenantSchema.extend({
  /** Why it is suspended. */
  reason: z.string().nullable().default(null),
  /** When what holds for it was last said. */
  changed_at: count,
  quotas: z.record(z.string(), z.number()).default({}),
  used: z.looseObject({ accounts: count, keys: count, endpoints: count }),
  /** Accounts that were not told yet what was said last. */
  accounts_pending: count,
});
export type TenantView = z.infer<typeof tenantViewSchema>;

export const deletedTenantSchema = z.looseObject({
  tenant: z.string(),
  state: z.string(),
  accounts_left: count,
});
export type DeletedTenant = z.infer<typeof deletedTenantSchema>;

export const deletedAccountSchema = z.looseObject({ account: z.string(), state: z.string() });

export const changedKeySchema = keySchema.extend({
  accounts_reached: count,
});
export type ChangedKey = z.infer<typeof changedKeySchema>;
export const rotatedKeySchema = changedKeySchema.extend({ credential: z.string() });
export type RotatedKey = z.infer<typeof rotatedKeySchema>;

const entrySchema = z.looseObject({
  id: z.number(),
  at: z.number(),
  by: z.string(),
  verb: z.string(),
  about: z.string(),
  result: z.string(),
  request_id: z.string().nullable().default(null),
});
export type AuditEntry = z.infer<typeof entrySchema>;
export const auditSchema = z.looseObject({
  entries: z.array(entrySchema),
  next: z.number().nullable().default(null),
});
export type AuditPage = z.infer<typeof auditSchema>;

const daySchema = z.looseObject({
  day: z.string(),
  messages_in: count,
  messages_out: count,
  events: count,
  calls: count,
  files_in: count,
  files_out: count,
  bytes_in: count,
  bytes_out: count,
  webhook_attempts: count,
  rows_written: count,
  wakes: count,
});
const accountDaySchema = daySchema.extend({ account: z.string(), reported_at: z.number() });
export type UsageDay = z.infer<typeof daySchema>;
export type AccountDay = z.infer<typeof accountDaySchema>;
export const tenantUsageSchema = z.looseObject({
  from: z.string(),
  to: z.string(),
  days: z.array(accountDaySchema),
  next: z.string().nullable().default(null),
});
export type TenantUsage = z.infer<typeof tenantUsageSchema>;
export const accountUsageSchema = z.looseObject({
  from: z.string(),
  to: z.string(),
  days: z.array(daySchema),
});
export type AccountUsage = z.infer<typeof accountUsageSchema>;
