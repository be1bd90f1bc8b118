// The Worker's own door, and the things that every test needs behind it.
import { exports } from "cloudflare:workers";

/** The Worker, at its own door. */
export const { default: worker } = exports;

export const ORIGIN = "http://relay.test";
export const OPERATOR = "operator-key-of-the-tests-0123456789";

export type Json = Record<string, unknown>;

export interface Ask {
  /** The bearer; null = none. */
  readonly key?: string | null;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** One HTTP request at the Worker's door. A body that is no text is sent as JSON. */
export function ask(
  method: string,
  path: string,
  { key = OPERATOR, body, headers }: Ask = {},
): Promise<Response> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return worker.fetch(`${ORIGIN}${path}`, {
    method,
    headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
}

/** The JSON of an answer that must have this status. */
export async function get(status: number, method: string, path: string, options?: Ask): Promise<Json> {
  const response = await ask(method, path, options);
  const body: Json = await response.json();
  if (response.status !== status)
    throw new Error(`${method} ${path}: ${response.status} instead of ${status}: ${JSON.stringify(body)}`);
  return body;
}

export interface Account {
  readonly tenant: string;
  readonly account: string;
}

export async function newTenant(): Promise<string> {
  const { tenant } = await get(201, "POST", "/v1/tenants", { body: { name: "tenant" } });
  return String(tenant);
}

let shared: Promise<string> | undefined;

/** In the tenant that the tests of a file share, where none is named. */
export async function newAccount(tenant?: string): Promise<Account> {
  shared ??= newTenant();
  const of = tenant ?? (await shared);
  const { account } = await get(201, "POST", `/v1/tenants/${of}/accounts`, { body: { name: "home" } });
  return { tenant: of, account: String(account) };
}

export interface Key {
  readonly key: string;
  readonly credential: string;
}

export async function newKey(
  tenant: string,
  scopes: readonly string[] = ["rpc"],
  more: { accounts?: readonly string[]; expires_at?: number } = {},
): Promise<Key> {
  const body = { name: "key", scopes, ...more };
  const { key, credential } = await get(201, "POST", `/v1/tenants/${tenant}/keys`, { body });
  return { key: String(key), credential: String(credential) };
}

/** STAT1, as the operator sees it. */
export const statusOf = ({ account }: Account): Promise<Json> =>
  get(200, "GET", `/v1/accounts/${account}/status`);
