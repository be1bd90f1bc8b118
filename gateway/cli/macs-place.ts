// Whose Macs, by which key, and which of them is meant.
import { Admin } from "../client/admin.ts";
import type { Install } from "../client/shapes.ts";
import { refused, type Administering } from "./administering.ts";
import { chosen } from "./chosen.ts";
import type { Invocation } from "./invocation.ts";
import { valueOf } from "./options.ts";
import { accountsOf, isWholeAccount, tenantOf } from "./tenant-place.ts";

/** As somebody named them: ids, ends of ids, or names; `account` undefined = the login's. */
export interface WhoseMacs {
  readonly account: string | undefined;
  /** Where that account is looked for. */
  readonly tenant: string | undefined;
}

export async function macsPlace(
  { target }: Administering,
  { account: named, tenant }: WhoseMacs,
): Promise<{ readonly admin: Admin; readonly account: string }> {
  const admin = new Admin(target);
  const known = named ?? target.account;
  if (known === undefined)
    throw refused(
      "invalid_request",
      "Which account? There is no login at this relay: name it, --account ACC",
    );
  if (named === undefined || isWholeAccount(named)) return { admin, account: known };
  return { admin, account: (await accountsOf(admin, await tenantOf(target, tenant)))(named).account };
}

/** `--account` and `--tenant`, or the sentence that says what is wrong with them. */
export function whoseMacs(invocation: Invocation): WhoseMacs | string {
  const [account, tenant] = ["--account", "--tenant"].map((name) => valueOf(invocation, name)?.trim());
  if (account === "") return "--account needs an account: its id, the end of it, or its name";
  if (tenant !== undefined && account === undefined)
    return "--tenant says where --account is; name that as well";
  return { account, tenant };
}

export function chosenInstall(text: string, installs: readonly Install[]): Install {
  const candidates = installs.map((one) => ({ ...one, id: one.install, isOver: one.revoked_at !== null }));
  return chosen(text, candidates, { what: "Mac", lister: "installs list" });
}
