// One attempt: what goes out, signed, and what is made of the answer. Nothing of it is kept here.
import { isOver } from "../../../shared/json.ts";
import { webhookId } from "../../../shared/webhooks/delivery-id.ts";
import { MAX_KEPT_ANSWER_BYTES, MAX_REPLY_BYTES } from "../../../shared/webhooks/limits.ts";
import { webhookPayload } from "../../../shared/webhooks/payload.ts";
import { readReply } from "../../../shared/webhooks/reply.ts";
import type { LoggedEvent } from "../../../shared/events.ts";
import type { AccountPorts } from "../ports.ts";
import type { PostEnd } from "./attempt.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Job } from "./lane.ts";
import type { Replies } from "./replies.ts";
import { keptAnswer, signedPost, type Posting } from "./signed-post.ts";

interface CourierParts extends Posting {
  readonly ports: Pick<AccountPorts, "clock" | "warn">;
  /** The event with its attachments as links. */
  readonly linked: (event: LoggedEvent, endpoint: string) => LoggedEvent;
  readonly replies: Pick<Replies, "placeOf" | "send">;
  /** The endpoint as it is now; undefined = it was deleted. */
  readonly current: (endpoint: string) => Endpoint | undefined;
}

export class Courier {
  readonly #parts: CourierParts;

  constructor(parts: CourierParts) {
    this.#parts = parts;
  }

  async attempt(endpoint: Endpoint, { event, kind }: Job): Promise<PostEnd> {
    const { ports, linked } = this.#parts;
    const { url, secrets } = endpoint;
    const replyTo = endpoint.takes_replies ? this.#parts.replies.placeOf(event) : null;
    const end = await signedPost(this.#parts, {
      url,
      secrets,
      id: webhookId(event),
      body: JSON.stringify(webhookPayload(linked(event, endpoint.endpoint), kind === "aside")),
      now: ports.clock.now(),
      maxAnswerBytes: replyTo === null ? MAX_KEPT_ANSWER_BYTES : MAX_REPLY_BYTES + 1,
    });
    if ("status" in end && replyTo !== null) this.#take(endpoint, event, replyTo, end);
    return { ...end, answer: keptAnswer(end.answer ?? "") };
  }

  #take(
    { endpoint, url }: Endpoint,
    event: LoggedEvent,
    replyTo: string,
    { status, contentType = null, answer = "" }: Extract<PostEnd, { status: number }>,
  ): void {
    const { ports, replies, current } = this.#parts;
    const read = readReply({ status, contentType, body: answer }, replyTo);
    if (!read.ok) {
      const over = isOver(answer, MAX_REPLY_BYTES) ? 1 : 0;
      return ports.warn("a reply was not taken", { why: read.error, over });
    }
    if (read.value === null) return;
    const now = current(endpoint);
    // Whoever deletes a bot, or moves it, wants no more of what it said before.
    if (now?.takes_replies !== true || now.url !== url)
      return ports.warn("a reply was not taken", { why: "its endpoint was changed meanwhile" });
    replies.send(endpoint, event, replyTo, read.value);
  }
}
