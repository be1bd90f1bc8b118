// Webhook endpoints of a tenant, and what each account has to say of them (docs/protocol.md, HOOK rules).
import * as z from "zod";
import {
  MAX_DESCRIPTION_CHARS,
  MAX_KIND_PATTERN_CHARS,
  MAX_KIND_PATTERNS,
  MAX_URL_CHARS,
} from "../../shared/webhooks/limits.ts";
import { MAX_CHAT_CHARS } from "../account/readers/event-filter.ts";
import { MAX_READER_CHATS } from "../../shared/limits.ts";
import { RelayError } from "../../shared/errors.ts";
import { openId, type AccountId } from "../../shared/ids.ts";
import type { EndpointCommand, EndpointTest } from "../api.ts";
import { tenantObject } from "../objects.ts";
import { askedOf } from "./asked.ts";
import { callerOf, openParam, readBody, readQuery, valueOf, type App, type Ctx } from "./context.ts";
import { pageSizeSchema } from "./page-size.ts";

/** Of an id as it is given, in characters: more than any has. */
const MAX_ID_CHARS = 200;

const kinds = z.array(z.string().max(MAX_KIND_PATTERN_CHARS)).min(1).max(MAX_KIND_PATTERNS);
const chats = z.array(z.string().min(1).max(MAX_CHAT_CHARS)).min(1).max(MAX_READER_CHATS).nullable();
const accounts = z.array(z.string()).min(1).max(1_000).nullable();
const description = z.string().max(MAX_DESCRIPTION_CHARS);
const secret = z.string().max(200).nullable().default(null);
const wishSchema = z.object({
  url: z.string().max(MAX_URL_CHARS),
  kinds: kinds.default(["*"]),
  chats: chats.default(null),
  accounts: accounts.default(null),
  description: description.default(""),
  takes_replies: z.boolean().default(false),
  secret,
});
const changeSchema = z.object({
  url: z.string().max(MAX_URL_CHARS).exactOptional(),
  kinds: kinds.exactOptional(),
  chats: chats.exactOptional(),
  accounts: accounts.exactOptional(),
  description: description.exactOptional(),
  takes_replies: z.boolean().exactOptional(),
});
const rotateSchema = z.object({ secret });
const pageSchema = z.object({ limit: pageSizeSchema });
const testSchema = z.object({ account: z.string().max(MAX_ID_CHARS).nullable().default(null) });
const resendSchema = z.object({ event: z.string().max(MAX_ID_CHARS) });
const replaySchema = z.union(
  [z.strictObject({ after: z.string().max(MAX_ID_CHARS) }), z.strictObject({ since: z.int().min(0) })],
  '{"after": "<event id>" or "beginning"} or {"since": <ms>}',
);

const BASE = "/v1/tenants/:tenant/endpoints";
const ONE = `${BASE}/:endpoint`;
const OF_ACCOUNT = "/v1/accounts/:account/endpoints/:endpoint";

export function endpointRoutes(app: App): void {
  app.get(BASE, async (c) => c.json({ endpoints: await tenantOf(c).list() }));
  app.post(BASE, async (c) => {
    const tenant = tenantOf(c);
    const wish = await readBody(c, wishSchema);
    const whole = { ...wish, accounts: accountsOf(c, wish.accounts) };
    return c.json(await tenant.perform({ kind: "create", wish: whole }), 201);
  });
  for (const [kind, rest] of [
    ["show", ""],
    ["secret", "/secret"],
  ] as const)
    app.get(`${ONE}${rest}`, async (c) => c.json(await tenantOf(c).perform({ kind, endpoint: named(c) })));
  app.patch(ONE, async (c) => {
    const tenant = tenantOf(c);
    const endpoint = named(c);
    const { accounts: some, ...change } = await readBody(c, changeSchema);
    const whole = some === undefined ? change : { ...change, accounts: accountsOf(c, some) };
    return c.json(await tenant.perform({ kind: "change", endpoint, change: whole }));
  });
  app.delete(ONE, async (c) => c.json(await tenantOf(c).perform({ kind: "remove", endpoint: named(c) })));
  for (const kind of ["pause", "resume"] as const)
    app.post(`${ONE}/${kind}`, async (c) => c.json(await tenantOf(c).perform({ kind, endpoint: named(c) })));
  app.post(`${ONE}/rotate`, async (c) => {
    const tenant = tenantOf(c);
    const endpoint = named(c);
    const wanted = (await readBody(c, rotateSchema)).secret;
    return c.json(await tenant.perform({ kind: "rotate", endpoint, secret: wanted }));
  });
  app.post(`${ONE}/test`, async (c) => {
    const tenant = tenantOf(c);
    const endpoint = named(c);
    const { account } = await readBody(c, testSchema);
    const [of = null] = (account === null ? null : accountsOf(c, [account])) ?? [];
    return c.json(await tenant.test({ endpoint, account: of }));
  });

  app.get("/v1/accounts/:account/endpoints", async (c) =>
    c.json({ endpoints: await askedOf(c).ask("endpoints", null) }),
  );
  app.get(`${OF_ACCOUNT}/attempts`, async (c) => {
    const asked = askedOf(c);
    const { limit } = readQuery(c, pageSchema);
    return c.json({ attempts: await asked.ask("attempts", { endpoint: named(c), limit }) });
  });
  app.get(`${OF_ACCOUNT}/parked`, async (c) => c.json(await askedOf(c).ask("parked", named(c))));
  app.post(`${OF_ACCOUNT}/resend`, async (c) => {
    const asked = askedOf(c);
    const { event } = await readBody(c, resendSchema);
    return c.json(await asked.ask("resend", { endpoint: named(c), event }));
  });
  app.post(`${OF_ACCOUNT}/replay`, async (c) => {
    const asked = askedOf(c);
    const from = await readBody(c, replaySchema);
    return c.json(await asked.ask("replay", { endpoint: named(c), from }));
  });
}

/** The tenant and who asks it: found out before a byte of the body is read. */
function tenantOf(c: Ctx) {
  const tenant = openParam(c, "ten", c.req.param("tenant") ?? "");
  const caller = callerOf(c, tenant);
  const object = tenantObject(c.env, tenant);
  return {
    list: async () => valueOf(await object.endpoints(caller)),
    perform: async (command: EndpointCommand) => valueOf(await object.changeEndpoints(caller, command)),
    test: async (test: EndpointTest) => valueOf(await object.testEndpoint(caller, test)),
  };
}

const named = (c: Ctx): string => openParam(c, "end", c.req.param("endpoint") ?? "").id;

/** One that was never issued and one of somebody else are the same: none of this tenant's. */
function accountsOf(c: Ctx, accountIds: readonly string[] | null): AccountId[] | null {
  const { macOf } = c.get("config").secrets;
  return (
    accountIds?.map((text) => {
      const opened = openId("acc", text, macOf);
      if (opened === undefined)
        throw new RelayError("invalid_request", "accounts: one of them is none of this tenant");
      return opened.id;
    }) ?? null
  );
}
