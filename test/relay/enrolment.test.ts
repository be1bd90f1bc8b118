import { runInDurableObject } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import { mintId, openId, randomPart, tenantName } from "../../shared/ids.ts";
import { Agent, enrol, greet, newPublicKey } from "./support/agent.ts";
import { guess } from "./support/doors.ts";
import { ask, get, newAccount, newKey, newTenant, type Json } from "./support/http.ts";
import { bindings, freeze, inside, pass, secrets } from "./support/object.ts";
import { mac } from "./support/scene.ts";

afterEach(() => void vi.useRealTimers());

const offer = (account: { account: string }): Promise<Json> =>
  get(201, "POST", `/v1/accounts/${account.account}/enrolments`);
const claim = async (status: number, code: unknown, change: Json = {}): Promise<Json> =>
  get(status, "POST", "/v1/enrolments/claim", {
    key: null,
    body: { code, name: "mini", ...(await newPublicKey()), keys: undefined, ...change },
  });

interface Revoker {
  changeKeys(
    caller: unknown,
    command: { kind: "revoke"; key: string },
  ): Promise<{ value: { accounts_reached: number } }>;
}

it("ID5 a code names the origin, lives 10 minutes, and makes an install", async () => {
  freeze();
  const account = await newAccount();
  const { code, url, expires_at } = await offer(account);
  expect({ url, expires_at }).toEqual({
    url: `http://relay.test#${String(code)}`,
    expires_at: Date.now() + 600_000,
  });
  expect(await claim(201, code)).toEqual({
    ...account,
    install: expect.stringMatching(/^ins_/),
    moved_from: [],
  });
  expect(await get(200, "GET", `/v1/accounts/${account.account}/installs`)).toMatchObject({
    installs: [{ name: "mini", revoked_at: null }],
  });
});

it("ID5 a code works once", async () => {
  const { code } = await offer(await newAccount());
  await claim(201, code);
  expect(await claim(410, code)).toMatchObject({ code: "gone" });
});

it("ID5 of many claims of one code at once one wins", async () => {
  const { code } = await offer(await newAccount());
  const keys = await Promise.all(Array.from({ length: 5 }, newPublicKey));
  const claims = keys.map(({ public_key }) =>
    ask("POST", "/v1/enrolments/claim", { key: null, body: { code, public_key, name: "x" } }),
  );
  expect((await Promise.all(claims)).map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
    201, 410, 410, 410, 410,
  ]);
});

it("ID5 a code is over after 10 minutes", async () => {
  freeze();
  const account = await newAccount();
  const [one, two] = [await offer(account), await offer(account)];
  await pass(account, 599_999);
  await claim(201, one["code"]);
  await pass(account, 1);
  expect(await claim(410, two["code"])).toMatchObject({ code: "gone" });
});

it("ID5 a guessed code is not found, and one that the account never gave neither", async () => {
  const account = await newAccount();
  const { code } = await offer(account);
  expect(await claim(404, guess(String(code)))).toMatchObject({ code: "not_found" });
  const parts = openId("acc", account.account, secrets.macOf);
  await claim(
    404,
    mintId(
      "enr",
      { tenant: randomPart(), account: randomPart(), ...parts, own: randomPart(16) },
      secrets.newest,
      secrets.macOf,
    ),
  );
  await claim(404, "");
});

it("ID5 of a code only its hash is stored", async () => {
  const account = await newAccount();
  const { code } = await offer(account);
  const stored = await inside(account, (_, { storage }) =>
    JSON.stringify(storage.sql.exec("SELECT * FROM enrolment").toArray()),
  );
  expect(stored).not.toContain(String(code).slice(-20));
});

it("ID5 an account keeps 16 codes; a new one pushes out the oldest", async () => {
  const account = await newAccount();
  const { code } = await offer(account);
  const second = await offer(account);
  for (let at = 0; at < 15; at += 1) await offer(account);
  expect(await claim(404, code)).toMatchObject({ code: "not_found" });
  await claim(201, second["code"]);
});

it.each<[string, Json]>([
  ["no key", { public_key: undefined }],
  ["a key of 31 bytes", { public_key: btoa("x".repeat(31)) }],
  ["a key of 33 bytes", { public_key: btoa("x".repeat(33)) }],
  ["no base64", { public_key: "§".repeat(44) }],
  ["an empty name", { name: "" }],
])("ID5 a claim with %s is refused, and the code stays good", async (_, change) => {
  const { code } = await offer(await newAccount());
  expect(await claim(400, code, change)).toMatchObject({ code: "invalid_request" });
  await claim(201, code);
});

it("ID5 only the operator or a key of scope manage makes codes", async () => {
  const account = await newAccount();
  const { credential } = await newKey(account.tenant, ["manage"]);
  const path = `/v1/accounts/${account.account}/enrolments`;
  expect(await get(201, "POST", path, { key: credential })).toHaveProperty("code");
  expect(await get(401, "POST", path, { key: null })).toMatchObject({ code: "unauthenticated" });
});

it("ID5 an account has room for 64 live installs, and a revoked one makes room", async () => {
  const account = await newAccount();
  const { install } = await claim(201, (await offer(account))["code"]);
  await inside(account, (_, { storage }) => {
    for (let at = 0; at < 63; at += 1) {
      const values = [`ins_${at}`, "key", "mini", at];
      storage.sql.exec(
        "INSERT INTO install (id, public_key, name, created_at) VALUES (?, ?, ?, ?)",
        ...values,
      );
    }
  });
  const { code } = await offer(account);
  expect(await claim(409, code)).toMatchObject({ code: "conflict" });
  await get(200, "DELETE", `/v1/accounts/${account.account}/installs/${String(install)}`);
  await claim(201, code);
});

it("LINK2 a Mac that enrols twice has two installs, each with a key of its own", async () => {
  const first = await mac();
  const second = await enrol(first);
  await Agent.connect(first);
  await Agent.connect(second, { takeover: true });
  expect(await (await greet({ ...first, keys: second.keys })).closed).toMatchObject({ code: 4003 });
});

it("ID4 accounts_reached never says more than were told, however many they are", async () => {
  const tenant = await newTenant();
  const { key } = await newKey(tenant);
  const parts = openId("ten", tenant, secrets.macOf);
  if (parts === undefined) throw new Error("no tenant");
  const result = await runInDurableObject(
    bindings.TENANTS.getByName(tenantName(parts)),
    async (object, { storage }) => {
      for (let at = 0; at < 100; at += 1) {
        const account = mintId("acc", { ...parts, account: randomPart() }, secrets.newest, secrets.macOf);
        storage.sql.exec("INSERT INTO grant_use (key, account) VALUES (?, ?)", key, account);
      }
      const { value } = await (object as unknown as Revoker).changeKeys(
        { kind: "operator" },
        { kind: "revoke", key },
      );
      return {
        said: value.accounts_reached,
        left: Number(storage.sql.exec("SELECT count(*) AS n FROM outbox").one()["n"]),
      };
    },
  );
  expect(result.said).toBe(100 - result.left);
});
