// One signed request to an endpoint, by Standard Webhooks 1.0, to where it may go.
import { ATTEMPT_TIMEOUT_MS, MAX_KEPT_ANSWER_BYTES } from "../../../shared/webhooks/limits.ts";
import type { WebhookSecret } from "./endpoint.ts";
import { parseSecret } from "../../../shared/webhooks/secret.ts";
import { signatureHeader } from "../../../shared/webhooks/signature.ts";
import { guardUrl, type UrlGuardOptions } from "../../../shared/webhooks/url-guard.ts";
import type { Post, PostEnd } from "./attempt.ts";

const SECOND = 1_000;

export interface Posting {
  readonly post: Post;
  readonly guard: UrlGuardOptions;
  readonly unseal: (sealed: string) => string | undefined;
}

export interface Letter {
  readonly url: string;
  /** Newest first. */
  readonly secrets: readonly WebhookSecret[];
  readonly id: string;
  readonly body: string;
  readonly now: number;
  /** Bytes of the answer that are read at most. */
  readonly maxAnswerBytes: number;
}

export async function signedPost({ post, guard, unseal }: Posting, letter: Letter): Promise<PostEnd> {
  const { id, body, now, maxAnswerBytes } = letter;
  const url = guardUrl(letter.url, guard);
  if (!url.ok) return { error: "blocked", why: url.error.sentence };
  const secrets = letter.secrets
    .filter(({ until }) => until === null || until > now)
    .map(({ sealed }) => parseSecret(unseal(sealed) ?? ""))
    .filter((secret) => secret.ok)
    .map(({ value }) => value);
  const why = "its secret was sealed under one of RELAY_SECRETS that is gone; rotate it";
  if (secrets.length === 0) return { error: "blocked", why };
  const timestamp = Math.floor(now / SECOND);
  const headers = {
    "content-type": "application/json",
    "user-agent": "imsg-relay",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": await signatureHeader(secrets, { id, timestamp, body }),
  };
  return post(url.value.href, { headers, body, timeoutMs: ATTEMPT_TIMEOUT_MS, maxAnswerBytes });
}

/** The beginning of an answer that is kept; a character cut in two is left out. */
export function keptAnswer(answer: string): string {
  const bytes = new TextEncoder().encode(answer).subarray(0, MAX_KEPT_ANSWER_BYTES);
  return new TextDecoder().decode(bytes, { stream: true });
}
