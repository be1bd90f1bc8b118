// What `imsg-relay tenants …` was asked to do, understood before anything is done.
import { QUOTAS, type QuotaName } from "../../shared/quotas.ts";
import type { DayRange } from "../client/tenants-http.ts";
import { DEFAULT_SHOWN_ACTS, MAX_SHOWN_ACTS } from "../limits.ts";
import type { Invocation } from "./invocation.ts";
import { countOf, sinceOf, valueOf } from "./options.ts";
import { daysOf } from "./usage-days.ts";
import { readVerb } from "./verbs.ts";

/** `tenant` as somebody named it: an id, the end of one, or a name. */
export type TenantsWish =
  | { readonly verb: "list" }
  | { readonly verb: "create"; readonly name: string; readonly isSameName: boolean }
  | OfTenant
  /** Undefined = the operator's own: what was done with tenants. */
  | {
      readonly verb: "audit";
      readonly tenant: string | undefined;
      readonly since: number | null;
      readonly most: number;
    }
  | { readonly verb: "import"; readonly file: string };
export type OfTenant = { readonly tenant: string } & (
  | { readonly verb: "show" | "resume" }
  | { readonly verb: "rename"; readonly name: string }
  | { readonly verb: "suspend"; readonly reason: string | undefined }
  | { readonly verb: "delete"; readonly isYes: boolean }
  | { readonly verb: "quotas"; readonly changes: Readonly<Record<string, number | null>> }
  | { readonly verb: "usage"; readonly range: DayRange }
  | { readonly verb: "export"; readonly file: string; readonly force: boolean }
);

const TENANT = "a tenant: its id, the end of it, or its name";
const FILE = "the name of a file";
const VERBS = {
  command: "tenants",
  common: ["--relay"],
  options: {
    list: [],
    create: ["--same-name"],
    show: [],
    rename: [],
    suspend: ["--reason"],
    resume: [],
    delete: ["--yes"],
    quotas: [],
    usage: ["--days"],
    audit: ["--since", "--limit"],
    export: ["--force"],
    import: [],
  },
  words: {
    list: [],
    create: ["a name"],
    show: [TENANT],
    rename: [TENANT, "the new name"],
    suspend: [TENANT],
    resume: [TENANT],
    delete: [TENANT],
    quotas: [TENANT, "?NAME=VALUE …"],
    usage: [TENANT],
    audit: ["?TENANT"],
    export: [TENANT, FILE],
    import: [FILE],
  },
} as const;

/** The sentence says what is wrong with it. */
export function readTenantsWish(invocation: Invocation, now: number): TenantsWish | string {
  const read = readVerb<TenantsWish["verb"]>(invocation, VERBS);
  if (typeof read === "string") return read;
  const { verb, given } = read;
  const [first = "", second = ""] = given.map((word) => word.trim());
  switch (verb) {
    case "list":
      return { verb };
    case "create":
      return { verb, name: first, isSameName: invocation.options.has("--same-name") };
    case "rename":
      return { verb, tenant: first, name: second };
    case "suspend":
      return { verb, tenant: first, reason: valueOf(invocation, "--reason") };
    case "delete":
      return { verb, tenant: first, isYes: invocation.options.has("--yes") };
    case "quotas": {
      const changes = readQuotas(given.slice(1));
      return typeof changes === "string" ? changes : { verb, tenant: first, changes };
    }
    case "usage": {
      const days = daysOf(invocation, now);
      return typeof days === "string" ? days : { verb, tenant: first, ...days };
    }
    case "audit":
      return readAudit(invocation, given[0], now);
    case "export":
      return second === "-"
        ? "an export goes to a file, which is private; - is none"
        : { verb, tenant: first, file: second, force: invocation.options.has("--force") };
    case "import":
      return { verb, file: first };
    default:
      return { verb, tenant: first };
  }
}

function readAudit(invocation: Invocation, tenant: string | undefined, now: number): TenantsWish | string {
  const text = valueOf(invocation, "--since");
  const since = text === undefined ? null : sinceOf(text, now);
  if (since === undefined)
    return `--since is how long ago (10m, 2h, 30d), or a time of this machine ("2026-11-22 14:05"), not ${JSON.stringify(text)}`;
  const usual = since === null ? DEFAULT_SHOWN_ACTS : MAX_SHOWN_ACTS;
  const most = countOf(invocation, "--limit", MAX_SHOWN_ACTS, usual);
  return typeof most === "string" ? most : { verb: "audit", tenant, since, most };
}

const UNITS: Readonly<Record<string, number>> = { "": 1, MiB: 1_024 ** 2, GiB: 1_024 ** 3 };
const isQuota = (text: string): text is QuotaName => Object.hasOwn(QUOTAS, text);

function readQuotas(texts: readonly string[]): Readonly<Record<string, number | null>> | string {
  const changes: Record<string, number | null> = {};
  for (const text of texts) {
    const [name = "", value = ""] = text.split("=");
    if (!isQuota(name)) return `quotas are ${Object.keys(QUOTAS).join(", ")}, not ${JSON.stringify(name)}`;
    const [, count, unit = ""] = /^(\d{1,15})(MiB|GiB)?$/.exec(value) ?? [];
    if (value !== "usual" && count === undefined)
      return `${name} needs a whole number (bytes also as 500MiB, 20GiB), or usual: ${name}=10`;
    const { most } = QUOTAS[name];
    const wished = count === undefined ? null : Number(count) * (UNITS[unit] ?? 1);
    if (wished !== null && wished > most) return `${name} is at most ${most}`;
    changes[name] = wished;
  }
  return changes;
}
