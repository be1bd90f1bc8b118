// What an endpoint may answer: one message to the chat that the event came from.
import * as z from "zod";
import { isOver, parseJson } from "../json.ts";
import { MAX_MESSAGE_CHARS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { MAX_REPLY_BYTES } from "./limits.ts";

const replySchema = z.looseObject({
  text: z
    .string("must be a text")
    .min(1, "is empty; leave reply out to say nothing")
    .max(MAX_MESSAGE_CHARS, `has more than ${MAX_MESSAGE_CHARS} characters`),
  format: z.enum(["markdown", "plain"], 'must be "markdown" or "plain"').default("markdown"),
  chunk_mode: z.enum(["length", "newline"], 'must be "length" or "newline"').nullable().default(null),
  /** Of the message to quote. */
  reply_to_guid: z
    .string("must be a guid")
    .min(1, "is empty")
    .max(200, "is too long")
    .nullable()
    .default(null),
});

/** Fields of POST …/messages, and mean the same. */
export interface WebhookReply {
  readonly text: string;
  readonly format: "markdown" | "plain";
  readonly chunk_mode: "length" | "newline" | null;
  readonly reply_to_guid: string | null;
}

export interface EndpointAnswer {
  readonly status: number;
  readonly contentType: string | null;
  /** The body; of one over MAX_REPLY_BYTES at least so much that it shows. */
  readonly body: string;
}

/**
 * Null = the endpoint said nothing, as most do. The error says, for the attempt list, why a reply was not taken.
 * `replyTo` is the event's: a reply that names another chat is meant for somebody else, and is sent to nobody.
 */
export function readReply(
  { status, contentType, body }: EndpointAnswer,
  replyTo: string,
): Result<WebhookReply | null, string> {
  if (status !== 200 || !isJson(contentType) || body.trim() === "") return ok(null);
  if (isOver(body, MAX_REPLY_BYTES)) return err(`the answer is over ${MAX_REPLY_BYTES / 1024} KiB`);
  const json = parseJson(body);
  if (!json.ok)
    return err(json.error === "too_deep" ? "the answer is nested too deep" : "the answer is not JSON");
  const answer = z.looseObject({ reply: z.unknown() }).safeParse(json.value);
  const reply = answer.success ? (answer.data.reply ?? null) : null;
  return reply === null ? ok(null) : judgeReply(reply, replyTo);
}

function judgeReply(reply: unknown, replyTo: string): Result<WebhookReply, string> {
  const parsed = replySchema.safeParse(reply);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = ["reply", ...(issue?.path ?? [])].join(".");
    return err(`${path} ${issue?.path.length === 0 ? "must be an object" : (issue?.message ?? "")}`);
  }
  const { text, format, chunk_mode, reply_to_guid, ...rest } = parsed.data;
  if (isGiven(rest["attachments"]))
    return err("reply.attachments: files are sent by POST …/messages, a reply is text alone");
  const other = ["to", "reply_to"].find((field) => isGiven(rest[field]) && rest[field] !== replyTo);
  if (other !== undefined)
    return err(`reply.${other}: a reply goes to the event's own chat; for another use POST …/messages`);
  if (isGiven(rest["service"]) && rest["service"] !== "auto")
    return err("reply.service: a reply goes by the chat's own service; for another use POST …/messages");
  return ok({ text, format, chunk_mode, reply_to_guid });
}

const isJson = (contentType: string | null): boolean =>
  /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType?.trim() ?? "");

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
