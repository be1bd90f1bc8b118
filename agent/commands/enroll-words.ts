// What a human is shown before this Mac joins an account, and after.
import { localTime } from "../../shared/terminal/local-time.ts";
import type { Looked } from "./enrolment.ts";

const MINUTE_MS = 60_000;

/** Who is at the other end, and what they will be able to do (ENR2). */
export function lookedInWords(
  looked: Looked,
  {
    origin,
    config,
    takeover,
    now,
  }: { readonly origin: string; readonly config: string; readonly takeover: boolean; readonly now: number },
): string[] {
  const { account, account_name, tenant, tenant_name, macs, expires_at } = looked;
  const minutes = Math.max(1, Math.round((expires_at - now) / MINUTE_MS));
  return [
    `Relay    ${origin}`,
    `Account  ${account_name} (${account})`,
    `Tenant   ${tenant_name === null ? tenant : `${tenant_name} (${tenant})`}`,
    ...macsInWords(macs),
    `Code     works once, for ${minutes} more minute${minutes === 1 ? "" : "s"}`,
    "",
    "Whoever runs this relay, and whoever has a key for this account there, will be able to",
    "read every message in Messages on this Mac, old ones and attachments as well, and to",
    "send as you. Only a file on this Mac narrows that, and nothing at the relay widens it:",
    `  ${config}`,
    ...(macs.length === 0 ? [] : ["", ...othersInWords(macs, takeover)]),
    "",
  ];
}

function macsInWords(macs: Looked["macs"]): string[] {
  if (macs.length === 0) return ["Macs     none yet: this is the first"];
  return macs.map((mac, at) => {
    const { name, enrolled_at, serves, last_seen } = mac;
    const seen = last_seen === null ? "is not connected" : `was last here on ${localTime(last_seen)}`;
    const state = serves ? "serves it now" : seen;
    return `${at === 0 ? "Macs     " : "         "}"${name}" ${state} (enrolled ${localTime(enrolled_at)})`;
  });
}

function othersInWords(macs: Looked["macs"], takeover: boolean): string[] {
  if (takeover)
    return [
      `The account moves to this Mac: ${namesOf(macs.map(({ name }) => name))} ${macs.length === 1 ? "is" : "are"} shut out at once.`,
      "What was not passed on from there yet is passed on from here if iCloud brings it, and lost if not.",
    ];
  return [
    "One Mac serves an account at a time. This one would wait until the other is away; to move",
    "the account here and shut the other out, begin again with --takeover.",
  ];
}

export const namesOf = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");
