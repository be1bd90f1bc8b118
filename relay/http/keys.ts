// Keys of a tenant (ID3, ID4, TEN rules).
import * as z from "zod";
import { RelayError } from "../../shared/errors.ts";
import { SCOPES } from "../../shared/grant.ts";
import { openId, type AccountId, type KeyId } from "../../shared/ids.ts";
import { MAX_KEY_ACCOUNTS, MAX_KEY_GRACE_S } from "../../shared/limits.ts";
import type { KeyChanged, KeyCommand } from "../api.ts";
import { tenantObject } from "../objects.ts";
import {
  callerOf,
  openParam,
  readBody,
  readBodyOrNothing,
  valueOf,
  type App,
  type Ctx,
  type Opened,
} from "./context.ts";
import { nameSchema } from "./tenants.ts";

/** Scopes a tenant's key can have; the operator's is none of them. */
const KEY_SCOPES = SCOPES.filter((scope) => scope !== "operator");
const scopes = z.array(z.enum(KEY_SCOPES)).min(1).max(KEY_SCOPES.length);
const accounts = z.array(z.string()).min(1).max(MAX_KEY_ACCOUNTS).nullable();
const expires_at = z.int().positive().nullable();
const wishSchema = z.object({
  name: nameSchema,
  scopes,
  accounts: accounts.default(null),
  expires_at: expires_at.default(null),
});
const changeSchema = z.object({
  name: nameSchema.exactOptional(),
  scopes: scopes.exactOptional(),
  accounts: accounts.exactOptional(),
  expires_at: expires_at.exactOptional(),
});
const rotateSchema = z.object({ grace_s: z.int().min(0).max(MAX_KEY_GRACE_S).default(0) });

const BASE = "/v1/tenants/:tenant/keys";
const ONE = `${BASE}/:key`;

export function keyRoutes(app: App): void {
  app.get(BASE, async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    return c.json({ keys: valueOf(await tenantObject(c.env, tenant).keys(callerOf(c, tenant))) });
  });
  app.post(BASE, async (c) => {
    const made = await done(c, async () => {
      const wish = await readBody(c, wishSchema);
      refusePast(wish.expires_at);
      return { kind: "create", wish: { ...wish, accounts: accountsOf(c, wish.accounts) } };
    });
    const { accounts_reached: _, copies: _copies, ...shown } = made;
    return c.json(shown, 201);
  });
  app.patch(ONE, async (c) => {
    const changed = await done(c, async () => {
      const { accounts: some, ...change } = await readBody(c, changeSchema);
      refusePast(change.expires_at ?? null);
      const whole = some === undefined ? change : { ...change, accounts: accountsOf(c, some) };
      return { kind: "change", key: named(c), change: whole };
    });
    return c.json(changed);
  });
  app.post(`${ONE}/rotate`, async (c) => {
    const rotated = await done(c, async () => {
      const { grace_s } = await readBodyOrNothing(c, rotateSchema);
      return { kind: "rotate", key: named(c), grace_ms: grace_s * 1_000 };
    });
    return c.json(rotated);
  });
  app.delete(ONE, async (c) => {
    const { key, revoked_at, accounts_reached, copies } = await done(c, async () => ({
      kind: "revoke",
      key: named(c),
    }));
    return c.json({ key, revoked_at, accounts_reached, accounts: copies ?? 0 });
  });
}

/** Who asks is found out before a byte of the body is read. */
async function done(c: Ctx, command: () => Promise<KeyCommand>): Promise<KeyChanged> {
  const tenant: Opened<"ten"> = openParam(c, "ten", c.req.param("tenant") ?? "");
  const caller = callerOf(c, tenant);
  return valueOf(await tenantObject(c.env, tenant).changeKeys(caller, await command()));
}

const named = (c: Ctx): KeyId => openParam(c, "key", c.req.param("key") ?? "").id;

function refusePast(expiresAt: number | null): void {
  if (expiresAt !== null && expiresAt <= Date.now())
    throw new RelayError("invalid_request", "expires_at: must lie in the future (milliseconds since 1970)");
}

/** One that was never issued and one of somebody else are the same: none of this tenant's. */
function accountsOf(c: Ctx, ids: readonly string[] | null): AccountId[] | null {
  const { macOf } = c.get("config").secrets;
  return (
    ids?.map((text) => {
      const opened = openId("acc", text, macOf);
      if (opened !== undefined) return opened.id;
      throw new RelayError("invalid_request", "accounts: not all of them are accounts of this tenant");
    }) ?? null
  );
}
