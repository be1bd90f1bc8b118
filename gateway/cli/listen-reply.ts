// What a receiver under development answers, said in the chat that the event came from: as the relay does it for an
// endpoint, only that a login's key sends it.
import { readReply, type EndpointAnswer, type WebhookReply } from "../../shared/webhooks/reply.ts";
import type { AccountTarget } from "../client/account.ts";
import { ChannelHttp } from "../client/channel.ts";
import { ClientError } from "../client/client-error.ts";
import { mayPass, pause } from "../client/events-retry.ts";
import { isKind, type ChannelEvent } from "../client/events-schema.ts";
import { systemClock } from "../client/system-clock.ts";
import { LISTEN_FIRST_RETRY_MS, LISTEN_REPLY_TRIES } from "../limits.ts";
import { adviceOf, failureJson, sentenceOf } from "./failure-report.ts";
import { verdictOn } from "./send-report.ts";
import { harmless } from "./text-table.ts";

/** What became of it, for people and for programs; undefined = nothing was answered. */
export interface Replied {
  readonly says: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export async function reply(
  target: AccountTarget,
  event: ChannelEvent,
  answer: EndpointAnswer,
  signal: AbortSignal,
): Promise<Replied | undefined> {
  if (!isKind(event, "message.received") && !isKind(event, "message.repaired")) return undefined;
  const { reply_to, message, self_chat } = event.data;
  // What the account wrote is repaired, too: a bot would answer itself for ever.
  if (message.is_from_me && !self_chat) return undefined;
  const read = readReply(answer, reply_to);
  if (!read.ok)
    return { says: `not taken: ${harmless(read.error)}`, json: { success: false, error: read.error } };
  if (read.value === null) return undefined;
  return send(new ChannelHttp(target), event.id, reply_to, read.value, signal);
}

async function send(
  channel: ChannelHttp,
  event: string,
  reply_to: string,
  { text, format, chunk_mode, reply_to_guid }: WebhookReply,
  signal: AbortSignal,
): Promise<Replied> {
  const message = { reply_to, text, format, reply_to_guid, ...(chunk_mode === null ? {} : { chunk_mode }) };
  for (let tries = 1; ; tries += 1) {
    try {
      // One key an event: what is delivered twice is answered once (I7).
      const { says, json } = verdictOn(await channel.send(message, { idempotencyKey: `hook-${event}` }));
      return { says, json };
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (!mayPass(error) || tries >= LISTEN_REPLY_TRIES || signal.aborted)
        return { says: `${sentenceOf(error)}${adviceOf(error, "send")}`, json: failureJson(error) };
      await pause(systemClock, LISTEN_FIRST_RETRY_MS * 2 ** tries, signal);
    }
  }
}
