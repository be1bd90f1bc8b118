// Sending by the channel, and what became of it (protocol, SEND rules).
import * as z from "zod";
import { RelayError } from "../../shared/errors.ts";
import { equalBytes } from "../../shared/ids.ts";
import { idempotencyKeySchema } from "../../shared/jsonrpc.ts";
import {
  DEFAULT_QUEUE_S,
  MAX_MESSAGE_CHARS,
  MAX_QUEUE_S,
  MAX_REQUEST_BYTES,
  MAX_SENT_ATTACHMENTS,
} from "../../shared/limits.ts";
import { MAX_REFERENCE_CHARS } from "../account/attachments/reference.ts";
import { askedOf } from "./asked.ts";
import { callersName, openParam, readBody, readQuery, type App, type Ctx } from "./context.ts";
import { pageSizeSchema } from "./page-size.ts";

const target = z.string().min(1).max(400);
const message = z
  .object({
    to: target.optional(),
    /** Where to answer, as an event said it: another name for `to`. */
    reply_to: target.optional(),
    text: z.string().default(""),
    reply_to_guid: z.string().min(1).max(200).nullable().default(null),
    service: z.enum(["auto", "imessage", "sms"]).nullable().default(null),
    format: z.enum(["markdown", "plain"]).default("markdown"),
    chunk_mode: z.enum(["length", "newline"]).nullable().default(null),
    attachments: z.array(z.string().max(MAX_REFERENCE_CHARS)).max(MAX_SENT_ATTACHMENTS).default([]),
    consumer: callersName.nullable().default(null),
    queue: z.boolean().default(false),
    ttl_s: z.int().min(1).max(MAX_QUEUE_S).optional(),
  })
  .refine(({ to, reply_to }) => (to === undefined) !== (reply_to === undefined), {
    path: ["to"],
    message: "exactly one of to and reply_to says where it goes",
  })
  .refine(({ text, attachments }) => text !== "" || attachments.length > 0, {
    path: ["text"],
    message: "there is neither a text nor an attachment",
  })
  .refine(({ queue, ttl_s }) => queue || ttl_s === undefined, {
    path: ["ttl_s"],
    message: "says how long it may wait, so it needs queue: true",
  });
type Message = z.infer<typeof message>;

const list = z.object({
  state: z.enum(["queued", "open", "unknown", "settled"]).nullable().default(null),
  idempotency_key: idempotencyKeySchema.nullable().default(null),
  limit: pageSizeSchema,
});

export function messageRoutes(app: App): void {
  app.post("/v1/accounts/:account/messages", async (c) => {
    const account = askedOf(c);
    const key = idempotencyKeySchema.nullable().safeParse(c.req.header("idempotency-key") ?? null);
    if (!key.success)
      throw new RelayError("invalid_request", "Idempotency-Key: 1 to 128 visible ASCII characters");
    const wish = wishOf(await readBody(c, message, MAX_REQUEST_BYTES));
    const sent = await account.ask("send", { ...wish, idempotencyKey: key.data });
    // An unknown outcome is 202, so that no generic client tries it again (I6); so is one that waits for the Mac.
    return c.json(sent, sent.outcome === "sent" ? 200 : 202);
  });

  app.get("/v1/accounts/:account/operations", async (c) => {
    const account = askedOf(c);
    const { idempotency_key: key, state, limit } = readQuery(c, list);
    return c.json({ operations: await account.ask("operations", { key, state, limit }) });
  });
  app.get("/v1/accounts/:account/operations/:operation", async (c) =>
    c.json(await askedOf(c).ask("operation", operationOf(c))),
  );
  app.delete("/v1/accounts/:account/operations/:operation", async (c) =>
    c.json(await askedOf(c).ask("cancelOperation", operationOf(c))),
  );
}

function wishOf({ to, reply_to, queue, ttl_s, ...wish }: Message) {
  if (wish.text.length > MAX_MESSAGE_CHARS)
    throw new RelayError("too_large", `text: ${wish.text.length} characters, at most ${MAX_MESSAGE_CHARS}`);
  return { ...wish, to: to ?? reply_to ?? "", queue_ms: queue ? (ttl_s ?? DEFAULT_QUEUE_S) * 1_000 : null };
}

/** ID2: an operation's id names its account, too. */
function operationOf(c: Ctx): string {
  const operation = openParam(c, "op", c.req.param("operation") ?? "");
  const account = openParam(c, "acc", c.req.param("account") ?? "");
  const isOfAccount =
    operation.account !== undefined &&
    account.account !== undefined &&
    equalBytes(operation.account, account.account) &&
    equalBytes(operation.tenant, account.tenant);
  if (!isOfAccount) throw new RelayError("not_found");
  return operation.id;
}
