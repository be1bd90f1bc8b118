// What an operator allows a tenant: one table of names, what holds unless it says otherwise, and the most it may say.
import * as z from "zod";
import { RETENTION_EVENTS } from "./limits.ts";
import { ENDPOINT_LIMIT } from "./webhooks/limits.ts";

const GIB = 1024 * 1024 * 1024;

export const QUOTAS = {
  /** Accounts of the tenant. */
  accounts: { usual: 1_000, most: 100_000 },
  /** Keys of the tenant that were not revoked. */
  keys: { usual: 1_000, most: 10_000 },
  /** Webhook endpoints of the tenant: every account keeps a copy of those that concern it. */
  endpoints: { usual: ENDPOINT_LIMIT, most: ENDPOINT_LIMIT },
  /** Events in the log of each account. */
  events_kept: { usual: RETENTION_EVENTS, most: 500_000 },
  /** Bytes of attachments of each account, both ways, in a day of UTC. */
  bytes_a_day: { usual: 50 * GIB, most: 10_000 * GIB },
  /** Messages of each account, in a day of UTC; as many as are remembered. */
  sends_a_day: { usual: 50_000, most: 50_000 },
  /** Requests of each key in each account, on the long run; ten times as many at once. */
  requests_a_second: { usual: 500, most: 10_000 },
} as const satisfies Record<string, { usual: number; most: number }>;

export type QuotaName = keyof typeof QUOTAS;
export type Quotas = Readonly<Record<QuotaName, number>>;

/** Those that an account enforces by itself. */
export const ACCOUNT_QUOTAS = ["events_kept", "bytes_a_day", "sends_a_day", "requests_a_second"] as const;
export type AccountQuotas = Pick<Quotas, (typeof ACCOUNT_QUOTAS)[number]>;

const names = Object.keys(QUOTAS) as QuotaName[];

export const USUAL_QUOTAS: Quotas = Object.fromEntries(
  names.map((name) => [name, QUOTAS[name].usual]),
) as Quotas;

/** What an operator may say: null = as usual. */
export const quotasPatchSchema = z.strictObject(
  Object.fromEntries(
    names.map((name) => [name, z.int().min(0).max(QUOTAS[name].most).nullable().optional()]),
  ) as Record<QuotaName, z.ZodOptional<z.ZodNullable<z.ZodInt>>>,
);
export type QuotasPatch = { readonly [Name in QuotaName]?: number | null | undefined };

/** What was said of them (null = as usual), with what holds for the rest. */
export function quotasOf(said: QuotasPatch): Quotas {
  return Object.fromEntries(names.map((name) => [name, said[name] ?? USUAL_QUOTAS[name]])) as Quotas;
}

/** Of a refusal: which one, what it is, and how much of it is used. */
export const quotaSaidSchema = z.object({ name: z.string(), limit: z.number(), used: z.number() });
