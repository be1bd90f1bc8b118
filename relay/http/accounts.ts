import * as z from "zod";
import { RelayError } from "../../shared/errors.ts";
import { accountObject } from "../objects.ts";
import { callerOf, openParam, readBody, valueOf, type App, type Ctx } from "./context.ts";
import { nameSchema } from "./tenants.ts";

const claim = z.object({
  code: z.string().max(200),
  /** The raw 32 bytes of an Ed25519 key, base64. */
  public_key: z.string().regex(/^[A-Za-z0-9+/]{43}=$/, "must be the 32 bytes of an Ed25519 key, in base64"),
  name: nameSchema,
});

export function accountRoutes(app: App): void {
  app.get("/v1/accounts/:account/status", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    return c.json(valueOf(await accountObject(c.env, account).ask(callerOf(c, account), "status", null)));
  });

  app.post("/v1/accounts/:account/enrolments", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    const offer = valueOf(
      await accountObject(c.env, account).ask(callerOf(c, account), "offerEnrolment", null),
    );
    return c.json({ ...offer, url: `${originOf(c)}#${offer.code}` }, 201);
  });

  app.post("/v1/enrolments/claim", async (c) => {
    const { code, public_key, name } = await readBody(c, claim);
    const opened = openParam(c, "enr", code);
    return c.json(valueOf(await accountObject(c.env, opened).claimEnrolment(code, public_key, name)), 201);
  });

  app.get("/v1/accounts/:account/installs", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    return c.json({
      installs: valueOf(await accountObject(c.env, account).ask(callerOf(c, account), "installs", null)),
    });
  });

  app.delete("/v1/accounts/:account/installs/:install", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    const install = openParam(c, "ins", c.req.param("install"));
    return c.json(
      valueOf(await accountObject(c.env, account).ask(callerOf(c, account), "revokeInstall", install.id)),
    );
  });
}

/** The origin agents are told to dial: the one asked, if it is one of ours, else the first of ours. */
function originOf(c: Ctx): string {
  const { origins } = c.get("config");
  const { origin } = new URL(c.req.url);
  const known = origins.includes(origin) ? origin : origins[0];
  if (known === undefined) throw new RelayError("internal");
  return known;
}
