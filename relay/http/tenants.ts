// Tenants, by the operator's key (TEN rules).
import * as z from "zod";
import type { TenantId } from "../../shared/ids.ts";
import { MAX_NAME_CHARS, MAX_SUSPEND_REASON_CHARS } from "../../shared/limits.ts";
import { quotasPatchSchema } from "../../shared/quotas.ts";
import type { TenantCommand, TenantView } from "../api.ts";
import { operatorObject, tenantObject } from "../objects.ts";
import {
  openParam,
  readBody,
  readBodyOrNothing,
  readQuery,
  requireOperator,
  valueOf,
  type App,
  type Ctx,
} from "./context.ts";
import { listed, listSchema } from "./page-size.ts";

/** What people type. */
const atMost = (most: number): z.ZodString =>
  z.string().trim().min(1, "empty").max(most, `at most ${most} characters`);

export const nameSchema = atMost(MAX_NAME_CHARS);
const named = z.object({ name: nameSchema });
const suspension = z.object({
  reason: atMost(MAX_SUSPEND_REASON_CHARS).nullable().default(null),
});
const quotas = z.object({ quotas: quotasPatchSchema });

const ONE = "/v1/tenants/:tenant";

export function tenantRoutes(app: App): void {
  app.post("/v1/tenants", async (c) => {
    const caller = requireOperator(c);
    const { name } = await readBody(c, named);
    return c.json(await operatorObject(c.env).registerTenant(caller, name), 201);
  });

  app.get("/v1/tenants", async (c) => {
    requireOperator(c);
    const page = readQuery(c, listSchema);
    const tenants = await operatorObject(c.env).tenants({ ...page, limit: page.limit + 1 });
    return c.json(listed("tenants", tenants, page.limit, ({ tenant }) => tenant));
  });

  app.get(ONE, async (c) => {
    const caller = requireOperator(c);
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    return c.json(valueOf(await tenantObject(c.env, tenant).show(caller)));
  });
  app.patch(ONE, async (c) => {
    const body = async () => ({ kind: "rename" as const, ...(await readBody(c, named)) });
    return c.json(await done(c, body));
  });
  app.post(`${ONE}/suspend`, async (c) => {
    const body = async () => ({ kind: "suspend" as const, ...(await readBodyOrNothing(c, suspension)) });
    return c.json(await done(c, body));
  });
  app.post(`${ONE}/resume`, async (c) => c.json(await done(c, async () => ({ kind: "resume" }))));
  app.patch(`${ONE}/quotas`, async (c) => {
    const body = async () => ({ kind: "quotas" as const, ...(await readBody(c, quotas)) });
    return c.json(await done(c, body));
  });
  app.delete(ONE, async (c) => {
    const view = await done(c, async () => ({ kind: "remove" }));
    const { tenant, accounts_pending } = view;
    const isOver = accounts_pending === 0 && view.state === "deleted";
    return c.json({ tenant, state: view.state, accounts_left: accounts_pending }, isOver ? 200 : 202);
  });
}

/** Who asks is found out before a byte of the body is read. */
async function done(
  c: Ctx,
  command: () => Promise<TenantCommand>,
): Promise<TenantView & { tenant: TenantId }> {
  const caller = requireOperator(c);
  const tenant = openParam(c, "ten", c.req.param("tenant") ?? "");
  return valueOf(await tenantObject(c.env, tenant).changeTenant(caller, await command()));
}
