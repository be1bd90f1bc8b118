// A tenant as a relay describes it, for the commands of its operator and its managers.
import { USUAL_QUOTAS } from "../../../shared/quotas.ts";
import type { Ended, Place } from "./program.ts";
import { OPERATOR_KEY, OTHERS, OUR_ACCOUNT, OURS, type WebhooksRelay } from "./webhooks-relay.ts";

export const AT = Date.UTC(2026, 10, 1, 10, 5);

export const tenant = (id: string, name: string, more: object = {}) => ({
  tenant: id,
  name,
  created_at: AT,
  state: "active",
  ...more,
});
export const view = (more: object = {}) =>
  tenant(OURS, "Acme", {
    reason: null,
    changed_at: AT,
    quotas: { ...USUAL_QUOTAS, accounts: 5 },
    used: { accounts: 2, keys: 3, endpoints: 1 },
    accounts_pending: 0,
    ...more,
  });
export const TENANTS = [tenant(OTHERS, "Other \u001b[2J"), tenant(OURS, "Acme", { state: "suspended" })];
export const accountOf = (id: string, name: string) => ({
  account: id,
  tenant: OURS,
  name,
  created_at: AT,
  state: "active",
});
const SECOND_ACCOUNT = OUR_ACCOUNT.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
export const key = (end: string, name: string, more: object = {}) => ({
  key: `key_0123456789abcdefghjk${end}`,
  name,
  scopes: ["read", "send"],
  accounts: null,
  expires_at: null,
  created_at: AT,
  revoked_at: null,
  last_used_at: null,
  old_secret_until: null,
  ...more,
});

/** Two accounts, one of them of the login. */
export const hasAll = (relay: WebhooksRelay): void => {
  relay.answers.set("GET /v1/tenants", [200, { tenants: TENANTS, next: null }]);
  relay.answers.set("GET TENANT", [200, view()]);
  relay.answers.set("GET TENANT/accounts", [
    200,
    { accounts: [accountOf(OUR_ACCOUNT, "desk"), accountOf(SECOND_ACCOUNT, "back")], next: null },
  ]);
};

export interface Hands {
  /** An operator without any login. */
  readonly operator: (...argv: string[]) => Promise<Ended>;
  /** A tenant's own manager. */
  readonly manager: (...argv: string[]) => Promise<Ended>;
}
export const handsOf = (relay: WebhooksRelay, place: Place): Hands => ({
  operator: (...argv) =>
    place.run([...argv, "--relay", relay.url], { TZ: "UTC", IMSG_RELAY_OPERATOR_KEY: OPERATOR_KEY }).end(),
  manager: (...argv) => place.run(argv, { TZ: "UTC", IMSG_RELAY_URL: relay.connection }).end(),
});
export const lines = (text: string): string[] => text.trimEnd().split("\n");
