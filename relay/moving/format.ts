// A tenant on its way from one relay to another, as lines of JSON (TEN rules). What may be carried of a table stands in
// the tables' own lists; names of tables and columns never come from a line.
import * as z from "zod";
import { parseJson } from "../../shared/json.ts";

export const EXPORT_FORMAT = 1;

const secretSchema = z.object({ version: z.int(), check: z.string() });
/** By which the relay that imports knows that it has the same secret, without being told it. */
export type SecretCheck = z.infer<typeof secretSchema>;

export const headerSchema = z.object({
  t: z.literal("export"),
  format: z.int(),
  tenant: z.string(),
  name: z.string(),
  created_at: z.number(),
  exported_at: z.number(),
  /** When what holds for the tenant last changed: all pages of one export have it in common, and no other has. */
  changed_at: z.number(),
  /** How many accounts there are, and rows of the tenant that say what is allowed: none may be missing at the end. */
  accounts: z.int().default(0),
  rows: z.int().default(0),
  secrets: z.array(secretSchema).min(1),
});
export type ExportHeader = z.infer<typeof headerSchema>;

const rowSchema = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
export type CarriedRow = z.infer<typeof rowSchema>;

const counts = { messages: z.number(), others: z.number() };
const owedSchema = z.object({
  /** The lowest row id of Messages that is shown again, so that nobody misses what it was owed; null = none is. */
  from_rowid: z.number().nullable(),
  consumers: z.array(z.object({ name: z.string(), ...counts })),
  endpoints: z.array(z.object({ endpoint: z.string(), ...counts })),
});
/** What somebody had not had when the account was exported: messages come again, other events do not. */
export type Owed = z.infer<typeof owedSchema>;

const pair = z.object({ rowid: z.number(), guid: z.string() });
const stateSchema = z.object({
  log: z.string(),
  last_seq: z.number(),
  database: z.number(),
  resume: z.number().nullable(),
  newest: z.number().nullable(),
  reset: z.object({ floor: z.number(), until: z.number() }).nullable(),
  identity: z.array(pair),
  install: z.string().nullable(),
  epoch: z.number(),
  journal: z.string().nullable(),
  seen_at: z.number().nullable(),
  usage: z.record(z.string(), z.number()),
  /** What numeric chat ids of the configuration stand for. */
  chat_refs: z.string().refine((text) => parseJson(text).ok),
});
export type CarriedState = z.infer<typeof stateSchema>;

const accountSchema = z.object({
  t: z.literal("account"),
  account: z.string(),
  name: z.string(),
  created_at: z.number(),
  state: stateSchema,
  owed: owedSchema,
});
const accountRowSchema = z.object({
  t: z.literal("account_row"),
  account: z.string(),
  table: z.string(),
  row: rowSchema,
});
export const accountLineSchema = z.discriminatedUnion("t", [accountSchema, accountRowSchema]);
export type AccountLine = z.infer<typeof accountLineSchema>;

const tenantLineSchema = z.object({ t: z.literal("tenant_row"), table: z.string(), row: rowSchema });
export type TenantLine = z.infer<typeof tenantLineSchema>;

export const lineSchema = z.discriminatedUnion("t", [
  tenantLineSchema,
  accountSchema,
  accountRowSchema,
  /** The rest is to be asked for with `after`. */
  z.object({ t: z.literal("more"), after: z.string() }),
  z.object({ t: z.literal("end") }),
]);
export type ExportLine = z.infer<typeof lineSchema>;

/** A step of an export. `next`: the place to go on from; null = it is over. */
export interface ExportStep<T> {
  readonly lines: readonly T[];
  readonly next: string | null;
}
