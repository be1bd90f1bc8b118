// What `imsg-relay webhooks …` was asked to do, understood before anything is done.
import { parseEventId } from "../../shared/events.ts";
import type { EndpointChange, EndpointWish, ReplayFrom } from "../client/webhooks-http.ts";
import type { Invocation } from "./invocation.ts";
import { countOf, listOf, sinceOf, valueOf } from "./options.ts";
import { signingSecretOf } from "./signing-secret-option.ts";

type Action =
  | { readonly verb: "list" }
  | { readonly verb: "add"; readonly wish: EndpointWish }
  | { readonly verb: "show" | "pause" | "resume" | "remove" | "secret"; readonly endpoint: string }
  | { readonly verb: "set"; readonly endpoint: string; readonly change: EndpointChange }
  | { readonly verb: "rotate"; readonly endpoint: string; readonly secret: string | undefined }
  | OfAccount;
/** Undefined = the login's. */
type OfAccount = { readonly endpoint: string; readonly account: string | undefined } & (
  | { readonly verb: "test" }
  | { readonly verb: "parked" }
  | { readonly verb: "attempts"; readonly limit: number }
  | { readonly verb: "resend"; readonly event: string }
  | { readonly verb: "replay"; readonly from: ReplayFrom }
);
/** An endpoint as somebody named it: ./webhooks-place.ts finds which one is meant. */
export type WebhooksWish = Action & { readonly tenant: string | undefined };

const OPTIONS = {
  list: [],
  add: ["--kinds", "--account", "--description", "--replies", "--secret"],
  show: [],
  set: ["--url", "--kinds", "--account", "--all-accounts", "--description", "--replies", "--no-replies"],
  pause: [],
  resume: [],
  remove: [],
  rotate: ["--secret"],
  secret: [],
  test: ["--account"],
  attempts: ["--account", "--limit"],
  parked: ["--account"],
  resend: ["--account"],
  replay: ["--account", "--since", "--after"],
} as const satisfies Record<Action["verb"], readonly string[]>;

/** As many as the relay gives at once, and how many without being asked. */
const MAX_ATTEMPTS_SHOWN = 200;
const DEFAULT_ATTEMPTS_SHOWN = 20;

/** The sentence says what is wrong with it. */
export async function readWebhooksWish(invocation: Invocation, now: number): Promise<WebhooksWish | string> {
  const tenant = valueOf(invocation, "--tenant");
  if (tenant !== undefined && !/^ten_[0-9a-z]+$/.test(tenant))
    return "--tenant needs the id of a tenant (ten_…)";
  const action = await readAction(invocation, now);
  return typeof action === "string" ? action : { ...action, tenant };
}

async function readAction(invocation: Invocation, now: number): Promise<Action | string> {
  const [verb, subject, ...others] = invocation.words;
  if (verb === undefined) return `webhooks needs an action: ${Object.keys(OPTIONS).join(", ")}`;
  if (!isVerb(verb)) return `webhooks knows no ${JSON.stringify(verb)}`;
  const mine = new Set<string>([...OPTIONS[verb], "--tenant"]);
  const stray = [...invocation.options.keys()].find((name) => !mine.has(name));
  if (stray !== undefined) return `webhooks ${verb} takes no ${stray}`;
  if (verb === "list") return subject === undefined ? { verb } : "webhooks list takes nothing more";
  if (subject === undefined || subject === "")
    return verb === "add"
      ? "webhooks add needs the URL that events go to"
      : `webhooks ${verb} needs an endpoint`;
  if (others.length > (verb === "resend" ? 1 : 0)) return `webhooks ${verb}: ${others.join(" ")} is too much`;
  switch (verb) {
    case "add":
      return readAdd(invocation, subject);
    case "set":
      return readSet(invocation, subject);
    case "rotate": {
      const secret = await signingSecretOf(invocation);
      return "why" in secret ? secret.why : { verb, endpoint: subject, ...secret };
    }
    case "test":
    case "attempts":
    case "parked":
    case "resend":
    case "replay":
      return readOfAccount(verb, invocation, subject, others[0], now);
    default:
      return { verb, endpoint: subject };
  }
}

