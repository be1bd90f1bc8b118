// Every route of the relay: whom it answers, and a body that it understands. A test compares it with the routes that
// there are, so that a new one cannot be forgotten.
import type { Scope } from "../e2e/owner.ts";
import type { Ids } from "./world.ts";

/** Any of these scopes; `operator` = nobody else; `nobody` = no key is asked for; `bearer` = an id in the path is one. */
export type Needs = readonly Scope[] | "operator" | "nobody" | "bearer";

export interface Door {
  readonly needs: Needs;
  readonly body?: (ids: Ids) => unknown;
  /** Of an account and for keys only: the operator reads nobody's messages. */
  readonly isPrivate?: true;
  /** Nothing of that name is there in these tests: who may ask is told that. */
  readonly isMissing?: true;
  /** It becomes a WebSocket, and without that says so (426). */
  readonly isSocket?: true;
  readonly query?: string;
}

const MANAGE: readonly Scope[] = ["manage"];
const READ: readonly Scope[] = ["read"];
const ANY: readonly Scope[] = ["read", "send", "rpc", "manage"];

const named = (): unknown => ({ name: "renamed" });
const nothing = (): unknown => ({});

const T = "/v1/tenants/:tenant";
const A = "/v1/accounts/:account";
const E = `${T}/endpoints/:endpoint`;
const AE = `${A}/endpoints/:endpoint`;

