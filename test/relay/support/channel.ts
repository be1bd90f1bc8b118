// The channel's side of an account: a configuration, its Mac, and a bot's key.
import type { LoggedEvent } from "../../../shared/events.ts";
import { Agent, enrol, row, type Install } from "./agent.ts";
import {
  ask,
  get,
  newAccount,
  newKey,
  newTenant,
  statusOf,
  type Account,
  type Json,
  type Key,
} from "./http.ts";

/** Everybody may write, everywhere. */
export const OPEN = { dmPolicy: "open", allowFrom: ["*"], groupPolicy: "open" };

export interface Bot {
  readonly account: Install;
  /** Scopes read, send and manage. */
  readonly key: Key;
}
export interface Channel extends Bot {
  readonly agent: Agent;
}

const keys = new Map<string, Promise<Key>>();

/** The key that a tenant's bots share, where the test gives them none of their own. */
export function botKey(tenant: string): Promise<Key> {
  const key = keys.get(tenant) ?? newKey(tenant, ["read", "send", "manage"]);
  keys.set(tenant, key);
  return key;
}

/** The account's own overrides, whole. */
export const configure = ({ account }: Account, config: Json): Promise<Json> =>
  get(200, "PUT", `/v1/accounts/${account}/config`, { body: config });

const tenants = new Map<string, Promise<string>>();

/** A tenant that tests share, with this document at its root: an account that is made there logs one `config.changed`. */
function tenantWith(root: Json): Promise<string> {
  const name = JSON.stringify(root);
  const made = async (): Promise<string> => {
    const tenant = await newTenant();
    await get(200, "PUT", `/v1/tenants/${tenant}/config`, { body: root });
    return tenant;
  };
  const tenant = tenants.get(name) ?? made();
  tenants.set(name, tenant);
  return tenant;
}

/** Under OPEN the first event is `config.changed`; under anything else, or in a tenant of its own, the second one too. */
export async function bot(config: Json = OPEN, tenant?: string): Promise<Bot> {
  const isPlain = config === OPEN && tenant === undefined;
  const of = tenant ?? (await tenantWith(isPlain ? OPEN : {}));
  const account = await enrol(await newAccount(of));
  if (!isPlain) await configure(account, config);
  return { account, key: await botKey(of) };
}

export async function channel(config: Json = OPEN, tenant?: string): Promise<Channel> {
  const made = await bot(config, tenant);
  return { ...made, agent: await Agent.connect(made.account) };
}

/** In a tenant of its own: no other test's keys and versions. */
export const alone = async (config?: Json): Promise<Channel> => channel(config, await newTenant());

export interface Page {
  readonly events: readonly Shown[];
  readonly next: string;
  readonly more: boolean;
}

/** An event of a message; `data` is empty for others. */
export interface Shown extends Omit<LoggedEvent, "data"> {
  readonly data: Json & { readonly message: Json };
}

const path = ({ account }: Bot, rest: string): string => `/v1/accounts/${account.account}/${rest}`;

/** A call of the channel API with the bot's key. */
export const call = (status: number, of: Bot, method: string, rest: string, body?: unknown): Promise<Json> =>
  get(status, method, path(of, rest), { key: of.key.credential, ...(body === undefined ? {} : { body }) });

export const poll = async (of: Bot, query = "after=beginning&limit=200"): Promise<Page> =>
  (await call(200, of, "GET", `events?${query}`)) as unknown as Page;

/** The long poll's pages from a place to the end. */
export async function pages(of: Bot, after: string, limit: number): Promise<Page["events"][]> {
  const all: Page["events"][] = [];
  for (let next = after; ;) {
    const page = await poll(of, `after=${next}&limit=${limit}`);
    all.push(page.events);
    if (!page.more) return all;
    ({ next } = page);
  }
}

export async function logName({ account }: Bot): Promise<string> {
  const { log } = (await statusOf(account)) as { log: { id: string } };
  return log.id;
}

/** Rows of one chat, numbered. */
export const rows = (from: number, to: number, change: Json = {}): Json[] =>
  Array.from({ length: to - from + 1 }, (_, at) => row(from + at, change));

/** Messages as the channel shows them, from the beginning. */
export const messages = async (of: Bot): Promise<readonly Shown[]> =>
  (await poll(of, "after=beginning&limit=200&kinds=message.*")).events;

/** Guids of the messages that were shown. */
export const guids = (events: readonly Shown[]): unknown[] => events.map(({ data }) => data.message["guid"]);
export const shownGuids = async (of: Bot): Promise<unknown[]> => guids(await messages(of));

export interface Decided {
  readonly verdict: string;
  readonly reason: string;
  readonly says: string;
  readonly sender: string;
  readonly guid: string;
  readonly rowid: number;
}

/** What was decided of every message, oldest first. */
export async function decided(of: Bot, all = true): Promise<readonly Decided[]> {
  const { decisions } = await call(200, of, "GET", `decisions?limit=200&all=${all}`);
  return decisions as Decided[];
}

export async function reasons(of: Bot): Promise<Record<string, string>> {
  return Object.fromEntries(
    (await decided(of)).map(({ guid, verdict, reason }) => [guid, `${verdict} ${reason}`]),
  );
}

/** POST …/messages, whatever comes of it. */
export const post = (of: Bot, body: Json, headers: Record<string, string> = {}): Promise<Response> =>
  ask("POST", path(of, "messages"), { key: of.key.credential, body, headers });
