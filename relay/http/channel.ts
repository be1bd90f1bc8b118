// The channel API beside its events: pairing, claims, tickets, consumers, decisions (protocol §7).
import * as z from "zod";
import { DEFAULT_CLAIM_S, MAX_CLAIM_S } from "../../shared/limits.ts";
import { askedOf as at } from "./asked.ts";
import { callersName, readBody, readQuery, type App } from "./context.ts";
import { pageSizeSchema } from "./page-size.ts";

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
const page = z.object({
  after: z.string().max(100).nullable().default(null),
  limit: pageSizeSchema,
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
}
