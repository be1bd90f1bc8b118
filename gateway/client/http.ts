import type * as z from "zod";
import { parseJson } from "../../shared/json.ts";
import { HTTP_TIMEOUT_MS } from "../limits.ts";
import { ClientError, readProblem } from "./client-error.ts";

export interface HttpRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}
export interface HttpResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}
/** What a `Fetch` may throw where it is certain that nobody has seen any of the request: no connection was made. */
export class NeverLeft extends Error {
  override readonly name = "NeverLeft";
}
/** The part of the platform's `fetch` that is used, so that Node can bring one that honours a proxy. */
export type Fetch = (url: string, request: HttpRequest) => Promise<HttpResponse>;

export interface HttpTarget {
  /** Origin of the relay. */
  readonly relay: string;
  /** `<key id>.<secret>`, or the operator's key. */
  readonly key: string;
  /** Default: the platform's own. */
  readonly fetch?: Fetch;
}

export interface Ask<T> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly timeoutMs?: number;
  /** Gives the request up. */
  readonly signal?: AbortSignal | undefined;
  readonly schema: z.ZodType<T>;
}

/** One request, one parsed answer; everything else is a ClientError. */
export async function request<T>(target: HttpTarget, ask: Ask<T>): Promise<T> {
  const response = await send(target, ask);
  const text = await readText(response);
  const requestId = response.headers.get("x-request-id");
  const json = parseJson(text);
  if (response.status >= 400) {
    const retryAfter = response.headers.get("retry-after");
    throw readProblem(response.status, requestId, json.ok ? json.value : undefined, retryAfter);
  }
  const parsed = ask.schema.safeParse(json.ok ? json.value : undefined);
  if (!parsed.success || response.status >= 300) {
    throw new ClientError({ code: "unexpected_answer", status: response.status, requestId });
  }
  return parsed.data;
}

async function send<T>({ relay, key, fetch: fetchOf }: HttpTarget, ask: Ask<T>): Promise<HttpResponse> {
  const doFetch: Fetch = fetchOf ?? ((url, init) => fetch(url, init));
  const headers: Record<string, string> = {
    accept: "application/json",
    authorization: `Bearer ${key}`,
    ...ask.headers,
  };
  if (ask.body !== undefined) headers["content-type"] = "application/json";
  const timeout = AbortSignal.timeout(ask.timeoutMs ?? HTTP_TIMEOUT_MS);
  try {
    return await doFetch(new URL(ask.path, relay).href, {
      method: ask.method,
      headers,
      signal: ask.signal === undefined ? timeout : AbortSignal.any([timeout, ask.signal]),
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
    });
  } catch (error) {
    // The platform's text may hold addresses and says little to a human; the code says what matters.
    const neverLeft = error instanceof NeverLeft;
    throw new ClientError({ code: "unreachable", status: null, requestId: null, neverLeft });
  }
}

async function readText(response: HttpResponse): Promise<string> {
  try {
    return await response.text();
  } catch {
    throw new ClientError({ code: "unreachable", status: response.status, requestId: null });
  }
}