export const DOORS: Readonly<Record<string, Door>> = {
  "GET /v1/health": { needs: "nobody" },
  "POST /v1/tenants": { needs: "operator", body: named },
  "GET /v1/tenants": { needs: "operator" },
  "GET /v1/audit": { needs: "operator" },
  "POST /v1/tenants/import": { needs: "operator", body: nothing },
  [`GET ${T}`]: { needs: "operator" },
  [`GET ${T}/export`]: { needs: "operator" },
  [`PATCH ${T}`]: { needs: "operator", body: named },
  [`POST ${T}/suspend`]: { needs: "operator", body: nothing },
  [`POST ${T}/resume`]: { needs: "operator", body: nothing },
  [`PATCH ${T}/quotas`]: { needs: "operator", body: () => ({ quotas: { keys: 50 } }) },
  [`DELETE ${T}`]: { needs: "operator" },
  [`GET ${T}/audit`]: { needs: MANAGE },
  [`GET ${T}/usage`]: { needs: MANAGE },
  [`POST ${T}/accounts`]: { needs: MANAGE, body: named },
  [`GET ${T}/accounts`]: { needs: MANAGE },
  [`GET ${T}/keys`]: { needs: MANAGE },
  [`POST ${T}/keys`]: { needs: MANAGE, body: () => ({ name: "new", scopes: ["read"] }) },
  [`PATCH ${T}/keys/:key`]: { needs: MANAGE, body: named },
  [`POST ${T}/keys/:key/rotate`]: { needs: MANAGE, body: nothing },
  [`DELETE ${T}/keys/:key`]: { needs: MANAGE },
  [`GET ${T}/endpoints`]: { needs: MANAGE },
  [`POST ${T}/endpoints`]: {
    needs: MANAGE,
    body: ({ url }) => ({ url, kinds: ["*"] }),
  },
  [`GET ${E}`]: { needs: MANAGE },
  [`PATCH ${E}`]: { needs: MANAGE, body: () => ({ description: "mine" }) },
  [`POST ${E}/pause`]: { needs: MANAGE, body: nothing },
  [`POST ${E}/resume`]: { needs: MANAGE, body: nothing },
  [`GET ${E}/secret`]: { needs: MANAGE },
  [`POST ${E}/rotate`]: { needs: MANAGE, body: nothing },
  [`POST ${E}/test`]: { needs: MANAGE, body: nothing },
  [`DELETE ${E}`]: { needs: MANAGE },
  [`GET ${T}/config`]: { needs: MANAGE },
  [`PUT ${T}/config`]: { needs: MANAGE, body: nothing },
  [`PATCH ${T}/config`]: { needs: MANAGE, body: nothing },
  [`GET ${T}/config/history`]: { needs: MANAGE },
  [`GET ${T}/config/history/:version`]: { needs: MANAGE },
  [`POST ${T}/config/rollback`]: { needs: MANAGE, body: () => ({ version: 1 }) },

  [`PATCH ${A}`]: { needs: MANAGE, body: named },
  [`POST ${A}/pause`]: { needs: MANAGE, body: nothing },
  [`POST ${A}/resume`]: { needs: MANAGE, body: nothing },
  [`DELETE ${A}`]: { needs: MANAGE },
  [`GET ${A}/usage`]: { needs: MANAGE },
  [`GET ${A}/status`]: { needs: ANY },
  [`POST ${A}/enrolments`]: { needs: MANAGE, body: nothing },
  [`GET ${A}/installs`]: { needs: MANAGE },
  [`DELETE ${A}/installs/:install`]: { needs: MANAGE },
  [`GET ${A}/config`]: { needs: MANAGE },
  [`PUT ${A}/config`]: { needs: MANAGE, body: nothing },
  [`PATCH ${A}/config`]: { needs: MANAGE, body: nothing },
  [`GET ${A}/pairing`]: { needs: MANAGE },
  [`POST ${A}/pairing/approve`]: { needs: MANAGE, body: () => ({ code: "AAAAAAAA" }), isMissing: true },
  [`POST ${A}/pairing/deny`]: { needs: MANAGE, body: () => ({ code: "AAAAAAAA" }), isMissing: true },
  [`POST ${A}/pairing/revoke`]: { needs: MANAGE, body: () => ({ handle: "+15550100001" }), isMissing: true },
  [`GET ${A}/decisions`]: { needs: MANAGE },
  [`GET ${A}/endpoints`]: { needs: MANAGE },
  [`GET ${AE}/attempts`]: { needs: MANAGE },
  [`GET ${AE}/parked`]: { needs: MANAGE },
  [`POST ${AE}/resend`]: { needs: MANAGE, body: ({ event }) => ({ event }), isMissing: true },
  [`POST ${AE}/replay`]: { needs: MANAGE, body: () => ({ after: "beginning" }) },

  [`GET ${A}/events`]: { needs: READ, isPrivate: true },
  [`GET ${A}/consumers`]: { needs: ["read", "manage"] },
  [`DELETE ${A}/consumers/:name`]: { needs: MANAGE, isMissing: true },
  [`POST ${A}/tickets`]: { needs: READ, body: () => ({ door: "events" }), isPrivate: true },
  [`GET ${A}/claims`]: { needs: ["read", "send", "manage"] },
  [`POST ${A}/claims`]: { needs: ["send"], body: () => ({ chat: "-;+15550100001" }), isPrivate: true },
  [`DELETE ${A}/claims`]: { needs: ["send", "manage"], query: "chat=-%3B%2B15550100001" },
  [`POST ${A}/messages`]: {
    needs: ["send"],
    body: () => ({ to: "+15550100001", text: "hello", queue: true }),
    isPrivate: true,
  },
  [`GET ${A}/operations`]: { needs: ["send"], isPrivate: true },
  [`GET ${A}/operations/:operation`]: { needs: ["send"], isPrivate: true },
  [`DELETE ${A}/operations/:operation`]: { needs: ["send"], isPrivate: true },
  [`GET ${A}/attachments/:reference`]: { needs: READ, isPrivate: true, isMissing: true },
  [`POST ${A}/attachments`]: { needs: ["send"], body: nothing, isPrivate: true },
  [`PUT ${A}/attachments/:reference`]: {
    needs: ["send"],
    body: nothing,
    query: "offset=0",
    isPrivate: true,
    isMissing: true,
  },
  [`GET ${A}/transfers/:transfer`]: { needs: ["read", "send"], isPrivate: true, isMissing: true },
  [`POST ${A}/rpc`]: {
    needs: ["rpc"],
    body: () => ({ jsonrpc: "2.0", id: 1, method: "chats.list" }),
    isPrivate: true,
  },
  [`GET ${A}/rpc`]: { needs: ["rpc"], isPrivate: true, isSocket: true },

  [`GET ${A}/agent`]: { needs: "bearer" },
  [`POST ${A}/agent/transfers/:transfer`]: { needs: "bearer", body: nothing, query: "offset=0" },
  [`GET ${A}/agent/transfers/:transfer`]: { needs: "bearer" },
  "POST /v1/enrolments/look": { needs: "bearer", body: ({ code }) => ({ code }) },
  "POST /v1/enrolments/claim": {
    needs: "bearer",
    body: ({ code }) => ({ code, public_key: `${"A".repeat(43)}=`, name: "mac" }),
  },
};
