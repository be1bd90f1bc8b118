import { describe, expect, test } from "vitest";
import { ClientError } from "../../../gateway/client/client-error.ts";
import { ConfigHttp } from "../../../gateway/client/config-client.ts";
import type { Fetch } from "../../../gateway/client/http.ts";
import { problem } from "../../../shared/errors.ts";

interface Asked {
  readonly line: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

/** A client whose every request is answered with this. */
function scripted(status: number, answer: unknown): { client: ConfigHttp; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch: Fetch = async (url, { method, headers, body }) => {
    const { pathname } = new URL(url);
    asked.push({
      line: `${method} ${pathname}`,
      headers,
      body: body === undefined ? undefined : JSON.parse(body),
    });
    return { status, headers: { get: () => null }, text: async () => JSON.stringify(answer) };
  };
  return { client: new ConfigHttp({ relay: "https://relay.example.com", key: "key_1.s", fetch }), asked };
}

const CHANGED = { version: 3, document: { region: "DE" }, changed: ["region"], later: "unknown here" };
const tenant = { kind: "tenant", tenant: "ten_1" } as const;
const account = { kind: "account", account: "acc_1" } as const;

describe("the configuration's client", () => {
  test.each<[string, (client: ConfigHttp) => Promise<unknown>, unknown, string | undefined]>([
    ["PUT /v1/tenants/ten_1/config", (client) => client.replace(tenant, { a: 1 }), { a: 1 }, undefined],
    ["PUT /v1/accounts/acc_1/config", (client) => client.replace(account, {}, 0), {}, '"0"'],
    ["PATCH /v1/tenants/ten_1/config", (client) => client.patch(tenant, { a: null }, 7), { a: null }, '"7"'],
    ["PATCH /v1/accounts/acc_1/config", (client) => client.patch(account, { a: 1 }), { a: 1 }, undefined],
    [
      "POST /v1/tenants/ten_1/config/rollback",
      (client) => client.rollback("ten_1", 2, 9),
      { version: 2 },
      '"9"',
    ],
  ])("%s", async (line, ask, body, ifMatch) => {
    const { client, asked } = scripted(200, CHANGED);
    expect(await ask(client)).toMatchObject({ ...CHANGED, warnings: [], accounts_reached: 0 });
    expect(asked).toEqual([
      { line, body, headers: expect.objectContaining({ authorization: "Bearer key_1.s" }) },
    ]);
    expect(asked[0]?.headers["if-match"]).toBe(ifMatch);
  });

  test("reading: the newest, an older one, all of them, and what holds for an account", async () => {
    const version = { version: 2, document: {}, at: 1, by: "key_1" };
    const one = scripted(200, version);
    expect(await one.client.tenant("ten_1")).toEqual(version);
    expect(await one.client.tenant("ten_1", 2)).toEqual(version);
    expect(one.asked.map(({ line }) => line)).toEqual([
      "GET /v1/tenants/ten_1/config",
      "GET /v1/tenants/ten_1/config/history/2",
    ]);
    const never = scripted(200, { version: 0, document: {} });
    expect(await never.client.tenant("ten_1")).toEqual({ version: 0, document: {}, at: null, by: "" });
    const history = { versions: [{ version: 1, at: 1, by: "operator", changed: ["region"] }] };
    expect(await scripted(200, history).client.history("ten_1")).toEqual(history);
    const effective = { version: 1, config: { region: "DE" }, origin: { region: "tenant" }, overrides: {} };
    expect(await scripted(200, effective).client.account("acc_1")).toEqual({ ...effective, warnings: [] });
  });

  test("a refusal carries its problems; of another shape they are none", async () => {
    const failure = async (more: object): Promise<unknown> => {
      const { client } = scripted(400, { ...problem("invalid_request", "req-1"), ...more });
      return client.patch(account, {}).catch((error: unknown) => error);
    };
    const problems = [{ path: "dmPolcy", problem: "is no setting", value: "1", nearest: "dmPolicy" }];
    const told = await failure({ problems });
    expect(told).toBeInstanceOf(ClientError);
    expect(told).toMatchObject({ code: "invalid_request", status: 400, problems });
    expect(await failure({ problems: "many" })).toMatchObject({ code: "invalid_request", problems: [] });
    expect(await failure({})).toMatchObject({ code: "invalid_request", problems: [] });
  });

  test("an id cannot lead a request elsewhere, and an answer of another shape is none", async () => {
    const { client, asked } = scripted(200, { nothing: true });
    await expect(client.account("../x")).rejects.toMatchObject({ code: "unexpected_answer" });
    expect(asked[0]?.line).toBe("GET /v1/accounts/..%2Fx/config");
  });
});
