// One attempt, as whoever drives it sees it.
import type { AttemptEnd } from "../../../shared/webhooks/verdict.ts";

export interface PostRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** Bytes of the answer that are read at most. */
  readonly maxAnswerBytes: number;
}

/** `answer`: the beginning of what came back, as text; `contentType` of it. */
export type PostEnd = AttemptEnd & { readonly answer?: string; readonly contentType?: string | null };

/** What the platform does with it. Never rejects. */
export type Post = (url: string, request: PostRequest) => Promise<PostEnd>;
