import { describe, expect, test } from "vitest";
import { ConfigRelay, TENANT } from "../support/config-relay.ts";
import { ACCOUNT, KEY } from "../support/local-relay.ts";
import type { Ended, Place } from "../support/program.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: ConfigRelay;
let place: Place;
eachOnAStage(ConfigRelay, (...made) => ([relay, place] = made));

const config = (...argv: string[]): Promise<Ended> =>
  place.run(["config", ...argv], { IMSG_RELAY_URL: relay.connection, TZ: "Asia/Kolkata" }).end();
const onTenant = (...argv: string[]): Promise<Ended> => config(...argv, "--tenant", TENANT);
const lines = (text: string): string[] => text.trimEnd().split("\n");

describe("get", () => {
  test("every setting of the account, where it comes from, and the warnings", async () => {
    relay.keep({
      dmPolicy: "open",
      allowFrom: ["*"],
      groupPolicy: "disabled",
      accounts: { [ACCOUNT]: { region: "DE", name: "Büro \u001b[31m\u202E" } },
    });
    const { code, out, err } = await config("get");
    expect([code, err]).toEqual([0, ""]);
    expect(lines(out)[0]).toBe("SETTING                FROM     VALUE");
    expect(out).toMatch(/^dmPolicy {15}tenant {3}"open"$/m);
    expect(out).toMatch(/^region {17}account {2}"DE"$/m);
    expect(out).toMatch(/^mediaMaxMb {13}default {2}16$/m);
    expect(out).toContain("Version 1 of the tenant's document.");
    expect(out).toMatch(/^Warning: dmPolicy: everybody/m);
    expect(out).not.toContain("\u001b");
    expect(out).not.toContain("\u202E");
  });

  test("one of them, as text or as JSON; what is not there is said with what was probably meant", async () => {
    relay.keep({ groups: { "chat_guid:any;+;chat1": { requireMention: false } } });
    expect(await config("get", "dmPolicy")).toMatchObject({ code: 0, out: "pairing\n" });
    expect(await config("get", "dmPolicy", "--json")).toMatchObject({ code: 0, out: '"pairing"\n' });
    expect(await config("get", 'groups["chat_guid:any;+;chat1"].requireMention')).toMatchObject({
      out: "false\n",
    });
    expect(await config("get", "dmPolcy")).toMatchObject({
      code: 1,
      out: "",
      err: "imsg-relay: dmPolcy is not set here; did you mean dmPolicy?\n",
    });
    const whole = await config("get", "--json");
    expect(lines(whole.out)).toHaveLength(1);
    expect(JSON.parse(whole.out)).toMatchObject({ version: 1, origin: { groups: "tenant" }, overrides: {} });
  });

  test("the tenant's document shows what is set, accounts too", async () => {
    expect((await onTenant("get")).out).toBe("Nothing is set: every setting has its default.\n");
    relay.keep({ region: "DE", accounts: { [ACCOUNT]: { historyLimit: 5 } } });
    expect(lines((await onTenant("get")).out)).toEqual([
      "SETTING                                     VALUE",
      'region                                      "DE"',
      `accounts.${ACCOUNT}.historyLimit  5`,
      "",
      "Version 1, 2023-11-15 03:44, by key_1.",
    ]);
    expect((await onTenant("get", `accounts.${ACCOUNT}`)).out).toBe('{"historyLimit":5}\n');
  });
});

