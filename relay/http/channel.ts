// The channel API beside its events: sending, pairing, claims, tickets, consumers, decisions (protocol §7).
import * as z from "zod";
import { idempotencyKeySchema } from "../../shared/jsonrpc.ts";
import { RelayError } from "../../shared/errors.ts";
import {
  DEFAULT_CLAIM_S,
  DEFAULT_POLL_EVENTS,
  MAX_CLAIM_S,
  MAX_MESSAGE_CHARS,
  MAX_POLL_EVENTS,
  MAX_REQUEST_BYTES,
} from "../../shared/limits.ts";
import type { InputOf, OutputOf, QuestionName } from "../account/questions.ts";
import { accountObject } from "../objects.ts";
import {
  callerOf,
  callersName,
  openParam,
  readBody,
  readQuery,
  valueOf,
  type App,
  type Ctx,
} from "./context.ts";

const chatKey = z.string().min(1).max(320);
const code = z.object({ code: z.string().min(1).max(64) });
const handle = z.object({ handle: z.string().min(1).max(320) });
const ticket = z.object({ door: z.enum(["events", "rpc"]) });
const claim = z.object({
  chat: chatKey,
  consumer: callersName.nullable().default(null),
  ttl_s: z.int().min(1).max(MAX_CLAIM_S).default(DEFAULT_CLAIM_S),
});
const released = z.object({ chat: chatKey });
const message = z.object({
  to: z.string().min(1).max(400),
  text: z.string().min(1),
  reply_to_guid: z.string().min(1).max(200).nullable().default(null),
  consumer: callersName.nullable().default(null),
});
const page = z.object({
  after: z.string().max(100).nullable().default(null),
  limit: z
    .string()
    .regex(/^[0-9]{1,3}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().min(1).max(MAX_POLL_EVENTS))
    .default(DEFAULT_POLL_EVENTS),
  all: z.enum(["true", "false"]).default("false"),
});

export function channelRoutes(app: App): void {
  app.get("/v1/accounts/:account/consumers", async (c) =>
    c.json({ consumers: await at(c).ask("consumers", null) }),
  );
  app.delete("/v1/accounts/:account/consumers/:name", async (c) =>
    c.json(await at(c).ask("removeConsumer", c.req.param("name"))),
  );

  app.get("/v1/accounts/:account/decisions", async (c) => {
    const { all, ...asked } = readQuery(c, page);
    return c.json(await at(c).ask("decisions", { ...asked, all: all === "true" }));
  });

  app.post("/v1/accounts/:account/tickets", async (c) => {
    const account = at(c);
    const { door } = await readBody(c, ticket);
    return c.json(await account.ask(door === "rpc" ? "ticketForRpc" : "ticketForEvents", null), 201);
  });

  app.get("/v1/accounts/:account/claims", async (c) => c.json({ claims: await at(c).ask("claims", null) }));
  app.post("/v1/accounts/:account/claims", async (c) => {
    const account = at(c);
    const { chat, consumer, ttl_s } = await readBody(c, claim);
    return c.json(await account.ask("claim", { chat, consumer, forMs: ttl_s * 1_000 }));
  });
  app.delete("/v1/accounts/:account/claims", async (c) =>
    c.json(await at(c).ask("release", readQuery(c, released).chat)),
  );

  app.get("/v1/accounts/:account/pairing", async (c) => c.json(await at(c).ask("pairing", null)));
  app.post("/v1/accounts/:account/pairing/approve", async (c) => {
    const account = at(c);
    return c.json(await account.ask("approve", (await readBody(c, code)).code));
  });
  app.post("/v1/accounts/:account/pairing/deny", async (c) => {
    const account = at(c);
    return c.json(await account.ask("deny", (await readBody(c, code)).code));
  });
  app.post("/v1/accounts/:account/pairing/revoke", async (c) => {
    const account = at(c);
    return c.json(await account.ask("revokePairing", (await readBody(c, handle)).handle));
  });

  app.post("/v1/accounts/:account/messages", async (c) => {
    const account = at(c);
    const key = idempotencyKeySchema.nullable().safeParse(c.req.header("idempotency-key") ?? null);
    if (!key.success)
      throw new RelayError("invalid_request", "Idempotency-Key: 1 to 128 visible ASCII characters");
    const wish = await readBody(c, message, MAX_REQUEST_BYTES);
    if (wish.text.length > MAX_MESSAGE_CHARS)
      throw new RelayError("too_large", `text: ${wish.text.length} characters, at most ${MAX_MESSAGE_CHARS}`);
    const sent = await account.ask("send", { ...wish, idempotencyKey: key.data });
    // An unknown outcome is 202, so that no generic client tries it again (I6).
    return c.json(sent, sent.outcome === "unknown" ? 202 : 200);
  });
}

interface AskedAccount {
  ask<N extends QuestionName>(name: N, input: InputOf<N>): Promise<OutputOf<N>>;
}

/** The account asked and who asks: found out before a byte of the body is read. */
function at(c: Ctx): AskedAccount {
  const account = openParam(c, "acc", c.req.param("account") ?? "");
  const caller = callerOf(c, account);
  return {
    ask: async (name, input) => valueOf(await accountObject(c.env, account).ask(caller, name, input)),
  };
}
