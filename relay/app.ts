// The Worker's HTTP side: the order of what happens to a request, and the one place where a refusal or a bug
// becomes an answer.
import { Hono } from "hono";
import type { Context } from "hono";
import { encodeBase32 } from "../shared/base32.ts";
import { problem, RelayError } from "../shared/errors.ts";
import { LINK_PROTOCOL } from "../shared/frames.ts";
import { randomPart } from "../shared/ids.ts";
import { accountRoutes } from "./http/accounts.ts";
import { attachmentRoutes } from "./http/attachments.ts";
import { enrolmentRoutes } from "./http/enrolments.ts";
import { endpointRoutes } from "./http/endpoints.ts";
import { channelRoutes } from "./http/channel.ts";
import { configRoutes } from "./http/config.ts";
import { usageRoutes } from "./http/usage.ts";
import { guessed, isVouchedFor, type App, type Vars } from "./http/context.ts";
import { doorRoutes } from "./http/doors.ts";
import { eventRoutes } from "./http/events.ts";
import { guard, refuseOversized } from "./http/front-door.ts";
import { Rates } from "./http/rates.ts";
import { messageRoutes } from "./http/messages.ts";
import { auditRoutes } from "./http/audit.ts";
import { keyRoutes } from "./http/keys.ts";
import { tenantAccountRoutes } from "./http/tenant-accounts.ts";
import { movingRoutes } from "./http/moving.ts";
import { tenantRoutes } from "./http/tenants.ts";
import { readConfig, type RelayConfig, type RelayEnv } from "./env.ts";
import { bug } from "./log.ts";
import { VERSION } from "./version.ts";

export const app: App = new Hono<{ Bindings: RelayEnv; Variables: Vars }>();

/** Read once an isolate: the bindings do not change in its life. */
let config: RelayConfig | undefined;
/** An isolate's own: what it counts is gone with it. */
let rates: Rates | undefined;

app.use(async (c, next) => {
  const requestId = encodeBase32(randomPart());
  c.set("requestId", requestId);
  config ??= readConfig(c.env);
  rates ??= new Rates(config.rateScale);
  c.set("config", config);
  c.set("rates", rates);
  refuseOversized(c.req.raw);
  await next();
  const claim = c.get("claim");
  if (claim !== undefined) rates.settle(claim, isVouchedFor(c));
  if (c.res.status === 101) return;
  c.res.headers.set("x-request-id", requestId);
  guard(c.res.headers);
});

/** DOC1: also what an agent must know before it connects. */
app.get("/v1/health", (c) =>
  c.json({ ok: true, version: VERSION, time: Date.now(), protocols: [LINK_PROTOCOL] }),
);
movingRoutes(app);
tenantRoutes(app);
tenantAccountRoutes(app);
keyRoutes(app);
auditRoutes(app);
usageRoutes(app);
accountRoutes(app);
enrolmentRoutes(app);
eventRoutes(app);
messageRoutes(app);
attachmentRoutes(app);
endpointRoutes(app);
channelRoutes(app);
configRoutes(app);
doorRoutes(app);

app.notFound((c) => refuse(c, guessed(c, "not_found")));

app.onError((error, c) => {
  if (error instanceof RelayError) return refuse(c, error);
  // A bug: all of it goes to the log, nothing of it to the wire.
  bug("request failed", { request_id: c.get("requestId"), stack: error.stack ?? String(error) });
  return refuse(c, new RelayError("internal"));
});

function refuse(
  c: Context<{ Bindings: RelayEnv; Variables: Vars }>,
  { code, detail, more }: RelayError,
): Response {
  const body = problem(code, c.get("requestId"), detail, more);
  const headers = new Headers({
    "content-type": "application/problem+json",
    "x-request-id": body.request_id,
  });
  if (more.retry_after_s !== undefined) headers.set("retry-after", String(more.retry_after_s));
  guard(headers);
  return new Response(JSON.stringify(body), { status: body.status, headers });
}
