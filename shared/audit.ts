// Administrative acts, as the audit of a tenant (and the operator's) names them: one table of verbs. An entry says who
// did what about which id, and what came of it; never a secret, a handle or a text.

/** Verb → in words. */
export const AUDIT_VERBS = {
  "tenant.created": "a tenant was registered",
  "tenant.renamed": "its name was changed",
  "tenant.suspended": "every key of it was shut out, and its Macs",
  "tenant.resumed": "its keys and Macs were let in again",
  "tenant.quotas_changed": "its quotas were changed",
  "tenant.deleted": "everything of it was deleted",
  "tenant.exported": "it was exported",
  "tenant.imported": "it came from another relay",
  "account.created": "an account was made",
  "account.renamed": "its name was changed",
  "account.paused": "gateways and its Mac were shut out",
  "account.resumed": "gateways and its Mac were let in again",
  "account.deleted": "everything of it was deleted",
  "key.created": "a key was made",
  "key.changed": "what a key may do was changed",
  "key.rotated": "a key got a new secret",
  "key.revoked": "a key was revoked",
  "endpoint.created": "a webhook endpoint was made",
  "endpoint.changed": "it was changed",
  "endpoint.removed": "it was removed",
  "endpoint.paused": "nothing more is delivered to it",
  "endpoint.resumed": "it is delivered to again",
  "endpoint.rotated": "it got a new signing secret",
  "endpoint.secret_shown": "its signing secret was shown",
  "endpoint.tested": "a test was posted to it",
  "endpoint.resent": "an event was delivered to it once more",
  "endpoint.replayed": "it gets events once more from a place on",
  "config.changed": "a new version of the configuration",
  "config.rolled_back": "a former version of it came back",
  "pairing.approved": "somebody was let in by code",
  "pairing.denied": "somebody was refused by code",
  "pairing.revoked": "somebody was shut out again",
  "install.offered": "an enrolment code was made",
  "install.enrolled": "a Mac joined by code",
  "install.key_rotated": "a Mac's new key took the place of its former one",
  "install.left": "a Mac ended its own enrolment",
  "install.revoked": "a Mac was shut out",
  "consumer.removed": "a named consumer's place was deleted",
} as const satisfies Record<string, string>;
export type AuditVerb = keyof typeof AUDIT_VERBS;

/** One act. `at` in ms. */
export interface AuditEntry {
  readonly id: number;
  readonly at: number;
  /** `operator`, a key's id, `owner` (by message), or `agent`. */
  readonly by: string;
  readonly verb: string;
  /** The id of what it is about; of a configuration, its version. */
  readonly about: string;
  /** `ok`, or the code of the refusal. */
  readonly result: string;
  /** Of the request that did it, where there was one. */
  readonly request_id: string | null;
}
