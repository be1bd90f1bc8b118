import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { accountName, mintId, randomPart, tenantName } from "../../shared/ids.ts";
import { sha256 } from "../../relay/secrets.ts";
import { row } from "./support/agent.ts";
import { doors, guess, never, SEND } from "./support/doors.ts";
import { bearer, refusedAt } from "./support/gateway.ts";
import { get, newKey, newTenant, OPERATOR, statusOf, type Json } from "./support/http.ts";
import { bindings, secrets } from "./support/object.ts";
import { mac, scene } from "./support/scene.ts";
import { dial } from "./support/socket.ts";

describe("strangers", () => {
  const bare = (body: Json): Json => ({ ...body, request_id: null });

  it("ID2 another tenant's key sees of an account exactly what it sees of one that never was", async () => {
    const { account } = await scene();
    const { credential } = await newKey(await newTenant(), ["read", "send", "rpc", "manage"]);
    const guessed = guess(account.account);
    for (const [at, [method, path, body]] of doors(account.account).entries()) {
      const seen = [];
      for (const id of [account.account, guessed, never("acc")]) {
        const other = doors(id)[at]?.[1] ?? path;
        seen.push(bare(await get(404, method, other, { key: credential, body })));
      }
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[2]).toEqual(seen[0]);
    }
    for (const id of [account.account, guessed, never("acc")])
      expect((await refusedAt({ tenant: "", account: id }, bearer(credential))).status).toBe(404);
  });

  it("ID2 another tenant's key sees nothing of a tenant", async () => {
    const tenant = await newTenant();
    const { credential } = await newKey(await newTenant(), ["manage"]);
    const paths: [string, string, unknown?][] = [
      ["GET", "accounts"],
      ["GET", "keys"],
      ["POST", "accounts", { name: "x" }],
      ["POST", "keys", { name: "x", scopes: ["rpc"] }],
      ["DELETE", `keys/${(await newKey(tenant)).key}`],
    ];
    for (const [method, what, body] of paths) {
      const [real, none] = [
        await get(404, method, `/v1/tenants/${tenant}/${what}`, { key: credential, body }),
        await get(404, method, `/v1/tenants/${never("ten")}/${what}`, { key: credential, body }),
      ];
      expect(bare(real)).toEqual(bare(none));
    }
  });

  it("ID2 a key or install of elsewhere is not found here, even by the operator", async () => {
    const [account, other] = [await mac(), await mac()];
    const [tenant, key] = [await newTenant(), await newKey(account.tenant)];
    await get(404, "DELETE", `/v1/tenants/${tenant}/keys/${key.key}`);
    await get(404, "DELETE", `/v1/accounts/${account.account}/installs/${other.install}`);
    await get(404, "DELETE", `/v1/accounts/${account.account}/installs/${never("ins")}`);
    expect((await dial(`/v1/accounts/${never("acc")}/agent`)).status).toBe(404);
  });

  it("ID2 an id of ours whose object was never made answers 404 and writes nothing", async () => {
    const [account, tenant] = [randomPart(), randomPart()];
    const parts = { tenant, account };
    const id = mintId("acc", parts, secrets.newest, secrets.macOf);
    const ten = mintId("ten", parts, secrets.newest, secrets.macOf);
    for (const [method, path, body] of doors(id)) await get(404, method, path, { body });
    expect((await dial(`/v1/accounts/${id}/agent`)).status).toBe(404);
    await get(404, "GET", `/v1/tenants/${ten}/accounts`);
    await get(404, "POST", `/v1/tenants/${ten}/keys`, { body: { name: "x", scopes: ["rpc"] } });
    for (const stub of [
      bindings.ACCOUNTS.getByName(accountName(parts)),
      bindings.TENANTS.getByName(tenantName(parts)),
    ]) {
      const found = await runInDurableObject(stub, async (_, { storage }) => [
        storage.sql.exec("SELECT name FROM sqlite_master").toArray(),
        await storage.getAlarm(),
      ]);
      expect(found).toEqual([[], null]);
    }
  });

  it("ID3 the operator's key manages, and reads nobody's messages", async () => {
    const { account, agent } = await scene();
    await agent.show([row(1)]);
    expect(await get(403, "POST", `/v1/accounts/${account.account}/rpc`, { body: SEND })).toMatchObject({
      code: "forbidden",
    });
    expect((await refusedAt(account, bearer(OPERATOR))).status).toBe(403);
    const forged = { ...bearer(OPERATOR), "relay-caller-key": "key_x", "relay-caller-hash": "x" };
    expect((await refusedAt(account, forged)).status).toBe(403);
    expect(JSON.stringify(await statusOf(account))).not.toContain("text 1");
  });

  it("ID3 headers of the inside are not believed from outside", async () => {
    const { account, gateway } = await scene();
    await gateway.call("relay.outcome", { idempotency_key: "x" });
    const [key = "", secret = ""] = gateway.key.credential.split(".");
    const inside = {
      "relay-caller-key": key,
      "relay-caller-hash": sha256(secret),
    };
    expect((await dial(`/v1/accounts/${account.account}/rpc`, inside)).status).toBe(401);
  });

  it.each([
    ["POST", "/v1/tenants", { name: "x" }],
    ["GET", "/v1/tenants", undefined],
  ])("ID3 %s %s is the operator's alone", async (method, path, body) => {
    const { credential } = await newKey(await newTenant(), ["read", "send", "rpc", "manage"]);
    expect(await get(401, method, path, { key: null, body })).toMatchObject({ code: "unauthenticated" });
    expect(await get(401, method, path, { key: `${OPERATOR}x`, body })).toMatchObject({
      code: "unauthenticated",
    });
    expect(await get(403, method, path, { key: credential, body })).toMatchObject({ code: "forbidden" });
  });
});