describe("set and unset", () => {
  test("they change the account's overrides, and say what came of it", async () => {
    relay.keep({ region: "DE" });
    expect(await config("set", "mediaMaxMb", "8")).toMatchObject({
      code: 0,
      out: `Version 2. Changed: mediaMaxMb.\n1 account works by it now.\n`,
    });
    await config("set", "allowFrom", '["+15551234567", "*"]');
    relay.pending = 2;
    expect((await config("set", "dmPolicy", "open")).out).toMatch(
      /1 account works by it now, 2 follow as soon as the relay reaches them\.\nWarning: dmPolicy: everybody/,
    );
    expect(relay.document).toEqual({
      region: "DE",
      accounts: { [ACCOUNT]: { mediaMaxMb: 8, allowFrom: ["+15551234567", "*"], dmPolicy: "open" } },
    });
    expect(await config("unset", "mediaMaxMb")).toMatchObject({ code: 0 });
    expect(relay.document.accounts?.[ACCOUNT]).not.toHaveProperty("mediaMaxMb");
    expect((await config("set", "dmPolicy", "open")).out).toMatch(/^Nothing changed/);
    expect(JSON.parse((await config("set", "name", "My Mac", "--json")).out)).toMatchObject({
      changed: [`accounts.${ACCOUNT}.name`],
    });
    await config("unset", "name");
    await config("unset", "allowFrom");
    expect((await config("unset", "dmPolicy")).out).toContain("Changed: ");
    expect(new Set(relay.asked.map(({ line }) => line))).toEqual(
      new Set([`PATCH /v1/accounts/${ACCOUNT}/config`, `GET /v1/accounts/${ACCOUNT}/config`]),
    );
  });

  test("to unset what is not there changes nothing, and a mistyped name is said", async () => {
    relay.keep({ groups: { "7": {} } });
    expect(await config("unset", "dmPolcy")).toMatchObject({
      code: 1,
      err: "imsg-relay: dmPolcy is not set here; did you mean dmPolicy? Nothing was changed.\n",
    });
    expect(await config("unset", "commands.x")).toMatchObject({ code: 1 });
    // A merge patch would leave an empty map, in the place of the tenant's.
    expect(await config("unset", "groups.7")).toMatchObject({
      code: 0,
      out: "groups.7 is not set here. Nothing was changed.\n",
    });
    expect(await config("unset", "region", "--json")).toMatchObject({ code: 0, out: "null\n" });
    expect(relay.versions).toHaveLength(1);
  });

  test("on the tenant with --tenant; a map takes the place of the one that was there", async () => {
    relay.keep({ groups: { "*": {}, "7": { requireMention: false } } });
    await onTenant("set", "groups", '{"8": {}}');
    expect(relay.document).toEqual({ groups: { "8": {} } });
    await onTenant("set", 'groups["chat_guid:any;+;a.b"].requireMention', "false");
    expect(relay.document).toEqual({ groups: { "8": {}, "chat_guid:any;+;a.b": { requireMention: false } } });
    await onTenant("set", "groups.8", "{}");
    expect(relay.versions).toHaveLength(3);
  });

  test("a refusal names every problem and changes nothing", async () => {
    relay.keep({ region: "DE" });
    const refused = await config("set", "dmPolicy", "open");
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(lines(refused.err)).toEqual([
      "imsg-relay: Nothing was changed (request req-1):",
      `  dmPolicy: \`dmPolicy\` open needs \`*\` in \`allowFrom\`; set that first, or both at once (found "open")`,
    ]);
    expect((await config("set", "dmPolcy", "open")).err).toContain(
      'is no setting (found "open"); did you mean dmPolicy?',
    );
    expect((await config("unset", "dmPolcy")).err).toContain("did you mean dmPolicy?");
    expect((await config("set", "cliPath", "/bin/sh")).err).toContain("agent.jsonc");
    expect(JSON.parse((await config("set", "region", "us", "--json")).out)).toMatchObject({
      code: "invalid_request",
      problems: [{ path: `accounts.${ACCOUNT}.region`, value: '"us"' }],
    });
    expect(relay.versions).toHaveLength(1);
  });
});

