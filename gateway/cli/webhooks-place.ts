// Whose endpoints, which of them is meant, and the key that may be used for it.
import { Admin } from "../client/admin.ts";
import { ClientError } from "../client/client-error.ts";
import type { HttpTarget } from "../client/http.ts";
import type { Endpoint } from "../client/webhook-shapes.ts";
import { WebhooksHttp } from "../client/webhooks-http.ts";
import type { Asking } from "./asking.ts";
import { tenantWith } from "./tenant-place.ts";
import { harmless } from "./text-table.ts";

/** Ends that are shown, and the least that is taken for one; the beginnings of a tenant's ids are all alike. */
const SHOWN_END_CHARS = 8;
const MIN_END_CHARS = 4;

export const shortEndpoint = (id: string): string => `…${id.slice(-SHOWN_END_CHARS)}`;

/** What a text may mean. */
type Candidate = Pick<Endpoint, "endpoint"> & { readonly url?: string };

export class WebhooksPlace {
  /** For what is the tenant's. */
  readonly endpoints: WebhooksHttp;
  readonly #ask: Asking;
  readonly #target: HttpTarget;
  #tenant: string | undefined;

  /** `tenant`: as it was typed. */
  constructor(ask: Asking, tenant: string | undefined) {
    this.#ask = ask;
    this.#tenant = tenant;
    // A login's key is for one account; the operator's is for everything, and is never in a file of ours.
    this.#target = { ...ask.target, key: operatorKey() ?? ask.target.key };
    this.endpoints = new WebhooksHttp(this.#target);
  }

  /** For what is one account's: the login's key opens its own. */
  ofAccount(account: string): WebhooksHttp {
    return account === this.#ask.target.account ? new WebhooksHttp(this.#ask.target) : this.endpoints;
  }

  async tenant(): Promise<string> {
    this.#tenant ??= await this.#findTenant();
    return this.#tenant;
  }

  /** The id of an endpoint of the tenant. */
  async endpoint(text: string): Promise<string> {
    if (isWhole(text)) return text;
    return chosen(text, await this.endpoints.list(await this.tenant()));
  }

  /** The same for whoever may ask only for one account, where ids are known and no URLs. */
  async endpointIn(account: string, text: string): Promise<string> {
    if (isWhole(text)) return text;
    const known = await this.ofAccount(account).health(account);
    const isId = known.some((candidate) => isMeant(text, candidate));
    return isId ? chosen(text, known) : this.endpoint(text);
  }

  /** The operator's relay lists tenants; which is ours is in the account's id (ID1). */
  async #findTenant(): Promise<string> {
    if (operatorKey() === undefined)
      throw new ClientError({
        code: "invalid_request",
        detail:
          "Endpoints belong to a tenant: name it by --tenant TEN_ID (setup printed it), with a login whose key is " +
          "for all of it, or set IMSG_RELAY_OPERATOR_KEY",
        status: null,
        requestId: null,
      });
    const found = await tenantWith(new Admin(this.#target), this.#ask.target.account);
    if (found !== undefined) return found;
    throw notFound("This relay has no tenant with the account of this login; name it by --tenant TEN_ID");
  }
}

const operatorKey = (): string | undefined => process.env["IMSG_RELAY_OPERATOR_KEY"] || undefined;

const isWhole = (text: string): boolean => /^end_[0-9a-z]{48}$/.test(text);

function isMeant(text: string, { endpoint, url }: Candidate): boolean {
  const end = text.replace(/^(end_)?(…|\.\.\.)/, "");
  if (end.length >= MIN_END_CHARS && /^[0-9a-z]+$/.test(end) && endpoint.endsWith(end)) return true;
  if (text.startsWith("end_")) return endpoint.startsWith(text);
  if (url === undefined || !URL.canParse(url)) return false;
  const { host, hostname, href } = new URL(url);
  return text === host || text === hostname || text === url || text === href;
}

function chosen(text: string, candidates: readonly Candidate[]): string {
  const [found, ...others] = candidates.filter((candidate) => isMeant(text, candidate));
  if (found === undefined)
    throw notFound(`There is no endpoint ${harmless(text)}; imsg-relay webhooks list shows them`);
  if (others.length === 0) return found.endpoint;
  const names = [found, ...others].map(({ endpoint, url }) =>
    `${shortEndpoint(endpoint)} ${url ?? ""}`.trim(),
  );
  throw new ClientError({
    code: "invalid_request",
    detail: `${harmless(text)} may be any of ${names.map(harmless).join(", ")}; say the end of its id`,
    status: null,
    requestId: null,
  });
}

const notFound = (detail: string): ClientError =>
  new ClientError({ code: "not_found", detail, status: null, requestId: null });
