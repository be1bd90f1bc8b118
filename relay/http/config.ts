// The configuration: one document a tenant, and each account's part in it.
import * as z from "zod";
import { MAX_CONFIG_BYTES } from "../../shared/config/document.ts";
import { RelayError } from "../../shared/errors.ts";
import type { ConfigChange } from "../api.ts";
import { accountObject, tenantObject } from "../objects.ts";
import { callerOf, openParam, readBody, readJson, valueOf, type App, type Ctx } from "./context.ts";

const rollback = z.object({ version: z.int().min(1) });
const VERSION = /^[1-9][0-9]{0,9}$/;
/** A merge patch may say `null` where the document says nothing. */
const MAX_BODY_BYTES = MAX_CONFIG_BYTES + 16 * 1024;

export function configRoutes(app: App): void {
  app.get("/v1/tenants/:tenant/config", async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    return c.json(valueOf(await tenantObject(c.env, tenant).config(callerOf(c, tenant), null)));
  });
  app.put("/v1/tenants/:tenant/config", async (c) => changeTenant(c, "replace"));
  app.patch("/v1/tenants/:tenant/config", async (c) => changeTenant(c, "patch"));

  app.get("/v1/tenants/:tenant/config/history", async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    return c.json(valueOf(await tenantObject(c.env, tenant).configHistory(callerOf(c, tenant))));
  });
  app.get("/v1/tenants/:tenant/config/history/:version", async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    const version = c.req.param("version");
    if (!VERSION.test(version)) throw new RelayError("not_found");
    return c.json(valueOf(await tenantObject(c.env, tenant).config(callerOf(c, tenant), Number(version))));
  });
  app.post("/v1/tenants/:tenant/config/rollback", async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    const caller = callerOf(c, tenant);
    const { version } = await readBody(c, rollback);
    const change = { kind: "rollback", version, if_version: ifMatch(c) } as const;
    return c.json(valueOf(await tenantObject(c.env, tenant).changeConfig(caller, change)));
  });

  app.get("/v1/accounts/:account/config", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    const caller = callerOf(c, account);
    const [effective, overrides] = await Promise.all([
      accountObject(c.env, account).ask(caller, "config", null),
      tenantObject(c.env, account).overrides(caller, account.id),
    ]);
    const { version: applied, ...held } = valueOf(effective);
    // `version` is what If-Match asks for; `applied` the one that the account works by.
    return c.json({ ...valueOf(overrides), applied, ...held });
  });
  app.put("/v1/accounts/:account/config", async (c) => changeAccount(c, "replace"));
  app.patch("/v1/accounts/:account/config", async (c) => changeAccount(c, "patch"));
}

async function changeTenant(c: Ctx, kind: "replace" | "patch"): Promise<Response> {
  const tenant = openParam(c, "ten", c.req.param("tenant") ?? "");
  const caller = callerOf(c, tenant);
  const change: ConfigChange = {
    kind,
    account: null,
    value: await readJson(c, MAX_BODY_BYTES),
    if_version: ifMatch(c),
  };
  return c.json(valueOf(await tenantObject(c.env, tenant).changeConfig(caller, change)));
}

async function changeAccount(c: Ctx, kind: "replace" | "patch"): Promise<Response> {
  const account = openParam(c, "acc", c.req.param("account") ?? "");
  const caller = callerOf(c, account);
  const change: ConfigChange = {
    kind,
    account: account.id,
    value: await readJson(c, MAX_BODY_BYTES),
    if_version: ifMatch(c),
  };
  return c.json(valueOf(await tenantObject(c.env, account).changeConfig(caller, change)));
}

/** The version that the caller believes is the newest. */
function ifMatch(c: Ctx): number | null {
  const header = c.req.header("if-match");
  if (header === undefined || header === "*") return null;
  const version = /^(?:W\/)?"?(0|[1-9][0-9]{0,9})"?$/.exec(header)?.[1];
  if (version === undefined) throw new RelayError("invalid_request", "If-Match: a version's number");
  return Number(version);
}
