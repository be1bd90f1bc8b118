import * as z from "zod";
import { SCOPES } from "../../shared/grant.ts";
import { openId } from "../../shared/ids.ts";
import { MAX_NAME_CHARS } from "../../shared/limits.ts";
import { RelayError } from "../../shared/errors.ts";
import { err } from "../../shared/result.ts";
import { operatorObject, tenantObject } from "../objects.ts";
import { callerOf, openParam, readBody, requireOperator, valueOf, type App } from "./context.ts";

export const nameSchema = z.string().trim().min(1).max(MAX_NAME_CHARS);
const named = z.object({ name: nameSchema });
/** Scopes a tenant's key can have; the operator's is none of them. */
const KEY_SCOPES = SCOPES.filter((scope) => scope !== "operator");
const newKey = z.object({
  name: nameSchema,
  scopes: z.array(z.enum(KEY_SCOPES)).min(1).max(KEY_SCOPES.length),
  accounts: z.array(z.string()).min(1).max(1_000).nullable().default(null),
  expires_at: z.int().positive().nullable().default(null),
});

export function tenantRoutes(app: App): void {
  app.post("/v1/tenants", async (c) => {
    requireOperator(c);
    const { name } = await readBody(c, named);
    return c.json(await operatorObject(c.env).registerTenant(name), 201);
  });

  app.get("/v1/tenants", async (c) => {
    requireOperator(c);
    return c.json({ tenants: await operatorObject(c.env).tenants() });
  });

  app.post("/v1/tenants/:tenant/accounts", async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    const caller = callerOf(c, tenant);
    const { name } = await readBody(c, named);
    const account = valueOf(await tenantObject(c.env, tenant).createAccount(caller, name));
    return c.json({ ...account, tenant: tenant.id }, 201);
  });

  app.get("/v1/tenants/:tenant/accounts", async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    return c.json({ accounts: valueOf(await tenantObject(c.env, tenant).accounts(callerOf(c, tenant))) });
  });

  app.post("/v1/tenants/:tenant/keys", async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    const caller = callerOf(c, tenant);
    const { accounts, ...key } = await readBody(c, newKey);
    if (key.expires_at !== null && key.expires_at <= Date.now()) {
      throw new RelayError("invalid_request", "expires_at: must lie in the future (milliseconds since 1970)");
    }
    const { macOf } = c.get("config").secrets;
    const known = accounts?.map((account) => openId("acc", account, macOf)?.id) ?? null;
    const object = tenantObject(c.env, tenant);
    // One that was never issued and one of somebody else are the same: none of this tenant's.
    const made = known?.includes(undefined)
      ? err("invalid_request" as const)
      : await object.createKey(caller, {
          ...key,
          accounts: known?.filter((account) => account !== undefined) ?? null,
        });
    if (!made.ok && made.error === "invalid_request") {
      throw new RelayError("invalid_request", "accounts: not all of them are accounts of this tenant");
    }
    return c.json(valueOf(made), 201);
  });

  app.get("/v1/tenants/:tenant/keys", async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    return c.json({ keys: valueOf(await tenantObject(c.env, tenant).keys(callerOf(c, tenant))) });
  });

  app.delete("/v1/tenants/:tenant/keys/:key", async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    const key = openParam(c, "key", c.req.param("key"));
    return c.json(valueOf(await tenantObject(c.env, tenant).revokeKey(callerOf(c, tenant), key.id)));
  });
}
