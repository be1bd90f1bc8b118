// What `imsg-relay keys …` was asked to do, understood before anything is done.
import { SCOPES, type Scope } from "../../shared/grant.ts";
import type { KeyChange } from "../client/tenants-http.ts";
import type { Invocation } from "./invocation.ts";
import { listOf, longSpanMs, momentOf, valueOf } from "./options.ts";
import { readVerb } from "./verbs.ts";

/** Accounts as somebody named them: ids, ends of ids, or names. */
interface Wished extends Omit<KeyChange, "accounts"> {
  readonly accounts?: readonly string[] | null;
}
export type KeysWish = { readonly tenant: string | undefined } & (
  | { readonly verb: "list"; readonly all: boolean }
  | {
      readonly verb: "create";
      readonly name: string;
      readonly scopes: readonly Scope[];
      readonly wish: Wished;
    }
  | { readonly verb: "change"; readonly key: string; readonly change: Wished }
  | { readonly verb: "rotate"; readonly key: string; readonly graceS: number }
  | { readonly verb: "revoke"; readonly key: string }
);

const KEY = "a key: its id, the end of it, or its name";
const VERBS = {
  command: "keys",
  common: ["--tenant", "--relay"],
  options: {
    list: ["--all"],
    create: ["--scopes", "--account", "--expires"],
    change: ["--name", "--scopes", "--account", "--all-accounts", "--expires"],
    rotate: ["--grace"],
    revoke: [],
  },
  words: { list: [], create: ["a name"], change: [KEY], rotate: [KEY], revoke: [KEY] },
} as const;

/** The operator's is none of a tenant's. */
const GIVEN_SCOPES = SCOPES.filter((scope) => scope !== "operator");
/** As long as the relay takes. */
const MAX_GRACE_S = 7 * 24 * 3_600;

/** The sentence says what is wrong with it. */
export function readKeysWish(invocation: Invocation, now: number): KeysWish | string {
  const read = readVerb<KeysWish["verb"]>(invocation, VERBS);
  if (typeof read === "string") return read;
  const { verb, given } = read;
  const [first = ""] = given.map((word) => word.trim());
  const tenant = valueOf(invocation, "--tenant");
  switch (verb) {
    case "list":
      return { verb, tenant, all: invocation.options.has("--all") };
    case "create": {
      const wish = readWished(invocation, now);
      if (typeof wish === "string") return wish;
      const { scopes, ...rest } = wish;
      if (scopes === undefined)
        return `keys create needs --scopes, such as read,send (${GIVEN_SCOPES.join(", ")})`;
      return { verb, tenant, name: first, scopes, wish: rest };
    }
    case "change": {
      const change = readWished(invocation, now);
      if (typeof change === "string") return change;
      if (Object.keys(change).length === 0) return "keys change needs something to change, such as --scopes";
      return { verb, tenant, key: first, change };
    }
    case "rotate": {
      const grace = valueOf(invocation, "--grace");
      const ms = grace === undefined ? 0 : longSpanMs(grace);
      if (ms === undefined || ms > MAX_GRACE_S * 1_000) return "--grace is a time of at most 7d, such as 1h";
      return { verb, tenant, key: first, graceS: ms / 1_000 };
    }
    default:
      return { verb, tenant, key: first };
  }
}

function readWished(invocation: Invocation, now: number): Wished | string {
  const { options } = invocation;
  if (options.has("--account") && options.has("--all-accounts"))
    return "--account and --all-accounts say the opposite";
  const scopes = listOf(invocation, "--scopes");
  const known = scopes?.flatMap((text) => GIVEN_SCOPES.filter((scope) => scope === text));
  if (scopes !== undefined && (known?.length !== scopes.length || scopes.length === 0))
    return `--scopes are some of ${GIVEN_SCOPES.join(", ")}, with commas between`;
  const accounts = listOf(invocation, "--account");
  if (accounts?.length === 0) return "--account needs an account: its id, the end of it, or its name";
  const expires = valueOf(invocation, "--expires");
  const expiresAt = expires === undefined ? undefined : expiryOf(expires, now);
  if (expires !== undefined && expiresAt === undefined)
    return `--expires is a time from now (12h, 90d), a day to come (2027-01-31), or never, not ${JSON.stringify(expires)}`;
  const { name } = invocation;
  return {
    ...(name === undefined ? {} : { name }),
    ...(known === undefined ? {} : { scopes: known }),
    ...(accounts === undefined ? {} : { accounts }),
    ...(options.has("--all-accounts") ? { accounts: null } : {}),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
  };
}

function expiryOf(text: string, now: number): number | null | undefined {
  if (text === "never") return null;
  const span = longSpanMs(text);
  const at = span === undefined ? momentOf(text) : now + span;
  return at === undefined || at <= now ? undefined : at;
}
