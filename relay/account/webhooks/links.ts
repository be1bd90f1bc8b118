// The attachments of an event as links that work for a while without a key: whoever receives a webhook has none.
import * as z from "zod";
import { MESSAGE_KINDS, type LoggedEvent } from "../../../shared/events.ts";
import { ATTACHMENT_LINK_MS } from "../../../shared/webhooks/limits.ts";
import { nameLinked, openShown, type Sealing } from "../attachments/reference.ts";

const dataSchema = z.looseObject({
  message: z.looseObject({ attachments: z.array(z.looseObject({ attachment: z.string().nullable() })) }),
});

interface LinkFor {
  /** Of the account's own addresses. */
  readonly base: string;
  readonly endpoint: string;
  readonly now: number;
}

export function withLinks(
  sealing: Sealing,
  event: LoggedEvent,
  { base, endpoint, now }: LinkFor,
): LoggedEvent {
  const read = MESSAGE_KINDS.has(event.kind) ? dataSchema.safeParse(event.data) : undefined;
  if (read?.success !== true || read.data.message.attachments.length === 0) return event;
  const until = now + ATTACHMENT_LINK_MS;
  const attachments = read.data.message.attachments.map((one) => {
    const file = one.attachment === null ? undefined : openShown(sealing, one.attachment);
    if (file === undefined) return { ...one, url: null, url_expires_at: null };
    const url = `${base}/attachments/${nameLinked(sealing, file, { until, endpoint })}`;
    return { ...one, url, url_expires_at: until };
  });
  return { ...event, data: { ...read.data, message: { ...read.data.message, attachments } } };
}
