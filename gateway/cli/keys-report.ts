// What `imsg-relay keys …` says to people.
import { localTime } from "../../shared/terminal/local-time.ts";
import type { Key, MadeKey } from "../client/shapes.ts";
import type { RotatedKey } from "../client/tenant-shapes.ts";
import { writeConnection } from "../profile/connection.ts";
import { shortId } from "./chosen.ts";
import { harmless, textTable } from "./text-table.ts";

export function describeKeys(list: readonly Key[], now: number, columns: number | undefined): string[] {
  const rows = list.map((key) => [
    shortId(key.key),
    key.name,
    key.scopes.join(","),
    accountsOf(key),
    stateOf(key, now),
    key.last_used_at === null ? "never" : localTime(key.last_used_at),
  ]);
  return textTable(["ID", "NAME", "SCOPES", "ACCOUNTS", "STATE", "LAST USED"], rows, {
    columns,
    elastic: [1, 3],
  });
}

function stateOf({ revoked_at, expires_at, old_secret_until }: Key, now: number): string {
  if (revoked_at !== null) return `revoked ${localTime(revoked_at)}`;
  if (expires_at !== null) return `${expires_at <= now ? "expired" : "expires"} ${localTime(expires_at)}`;
  if (old_secret_until !== null && old_secret_until > now)
    return `old secret until ${localTime(old_secret_until)}`;
  return "good";
}

const accountsOf = ({ accounts }: Key): string =>
  accounts === null ? "all" : accounts.map(shortId).join(",");

export const describeKey = (key: Key, now: number): string =>
  `"${harmless(key.name)}" (${shortId(key.key)}): ${key.scopes.join(", ")} of ${accountsOf(key)}, ${stateOf(key, now)}`;

export const describeMade = (key: MadeKey, relay: string): string[] => [
  `Made: ${describeKey(key, key.created_at)}`,
  ...secretLines(key, relay),
];

export function describeRotated(key: RotatedKey, relay: string): string[] {
  const { old_secret_until } = key;
  const until =
    old_secret_until === null
      ? "The secret before opens nothing any more."
      : `The secret before opens as well until ${localTime(old_secret_until)}: bring the new one to its gateway by then.`;
  return [`Rotated: ${describeKey(key, 0)}`, ...secretLines(key, relay), "", until, ...describeReached(key)];
}

/** `accounts` of a newer relay: how many hold a copy. */
export function describeReached({ accounts_reached, accounts }: Readonly<Record<string, unknown>>): string[] {
  if (typeof accounts !== "number" || typeof accounts_reached !== "number" || accounts <= accounts_reached)
    return [];
  return [
    `${accounts - accounts_reached} of ${accounts} accounts did not answer yet; they are told as soon as they do.`,
  ];
}

function secretLines({ credential, accounts }: MadeKey | RotatedKey, relay: string): string[] {
  const [account, ...others] = accounts ?? [];
  return [
    "",
    "Its credential, a secret, shown this once:",
    "",
    `  ${harmless(credential)}`,
    ...(account === undefined || others.length > 0
      ? []
      : [
          "",
          "The same for imsg-relay login:",
          "",
          `  ${harmless(writeConnection({ relay, account, key: credential }))}`,
        ]),
  ];
}
