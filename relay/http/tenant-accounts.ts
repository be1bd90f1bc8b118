// Accounts, as their tenant makes, names, pauses and deletes them (TEN rules).
import * as z from "zod";
import type { AccountCommand, AccountInfo } from "../api.ts";
import { tenantObject } from "../objects.ts";
import { callerOf, openParam, readBody, readQuery, valueOf, type App, type Ctx } from "./context.ts";
import { listed, listSchema } from "./page-size.ts";
import { nameSchema } from "./tenants.ts";

const named = z.object({ name: nameSchema });

const OF_TENANT = "/v1/tenants/:tenant/accounts";
const ONE = "/v1/accounts/:account";

export function tenantAccountRoutes(app: App): void {
  app.post(OF_TENANT, async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    const caller = callerOf(c, tenant);
    const { name } = await readBody(c, named);
    const made = await tenantObject(c.env, tenant).changeAccounts(caller, { kind: "create", name });
    return c.json(valueOf(made), 201);
  });
  app.get(OF_TENANT, async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    const caller = callerOf(c, tenant);
    const page = readQuery(c, listSchema);
    const asked = { ...page, limit: page.limit + 1 };
    const accounts = valueOf(await tenantObject(c.env, tenant).accounts(caller, asked));
    return c.json(listed("accounts", accounts, page.limit, ({ account }) => account));
  });

  app.patch(ONE, async (c) => c.json(await done(c, "rename")));
  app.post(`${ONE}/pause`, async (c) => c.json(await done(c, "pause")));
  app.post(`${ONE}/resume`, async (c) => c.json(await done(c, "resume")));
  app.delete(ONE, async (c) => {
    const { account } = await done(c, "remove");
    return c.json({ account, state: "deleting" }, 202);
  });
}

async function done(c: Ctx, kind: "rename" | "pause" | "resume" | "remove"): Promise<AccountInfo> {
  const opened = openParam(c, "acc", c.req.param("account") ?? "");
  const caller = callerOf(c, opened);
  const account = opened.id;
  const command: AccountCommand =
    kind === "rename" ? { kind, account, name: (await readBody(c, named)).name } : { kind, account };
  return valueOf(await tenantObject(c.env, opened).changeAccounts(caller, command));
}
