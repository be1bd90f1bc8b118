// A webhook's request by the platform's fetch. Redirects are never followed: what they point at was judged by nobody.
import type { Post } from "./account/webhooks/attempt.ts";

export const platformPost: Post = async (url, { headers, body, timeoutMs, maxAnswerBytes }) => {
  const signal = AbortSignal.timeout(timeoutMs);
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

/** The runtime says it in words only (workerd 2026-04). */
function kindOf(error: unknown): "network" | "refused" | "dns" | "tls" {
  const text = error instanceof Error ? error.message : "";
  if (/refused/i.test(text)) return "refused";
  if (/DNS|resolve|lookup/i.test(text)) return "dns";
  return /TLS|certificate|SSL/i.test(text) ? "tls" : "network";
}
