import { accountObject } from "../objects.ts";
import { callerOf, openParam, valueOf, type App } from "./context.ts";

export function accountRoutes(app: App): void {
  app.get("/v1/accounts/:account/status", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    return c.json(valueOf(await accountObject(c.env, account).ask(callerOf(c, account), "status", null)));
  });
}
