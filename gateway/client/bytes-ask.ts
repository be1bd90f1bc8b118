// A request of the relay whose body, or whose answer's, is a file; and its refusals.
import type * as z from "zod";
import { ERROR_CODES, ERRORS, type ErrorCode } from "../../shared/errors.ts";
import { parseJson } from "../../shared/json.ts";
import type { Clock } from "../../shared/clock.ts";
import { accountPath, type AccountTarget } from "./account.ts";
import { platformBytes, type BytesFetch, type BytesRequest, type BytesResponse } from "./bytes-http.ts";
import { ClientError, readProblem } from "./client-error.ts";
import { withQuery } from "./events-query.ts";
import { NeverLeft, type HttpTarget } from "./http.ts";
import type { Sha256 } from "./sha256.ts";

/** Who brings nothing along has what the platform has. */
export interface BytesTarget extends HttpTarget {
  readonly bytesFetch?: BytesFetch;
  readonly clock?: Clock;
  readonly random?: () => number;
}
export interface AttachmentsTarget extends BytesTarget, AccountTarget {
  /** A faster one than that of ./sha256.ts. */
  readonly sha256?: () => Sha256;
}

/** How far a transfer is. */
export interface TransferProgress {
  /** Of the whole file: those that are through. */
  readonly bytes: number;
  readonly size: number;
  /** Why nothing moves just now; it goes on by itself. */
  readonly waiting: ClientError | null;
}

/** Of all files, or of one, named by its reference. */
export function attachmentPath(
  account: string,
  reference?: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const what = reference === undefined ? "attachments" : `attachments/${encodeURIComponent(reference)}`;
  return withQuery(accountPath(account, what), query);
}

/** The answer, whatever its status; `signal` ends it, `outer` is the caller's own wish among the reasons for that. */
export async function askBytes(
  { relay, key, bytesFetch = platformBytes }: BytesTarget,
  path: string,
  request: BytesRequest,
  outer: AbortSignal | undefined,
): Promise<BytesResponse> {
  const headers = { accept: "*/*", authorization: `Bearer ${key}`, ...request.headers };
  try {
    return await bytesFetch(new URL(path, relay).href, { ...request, headers });
  } catch (error) {
    outer?.throwIfAborted();
    const neverLeft = error instanceof NeverLeft;
    throw new ClientError({ code: "unreachable", status: null, requestId: null, neverLeft });
  }
}

/** The JSON of a good answer; throws what else it is. */
export async function jsonOf<T>(response: BytesResponse, schema: z.ZodType<T>): Promise<T> {
  const { status, headers } = response;
  const text = await response.text().catch(() => undefined);
  if (text === undefined) throw brokenOff(status);
  const json = parseJson(text);
  const parsed = schema.safeParse(json.ok ? json.value : undefined);
  if (status < 300 && parsed.success) return parsed.data;
  throw refusal(status, headers, json.ok ? json.value : undefined);
}

/** Why it is none of the answers that were expected. */
export async function refusalOf(response: BytesResponse): Promise<ClientError> {
  const { status, headers } = response;
  const json = parseJson(await response.text().catch(() => ""));
  return refusal(status, headers, json.ok ? json.value : undefined);
}

function refusal(status: number, headers: BytesResponse["headers"], body: unknown): ClientError {
  const requestId = headers.get("x-request-id");
  const code = body === undefined ? codeOf(status) : undefined;
  if (code !== undefined) {
    const { retryable } = ERRORS[code];
    return new ClientError({ code, retryable, status, requestId });
  }
  if (status >= 400) return readProblem(status, requestId, body, headers.get("retry-after"));
  return new ClientError({ code: "unexpected_answer", status, requestId });
}

/** Of an answer to HEAD, which has no body: the first row of the table with that status is near enough. */
const codeOf = (status: number): ErrorCode | undefined =>
  ERROR_CODES.find((code) => ERRORS[code].status === status);

export const brokenOff = (status: number | null): ClientError =>
  new ClientError({ code: "unreachable", detail: "The transfer broke off.", status, requestId: null });
