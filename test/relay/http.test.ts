import { describe, expect, it } from "vitest";
import { ERRORS } from "../../shared/errors.ts";
import { bearer } from "./support/gateway.ts";
import {
  ask,
  get,
  newAccount,
  newKey,
  newTenant,
  OPERATOR,
  ORIGIN,
  statusOf,
  worker,
  type Json,
} from "./support/http.ts";
import { mac, scene } from "./support/scene.ts";
import { dial, open } from "./support/socket.ts";

describe("answers", () => {
  it("DOC1: health needs no key, says the time and the link protocols, and every answer names its request", async () => {
    const [one, other] = [
      await ask("GET", "/v1/health", { key: null }),
      await ask("GET", "/v1/health", { key: null }),
    ];
    const health: Json = await one.json();
    expect(health).toEqual({
      ok: true,
      version: expect.any(String),
      time: expect.any(Number),
      protocols: [1],
    });
    expect(Math.abs(Number(health["time"]) - Date.now())).toBeLessThan(5_000);
    expect(one.headers.get("x-request-id")).toMatch(/^[0-9a-z]{16}$/);
    expect(other.headers.get("x-request-id")).not.toBe(one.headers.get("x-request-id"));
  });

  it.each<[string, string, string, Json, keyof typeof ERRORS]>([
    ["an unknown route", "GET", "/v1/nope", {}, "not_found"],
    ["a wrong method", "PUT", "/v1/health", {}, "not_found"],
    ["an unknown account", "GET", "/v1/accounts/acc_0/status", {}, "not_found"],
    ["no key", "GET", "/v1/tenants", { key: null }, "unauthenticated"],
    ["a body that is no JSON", "POST", "/v1/tenants", { body: "{" }, "invalid_request"],
    ["a wrong field", "POST", "/v1/tenants", { body: { name: 5 } }, "invalid_request"],
    ["a deep body", "POST", "/v1/tenants", { body: `${"[".repeat(65)}${"]".repeat(65)}` }, "invalid_request"],
    ["a long body", "POST", "/v1/tenants", { body: { name: "x", padding: "x".repeat(65_536) } }, "too_large"],
    [
      "a guessed code",
      "POST",
      "/v1/enrolments/claim",
      { key: null, body: { code: "enr_0", public_key: `${"A".repeat(43)}=`, name: "x" } },
      "not_found",
    ],
  ])("a refusal is problem+json of the error table: %s", async (_, method, path, options, code) => {
    const response = await ask(method, path, options);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const body: Json = await response.json();
    const { status, retryable, sentence } = ERRORS[code];
    expect(response.status).toBe(status);
    const detail = typeof body["detail"] === "string" ? { detail: body["detail"] } : {};
    expect(body).toEqual({
      type: "about:blank",
      title: sentence,
      status,
      code,
      retryable,
      request_id: response.headers.get("x-request-id"),
      ...detail,
    });
  });

  it("a refusal of a body names the first wrong field, and none of its content", async () => {
    const { detail } = await get(400, "POST", `/v1/tenants/${await newTenant()}/keys`, {
      body: { name: "x", scopes: ["secret-thing"] },
    });
    expect(detail).toMatch(/^scopes\.0: /);
    expect(detail).not.toContain("secret-thing");
  });

  it.each(["agent", "rpc"])("426 without an upgrade at the %s door", async (door) => {
    const account = await newAccount();
    const { credential } = await newKey(account.tenant);
    const response = await ask("GET", `/v1/accounts/${account.account}/${door}`, { key: credential });
    expect(response.status).toBe(426);
    expect(response.headers.get("upgrade")).toBe("websocket");
    expect(response.headers.get("x-request-id")).not.toBeNull();
    await response.text();
  });

  it("a body sent in chunks is refused once it is over the limit, not read to its end", async () => {
    let pulled = 0;
    const chunk = new TextEncoder().encode("x".repeat(65_536));
    const body = new ReadableStream({
      pull(controller) {
        pulled += 1;
        if (pulled > 256) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const response = await worker.fetch(`${ORIGIN}/v1/tenants`, {
      method: "POST",
      headers: bearer(OPERATOR),
      body,
    });
    expect(response.status).toBe(413);
    await response.text();
    expect(pulled).toBeLessThan(64);
  });
});

describe("tenants and accounts", () => {
  it("the operator makes tenants and sees them", async () => {
    const made = await get(201, "POST", "/v1/tenants", { body: { name: " Acme " } });
    expect(made).toEqual({
      tenant: expect.stringMatching(/^ten_/),
      name: "Acme",
      created_at: expect.any(Number),
      state: "active",
    });
    const { tenants } = (await get(200, "GET", "/v1/tenants")) as { tenants: Json[] };
    expect(tenants).toContainEqual(made);
  });

  it("a manager makes accounts of its tenant and sees them", async () => {
    const tenant = await newTenant();
    const { credential } = await newKey(tenant, ["manage"]);
    const made = await get(201, "POST", `/v1/tenants/${tenant}/accounts`, {
      key: credential,
      body: { name: "home" },
    });
    expect(made).toEqual({
      account: expect.stringMatching(/^acc_/),
      tenant,
      name: "home",
      created_at: expect.any(Number),
      state: "active",
    });
    expect(await get(200, "GET", `/v1/tenants/${tenant}/accounts`, { key: credential })).toEqual({
      accounts: [made],
      next: null,
    });
  });

  it("STAT1 status of a new account", async () => {
    const account = await newAccount();
    expect(await statusOf(account)).toEqual({
      account: account.account,
      name: "home",
      health: null,
      engine: null,
      mac_policy: null,
      catch_up: null,
      agent: {
        state: "offline",
        install: null,
        epoch: 0,
        since: expect.any(Number),
        last_seen: null,
      },
      log: {
        id: expect.stringMatching(/^[0-9a-z]{16}$/),
        last_seq: 0,
        database: 0,
        resume: null,
        first_seq: 1,
      },
      config: { version: 0, enabled: false, warnings: 0 },
      pairing: { pending: 0, allowed: 0 },
      readers: 0,
      gateways: 0,
      subscriptions: 0,
      calls: 0,
      operations_open: 0,
      sends: { queued: 0, open: 0, unknown: 0 },
      transfers: { open: 0, waiting: 0 },
      time: expect.any(Number),
      usage: {
        refused_loop: 0,
        refused_new_chats: 0,
        files_in: 0,
        files_out: 0,
        file_bytes_in: 0,
        file_bytes_out: 0,
        files_failed: 0,
        webhook_attempts: 0,
        rows_written: 0,
        constructions: 0,
        messages_in: 0,
        messages_out: 0,
        events: 0,
        calls: 0,
        unknown_frames: 0,
        constructed: 1,
        wakes: expect.any(Number),
      },
    });
  });

  it("STAT1 status of one at work", async () => {
    const { account, agent, gateway } = await scene();
    await gateway.subscribe();
    gateway.request("send", { to: "x", text: "y" });
    gateway.request("chats.list");
    await agent.call();
    await agent.call();
    expect(await statusOf(account)).toMatchObject({
      agent: {
        state: "online",
        install: account.install,
        epoch: 1,
        last_seen: expect.any(Number),
      },
      health: { state: "ok" },
      engine: { version: "0.15.0" },
      gateways: 1,
      subscriptions: 1,
      calls: 2,
      operations_open: 1,
      usage: {
        calls: 2,
        events: 1,
      },
    });
  });
});

describe("limits of a door", () => {
  it("429 at the 257th gateway socket of an account", async () => {
    const account = await mac();
    const { credential } = await newKey(account.tenant);
    const path = `/v1/accounts/${account.account}/rpc`;
    for (let at = 0; at < 8; at += 1)
      await Promise.all(Array.from({ length: 32 }, () => open(path, bearer(credential))));
    const response = await dial(path, bearer(credential));
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({ code: "rate_limited", retryable: true });
  });
});
