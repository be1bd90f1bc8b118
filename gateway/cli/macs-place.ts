// Whose Macs, by which key, and which of them is meant.
import { Admin } from "../client/admin.ts";
import { ClientError } from "../client/client-error.ts";
import type { Install } from "../client/shapes.ts";
import type { Asking } from "./asking.ts";
import type { Invocation } from "./invocation.ts";
import { valueOf } from "./options.ts";
import { harmless } from "./text-table.ts";

/** Ends that are shown, and the least that is taken for one. */
const SHOWN_END_CHARS = 8;
const MIN_END_CHARS = 4;

export const shortInstall = (id: string): string => `…${id.slice(-SHOWN_END_CHARS)}`;

/** Of the account that was named, else of the login's. The operator's key is for everything, and in no file of ours. */
export function macsPlace(
  ask: Asking,
  account: string | undefined,
): { readonly admin: Admin; readonly account: string } {
  const key = process.env["IMSG_RELAY_OPERATOR_KEY"] || ask.target.key;
  return { admin: new Admin({ ...ask.target, key }), account: account ?? ask.target.account };
}

/** `--account`, understood; or the sentence that says what is wrong with it. */
export function accountOf(invocation: Invocation): { readonly account: string | undefined } | string {
  const account = valueOf(invocation, "--account");
  return account === undefined || /^acc_[0-9a-z]+$/.test(account)
    ? { account }
    : `--account needs an id such as acc_…, not ${JSON.stringify(account)}`;
}

export function chosenInstall(text: string, installs: readonly Install[]): Install {
  const end = text.replace(/^(ins_)?(…|\.\.\.)/, "");
  const isEnd = end.length >= MIN_END_CHARS && /^[0-9a-z]+$/.test(end);
  const whole = installs.find(({ install }) => install === text);
  if (whole !== undefined) return whole;
  const meant = installs.filter(({ install, name }) => name === text || (isEnd && install.endsWith(end)));
  // A name may be that of a Mac that was shut out before.
  const live = meant.filter(({ revoked_at }) => revoked_at === null);
  const [found, ...others] = live.length > 0 ? live : meant;
  if (found === undefined)
    throw refused("not_found", `There is no Mac ${harmless(text)}; imsg-relay installs list shows them`);
  if (others.length === 0) return found;
  const names = [found, ...others].map(({ install, name }) => `${shortInstall(install)} ${harmless(name)}`);
  throw refused(
    "invalid_request",
    `${harmless(text)} may be any of ${names.join(", ")}; say the end of its id`,
  );
}

const refused = (code: "not_found" | "invalid_request", detail: string): ClientError =>
  new ClientError({ code, detail, status: null, requestId: null });
