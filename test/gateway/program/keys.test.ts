// Accounts and keys of a tenant as a person in a shell has them.
import { describe, expect, test } from "vitest";
import { EXIT } from "../../../gateway/cli/exit-codes.ts";
import type { Place } from "../support/program.ts";
import { eachOnAStage } from "../support/stage.ts";
import { accountOf, AT, type Hands, handsOf, hasAll, key, lines } from "../support/tenant-answers.ts";
import { OPERATOR_KEY, OUR_ACCOUNT, OURS, WebhooksRelay } from "../support/webhooks-relay.ts";

let relay: WebhooksRelay;
let place: Place;
let operator: Hands["operator"];
let manager: Hands["manager"];
eachOnAStage(WebhooksRelay, (...made) => {
  [relay, place] = made;
  ({ operator, manager } = handsOf(relay, place));
});

describe("accounts", () => {
  test("create says what comes next; the operator's tenant is that of the login", async () => {
    hasAll(relay);
    relay.answers.set("POST TENANT/accounts", [201, accountOf(OUR_ACCOUNT, "door")]);
    const { out } = await operator("accounts", "create", "door", "--tenant", "Acme");
    expect(lines(out)).toEqual([
      `Made: "door" (…${OUR_ACCOUNT.slice(-8)})`,
      `id    ${OUR_ACCOUNT}`,
      "",
      `A code for its Mac: imsg-relay enrol --account ${OUR_ACCOUNT} --relay ${relay.url}`,
      `A key for its gateway: imsg-relay keys create NAME --scopes rpc,read,send --account ${OUR_ACCOUNT} --tenant ${OURS} --relay ${relay.url}`,
    ]);
    const withLogin = place.run(["accounts", "list"], {
      IMSG_RELAY_URL: relay.connection,
      IMSG_RELAY_OPERATOR_KEY: OPERATOR_KEY,
      TZ: "UTC",
    });
    expect(lines((await withLogin.end()).out)[1]).toBe(`desk  active  2026-11-01 10:05  ${OUR_ACCOUNT}`);
  });

  test("a name that one has already is refused; --same-name makes another", async () => {
    hasAll(relay);
    expect(await operator("accounts", "create", "desk", "--tenant", OURS)).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining(`There is an account "desk" already (${OUR_ACCOUNT}).`),
    });
    expect(relay.lines.filter((line) => line.startsWith("POST"))).toEqual([]);
    relay.answers.set("POST TENANT/accounts", [201, accountOf(OUR_ACCOUNT, "desk")]);
    expect((await operator("accounts", "create", "desk", "--tenant", OURS, "--same-name")).code).toBe(
      EXIT.done,
    );
  });

  test("pause, rename and delete find it by its name; a whole id needs no list", async () => {
    hasAll(relay);
    relay.answers.set("POST ACCOUNT/pause", [200, accountOf(OUR_ACCOUNT, "desk")]);
    expect((await operator("accounts", "pause", "desk", "--tenant", OURS)).out).toContain('Paused: "desk"');
    relay.answers.set("PATCH ACCOUNT", [200, accountOf(OUR_ACCOUNT, "front")]);
    expect((await manager("accounts", "rename", OUR_ACCOUNT, "front")).out).toContain('Renamed: "front"');
    relay.answers.set("DELETE ACCOUNT", [202, { account: OUR_ACCOUNT, state: "deleting" }]);
    expect(await operator("accounts", "delete", "desk", "--tenant", OURS)).toMatchObject({
      code: EXIT.misuse,
    });
    expect((await operator("accounts", "delete", "desk", "--tenant", OURS, "--yes")).out).toContain(
      "Deleted:",
    );
    expect(relay.lines.filter((line) => line.startsWith("DELETE"))).toEqual(["DELETE ACCOUNT"]);
  });
});