const isVerb = (text: string): text is Action["verb"] => Object.hasOwn(OPTIONS, text);

async function readAdd(invocation: Invocation, url: string): Promise<Action | string> {
  const choice = readChoice(invocation);
  if (typeof choice === "string") return choice;
  const given = await signingSecretOf(invocation);
  if ("why" in given) return given.why;
  const secret = given.secret === undefined ? {} : { secret: given.secret };
  return { verb: "add", wish: { url, ...choice, ...secret } };
}

function readSet(invocation: Invocation, endpoint: string): Action | string {
  const { options } = invocation;
  if (options.has("--replies") && options.has("--no-replies"))
    return "--replies and --no-replies say the opposite";
  if (options.has("--account") && options.has("--all-accounts"))
    return "--account and --all-accounts say the opposite";
  const choice = readChoice(invocation);
  if (typeof choice === "string") return choice;
  const url = valueOf(invocation, "--url");
  const change = {
    ...choice,
    ...(url === undefined ? {} : { url }),
    ...(options.has("--all-accounts") ? { accounts: null } : {}),
    ...(options.has("--no-replies") ? { takes_replies: false } : {}),
  };
  if (Object.keys(change).length === 0) return "webhooks set needs something to change, such as --kinds";
  return { verb: "set", endpoint, change };
}

/** What `add` and `set` have in common. */
function readChoice(invocation: Invocation): Omit<EndpointWish, "url" | "secret"> | string {
  const kinds = listOf(invocation, "--kinds");
  if (kinds?.length === 0) return "--kinds needs kinds of events, such as message.received or pairing.*";
  const accounts = listOf(invocation, "--account");
  const wrong = accounts?.find((id) => !isAccount(id));
  if (wrong !== undefined || accounts?.length === 0) return "--account needs the id of an account (acc_…)";
  const description = valueOf(invocation, "--description");
  return {
    ...(kinds === undefined ? {} : { kinds }),
    ...(accounts === undefined ? {} : { accounts }),
    ...(description === undefined ? {} : { description }),
    ...(invocation.options.has("--replies") ? { takes_replies: true } : {}),
  };
}

const isAccount = (text: string): boolean => /^acc_[0-9a-z]+$/.test(text);

function readOfAccount(
  verb: OfAccount["verb"],
  invocation: Invocation,
  endpoint: string,
  event: string | undefined,
  now: number,
): Action | string {
  const accounts = listOf(invocation, "--account") ?? [];
  const [account] = accounts;
  if (accounts.length > 1 || (account !== undefined && !isAccount(account)))
    return `webhooks ${verb} takes one --account (acc_…)`;
  const of = { endpoint, account };
  switch (verb) {
    case "attempts": {
      const limit = countOf(invocation, "--limit", MAX_ATTEMPTS_SHOWN, DEFAULT_ATTEMPTS_SHOWN);
      return typeof limit === "string" ? limit : { verb, ...of, limit };
    }
    case "resend":
      if (event === undefined || parseEventId(event) === undefined)
        return "webhooks resend needs an endpoint and the id of an event; webhooks attempts shows them";
      return { verb, ...of, event };
    case "replay": {
      const from = readFrom(invocation, now);
      return typeof from === "string" ? from : { verb, ...of, from };
    }
    default:
      return { verb, ...of };
  }
}

function readFrom(invocation: Invocation, now: number): ReplayFrom | string {
  const [since, after] = [valueOf(invocation, "--since"), valueOf(invocation, "--after")];
  if ((since === undefined) === (after === undefined))
    return "webhooks replay needs --since TIME or --after EVENT";
  if (after !== undefined) {
    if (after === "beginning" || parseEventId(after) !== undefined) return { after };
    return `--after is the id of an event, or beginning, not ${JSON.stringify(after)}`;
  }
  const at = sinceOf(since ?? "", now);
  return at === undefined
    ? `--since is how long ago (90s, 10m, 2h), or a time of this machine ("2026-11-22 14:05"), not ${JSON.stringify(since)}`
    : { since: at };
}
