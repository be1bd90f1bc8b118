// Whose accounts and keys: the tenant that was named, or that of the login.
import { decodeBase32 } from "../../shared/base32.ts";
import { equalBytes } from "../../shared/ids.ts";
import { Admin } from "../client/admin.ts";
import type { Account, Tenant } from "../client/shapes.ts";
import { refused, type AdminTarget } from "./administering.ts";
import { chosen, type Candidate } from "./chosen.ts";
import { harmless } from "./text-table.ts";

/** `named`: an id, the end of one, or a name; only the operator may see which there are. */
export async function tenantOf(target: AdminTarget, named: string | undefined): Promise<string> {
  if (named !== undefined && isTenant(named)) return named;
  if (!target.isOperator)
    throw refused(
      "invalid_request",
      named === undefined
        ? "Whose? Name the tenant, --tenant TEN_ID (setup printed it), or set IMSG_RELAY_OPERATOR_KEY"
        : "A tenant is named by its whole id (ten_…) here; by its name only with IMSG_RELAY_OPERATOR_KEY",
    );
  const admin = new Admin(target);
  if (named !== undefined) return (await tenantNamed(admin, named)).tenant;
  if (target.account === undefined)
    throw refused(
      "invalid_request",
      "Whose? There is no login at this relay: name the tenant, --tenant TENANT",
    );
  const found = await tenantWith(admin, target.account);
  if (found !== undefined) return found;
  throw refused(
    "not_found",
    "This relay has no tenant with the account of this login; name it: --tenant TENANT",
  );
}

const tenantNamed = async (admin: Admin, text: string): Promise<Tenant> =>
  chosen(text, await tenantsThere(admin), { what: "tenant", lister: "tenants list" });

export const tenantsThere = async (admin: Admin): Promise<readonly (Tenant & Candidate)[]> =>
  (await admin.tenants()).map((tenant) => Object.assign(tenant, { id: tenant.tenant }));

export const accountsThere = async (
  admin: Admin,
  tenant: string,
): Promise<readonly (Account & Candidate)[]> =>
  (await admin.accounts(tenant)).map((account) => Object.assign(account, { id: account.account }));

/** Two of one name could be told apart by their ids alone, by whoever comes later as well. */
export function refuseSameName(what: string, name: string, there: readonly Candidate[]): void {
  const found = there.find((one) => one.name === name);
  if (found !== undefined)
    throw refused(
      "conflict",
      `There is ${what} "${harmless(name)}" already (${harmless(found.id)}). Choose another name, or make one more of this name with --same-name`,
    );
}

/** How accounts of that tenant are found as people name them. Where one was looked for is said: it may be another's. */
export async function accountsOf(admin: Admin, tenant: string): Promise<(text: string) => Account> {
  const candidates = await accountsThere(admin, tenant);
  return (text) =>
    chosen(text, candidates, { what: "account", lister: `accounts list --tenant ${harmless(tenant)}` });
}

/** It needs no list, which a key for that account alone may not see. */
export const isWholeAccount = (text: string): boolean => /^acc_[0-9a-z]{48}$/.test(text);

/** The one of that account, which is in its id (ID1). */
export async function tenantWith(admin: Admin, account: string): Promise<string | undefined> {
  const wanted = tenantPart("acc_", account);
  const found = (await admin.tenants()).find(({ tenant }) => {
    const part = tenantPart("ten_", tenant);
    return part !== undefined && wanted !== undefined && equalBytes(part, wanted);
  });
  return found?.tenant;
}

/** ID1: bytes of version, reserved, tenant, account, MAC. */
const LENGTHS = { ten_: 20, acc_: 30 } as const;
const tenantPart = (kind: keyof typeof LENGTHS, id: string): Uint8Array<ArrayBuffer> | undefined =>
  decodeBase32(id.slice(kind.length), LENGTHS[kind])?.slice(2, 12);

const isTenant = (text: string): boolean => /^ten_[0-9a-z]{32}$/.test(text);
