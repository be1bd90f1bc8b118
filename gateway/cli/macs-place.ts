// Whose Macs, by which key, and which of them is meant.
import { Admin } from "../client/admin.ts";
import type { Install } from "../client/shapes.ts";
import { refused, type Administering } from "./administering.ts";
import { chosen } from "./chosen.ts";
import type { Invocation } from "./invocation.ts";
import { valueOf } from "./options.ts";

/** Of the account that was named, else of the login's. */
export function macsPlace(
  { target }: Administering,
  named: string | undefined,
): { readonly admin: Admin; readonly account: string } {
  const account = named ?? target.account;
  if (account === undefined)
    throw refused(
      "invalid_request",
      "Which account? There is no login at this relay: name it, --account ACC",
    );
  return { admin: new Admin(target), account };
}

/** `--account`, understood; or the sentence that says what is wrong with it. */
export function accountOf(invocation: Invocation): { readonly account: string | undefined } | string {
  const account = valueOf(invocation, "--account");
  return account === undefined || /^acc_[0-9a-z]+$/.test(account)
    ? { account }
    : `--account needs an id such as acc_…, not ${JSON.stringify(account)}`;
}

export function chosenInstall(text: string, installs: readonly Install[]): Install {
  const candidates = installs.map((one) => ({ ...one, id: one.install, isOver: one.revoked_at !== null }));
  return chosen(text, candidates, { what: "Mac", lister: "installs list" });
}
