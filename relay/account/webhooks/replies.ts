// What an endpoint answers is said in the chat that the event came from: once, whatever is delivered twice.
import * as z from "zod";
import type { LoggedEvent } from "../../../shared/events.ts";
import { IDEMPOTENCY_MS } from "../../../shared/limits.ts";
import { REPLY_QUEUE_MS } from "../../../shared/webhooks/limits.ts";
import type { WebhookReply } from "../../../shared/webhooks/reply.ts";
import type { Messages } from "../sending/messages.ts";
import type { AccountPorts } from "../ports.ts";

const answerableSchema = z.looseObject({
  reply_to: z.string().min(1),
  self_chat: z.boolean().catch(false),
  message: z.looseObject({ is_from_me: z.boolean().catch(false) }),
});

export class Replies {
  readonly #ports: Pick<AccountPorts, "clock" | "warn">;
  readonly #messages: Pick<Messages, "send">;

  constructor(ports: Pick<AccountPorts, "clock" | "warn">, messages: Pick<Messages, "send">) {
    this.#ports = ports;
    this.#messages = messages;
  }

  /** Where an answer to that event goes; null = it is nobody's message, or our own. */
  placeOf({ kind, data }: LoggedEvent): string | null {
    if (kind !== "message.received" && kind !== "message.repaired") return null;
    const answerable = answerableSchema.safeParse(data).data;
    // What we wrote is repaired, too: a bot would answer itself for ever. A note to oneself is meant for the bot.
    const isOurs = answerable?.message.is_from_me === true && !answerable.self_chat;
    return answerable === undefined || isOurs ? null : answerable.reply_to;
  }

  /** The first one wins (I7): another one for the same event is a conflict, and only told. */
  send(
    endpoint: string,
    event: LoggedEvent,
    to: string,
    { text, format, chunk_mode, reply_to_guid }: WebhookReply,
  ): void {
    // Whether it was answered before is known for so long (I7), and not whether a replay brings it again.
    if (this.#ports.clock.now() - event.logged_at >= IDEMPOTENCY_MS)
      return this.#ports.warn("a reply was not taken", { why: "the event is over 24 h old" });
    const wish = {
      to,
      text,
      attachments: [],
      reply_to_guid,
      service: null,
      format,
      chunk_mode,
      queue_ms: REPLY_QUEUE_MS,
    };
    // A blank begins it: no caller's key can be the same (RPC6).
    const key = ` hook ${event.id} ${endpoint}`;
    // It is claimed for by whom the event is for: an endpoint answers as itself.
    void this.#messages.send(wish, { key: endpoint, consumer: null }, key).then(
      (sent) => (sent.ok ? undefined : this.#ports.warn("a reply was not sent", { code: sent.error.code })),
      () => this.#ports.warn("a reply failed", { event: event.id }),
    );
  }
}
