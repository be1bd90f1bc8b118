// A relay with two tenants, and every kind of key that somebody may come with.
import path from "node:path";
import * as z from "zod";
import { anyFreePort } from "../../host/ports.ts";
import { http, type HttpAnswer } from "../e2e/http.ts";
import { makeAccount, makeKey, makeTenant, offerEnrolment, type Scope } from "../e2e/owner.ts";
import { EVERYBODY, openChannel } from "../e2e/open-channel.ts";
import { liveHeap } from "../e2e/live-heap.ts";
import { enrol } from "../e2e/raw-link.ts";
import { OPERATOR_KEY, RelayProcess } from "../e2e/relay-process.ts";
import { tempFolder } from "../e2e/temp.ts";
import { until } from "../e2e/waiting.ts";
import type { Door } from "./route-table.ts";

/** What stands in paths and bodies, by the name of the parameter. */
export type Ids = Readonly<Record<string, string>>;

const UPGRADE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

export const SCOPES: readonly Scope[] = ["read", "send", "rpc", "manage"];
const FRIEND = "+15550100001";
const endpointSchema = z.looseObject({ endpoint: z.string() });
const sentSchema = z.looseObject({ operation: z.string() });

export interface World {
  readonly relay: RelayProcess;
  /** Real things of the first tenant's. */
  readonly mine: Ids;
  /** The same of the second one's. */
  readonly theirs: Ids;
  readonly keys: {
    readonly all: string;
    /** Of the second tenant. */
    readonly stranger: string;
    /** Of another account of the first tenant. */
    readonly elsewhere: string;
    readonly expired: string;
    readonly revoked: string;
    readonly only: ReadonlyMap<Scope, string>;
  };
  /** Bytes that the relay's worker holds, its objects with it. */
  held(): Promise<number>;
  stop(): Promise<void>;
}

export async function startWorld(env: Readonly<Record<string, string>> = {}): Promise<World> {
  const inspectorPort = await anyFreePort("127.0.0.1");
  const folder = tempFolder("doors");
  const relay = await RelayProcess.start({
    state: path.join(folder.path, "relay"),
    // Webhooks of these tests go nowhere, and not to the outside.
    env: { WEBHOOKS_TO_LOOPBACK: "1", ...env },
    inspectorPort,
  });
  const tenant = await makeTenant(relay.url, "mine");
  const mine = await thingsOf(relay, tenant);
  const { account: other } = await makeAccount(relay.url, tenant, "other");
  const theirs = await thingsOf(relay, await makeTenant(relay.url, "theirs"));
  const key = async (wish: Parameters<typeof makeKey>[2]): Promise<{ key: string; credential: string }> =>
    makeKey(relay.url, tenant, wish);
  const only = new Map<Scope, string>();
  for (const scope of SCOPES) only.set(scope, (await key({ scopes: [scope] })).credential);
  const expired = (await key({ expires_at: Date.now() + 1_000 })).credential;
  const revoked = await key({});
  const keys = {
    all: (await key({})).credential,
    stranger: (await makeKey(relay.url, theirs["tenant"] ?? "")).credential,
    elsewhere: (await key({ accounts: [other] })).credential,
    expired,
    revoked: revoked.credential,
    only,
  };
  // Used once, so that the account holds a copy of it.
  await http(`${relay.url}/v1/accounts/${mine["account"]}/status`, { key: keys.revoked });
  await http(`${relay.url}/v1/tenants/${tenant}/keys/${revoked.key}`, {
    method: "DELETE",
    key: OPERATOR_KEY,
  });
  const isOver = async (): Promise<boolean> =>
    (await http(`${relay.url}/v1/accounts/${mine["account"]}/status`, { key: expired })).status === 401;
  await until(isOver, "the key expires");
  return {
    relay,
    mine,
    theirs,
    keys,
    held: () => liveHeap(inspectorPort),
    stop: async () => {
      await relay.kill9();
      folder.remove();
    },
  };
}

async function thingsOf(relay: RelayProcess, tenant: string): Promise<Ids> {
  const { account, key, credential } = await makeAccount(relay.url, tenant);
  const post = async (route: string, body: unknown, by: string): Promise<unknown> =>
    (await http(`${relay.url}${route}`, { method: "POST", key: by, body })).json();
  const url = `http://127.0.0.1:${await anyFreePort("127.0.0.1")}/`;
  const wish = { url, kinds: ["message.received"] };
  const { endpoint } = endpointSchema.parse(
    await post(`/v1/tenants/${tenant}/endpoints`, wish, OPERATOR_KEY),
  );
  const { install } = await enrol(relay.url, account);
  const { code } = await offerEnrolment(relay.url, account);
  await openChannel({ accountUrl: `${relay.url}/v1/accounts/${account}`, key: credential }, EVERYBODY);
  const message = { to: FRIEND, text: "secret words", queue: true };
  const sent = await post(`/v1/accounts/${account}/messages`, message, credential);
  const { operation } = sentSchema.parse(sent);
  return {
    tenant,
    account,
    key,
    endpoint,
    install,
    operation,
    code,
    url,
    event: "nolog.1",
    reference: "att_nothing",
    transfer: "nothing",
    name: "nobody",
    version: "1",
  };
}

/** Asks that door about those things. */
export async function knock(
  { relay }: World,
  route: string,
  door: Door,
  ids: Ids,
  key: string | undefined,
): Promise<HttpAnswer> {
  const [method = "", pattern = ""] = route.split(" ");
  const filled = pattern.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name] ?? name));
  const url = `${relay.url}${filled}${door.query === undefined ? "" : `?${door.query}`}`;
  const body = door.body === undefined ? {} : { body: door.body(ids) };
  return http(url, { method, key, ...body, ...(door.isSocket === true ? { headers: UPGRADE } : {}) });
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** One bit of that letter is another; `at` counts from the end where it is negative. */
export function flipped(text: string, at: number): string {
  const place = at < 0 ? text.length + at : at;
  const letter = text[place] ?? "";
  const value = ALPHABET.indexOf(letter);
  const other = value < 0 ? "!" : ALPHABET[value ^ 16];
  return `${text.slice(0, place)}${other}${text.slice(place + 1)}`;
}

/** What was answered, but for the one thing that is always another. */
export const wordOf = ({ status, text, headers }: HttpAnswer): string => {
  const named = Object.keys(headers)
    .filter((name) => !["date", "x-request-id", "content-length"].includes(name))
    .sort();
  return `${status} ${named.join(",")} ${text.replaceAll(/"request_id":"[^"]*"/g, '"request_id":""')}`;
};
