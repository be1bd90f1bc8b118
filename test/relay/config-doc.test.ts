import { describe, expect, it } from "vitest";
import { never } from "./support/doors.ts";
import { ask, get, newAccount, newKey, newTenant, statusOf, type Ask, type Json } from "./support/http.ts";
import { insideTenant } from "./support/object.ts";

const at = (tenant: string, rest = ""): string => `/v1/tenants/${tenant}/config${rest}`;

const put = (tenant: string, body: unknown, options: Ask = {}, status = 200): Promise<Json> =>
  get(status, "PUT", at(tenant), { body, ...options });
const patch = (tenant: string, body: unknown, options: Ask = {}, status = 200): Promise<Json> =>
  get(status, "PATCH", at(tenant), { body, ...options });
const read = async (tenant: string): Promise<{ version: number; document: Json; by: string }> =>
  (await get(200, "GET", at(tenant))) as { version: number; document: Json; by: string };

/** The document as it is stored, byte for byte. */
const text = (tenant: string, version: number): Promise<unknown> =>
  insideTenant(
    tenant,
    ({ storage }) =>
      storage.sql.exec("SELECT document FROM config_version WHERE version = ?", version).one()["document"],
  );

const problemsOf = ({ problems }: Json): Json[] => problems as Json[];

describe("the tenant's document", () => {
  it("CFG1 version 0 is none; a document becomes a version, says what changed, and is what is read back", async () => {
    const tenant = await newTenant();
    expect(await read(tenant)).toEqual({ version: 0, document: {}, at: 0, by: "" });
    const document = {
      allowFrom: ["+15550001", "a@b.c"],
      dmPolicy: "allowlist",
      groups: { "*": { requireMention: false } },
    };
    const made = await put(tenant, { ...document, allowFrom: [" +15550001 ", "a@b.c"] });
    expect(made).toEqual({
      version: 1,
      document,
      changed: ["allowFrom", "dmPolicy", "groups"],
      warnings: expect.any(Array),
      accounts_reached: 0,
      accounts_pending: 0,
    });
    const { credential, key } = await newKey(tenant, ["manage"]);
    await patch(tenant, { dmPolicy: null, historyLimit: 3 }, { key: credential });
    expect(await read(tenant)).toMatchObject({
      version: 2,
      document: { allowFrom: document.allowFrom, groups: document.groups, historyLimit: 3 },
      by: key,
    });
  });

  it("CFG1 what it was already makes no version and tells nobody", async () => {
    const { tenant, account } = await newAccount(await newTenant());
    await put(tenant, { name: "x" });
    const { log } = (await statusOf({ tenant, account })) as { log: { last_seq: number } };
    expect(await put(tenant, { name: "x" })).toMatchObject({ version: 1, changed: [], accounts_reached: 0 });
    expect(await patch(tenant, { name: "x", region: null })).toMatchObject({ version: 1, changed: [] });
    expect(await patch(tenant, {})).toMatchObject({ version: 1 });
    expect(await statusOf({ tenant, account })).toMatchObject({ log: { last_seq: log.last_seq } });
  });

  it("CFG1 400 says everything that is wrong, with the known name that was meant, and nothing of it is taken", async () => {
    const { tenant, account } = await newAccount(await newTenant());
    await put(tenant, { name: "before" });
    const body = {
      name: "after",
      dmPolcy: "open",
      historyLimit: -1,
      region: "de",
      cliPath: "/bin/sh",
      groups: { "+;x": {} },
      accounts: { [account]: { chunkMode: "lines" }, [never("acc")]: {} },
    };
    const refused = await put(tenant, body, {}, 400);
    expect(refused).toMatchObject({ code: "invalid_request", retryable: false, detail: expect.any(String) });
    const problems = problemsOf(refused);
    expect(problems).toContainEqual(expect.objectContaining({ path: "dmPolcy", nearest: "dmPolicy" }));
    expect(problems.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        "dmPolcy",
        "historyLimit",
        "region",
        "cliPath",
        'groups["+;x"]',
        `accounts.${account}.chunkMode`,
      ]),
    );
    for (const problem of problems)
      expect(problem).toMatchObject({
        path: expect.any(String),
        problem: expect.any(String),
        value: expect.any(String),
      });
    expect(await read(tenant)).toMatchObject({ version: 1, document: { name: "before" } });
  });

  it("CFG1 an account that is none of this tenant is refused, and looks like one that never was", async () => {
    const [tenant, other] = [await newTenant(), await newAccount(await newTenant())];
    const said = [];
    for (const account of [other.account, never("acc")]) {
      const refused = await put(tenant, { accounts: { [account]: { name: "x" } } }, {}, 400);
      said.push(JSON.stringify(problemsOf(refused)).replaceAll(account, "ACC"));
    }
    expect(said[0]).toBe(said[1]);
    expect(said[0]).toContain("is no account of this tenant");
  });

  it("CFG1 hostile bodies: keys that every object has, depth, size, no JSON; never a 500, never a version", async () => {
    const tenant = await newTenant();
    for (const body of [
      '{"__proto__": {"enabled": false}}',
      '{"accounts": {"__proto__": {"enabled": false}}}',
      '{"constructor": {"prototype": {}}}',
      '{"groups": {"__proto__": {"requireMention": false}}}',
      "null",
      "[]",
      '"x"',
      "5",
      "{",
      "",
      `${"[".repeat(65)}${"]".repeat(65)}`,
      `${'{"accounts":'.repeat(60)}{}${"}".repeat(60)}`,
      JSON.stringify({ pairingMessage: "x".repeat(262_144) }),
      JSON.stringify({ mentionPatterns: ["("] }),
      JSON.stringify({ mentionPatterns: ["(a+)+$".repeat(100)] }),
    ]) {
      const answer = await put(tenant, body, {}, 400);
      expect(answer).toMatchObject({ code: "invalid_request" });
      if (body !== "") await patch(tenant, body, {}, 400);
    }
    expect(await put(tenant, "x".repeat(290_000), {}, 413)).toMatchObject({ code: "too_large" });
    expect(await read(tenant)).toMatchObject({ version: 0, document: {} });
    expect(Reflect.get({}, "enabled")).toBeUndefined();
  });

  it("CFG2 If-Match makes a change only where that is the newest", async () => {
    const tenant = await newTenant();
    const match = (version: string): Ask => ({ headers: { "if-match": version } });
    await put(tenant, { name: "1" }, match('"0"'));
    expect(await put(tenant, { name: "x" }, match('"0"'), 409)).toMatchObject({
      code: "conflict",
      detail: expect.stringContaining("1"),
    });
    await patch(tenant, { name: "x" }, match("2"), 409);
    await put(tenant, { name: "2" }, match('W/"1"'));
    await patch(tenant, { name: "3" }, match("2"));
    await patch(tenant, { name: "4" }, match("*"));
    const rollback = (status: number, version: string): Promise<Json> =>
      get(status, "POST", at(tenant, "/rollback"), { body: { version: 1 }, ...match(version) });
    await rollback(409, '"3"');
    await rollback(200, '"4"');
    for (const bad of ["x", "-1", "1, 2"]) await put(tenant, { name: "x" }, match(bad), 400);
    expect(await read(tenant)).toMatchObject({ version: 5, document: { name: "1" } });
  });

  it("CFG2 of two changes at once with the same If-Match one is made", async () => {
    const tenant = await newTenant();
    const answers = await Promise.all(
      ["a", "b", "c", "d"].map((name) =>
        ask("PUT", at(tenant), { body: { name }, headers: { "if-match": '"0"' } }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 409, 409, 409,
    ]);
    expect(await read(tenant)).toMatchObject({ version: 1 });
  });

  it("CFG3 a rollback is a new version, byte for byte the old one; one that is not remembered is 404", async () => {
    const tenant = await newTenant();
    await put(tenant, '{"region":"DE","name":"\\u00fc \\ud83d\\ude00 \\u2028","allowFrom":[15550001]}');
    const first = await text(tenant, 1);
    expect(JSON.parse(first as string)).toEqual({
      region: "DE",
      name: "ü 😀 \u2028",
      allowFrom: ["15550001"],
    });
    await put(tenant, { allowFrom: ["x@y.z"], dmPolicy: "allowlist" });
    const rolled = await get(200, "POST", at(tenant, "/rollback"), { body: { version: 1 } });
    expect(rolled).toMatchObject({ version: 3, changed: ["allowFrom", "dmPolicy", "name", "region"] });
    expect(await text(tenant, 3)).toBe(first);
    for (const version of [0, 4, 99])
      expect((await ask("POST", at(tenant, "/rollback"), { body: { version } })).status).toBe(
        version === 0 ? 400 : 404,
      );
    for (const version of ["0", "4", "x", "01", "-1", "99999999999"])
      await get(404, "GET", at(tenant, `/history/${version}`));
  });

  it("CFG3 the history has the newest 100 versions, newest first, without their documents", async () => {
    const tenant = await newTenant();
    for (let limit = 1; limit <= 103; limit += 1) await put(tenant, { historyLimit: limit });
    const { versions } = (await get(200, "GET", at(tenant, "/history"))) as { versions: Json[] };
    expect(versions.map(({ version }) => version)).toEqual(
      Array.from({ length: 100 }, (_, back) => 103 - back),
    );
    expect(versions[0]).toEqual({
      version: 103,
      at: expect.any(Number),
      by: "operator",
      changed: ["historyLimit"],
    });
    await get(404, "GET", at(tenant, "/history/3"));
    expect(await get(200, "GET", at(tenant, "/history/4"))).toMatchObject({ document: { historyLimit: 4 } });
    await get(404, "POST", at(tenant, "/rollback"), { body: { version: 3 } });
  });
});