describe("versions", () => {
  test("they are listed, shown and brought back", async () => {
    expect((await onTenant("history")).out).toBe("There is no version yet: nothing was ever changed.\n");
    relay.keep({ region: "DE" });
    relay.keep({ region: "FR", name: "x", enabled: false, service: "sms", historyLimit: 1, mediaMaxMb: 2 });
    expect(lines((await onTenant("history")).out)).toEqual([
      "VERSION  WHEN              BY     CHANGED",
      "1        2023-11-15 03:44  key_1  region",
      "2        2023-11-15 03:45  key_1  enabled, historyLimit, mediaMaxMb, name, region and 1 more",
    ]);
    expect((await onTenant("show", "1")).out).toBe(
      'Version 1, 2023-11-15 03:44, by key_1.\n\n{\n  "region": "DE"\n}\n',
    );
    expect(JSON.parse((await onTenant("show", "1", "--json")).out)).toMatchObject({
      document: { region: "DE" },
    });
    expect((await onTenant("rollback", "1")).out).toMatch(/^Version 3\. Changed: /);
    expect(relay.document).toEqual({ region: "DE" });
    expect(await onTenant("show", "9")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/there is no version 9 .*config history --tenant ten_/),
    });
  });

  test("the operator's key is used where it is set, on tenants only", async () => {
    const env = { IMSG_RELAY_URL: relay.connection, IMSG_RELAY_OPERATOR_KEY: "op-secret" };
    await place.run(["config", "history", "--tenant", TENANT], env).end();
    await place.run(["config", "get"], env).end();
    expect(relay.asked.map(({ authorization }) => authorization)).toEqual([
      "Bearer op-secret",
      `Bearer ${KEY}`,
    ]);
  });

  test("they are the tenant's, and that is said", async () => {
    for (const argv of [["history"], ["show", "1"], ["rollback", "1"]])
      expect(await config(...argv)).toMatchObject({
        code: 2,
        err: expect.stringContaining("needs --tenant TEN_ID"),
      });
    expect(relay.asked).toEqual([]);
  });
});

describe("mistakes", () => {
  test.each([
    [[], "config needs get, set, unset"],
    [["nonsense"], 'config knows no "nonsense"'],
    [["set", "dmPolicy"], "needs a path and a value"],
    [["set", "name", "My", "Mac"], "put quotes around"],
    [["set", "name", "null"], "use config unset"],
    [["set", "a..b", "1"], "is no path"],
    [["get", "a", "b"], "takes one path"],
    [["unset"], "needs a path"],
    [["import"], "needs one file"],
    [["import", "x", "--account", "work"], "--account needs a name"],
    [["import", "x", "--account", "work=acc_other"], "with --tenant TEN_ID several"],
    [["show", "first", "--tenant", TENANT], "needs the number of a version"],
    [["get", "--tenant", "work"], "--tenant needs the id of a tenant"],
    [["get", "--tenant"], "--tenant needs a value"],
    [["get", "--dry-run"], "takes no --dry-run"],
    [["get", "--dry-run=1"], "--dry-run takes no value"],
    [["get", "--nonsense"], "unknown option --nonsense"],
  ])("%j is said to be one, and nothing is asked", async (argv, says) => {
    expect(await config(...argv)).toMatchObject({ code: 2, out: "", err: expect.stringContaining(says) });
    expect(relay.asked).toEqual([]);
  });

  test("options of config are none of other commands; after -- everything is a word", async () => {
    expect(await place.run(["login", "--tenant", "x"]).end()).toMatchObject({ code: 2 });
    expect(await config("set", "name", "--", "--json")).toMatchObject({ code: 0 });
    expect(relay.document.accounts?.[ACCOUNT]?.name).toBe("--json");
  });

  test("a refusal is said in plain words, with what to do", async () => {
    relay.refuse = "forbidden";
    expect(await config("get")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/needs the scope manage, for this account.*\(request req-1\)/),
    });
    expect((await onTenant("history")).err).toMatch(/must not be restricted to single accounts/);
    relay.refuse = "conflict";
    expect((await config("set", "name", "x")).err).toMatch(/Nothing was changed; run it again/);
    relay.refuse = undefined;
    relay.cuts = true;
    expect((await config("set", "name", "x")).err).toMatch(/Whether anything was changed is not known/);
    expect((await place.run(["config", "get"]).end()).err).toContain("run `imsg-relay login`");
    expect((await config("get", "--help")).out).toContain("rollback VERSION");
    for (const { err } of [await config("get"), await onTenant("get")]) expect(err).not.toContain(KEY);
  });
});
