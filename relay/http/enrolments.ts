// How Macs join an account and are shut out of it: codes by a key of scope `manage`, and what a Mac does with one.
import * as z from "zod";
import { RelayError } from "../../shared/errors.ts";
import { accountObject, tenantObject } from "../objects.ts";
import { callerOf, openParam, readBody, valueOf, type App, type Ctx } from "./context.ts";
import { nameSchema } from "./tenants.ts";

const code = z.string().max(200);
const look = z.object({
  code,
  /** What the Mac dialled, and will dial: whether agents may come to this relay by it (LINK2). */
  origin: z.string().max(300).optional(),
});
const claim = z.object({
  code,
  /** The raw 32 bytes of an Ed25519 key, base64. */
  public_key: z.string().regex(/^[A-Za-z0-9+/]{43}=$/, "must be the 32 bytes of an Ed25519 key, in base64"),
  name: nameSchema,
  takeover: z.boolean().default(false),
});

export function enrolmentRoutes(app: App): void {
  app.post("/v1/accounts/:account/enrolments", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    const offer = valueOf(
      await accountObject(c.env, account).ask(callerOf(c, account), "offerEnrolment", null),
    );
    return c.json({ ...offer, url: `${originOf(c)}#${offer.code}` }, 201);
  });

  app.post("/v1/enrolments/look", async (c) => {
    const { code, origin } = await readBody(c, look);
    const opened = openParam(c, "enr", code);
    c.get("rates").knock("enrolment", opened);
    const looked = valueOf(await accountObject(c.env, opened).lookAtEnrolment(code));
    // A tenant's own object lists that tenant alone.
    const [tenant] = await tenantObject(c.env, opened).tenants({ after: null, limit: 1 });
    const origin_accepted = origin === undefined || c.get("config").origins.includes(origin);
    return c.json({ ...looked, tenant_name: tenant?.name ?? null, origin: originOf(c), origin_accepted });
  });

  app.post("/v1/enrolments/claim", async (c) => {
    const claimed = await readBody(c, claim);
    const opened = openParam(c, "enr", claimed.code);
    c.get("rates").knock("enrolment", opened);
    return c.json(valueOf(await accountObject(c.env, opened).claimEnrolment(claimed)), 201);
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
