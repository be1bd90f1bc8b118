// `keys`: the keys of a tenant.
import { Admin } from "../client/admin.ts";
import type { Key } from "../client/shapes.ts";
import { TenantsHttp } from "../client/tenants-http.ts";
import { administering, type Administering } from "./administering.ts";
import { chosen } from "./chosen.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { describeKey, describeKeys, describeMade, describeReached, describeRotated } from "./keys-report.ts";
import { readKeysWish, type KeysWish } from "./keys-wish.ts";
import { accountsOf, isWholeAccount, tenantOf } from "./tenant-place.ts";

export const keys = administering<KeysWish>("keys", {
  read: (invocation) => readKeysWish(invocation, Date.now()),
  run,
});

async function run(wish: KeysWish, ask: Administering): Promise<ExitCode> {
  const { target, json } = ask;
  const admin = new Admin(target);
  const tenant = await tenantOf(target, wish.tenant);
  const client = new TenantsHttp(target);
  const done = (answer: unknown, lines: readonly string[]): ExitCode => {
    if (json) ask.say(JSON.stringify(answer));
    else for (const line of lines) ask.say(line);
    return EXIT.done;
  };
  switch (wish.verb) {
    case "list": {
      const list = (await admin.keys(tenant)).filter(({ revoked_at }) => wish.all || revoked_at === null);
      if (json) for (const one of list) ask.say(JSON.stringify(one));
      else if (list.length === 0)
        ask.note("there are none; imsg-relay keys create NAME --scopes … makes one.");
      else for (const line of describeKeys(list, Date.now(), ask.columns)) ask.say(line);
      return EXIT.done;
    }
    case "create": {
      const { accounts, expires_at } = wish.wish;
      const made = await admin.createKey(tenant, {
        name: wish.name,
        scopes: wish.scopes,
        ...(accounts === undefined || accounts === null
          ? {}
          : { accounts: await accountsNamed(admin, tenant, accounts) }),
        ...(expires_at === undefined || expires_at === null ? {} : { expires_at }),
      });
      return done(made, describeMade(made, target.relay));
    }
    case "change": {
      const { accounts, ...change } = wish.change;
      const { key } = await keyNamed(admin, tenant, wish.key);
      const changed = await client.changeKey(tenant, key, {
        ...change,
        ...(accounts === undefined
          ? {}
          : { accounts: accounts === null ? null : await accountsNamed(admin, tenant, accounts) }),
      });
      return done(changed, [`Changed: ${describeKey(changed, Date.now())}`, ...describeReached(changed)]);
    }
    case "rotate": {
      const { key } = await keyNamed(admin, tenant, wish.key);
      const rotated = await client.rotateKey(tenant, key, wish.graceS);
      return done(rotated, describeRotated(rotated, target.relay));
    }
    case "revoke": {
      const found = await keyNamed(admin, tenant, wish.key);
      const revoked = await admin.revokeKey(tenant, found.key);
      const line = `Revoked: ${describeKey(found, Date.now())}; what it had opened is closed`;
      return done(revoked, [line, ...describeReached(revoked)]);
    }
    default:
      return wish satisfies never;
  }
}

async function keyNamed(admin: Admin, tenant: string, text: string): Promise<Key> {
  const list = await admin.keys(tenant);
  const candidates = list.map((one) => Object.assign(one, { id: one.key, isOver: one.revoked_at !== null }));
  return chosen(text, candidates, { what: "key", lister: "keys list" });
}

async function accountsNamed(
  admin: Admin,
  tenant: string,
  texts: readonly string[],
): Promise<readonly string[]> {
  if (texts.every(isWholeAccount)) return texts;
  const named = await accountsOf(admin, tenant);
  return texts.map((text) => named(text).account);
}
