// What `imsg-relay tenants …` says to people.
import { QUOTAS, USUAL_QUOTAS, type QuotaName } from "../../shared/quotas.ts";
import { bytesInWords, grouped } from "../../shared/terminal/progress-words.ts";
import { localTime } from "../../shared/terminal/local-time.ts";
import type { Tenant } from "../client/shapes.ts";
import type { AuditEntry, TenantView } from "../client/tenant-shapes.ts";
import { shortId } from "./chosen.ts";
import { harmless, textTable } from "./text-table.ts";

export const nameOf = ({ tenant, name }: Pick<Tenant, "tenant" | "name">): string =>
  `"${harmless(name)}" (${harmless(tenant)})`;

export function describeTenants(list: readonly Tenant[], columns: number | undefined): string[] {
  const rows = list.map(({ name, state, created_at, tenant }) => [
    name,
    state,
    localTime(created_at),
    tenant,
  ]);
  return textTable(["NAME", "STATE", "MADE", "ID"], rows, { columns, elastic: [0] });
}

export function describeTenant(view: TenantView): string[] {
  const { tenant, name, state, reason, created_at, used, accounts_pending } = view;
  const facts: (readonly [string, string])[] = [
    ["name", name],
    ["id", tenant],
    ["state", reason === null ? state : `${state}: ${reason}`],
    ...(accounts_pending === 0
      ? []
      : [["", `${grouped(accounts_pending)} accounts are still to be told, or emptied`] as const]),
    ["made", localTime(created_at)],
    ["accounts", grouped(used.accounts)],
    ["keys", grouped(used.keys)],
    ["endpoints", grouped(used.endpoints)],
  ];
  return [
    ...facts.map(([what, value]) => `${what.padEnd(11)}${harmless(value)}`),
    "",
    ...describeQuotas(view),
  ];
}

const MEANS: Readonly<Record<QuotaName, string>> = {
  accounts: "accounts",
  keys: "keys that were not revoked",
  endpoints: "webhook endpoints",
  events_kept: "events in the log of each account",
  bytes_a_day: "of attachments, each account, both ways, in a day of UTC",
  sends_a_day: "messages of each account, in a day of UTC",
  requests_a_second: "requests of each key in each account",
};

/** By the names by which they are set. */
export function describeQuotas({ quotas }: Pick<TenantView, "quotas">): string[] {
  const names = Object.keys(QUOTAS) as QuotaName[];
  const rows = names.flatMap((name) => {
    const value = quotas[name];
    if (value === undefined) return [];
    const words = name === "bytes_a_day" ? `${grouped(value)} (${bytesInWords(value)})` : grouped(value);
    return [[name, words, value === USUAL_QUOTAS[name] ? "usual" : "", MEANS[name]]];
  });
  return textTable(["QUOTA", "VALUE", "", "OF"], rows);
}

export function describeActs(acts: readonly AuditEntry[], columns: number | undefined): string[] {
  const rows = acts.map(({ at, by, verb, about, result }) => [
    localTime(at),
    who(by),
    verb,
    who(about),
    result,
  ]);
  return textTable(["WHEN", "BY", "WHAT", "ABOUT", "RESULT"], rows, { columns, elastic: [3, 1] });
}

/** `key …ab12cd34`: an id is told from another by its end. */
const who = (text: string): string => {
  const [, kind] = /^([a-z]+)_[0-9a-z]{20,}$/.exec(text) ?? [];
  return kind === undefined ? text : `${kind} ${shortId(text)}`;
};

/** Of what is asked once more: accounts that are named. */
const NAMED_ACCOUNTS = 5;

export function describeLoss(view: TenantView, accounts: readonly { readonly name: string }[]): string[] {
  const { used } = view;
  const names = accounts.slice(0, NAMED_ACCOUNTS).map(({ name }) => `"${harmless(name)}"`);
  const more = used.accounts > names.length ? ", …" : "";
  const named = names.length === 0 ? "" : ` (${names.join(", ")}${more})`;
  return [
    `Tenant ${nameOf(view)}, ${view.state}, will be deleted with everything of it:`,
    `  ${count(used.accounts, "account")}${named}, ${count(used.keys, "key")}, ${count(used.endpoints, "webhook endpoint")};`,
    "  logs of messages, settings and whom they let in, enrolments of Macs, usage, audit.",
    "Messages on the Macs stay. Nothing of this can be brought back; imsg-relay tenants export makes a copy first.",
  ];
}

export const count = (number: number, what: string): string =>
  `${grouped(number)} ${what}${number === 1 ? "" : "s"}`;
