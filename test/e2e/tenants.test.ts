// What is left on the disk of a tenant that was deleted (TEN6), and what the typed client says of them.
import { describe, expect, it } from "vitest";
import { Admin } from "../../gateway/client/admin.ts";
import type { HttpTarget } from "../../gateway/client/http.ts";
import { TenantsHttp } from "../../gateway/client/tenants-http.ts";
import { httpFetch } from "../../gateway/node/http-fetch.ts";
import { onOneRelay } from "./one-relay.ts";
import { makeKey, makeTenant } from "./owner.ts";
import { OPERATOR_KEY, type RelayProcess } from "./relay-process.ts";
import { everyByte, HANDLE, leaveTraces, operator, TEXT } from "./traces.ts";

describe("TEN6 a deleted tenant", () => {
  let relay: RelayProcess;
  onOneRelay("tenants", (started) => {
    relay = started;
  });

  it("leaves no handle, no text, no hash of a key and no agent's key in any file, and others keep theirs", async () => {
    const kept = await leaveTraces(relay);
    const before = relay.objectFiles().length;
    const gone = await leaveTraces(relay);
    const deleted = await operator(relay, "DELETE", `/v1/tenants/${gone.tenant}`);
    expect(deleted.json()).toEqual({ tenant: gone.tenant, state: "deleted", accounts_left: 0 });
    const bytes = everyByte(relay);
    for (const trace of [gone.hash, gone.publicKey]) expect(bytes).not.toContain(trace);
    for (const trace of [kept.hash, kept.publicKey, HANDLE, TEXT]) expect(bytes).toContain(trace);
    await operator(relay, "DELETE", `/v1/tenants/${kept.tenant}`);
    const rest = everyByte(relay);
    for (const trace of [kept.hash, kept.publicKey, HANDLE, TEXT]) expect(rest).not.toContain(trace);
    // Of an object that was deleted there may be an empty file; nothing grows with each.
    expect(relay.objectFiles().length).toBeLessThanOrEqual(before + 2);
  });
});

describe("the typed client", () => {
  let url: string;
  onOneRelay("tenants-client", (relay) => {
    ({ url } = relay);
  });
  const target = (key: string): HttpTarget => ({ relay: url, key, fetch: httpFetch });

  it("TEN3 TEN4 TEN9 TEN6 an operator's calls say what this relay answers", async () => {
    const tenant = await makeTenant(url);
    const client = new TenantsHttp(target(OPERATOR_KEY));
    expect(await client.show(tenant)).toMatchObject({ tenant, state: "active", used: { accounts: 0 } });
    expect(await client.rename(tenant, "Acme")).toMatchObject({ name: "Acme" });
    expect(await client.suspend(tenant, "late")).toMatchObject({ state: "suspended", reason: "late" });
    expect(await client.resume(tenant)).toMatchObject({ state: "active", reason: null });
    expect(await client.setQuotas(tenant, { accounts: 2 })).toMatchObject({ quotas: { accounts: 2 } });
    expect(await client.audit(tenant, { limit: 1 })).toMatchObject({
      entries: [{ verb: "tenant.quotas_changed" }],
      next: expect.any(Number),
    });
    expect(await client.usage(tenant, { from: "2026-05-01" })).toMatchObject({
      from: "2026-05-01",
      days: [],
    });
    expect(await client.remove(tenant)).toEqual({ tenant, state: "deleted", accounts_left: 0 });
  });

  it("TEN7 TEN8 TEN10 so do a manager's, and lists are whole however long", async () => {
    const tenant = await makeTenant(url);
    const { key, credential } = await makeKey(url, tenant, { scopes: ["manage"] });
    const admin = new Admin(target(credential));
    const [first, second] = [
      await admin.createAccount(tenant, "one"),
      await admin.createAccount(tenant, "two"),
    ];
    expect(await admin.accounts(tenant)).toEqual([first, second]);
    const client = new TenantsHttp(target(credential));
    const { account } = first;
    expect(await client.renameAccount(account, "first")).toMatchObject({ account, name: "first" });
    expect(await client.pauseAccount(account)).toMatchObject({ state: "paused" });
    expect(await client.resumeAccount(account)).toMatchObject({ state: "active" });
    expect(await client.accountUsage(account)).toMatchObject({ days: [expect.any(Object)] });
    expect(await client.removeAccount(account)).toEqual({ account, state: "deleting" });
    const made = await admin.createKey(tenant, { name: "bot", scopes: ["read", "send"] });
    expect(await client.changeKey(tenant, made.key, { scopes: ["read"] })).toMatchObject({
      scopes: ["read"],
    });
    const rotated = await client.rotateKey(tenant, key, 60);
    expect(rotated.old_secret_until).toBeGreaterThan(Date.now());
    expect(await new Admin(target(rotated.credential)).keys(tenant)).toHaveLength(2);
  });
});
