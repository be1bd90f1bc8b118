import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AccountHttp } from "../../../gateway/client/account.ts";
import { Admin } from "../../../gateway/client/admin.ts";
import { ClientError } from "../../../gateway/client/client-error.ts";
import { httpFetch } from "../../../gateway/node/http-fetch.ts";
import { ACCOUNT, KEY } from "../support/local-relay.ts";
import { ScriptedRelay } from "../support/scripted-relay.ts";

let relay: ScriptedRelay;
beforeAll(async () => {
  relay = await ScriptedRelay.start();
});
beforeEach(() => {
  relay.refuse = undefined;
  relay.requests.length = 0;
});
afterAll(() => relay.away());

const account = (): AccountHttp =>
  new AccountHttp({ relay: relay.url, account: ACCOUNT, key: KEY, fetch: httpFetch });
const admin = (): Admin => new Admin({ relay: relay.url, key: "operator", fetch: httpFetch });

async function failure(run: Promise<unknown>): Promise<ClientError> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClientError)) throw new Error("it did not fail as it should");
  return error;
}

describe("administration", () => {
  test("every call of protocol §3 is typed and says what it needs", async () => {
    expect(await admin().health()).toMatchObject({ ok: true });
    expect(await admin().createTenant("a")).toMatchObject({ tenant: "ten_1" });
    expect(await admin().tenants()).toMatchObject([{ tenant: "ten_1" }]);
    expect(await admin().createAccount("ten_1", "a")).toMatchObject({ account: ACCOUNT });
    expect(await admin().accounts("ten_1")).toMatchObject([{ account: ACCOUNT }]);
    expect(await admin().createKey("ten_1", { name: "k", scopes: ["rpc"] })).toMatchObject({
      credential: KEY,
    });
    expect(await admin().keys("ten_1")).toMatchObject([{ key: "key_1", scopes: ["rpc"] }]);
    expect(await admin().revokeKey("ten_1", "key_1")).toMatchObject({ accounts_reached: 1 });
    expect(await admin().createEnrolment(ACCOUNT)).toMatchObject({ code: "enr_1" });
    expect(await admin().installs(ACCOUNT)).toMatchObject([{ install: "ins_1" }]);
    expect(await admin().revokeInstall(ACCOUNT, "ins_1")).toMatchObject({ revoked_at: 3 });
    expect(new Set(relay.requests.map(({ authorization }) => authorization))).toEqual(
      new Set(["Bearer operator"]),
    );
  });

  test("the platform's own fetch does as well", async () => {
    expect(await new Admin({ relay: relay.url, key: "operator" }).health()).toMatchObject({ ok: true });
  });
});

describe("errors", () => {
  test("a refusal has the relay's code, whether it may be retried, and the request's id", async () => {
    relay.refuse = "rate_limited";
    const error = await failure(account().status());
    expect(error).toMatchObject({ code: "rate_limited", retryable: true, status: 429, requestId: "req-1" });
    expect(error.message).toBe("Too many requests; try again later.");
  });

  test("a relay that is away is unreachable and retryable, without the platform's text", async () => {
    const nobody = new AccountHttp({
      relay: "http://127.0.0.1:9",
      account: ACCOUNT,
      key: KEY,
      fetch: httpFetch,
    });
    const error = await failure(nobody.status());
    expect(error).toMatchObject({ code: "unreachable", retryable: true, status: null });
    expect(error.message).not.toMatch(/127|ECONN/);
  });

  test("an answer of another shape is not taken for a status", async () => {
    const fetch = async () => ({ status: 200, headers: { get: () => null }, text: async () => "<html>" });
    const error = await failure(
      new AccountHttp({ relay: relay.url, account: ACCOUNT, key: KEY, fetch }).status(),
    );
    expect(error).toMatchObject({ code: "unexpected_answer", retryable: false });
  });

  test("an id cannot lead a request to another path", async () => {
    await failure(admin().createAccount("../accounts", "x"));
    expect(relay.requests[0]?.line).toBe("POST /v1/tenants/..%2Faccounts/accounts");
  });
});

describe("one-shot rpc", () => {
  test("status and calls are answered, errors of imsg too", async () => {
    expect(await account().status()).toMatchObject({ agent: { state: "online" }, log: { id: "log1" } });
    relay.script = ({ method }) => ({ error: { code: -32601, message: "Method not found", data: method } });
    expect(await account().rpc("nonsense")).toEqual({
      error: { code: -32601, message: "Method not found", data: "nonsense" },
    });
  });

  test("RPC6 a mutation carries an Idempotency-Key of its own, or the caller's; a read carries none", async () => {
    relay.script = () => ({ result: { ok: true } });
    relay.calls.length = 0;
    await account().rpc("send", { text: "a" });
    await account().rpc("send", { text: "b" }, { idempotencyKey: "mine" });
    await account().rpc("chats.list");
    expect(relay.calls.map(({ key }) => key)).toEqual([
      expect.stringMatching(/^[0-9a-z]{26}$/),
      "mine",
      undefined,
    ]);
  });

  test("I6 a mutation without an answer may have completed, a read is unreachable", async () => {
    const fetch = () => Promise.reject(new Error("socket hang up"));
    const cut = new AccountHttp({ relay: relay.url, account: ACCOUNT, key: KEY, fetch });
    expect(await cut.rpc("send", {}, { idempotencyKey: "k" })).toMatchObject({
      error: { code: -32001, data: { disposition: "may_have_completed", idempotency_key: "k" } },
    });
    expect(await failure(cut.rpc("chats.list"))).toMatchObject({ code: "unreachable" });
  });
});
