import { describe, expect, test } from "vitest";
import type { Fetch } from "../../../gateway/client/http.ts";
import { WebhooksHttp } from "../../../gateway/client/webhooks-http.ts";

/** A client whose every request is answered with this. */
function scripted(answer: unknown): { client: WebhooksHttp; asked: [line: string, body: unknown][] } {
  const asked: [string, unknown][] = [];
  const fetch: Fetch = async (url, { method, body }) => {
    const { pathname, search } = new URL(url);
    asked.push([`${method} ${pathname}${search}`, body === undefined ? undefined : JSON.parse(body)]);
    return { status: 200, headers: { get: () => null }, text: async () => JSON.stringify(answer) };
  };
  return { client: new WebhooksHttp({ relay: "https://relay.example.com", key: "key_1.s", fetch }), asked };
}

const ENDPOINT = {
  endpoint: "end_1",
  url: "https://bot.example.com/hook",
  kinds: ["message.*"],
  chats: ["-;+15550100111"],
  accounts: null,
  description: "",
  state: "active",
  reason: null,
  takes_replies: true,
  old_secret_until: null,
  failing_since: null,
  next_attempt_at: null,
  created_at: 1,
  changed_at: 2,
  later: "unknown here",
};
const WITH_SECRET = { ...ENDPOINT, secret: "whsec_x" };
const TENANT = "/v1/tenants/ten_1/endpoints";
const ACCOUNT = "/v1/accounts/acc_1/endpoints";

describe("the webhooks' client", () => {
  test.each<[string, (client: WebhooksHttp) => Promise<unknown>, object, unknown]>([
    ["POST", (client) => client.create("ten_1", { url: "u" }), WITH_SECRET, { url: "u" }],
    [
      "PATCH /end_1",
      (client) => client.change("ten_1", "end_1", { chats: ["c"] }),
      ENDPOINT,
      { chats: ["c"] },
    ],
    ["GET /end_1", (client) => client.show("ten_1", "end_1"), ENDPOINT, undefined],
    [
      "PATCH /end_1",
      (client) => client.change("ten_1", "end_1", { accounts: null }),
      ENDPOINT,
      { accounts: null },
    ],
    ["DELETE /end_1", (client) => client.remove("ten_1", "end_1"), ENDPOINT, undefined],
    ["POST /end_1/pause", (client) => client.pause("ten_1", "end_1"), ENDPOINT, {}],
    ["POST /end_1/resume", (client) => client.resume("ten_1", "end_1"), ENDPOINT, {}],
    ["POST /end_1/rotate", (client) => client.rotate("ten_1", "end_1"), WITH_SECRET, {}],
    ["POST /end_1/rotate", (client) => client.rotate("ten_1", "end_1", "w"), WITH_SECRET, { secret: "w" }],
    ["GET /end_1/secret", (client) => client.secretOf("ten_1", "end_1"), WITH_SECRET, undefined],
  ])("of a tenant: %s", async (line, ask, answer, body) => {
    const { client, asked } = scripted(answer);
    expect(await ask(client)).toEqual(answer);
    const [method = "", path = ""] = line.split(" ");
    expect(asked).toEqual([[`${method} ${TENANT}${path}`, body]]);
  });

  test("all of a tenant, and a test of one in an account", async () => {
    const all = scripted({ endpoints: [ENDPOINT] });
    expect(await all.client.list("ten_1")).toEqual([ENDPOINT]);
    expect(all.asked).toEqual([[`GET ${TENANT}`, undefined]]);
    const told = { delivered: false, status: null, took_ms: 3, why: "refused the connection", response: "" };
    const tried = scripted(told);
    expect(await tried.client.test("ten_1", "end_1", "acc_1")).toEqual(told);
    expect(tried.asked).toEqual([[`POST ${TENANT}/end_1/test`, { account: "acc_1" }]]);
  });

  test("how they stand in an account", async () => {
    const health = { endpoint: "end_1", state: "active", delivered: 3, behind: 1 };
    const all = scripted({ endpoints: [health] });
    expect(await all.client.health("acc_1")).toEqual([expect.objectContaining({ ...health, parked: 0 })]);
    const attempt = {
      event: "log1.7",
      attempt: 1,
      at: 5,
      took_ms: 9,
      verdict: "failed",
      why: "answered 500",
    };
    const failed = scripted({ attempts: [{ ...attempt, status: 500, response: "no" }] });
    expect(await failed.client.attempts("acc_1", "end_1", 7)).toMatchObject([attempt]);
    const waiting = {
      parked: [{ chat: "-;+1", event: "log1.7", attempts: 2, next_at: 9, since: 5 }],
      set_aside: [{ event: "log1.3", attempts: 8, next_at: null }],
    };
    const parked = scripted(waiting);
    expect(await parked.client.parked("acc_1", "end_1")).toEqual(waiting);
    expect([...all.asked, ...failed.asked, ...parked.asked]).toEqual([
      [`GET ${ACCOUNT}`, undefined],
      [`GET ${ACCOUNT}/end_1/attempts?limit=7`, undefined],
      [`GET ${ACCOUNT}/end_1/parked`, undefined],
    ]);
  });

  test("once more: one event, or everything from a place on", async () => {
    const { client, asked } = scripted({ event: "log1.7", after: "log1.3", events: 4 });
    await client.resend("acc_1", "end_1", "log1.7");
    expect(await client.replay("acc_1", "end_1", { since: 5 })).toMatchObject({ after: "log1.3", events: 4 });
    await client.replay("acc_1", "end_1", { after: "beginning" });
    expect(asked).toEqual([
      [`POST ${ACCOUNT}/end_1/resend`, { event: "log1.7" }],
      [`POST ${ACCOUNT}/end_1/replay`, { since: 5 }],
      [`POST ${ACCOUNT}/end_1/replay`, { after: "beginning" }],
    ]);
  });

  test("an id cannot lead a request elsewhere, and an answer of another shape is none", async () => {
    const { client, asked } = scripted({ nothing: true });
    await expect(client.show("../x", "a/b")).rejects.toMatchObject({ code: "unexpected_answer" });
    await expect(client.parked("acc_1", "end_1")).rejects.toMatchObject({ code: "unexpected_answer" });
    expect(asked[0]?.[0]).toBe("GET /v1/tenants/..%2Fx/endpoints/a%2Fb");
  });
});
