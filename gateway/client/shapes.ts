// The relay's HTTP answers as this side reads them (docs/protocol.md §3): loose, so that a newer relay may say more.
import * as z from "zod";
import { scopeSchema } from "../../shared/grant.ts";
import { engineSchema, healthSchema } from "../../shared/health.ts";
import { macPolicySchema } from "../../shared/mac-policy.ts";

const time = z.number();
const timeOrNull = time.nullable().default(null);

export const relayHealthSchema = z.looseObject({ ok: z.boolean(), version: z.string() });

/** `active`, `suspended`, `importing`, `deleting`; of an account `active`, `paused`, `deleting`. */
const state = z.string().default("active");

export const tenantSchema = z.looseObject({ tenant: z.string(), name: z.string(), created_at: time, state });
export const accountSchema = z.looseObject({
  account: z.string(),
  tenant: z.string(),
  name: z.string(),
  created_at: time,
  state,
});
export const keySchema = z.looseObject({
  key: z.string(),
  name: z.string(),
  scopes: z.array(scopeSchema),
  accounts: z.array(z.string()).nullable().default(null),
  expires_at: timeOrNull,
  created_at: time,
  revoked_at: timeOrNull,
  last_used_at: timeOrNull,
  /** Until when the secret before the last rotation opens as well. */
  old_secret_until: timeOrNull,
});
export const madeKeySchema = keySchema.extend({ credential: z.string() });
export const revokedKeySchema = z.looseObject({
  key: z.string(),
  revoked_at: time,
  accounts_reached: z.number(),
});
export const enrolmentSchema = z.looseObject({ code: z.string(), url: z.string(), expires_at: time });
export const installSchema = z.looseObject({
  install: z.string(),
  name: z.string().default(""),
  created_at: timeOrNull,
  /** It holds the account's link now. */
  serves: z.boolean().default(false),
  last_seen: timeOrNull,
  revoked_at: timeOrNull,
  /** Why it is accepted no longer: `revoked`, `moved`, `left`. */
  ended: z.string().nullable().default(null),
  /** When its key was last replaced; `key_pending`: a new one waits for its first use. */
  key_changed_at: timeOrNull,
  key_pending: z.boolean().default(false),
});
export const revokedInstallSchema = z.looseObject({ install: z.string(), revoked_at: time });

export type Tenant = z.infer<typeof tenantSchema>;
export type Account = z.infer<typeof accountSchema>;
export type Key = z.infer<typeof keySchema>;
export type MadeKey = z.infer<typeof madeKeySchema>;
export type Enrolment = z.infer<typeof enrolmentSchema>;
export type Install = z.infer<typeof installSchema>;

/** STAT1. Only what this side builds on is required; counters are for humans. */
export const statusSchema = z.looseObject({
  account: z.string(),
  name: z.string().default(""),
  agent: z.looseObject({ state: z.enum(["online", "offline"]), since: timeOrNull, last_seen: timeOrNull }),
  health: healthSchema.nullable().catch(null),
  engine: engineSchema.nullable().catch(null),
  /** What the Mac's owner forbids. Absent where relay or agent is older than that. */
  mac_policy: macPolicySchema.nullable().default(null).catch(null),
  log: z.looseObject({ id: z.string(), last_seq: z.int().min(0) }),
  catch_up: z
    .looseObject({ done: z.number(), total: z.number().nullable(), finished: z.boolean() })
    .nullable()
    .catch(null),
  /** Absent where the relay is older than its channel. */
  pairing: z.looseObject({ pending: z.int(), allowed: z.int() }).nullable().default(null).catch(null),
  config: z
    .looseObject({ version: z.int(), enabled: z.boolean(), warnings: z.int() })
    .nullable()
    .default(null)
    .catch(null),
  /** Absent where the relay is older than its sends. `unknown`: of the last 24 h. */
  sends: z
    .looseObject({ queued: z.int(), open: z.int(), unknown: z.int() })
    .nullable()
    .default(null)
    .catch(null),
  usage: z
    .looseObject({ refused_loop: z.int().default(0), refused_new_chats: z.int().default(0) })
    .nullable()
    .default(null)
    .catch(null),
  time: time.default(0),
});
export type AccountStatus = z.infer<typeof statusSchema>;
