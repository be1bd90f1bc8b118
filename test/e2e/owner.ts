// What an operator does first, over HTTP: a tenant, an account, a key, an enrolment code.
import * as z from "zod";
import { http, type HttpAnswer } from "./http.ts";
import { OPERATOR_KEY } from "./relay-process.ts";

export interface Account {
  readonly tenant: string;
  readonly account: string;
  readonly key: string;
  readonly credential: string;
}

export type Scope = "read" | "send" | "rpc" | "manage";
const ALL_SCOPES: readonly Scope[] = ["rpc", "read", "send", "manage"];

const tenantSchema = z.object({ tenant: z.string() });
const accountSchema = z.object({ account: z.string() });
const keySchema = z.object({ key: z.string(), credential: z.string() });
const enrolmentSchema = z.object({ code: z.string(), url: z.string(), expires_at: z.number() });

export async function makeTenant(relay: string, name = "tenant"): Promise<string> {
  return tenantSchema.parse(await made(post(`${relay}/v1/tenants`, { name }))).tenant;
}

/** An account with one key that may do everything there. */
export async function makeAccount(relay: string, tenant: string, name = "mac"): Promise<Account> {
  const { account } = accountSchema.parse(
    await made(post(`${relay}/v1/tenants/${tenant}/accounts`, { name })),
  );
  return { tenant, account, ...(await makeKey(relay, tenant, { accounts: [account] })) };
}

export async function makeKey(
  relay: string,
  tenant: string,
  wish: {
    readonly accounts?: readonly string[];
    readonly scopes?: readonly Scope[];
    readonly expires_at?: number;
  } = {},
): Promise<{ readonly key: string; readonly credential: string }> {
  const body = { name: "key", scopes: ALL_SCOPES, ...wish };
  return keySchema.parse(await made(post(`${relay}/v1/tenants/${tenant}/keys`, body)));
}

export async function offerEnrolment(
  relay: string,
  account: string,
): Promise<z.infer<typeof enrolmentSchema>> {
  return enrolmentSchema.parse(await made(post(`${relay}/v1/accounts/${account}/enrolments`, {})));
}

const post = (url: string, body: unknown): Promise<HttpAnswer> =>
  http(url, { method: "POST", key: OPERATOR_KEY, body });

async function made(answer: Promise<HttpAnswer>): Promise<unknown> {
  const { status, text, json } = await answer;
  if (status !== 201) throw new Error(`HTTP ${status}: ${text.slice(0, 200)}`);
  return json();
}