describe("enrol and installs", () => {
  const code = `enr_${"0".repeat(30)}`;
  const offered = (): void => {
    relay.answers.set("GET ACCOUNT/installs", [200, { installs: [] }]);
    relay.answers.set("POST ACCOUNT/enrolments", [201, { code, url: `${relay.url}#${code}`, expires_at: 5 }]);
  };

  test.each([
    [
      ["--account", "desk", "--tenant", "Acme"],
      ["GET /v1/tenants", "GET TENANT/accounts"],
    ],
    [["--account", `…${OUR_ACCOUNT.slice(-8)}`, "--tenant", OURS], ["GET TENANT/accounts"]],
    [["--account", OUR_ACCOUNT], []],
  ])("%j names the account", async (named, looked) => {
    hasAll(relay);
    offered();
    expect((await operator("enrol", ...named)).out).toContain(code);
    expect((await operator("installs", "list", ...named)).code).toBe(EXIT.done);
    expect(relay.lines).toEqual([
      ...looked,
      "GET ACCOUNT/installs",
      "POST ACCOUNT/enrolments",
      ...looked,
      "GET ACCOUNT/installs",
    ]);
  });

  test("a name alone is looked for where the login's account is; what is not there is not guessed at", async () => {
    hasAll(relay);
    offered();
    const withLogin = place.run(["enrol", "--account", "desk"], {
      IMSG_RELAY_URL: relay.connection,
      IMSG_RELAY_OPERATOR_KEY: OPERATOR_KEY,
    });
    expect((await withLogin.end()).out).toContain(code);
    expect((await manager("enrol", "--account", "desk", "--tenant", OURS)).out).toContain(code);
    expect(await manager("enrol", "--account", "desk")).toMatchObject({
      code: EXIT.misuse,
      err: expect.stringContaining("Name the tenant"),
    });
    expect(await operator("enrol", "--account", "attic", "--tenant", "Acme")).toMatchObject({
      code: EXIT.failed,
      err: `imsg-relay: There is no account attic; imsg-relay accounts list --tenant ${OURS} shows them.\n`,
    });
  });
});

describe("keys", () => {
  const list = (): void =>
    void relay.answers.set("GET TENANT/keys", [
      200,
      {
        keys: [
          key("aaaaaaaa", "bot", { revoked_at: AT }),
          key("bbbbbbbb", "bot", { accounts: [OUR_ACCOUNT], expires_at: 4_000_000_000_000 }),
          key("cccccccc", "boss", { scopes: ["manage"], last_used_at: AT }),
        ],
      },
    ]);

  test("list says what they may and whether they are used; never a secret", async () => {
    list();
    expect(lines((await operator("keys", "list", "--tenant", OURS)).out)).toEqual([
      "ID         NAME  SCOPES     ACCOUNTS   STATE                     LAST USED",
      `…bbbbbbbb  bot   read,send  …${OUR_ACCOUNT.slice(-8)}  expires 2096-10-02 07:06  never`,
      "…cccccccc  boss  manage     all        good                      2026-11-01 10:05",
    ]);
    expect((await operator("keys", "list", "--tenant", OURS, "--all")).out).toContain(
      "revoked 2026-11-01 10:05",
    );
  });

  test("create shows the credential once, and for one account the connection string", async () => {
    hasAll(relay);
    const credential = "key_0123456789abcdefghjkdddddddd.s3cr3t";
    const made = key("dddddddd", "bot", { accounts: [OUR_ACCOUNT], credential });
    relay.answers.set("POST TENANT/keys", [201, made]);
    const { out } = await operator(
      "keys",
      "create",
      "bot",
      "--scopes",
      "read,send",
      "--account",
      "desk",
      "--tenant",
      OURS,
    );
    expect(lines(out)).toEqual([
      `Made: "bot" (…dddddddd): read, send of …${OUR_ACCOUNT.slice(-8)}, good`,
      "",
      "Its credential, a secret, shown this once:",
      "",
      `  ${credential}`,
      "",
      "The same for imsg-relay login:",
      "",
      `  ${relay.url}/v1/accounts/${OUR_ACCOUNT}#${credential}`,
    ]);
    expect(relay.asked.at(-1)?.body).toEqual({
      name: "bot",
      scopes: ["read", "send"],
      accounts: [OUR_ACCOUNT],
    });
  });

  test("rotate says how long the secret before opens; revoke who was not told yet; a name means one that lives", async () => {
    list();
    const path = "TENANT/keys/key_0123456789abcdefghjkbbbbbbbb";
    const rotated = key("bbbbbbbb", "bot", {
      credential: "key_b.new",
      old_secret_until: AT,
      accounts_reached: 1,
    });
    relay.answers.set(`POST ${path}/rotate`, [200, rotated]);
    const { out } = await operator("keys", "rotate", "bot", "--grace", "1h", "--tenant", OURS);
    expect(out).toContain("key_b.new");
    expect(out).toContain("The secret before opens as well until 2026-11-01 10:05");
    expect(relay.asked.at(-1)?.body).toEqual({ grace_s: 3_600 });
    relay.answers.set(`PATCH ${path}`, [200, key("bbbbbbbb", "bot", { scopes: ["read"] })]);
    expect((await operator("keys", "change", "bot", "--scopes", "read", "--tenant", OURS)).out).toContain(
      "Changed:",
    );
    const revoked = {
      key: "key_0123456789abcdefghjkbbbbbbbb",
      revoked_at: AT,
      accounts_reached: 1,
      accounts: 3,
    };
    relay.answers.set(`DELETE ${path}`, [200, revoked]);
    expect((await operator("keys", "revoke", "bot", "--tenant", OURS)).out).toContain(
      "2 of 3 accounts did not answer yet",
    );
  });
});
