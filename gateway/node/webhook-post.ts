import { ATTEMPT_TIMEOUT_MS, MAX_REPLY_BYTES } from "../../shared/webhooks/limits.ts";
import type { EndpointAnswer } from "../../shared/webhooks/reply.ts";
import type { AttemptEnd } from "../../shared/webhooks/verdict.ts";
import { NeverLeft } from "../client/http.ts";
import { headerOf, startRequest } from "./http-start.ts";

/** How an attempt ended; where somebody answered, also what. */
export type PostEnd = AttemptEnd & { readonly answer?: EndpointAnswer };

/** One attempt as the relay makes it: a POST, no redirects, a bounded answer. Never rejects. */
export async function postWebhook(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<PostEnd> {
  const timeout = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
  try {
    const { sent, answered } = await startRequest(url, {
      method: "POST",
      headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
      signal: AbortSignal.any([timeout, signal]),
    });
    sent.end(body);
    const response = await answered;
    const status = response.statusCode ?? 0;
    const answer = {
      status,
      contentType: headerOf(response, "content-type"),
      body: await beginningOf(response),
    };
    return { status, retryAfter: headerOf(response, "retry-after"), answer };
  } catch (error) {
    if (timeout.aborted) return { error: "timeout" };
    return { error: error instanceof NeverLeft ? "refused" : "lost" };
  }
}

/** Not much more than may be a reply: it may never end. */
async function beginningOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      parts.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_REPLY_BYTES) break;
    }
  } catch {
    // The status counts, as it does for the relay; what broke off is no reply.
    return "";
  }
  return Buffer.concat(parts).toString();
}
