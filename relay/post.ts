// A webhook's request by the platform's fetch. Redirects are never followed: what they point at was judged by nobody.
import type { Post } from "./account/webhooks/attempt.ts";

export const platformPost: Post = async (url, { headers, body, timeoutMs, maxAnswerBytes }) => {
  // Not AbortSignal.timeout: its timer would go on when the answer is there, keep the object up for nothing, and an
  // object may have 10,000 of them (workerd 2026-04).
  const abort = new AbortController();
  const { signal } = abort;
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    const answer = await beginningOf(response, maxAnswerBytes).catch(() => "");
    const { status } = response;
    const [retryAfter, contentType] = ["retry-after", "content-type"].map((name) =>
      response.headers.get(name),
    );
    return { status, retryAfter: retryAfter ?? null, contentType: contentType ?? null, answer };
  } catch (error) {
    return { error: signal.aborted ? "timeout" : kindOf(error) };
  } finally {
    clearTimeout(timer);
  }
};

/** Not a byte more is read: it may never end. */
async function beginningOf({ body }: Response, most: number): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  try {
    for (let bytes = 0; bytes < most;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value.subarray(0, most - bytes), { stream: true });
      bytes += value.length;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return text + decoder.decode();
}

/**
 * A connection that was made or refused is "lost"; of everything else (the name, the certificate, no HTTP, an address that is
 * not public) the runtime says that it is an internal error, and no more (workerd 2026-04).
 */
const kindOf = (error: unknown): "lost" | "unreachable" =>
  error instanceof Error && error.message.startsWith("internal error") ? "unreachable" : "lost";
