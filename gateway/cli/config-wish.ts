// What `imsg-relay config …` was asked to do, understood before anything is done.
import type { ConfigOwner } from "../client/config-client.ts";
import { parsePath, type ConfigPath } from "../../shared/config/path.ts";
import { readValue } from "../../shared/config/patch.ts";
import type { Invocation } from "./invocation.ts";

export interface ImportWish {
  readonly verb: "import";
  readonly owner: ConfigOwner;
  readonly file: string;
  /** OpenClaw's name → `acc_…`. */
  readonly accounts: ReadonlyMap<string, string>;
  readonly isDry: boolean;
  readonly skipUnknown: boolean;
}
export type ConfigWish =
  | { readonly verb: "get"; readonly owner: ConfigOwner; readonly path: ConfigPath }
  | { readonly verb: "set"; readonly owner: ConfigOwner; readonly path: ConfigPath; readonly value: unknown }
  | { readonly verb: "unset"; readonly owner: ConfigOwner; readonly path: ConfigPath }
  | ImportWish
  | { readonly verb: "history"; readonly tenant: string }
  | { readonly verb: "show" | "rollback"; readonly tenant: string; readonly version: number };

export const ownerOf = (wish: ConfigWish): ConfigOwner =>
  "owner" in wish ? wish.owner : { kind: "tenant", tenant: wish.tenant };

const IMPORT_ONLY = ["--account", "--dry-run", "--skip-unknown"];

/** The sentence says what is wrong with it. */
export function readWish({ words, options }: Invocation, account: string): ConfigWish | string {
  const [verb, subject, ...others] = words;
  if (verb === undefined) return "config needs get, set, unset, import, history, show or rollback";
  const tenants = options.get("--tenant") ?? [];
  const tenant = tenants.at(-1);
  if (tenants.length > 1) return "--tenant may be given once";
  if (tenant !== undefined && !/^ten_[0-9a-z]+$/.test(tenant))
    return "--tenant needs the id of a tenant (ten_…)";
  const stray = verb === "import" ? undefined : IMPORT_ONLY.find((name) => options.has(name));
  if (stray !== undefined) return `config ${verb} takes no ${stray}`;
  const owner: ConfigOwner = tenant === undefined ? { kind: "account", account } : { kind: "tenant", tenant };
  switch (verb) {
    case "get": {
      if (others.length > 0) return "config get takes one path";
      const path = subject === undefined ? [] : pathOf(subject);
      return typeof path === "string" ? path : { verb, owner, path };
    }
    case "set":
      return readSet(owner, subject, others);
    case "unset": {
      const path = subject === undefined ? "config unset needs a path" : pathOf(subject);
      if (typeof path === "string") return path;
      return others.length > 0 ? "config unset takes one path" : { verb, owner, path };
    }
    case "import": {
      if (subject === undefined || others.length > 0) return "config import needs one file";
      const accounts = readAccounts(options.get("--account") ?? []);
      if (typeof accounts === "string") return accounts;
      if (
        owner.kind === "account" &&
        owner.account !== "" &&
        [...accounts.values()].some((id) => id !== owner.account)
      )
        return "this login is for one account only; with --tenant TEN_ID several can be imported at once";
      const isDry = options.has("--dry-run");
      return { verb, owner, file: subject, accounts, isDry, skipUnknown: options.has("--skip-unknown") };
    }
    case "history":
    case "show":
    case "rollback":
      return readVersions(verb, tenant, subject, others);
    default:
      return `config knows no ${JSON.stringify(verb)}`;
  }
}

function readSet(
  owner: ConfigOwner,
  subject: string | undefined,
  [text, ...others]: readonly string[],
): ConfigWish | string {
  if (subject === undefined || text === undefined)
    return "config set needs a path and a value: config set dmPolicy allowlist";
  if (others.length > 0) return "config set takes one value; put quotes around one with spaces in it";
  const path = pathOf(subject);
  if (typeof path === "string") return path;
  const value = readValue(text);
  if (value === null) return "null is no value; use config unset";
  return { verb: "set", owner, path, value };
}

function readVersions(
  verb: "history" | "show" | "rollback",
  tenant: string | undefined,
  subject: string | undefined,
  others: readonly string[],
): ConfigWish | string {
  if (tenant === undefined)
    return `versions are kept of the tenant's document, for all its accounts together: config ${verb} needs --tenant TEN_ID`;
  if (verb === "history")
    return subject === undefined ? { verb, tenant } : "config history takes nothing more";
  const version = /^[1-9]\d{0,9}$/.test(subject ?? "") ? Number(subject) : undefined;
  if (version === undefined || others.length > 0)
    return `config ${verb} needs the number of a version; config history shows them`;
  return { verb, tenant, version };
}

function pathOf(text: string): ConfigPath | string {
  const read = parsePath(text);
  return read.ok ? read.value : `${JSON.stringify(text)} is no path: ${read.error}`;
}

function readAccounts(texts: readonly string[]): ReadonlyMap<string, string> | string {
  const accounts = new Map<string, string>();
  for (const text of texts) {
    const [, name, id] = /^(.+)=(acc_[0-9a-z]+)$/.exec(text) ?? [];
    if (name === undefined || id === undefined)
      return `--account needs a name of OpenClaw's and an account's id (work=acc_…), not ${JSON.stringify(text)}`;
    accounts.set(name, id);
  }
  return accounts;
}
