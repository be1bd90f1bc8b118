// What `imsg-relay accounts …` was asked to do, understood before anything is done.
import type { DayRange } from "../client/tenants-http.ts";
import type { Invocation } from "./invocation.ts";
import { valueOf } from "./options.ts";
import { daysOf } from "./usage-days.ts";
import { readVerb } from "./verbs.ts";

export type AccountsWish = { readonly tenant: string | undefined } & (
  | { readonly verb: "list" }
  | { readonly verb: "create"; readonly name: string; readonly isSameName: boolean }
  | { readonly verb: "rename"; readonly account: string; readonly name: string }
  | { readonly verb: "pause" | "resume"; readonly account: string }
  | { readonly verb: "delete"; readonly account: string; readonly isYes: boolean }
  | { readonly verb: "usage"; readonly account: string; readonly range: DayRange }
);

const ACCOUNT = "an account: its id, the end of it, or its name";
const VERBS = {
  command: "accounts",
  common: ["--tenant", "--relay"],
  options: {
    list: [],
    create: ["--same-name"],
    rename: [],
    pause: [],
    resume: [],
    delete: ["--yes"],
    usage: ["--days"],
  },
  words: {
    list: [],
    create: ["a name"],
    rename: [ACCOUNT, "the new name"],
    pause: [ACCOUNT],
    resume: [ACCOUNT],
    delete: [ACCOUNT],
    usage: [ACCOUNT],
  },
} as const;

/** The sentence says what is wrong with it. */
export function readAccountsWish(invocation: Invocation, now: number): AccountsWish | string {
  const read = readVerb<AccountsWish["verb"]>(invocation, VERBS);
  if (typeof read === "string") return read;
  const { verb, given } = read;
  const [first = "", second = ""] = given.map((word) => word.trim());
  const tenant = valueOf(invocation, "--tenant");
  switch (verb) {
    case "list":
      return { verb, tenant };
    case "create":
      return { verb, tenant, name: first, isSameName: invocation.options.has("--same-name") };
    case "rename":
      return { verb, tenant, account: first, name: second };
    case "delete":
      return { verb, tenant, account: first, isYes: invocation.options.has("--yes") };
    case "usage": {
      const days = daysOf(invocation, now);
      return typeof days === "string" ? days : { verb, tenant, account: first, ...days };
    }
    default:
      return { verb, tenant, account: first };
  }
}
