import type * as z from "zod";
import { ATTEMPT_TIMEOUT_MS } from "../../shared/webhooks/limits.ts";
import { HTTP_TIMEOUT_MS } from "../limits.ts";
import { accountPath } from "./account.ts";
import { tenantPath } from "./admin.ts";
import { withQuery } from "./events-query.ts";
import { request, type HttpTarget } from "./http.ts";
import {
  attemptsSchema,
  endpointHealthsSchema,
  endpointSchema,
  endpointsSchema,
  endpointTestSchema,
  endpointWithSecretSchema,
  replayedSchema,
  resentSchema,
  waitingSchema,
  type Endpoint,
  type EndpointHealth,
  type EndpointTest,
  type EndpointWithSecret,
  type FailedAttempt,
  type Replayed,
  type Resent,
  type Waiting,
} from "./webhook-shapes.ts";

export interface EndpointWish {
  readonly url: string;
  /** Kinds of events, or families such as `message.*`; absent = all. */
  readonly kinds?: readonly string[];
  /** Chats by their keys, as events have them; absent or null = every chat. */
  readonly chats?: readonly string[] | null;
  /** Absent or null = all of the tenant, also those to come. */
  readonly accounts?: readonly string[] | null;
  readonly description?: string;
  /** What it answers is said in the chat that the event came from. */
  readonly takes_replies?: boolean;
  /** `whsec_…`; absent = the relay makes one. */
  readonly secret?: string;
}
export type EndpointChange = Partial<Omit<EndpointWish, "secret">>;

/** Where a replay begins: after an event, at the beginning of the log, or at a time in ms. */
export type ReplayFrom = { readonly after: string } | { readonly since: number };

/**
 * Webhook endpoints: a tenant's, with the operator's key or one of scope `manage` for the whole tenant; and how each
 * stands in one account, with a key of scope `manage` for that account.
 */
export class WebhooksHttp {
  readonly #target: HttpTarget;

  constructor(target: HttpTarget) {
    this.#target = target;
  }

  async list(tenant: string): Promise<readonly Endpoint[]> {
    return (await this.#get(tenantPath(tenant, "endpoints"), endpointsSchema)).endpoints;
  }

  create(tenant: string, wish: EndpointWish): Promise<EndpointWithSecret> {
    return this.#post(tenantPath(tenant, "endpoints"), wish, endpointWithSecretSchema);
  }

  show(tenant: string, endpoint: string): Promise<Endpoint> {
    return this.#get(ofTenant(tenant, endpoint), endpointSchema);
  }

  change(tenant: string, endpoint: string, change: EndpointChange): Promise<Endpoint> {
    const path = ofTenant(tenant, endpoint);
    return request(this.#target, { method: "PATCH", path, body: change, schema: endpointSchema });
  }

  /** As it was. What waits for it is forgotten. */
  remove(tenant: string, endpoint: string): Promise<Endpoint> {
    const path = ofTenant(tenant, endpoint);
    return request(this.#target, { method: "DELETE", path, schema: endpointSchema });
  }

  /** Nothing is sent; what comes meanwhile waits in the log. */
  pause(tenant: string, endpoint: string): Promise<Endpoint> {
    return this.#post(ofTenant(tenant, endpoint, "pause"), {}, endpointSchema);
  }

  /** Also one that was disabled: it goes on where it was. */
  resume(tenant: string, endpoint: string): Promise<Endpoint> {
    return this.#post(ofTenant(tenant, endpoint, "resume"), {}, endpointSchema);
  }

  /** A new secret; the one before signs as well until `old_secret_until`. */
  rotate(tenant: string, endpoint: string, secret?: string): Promise<EndpointWithSecret> {
    const body = secret === undefined ? {} : { secret };
    return this.#post(ofTenant(tenant, endpoint, "rotate"), body, endpointWithSecretSchema);
  }

  /** The secret that signs, for whoever lost it. */
  secretOf(tenant: string, endpoint: string): Promise<EndpointWithSecret> {
    return this.#get(ofTenant(tenant, endpoint, "secret"), endpointWithSecretSchema);
  }

  /** One attempt at once, with an event `endpoint.test` that is in no log. */
  test(tenant: string, endpoint: string, account?: string): Promise<EndpointTest> {
    return request(this.#target, {
      method: "POST",
      path: ofTenant(tenant, endpoint, "test"),
      body: account === undefined ? {} : { account },
      // The answer comes after that of the endpoint.
      timeoutMs: ATTEMPT_TIMEOUT_MS + HTTP_TIMEOUT_MS,
      schema: endpointTestSchema,
    });
  }

  /** How each endpoint stands in that account. */
  async health(account: string): Promise<readonly EndpointHealth[]> {
    return (await this.#get(accountPath(account, "endpoints"), endpointHealthsSchema)).endpoints;
  }

  /** Those that failed, newest first. */
  async attempts(account: string, endpoint: string, limit?: number): Promise<readonly FailedAttempt[]> {
    const path = withQuery(ofAccount(account, endpoint, "attempts"), { limit });
    return (await this.#get(path, attemptsSchema)).attempts;
  }

  /** Chats that wait for an event, and events that were set aside. */
  parked(account: string, endpoint: string): Promise<Waiting> {
    return this.#get(ofAccount(account, endpoint, "parked"), waitingSchema);
  }

  /** Once more, now, under the same `webhook-id`; `not_found` where the log has it no more. */
  resend(account: string, endpoint: string, event: string): Promise<Resent> {
    return this.#post(ofAccount(account, endpoint, "resend"), { event }, resentSchema);
  }

  /** Everything from there on comes again, under the same `webhook-id`s. */
  replay(account: string, endpoint: string, from: ReplayFrom): Promise<Replayed> {
    return this.#post(ofAccount(account, endpoint, "replay"), from, replayedSchema);
  }

  #get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return request(this.#target, { method: "GET", path, schema });
  }

  #post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return request(this.#target, { method: "POST", path, body, schema });
  }
}

const one = (endpoint: string, what: string | undefined): string =>
  `endpoints/${encodeURIComponent(endpoint)}${what === undefined ? "" : `/${what}`}`;
const ofTenant = (tenant: string, endpoint: string, what?: string): string =>
  tenantPath(tenant, one(endpoint, what));
const ofAccount = (account: string, endpoint: string, what: string): string =>
  accountPath(account, one(endpoint, what));
