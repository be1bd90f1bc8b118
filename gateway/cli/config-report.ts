// What `imsg-relay config …` says to humans.
import { formatPath } from "../../shared/config/path.ts";
import { isPlainObject } from "../../shared/config/plain.ts";
import type { ConfigProblem } from "../../shared/config/problem.ts";
import { localTime } from "../../shared/terminal/local-time.ts";
import type { ClientError } from "../client/client-error.ts";
import type {
  AccountConfig,
  ConfigChanged,
  ConfigHistory,
  ConfigPlace,
  ConfigVersion,
} from "../client/config-shapes.ts";
import type { ConfigOwner } from "../client/config-client.ts";
import { ownerOf, type ConfigWish } from "./config-wish.ts";
import { harmless, textTable } from "./text-table.ts";

/** What is printed: for programs, and for humans. */
export interface Said {
  readonly answer: unknown;
  readonly says: string;
  /** Absent = it was done. */
  readonly failed?: true;
}

/** A text as it is, everything else as JSON. */
export const valueText = (value: unknown): string =>
  harmless(typeof value === "string" ? value : JSON.stringify(value));

export function describeAccount({ version, config, origin, warnings }: AccountConfig): string {
  const rows = Object.entries(config).map(([name, value]) => [
    name,
    origin[name] ?? "",
    JSON.stringify(value),
  ]);
  return [
    ...textTable(["SETTING", "FROM", "VALUE"], rows),
    "",
    version === 0
      ? "Nothing was ever set for this tenant: its accounts are switched off until something is."
      : `Version ${version} of the tenant's document.`,
    ...warningLines(warnings),
  ].join("\n");
}

/** Only what is set: the rest has its defaults, or is decided by the account. */
export function describeTenant({ version, document, at, by }: ConfigVersion): string {
  const rows = Object.entries(document).flatMap(([name, value]) =>
    name === "accounts" && isPlainObject(value) ? accountRows(value) : [[name, JSON.stringify(value)]],
  );
  if (rows.length === 0) return "Nothing is set: every setting has its default.";
  return [...textTable(["SETTING", "VALUE"], rows), "", versionLine(version, at, by)].join("\n");
}

const accountRows = (accounts: Readonly<Record<string, unknown>>): string[][] =>
  Object.entries(accounts).flatMap(([account, own]) =>
    Object.entries(isPlainObject(own) ? own : {}).map(([name, value]) => [
      formatPath(["accounts", account, name]),
      JSON.stringify(value),
    ]),
  );

/** The document as it would be given to PUT. */
export const describeVersion = ({ version, document, at, by }: ConfigVersion): string =>
  [versionLine(version, at, by), "", ...JSON.stringify(document, null, 2).split("\n").map(harmless)].join(
    "\n",
  );

const versionLine = (version: number, at: number | null, by: string): string =>
  `Version ${version}${at === null ? "" : `, ${localTime(at)}`}${by === "" ? "" : `, by ${harmless(by)}`}.`;

export function describeHistory({ versions }: ConfigHistory): string {
  if (versions.length === 0) return "There is no version yet: nothing was ever changed.";
  const rows = versions.map(({ version, at, by, changed }) => [
    String(version),
    localTime(at),
    by,
    some(changed),
  ]);
  return textTable(["VERSION", "WHEN", "BY", "CHANGED"], rows).join("\n");
}

const MAX_SHOWN = 5;
const some = (paths: readonly string[]): string =>
  paths.length <= MAX_SHOWN
    ? paths.join(", ")
    : `${paths.slice(0, MAX_SHOWN).join(", ")} and ${paths.length - MAX_SHOWN} more`;

export function describeChange(answer: ConfigChanged, owner: ConfigOwner): string {
  const { version, warnings: all, accounts_reached, accounts_pending } = answer;
  const changed = answer.changed.map((path) => pathFor(owner, path));
  const warnings = all.map(({ path, problem }) => ({ path: pathFor(owner, path), problem }));
  if (changed.length === 0)
    return ["Nothing changed: it was like that.", ...warningLines(warnings)].join("\n");
  const pending =
    accounts_pending === 0
      ? ""
      : `, ${accounts_pending} ${accounts_pending === 1 ? "follows" : "follow"} as soon as the relay reaches ${accounts_pending === 1 ? "it" : "them"}`;
  return [
    `Version ${version}. Changed: ${harmless(some(changed))}.`,
    `${accounts_reached} ${accounts_reached === 1 ? "account works" : "accounts work"} by it now${pending}.`,
    ...warningLines(warnings),
  ].join("\n");
}

const warningLines = (warnings: readonly ConfigPlace[]): string[] =>
  warnings.map(({ path, problem }) => `Warning: ${harmless(`${path}: ${problem}`)}.`);

/** Whoever works on one account has no need to read its id in every line. */
export function pathFor(owner: ConfigOwner, path: string): string {
  const own = owner.kind === "account" ? formatPath(["accounts", owner.account]) : "";
  return own !== "" && path.startsWith(`${own}.`) ? path.slice(own.length + 1) : path;
}

export const problemLines = (problems: readonly ConfigProblem[]): string[] =>
  problems.map(({ path, problem, value, nearest }) => {
    const found = value === "" ? "" : ` (found ${value})`;
    const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
    return harmless(`  ${path === "" ? "the document" : path}: ${problem}${found}${hint}`);
  });

/** What went wrong, and what to do about it. */
export function refusalOf(error: ClientError, wish: ConfigWish): string {
  const request = error.requestId === null ? "" : ` (request ${error.requestId})`;
  if (error.problems.length > 0) {
    const problems = error.problems.map((one) => ({ ...one, path: pathFor(ownerOf(wish), one.path) }));
    return [`Nothing was changed${request}:`, ...problemLines(problems)].join("\n");
  }
  return `${sentence(error, wish)}${request}`;
}

function sentence({ code, message, status }: ClientError, wish: ConfigWish): string {
  const isTenants = ownerOf(wish).kind === "tenant";
  const isChange = wish.verb !== "get" && wish.verb !== "history" && wish.verb !== "show";
  if (code === "forbidden")
    return isTenants
      ? "the key of this login may not do this: it needs the scope manage, and must not be restricted to single accounts. Who runs the relay can make such a key, or set IMSG_RELAY_OPERATOR_KEY."
      : "the key of this login may not do this: it needs the scope manage, for this account. Who runs the relay can make such a key.";
  if (code === "not_found" && "version" in wish)
    return `there is no version ${wish.version} of this tenant's document; \`imsg-relay config history --tenant ${wish.tenant}\` shows those that are kept.`;
  if (code === "not_found" && isTenants) return "the relay knows no such tenant.";
  if (code === "conflict")
    return "somebody else changed the configuration at the same moment. Nothing was changed; run it again.";
  if (code === "unreachable" && isChange && status === null)
    return `${message} Whether anything was changed is not known; look with \`imsg-relay config get\`.`;
  return message;
}
