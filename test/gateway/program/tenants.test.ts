// Tenants as a person in a shell has them.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { EXIT } from "../../../gateway/cli/exit-codes.ts";
import { problem } from "../../../shared/errors.ts";
import type { Place } from "../support/program.ts";
import { eachOnAStage } from "../support/stage.ts";
import { AT, type Hands, handsOf, hasAll, lines, tenant, TENANTS, view } from "../support/tenant-answers.ts";
import { OPERATOR_KEY, OTHERS, OURS, WebhooksRelay } from "../support/webhooks-relay.ts";

let relay: WebhooksRelay;
let place: Place;
let operator: Hands["operator"];
let manager: Hands["manager"];
eachOnAStage(WebhooksRelay, (...made) => {
  [relay, place] = made;
  ({ operator, manager } = handsOf(relay, place));
});

describe("tenants", () => {
  test("list is a table that is harmless to the terminal, with whole ids; --json is the relay's answer", async () => {
    hasAll(relay);
    const { code, out, err } = await operator("tenants", "list");
    expect([code, err]).toEqual([EXIT.done, ""]);
    expect(lines(out)).toEqual([
      "NAME        STATE      MADE              ID",
      `Other ?[2J  active     2026-11-01 10:05  ${OTHERS}`,
      `Acme        suspended  2026-11-01 10:05  ${OURS}`,
    ]);
    const json = await operator("tenants", "list", "--json");
    expect(lines(json.out).map((line) => JSON.parse(line))).toEqual(TENANTS);
    expect(new Set(relay.asked.map(({ by }) => by))).toEqual(new Set(["operator"]));
  });

  test.each(["Acme", OURS, OURS.slice(-6)])(
    "show finds one by %s, and says what it may use",
    async (named) => {
      hasAll(relay);
      relay.answers.set("GET TENANT", [
        200,
        view({ state: "suspended", reason: "unpaid", accounts_pending: 2 }),
      ]);
      const { out } = await operator("tenants", "show", named);
      expect(lines(out).slice(0, 11)).toEqual([
        "name       Acme",
        `id         ${OURS}`,
        "state      suspended: unpaid",
        "           2 accounts are still to be told, or emptied",
        "made       2026-11-01 10:05",
        "accounts   2",
        "keys       3",
        "endpoints  1",
        "",
        "QUOTA              VALUE                            OF",
        "accounts           5                                accounts",
      ]);
      expect(out).toMatch(/bytes_a_day +53,687,091,200 \(53\.7 GB\) +usual/);
    },
  );

  test("create refuses a name that one has already: no command could tell the two apart by it", async () => {
    hasAll(relay);
    const made = tenant(OTHERS, "Acme");
    relay.answers.set("POST /v1/tenants", [201, made]);
    expect(await operator("tenants", "create", "Acme")).toMatchObject({
      code: EXIT.failed,
      out: "",
      err: `imsg-relay: There is a tenant "Acme" already (${OURS}). Choose another name, or make one more of this name with --same-name.\n`,
    });
    expect(relay.lines).toEqual(["GET /v1/tenants"]);
    expect((await operator("tenants", "create", "Acme", "--same-name")).out).toContain("Made:");
    expect((await operator("tenants", "create", "acme")).out).toContain("Made:");
    expect(relay.asked.flatMap(({ body }) => (body === undefined ? [] : [body]))).toEqual([
      { name: "Acme" },
      { name: "acme" },
    ]);
  });

  test("what is not there, or may be two, is not guessed at", async () => {
    relay.answers.set("GET /v1/tenants", [
      200,
      { tenants: [...TENANTS, tenant(OTHERS, "Acme")], next: null },
    ]);
    expect(await operator("tenants", "suspend", "Acme")).toMatchObject({
      code: EXIT.misuse,
      err: expect.stringContaining("Acme may be any of"),
    });
    expect(await operator("tenants", "delete", "Acne", "--yes")).toMatchObject({
      code: EXIT.failed,
      err: "imsg-relay: There is no tenant Acne; imsg-relay tenants list shows them.\n",
    });
    expect(new Set(relay.lines)).toEqual(new Set(["GET /v1/tenants"]));
  });

  test("suspend, resume, rename, quotas say what was done, with what was wished", async () => {
    hasAll(relay);
    relay.answers.set("POST TENANT/suspend", [200, view({ state: "suspended", accounts_pending: 1 })]);
    const { out } = await operator("tenants", "suspend", "Acme", "--reason", "unpaid");
    expect(lines(out)).toEqual([
      `Suspended: "Acme" (${OURS}). Its gateways and Macs are shut out; nothing is lost meanwhile.`,
      "Some of its accounts are still to be told, within seconds.",
    ]);
    relay.answers.set("PATCH TENANT/quotas", [200, view()]);
    expect((await operator("tenants", "quotas", OURS, "accounts=5", "keys=usual")).out).toContain(
      "accounts ",
    );
    relay.answers.set("PATCH TENANT", [200, view({ name: "Acme 2" })]);
    expect((await operator("tenants", "rename", OURS, "Acme 2")).out).toContain('"Acme 2"');
    expect(relay.asked.map(({ line, body }) => [line, body])).toEqual([
      ["GET /v1/tenants", undefined],
      ["POST TENANT/suspend", { reason: "unpaid" }],
      ["PATCH TENANT/quotas", { quotas: { accounts: 5, keys: null } }],
      ["PATCH TENANT", { name: "Acme 2" }],
    ]);
  });

  test("delete is not done where nobody can be asked; --yes does it, and what goes on is said", async () => {
    hasAll(relay);
    for (const more of [[], ["--json"]])
      expect(await operator("tenants", "delete", "Acme", ...more)).toMatchObject({
        code: EXIT.misuse,
        err: expect.stringContaining("nothing was changed. --yes does it without asking."),
      });
    expect(relay.lines.filter((line) => line.startsWith("DELETE"))).toEqual([]);
    relay.answers.set("DELETE TENANT", [202, { tenant: OURS, state: "deleting", accounts_left: 2 }]);
    expect((await operator("tenants", "delete", "Acme", "--yes")).out).toBe(
      `Being deleted: "Acme" (${OURS}); 2 accounts are left, and it goes on by itself.\n`,
    );
    relay.answers.set("DELETE TENANT", [200, { tenant: OURS, state: "deleted", accounts_left: 0 }]);
    expect((await operator("tenants", "delete", "Acme", "--yes")).out).toContain("nothing of");
  });

  test("usage is summed by day over accounts and pages; a manager may ask, by the whole id", async () => {
    const day = (account: string, more: object) => ({ day: "2026-11-01", account, reported_at: AT, ...more });
    const first = { messages_in: 1_000, bytes_in: 2_000_000 };
    relay.otherwise = (line) =>
      line.startsWith("GET TENANT/usage?")
        ? [
            200,
            line.includes("after=")
              ? { from: "", to: "", days: [day("acc_b", { messages_in: 5, wakes: 2 })], next: null }
              : { from: "", to: "", days: [day("acc_a", first)], next: "2026-11-01.acc_a" },
          ]
        : undefined;
    const { out } = await manager("tenants", "usage", OURS);
    expect(lines(out)).toEqual([
      "DAY (UTC)   IN     OUT  CALLS  FILES  BYTES   WEBHOOKS  EVENTS  ROWS  WAKES",
      "2026-11-01  1,005  0    0      0      2.0 MB  0         0       0     2",
      "all         1,005  0    0      0      2.0 MB  0         0       0     2",
    ]);
    expect(relay.asked.map(({ by }) => by)).toEqual(["login", "login"]);
    expect(await manager("tenants", "usage", "Acme")).toMatchObject({
      code: EXIT.misuse,
      err: expect.stringContaining("named by its whole id"),
    });
  });

  test("audit is read like a log, the newest last, as many as are wished; --json is a line each", async () => {
    const act = (id: number) => ({
      id,
      at: AT + id,
      by: id === 3 ? "key_0123456789abcdefghjkmnpqrstv" : "operator",
      verb: "tenant.renamed",
      about: OURS,
      result: "ok",
      request_id: null,
    });
    relay.answers.set("GET TENANT/audit?limit=200", [200, { entries: [act(3), act(2)], next: 2 }]);
    relay.answers.set("GET TENANT/audit?after=2&limit=200", [200, { entries: [act(1)], next: null }]);
    const { out } = await operator("tenants", "audit", OURS);
    expect(lines(out)).toEqual([
      "WHEN              BY             WHAT            ABOUT          RESULT",
      ...[1, 2].map(() => `2026-11-01 10:05  operator       tenant.renamed  ten …${OURS.slice(-8)}  ok`),
      `2026-11-01 10:05  key …mnpqrstv  tenant.renamed  ten …${OURS.slice(-8)}  ok`,
    ]);
    const json = await operator("tenants", "audit", OURS, "--limit", "2", "--json");
    expect(lines(json.out).map((line) => JSON.parse(line).id)).toEqual([2, 3]);
    relay.answers.set("GET /v1/audit?limit=200", [200, { entries: [], next: null }]);
    expect((await operator("tenants", "audit")).err).toBe("imsg-relay: nothing was done.\n");
  });

  test("what is the operator's is refused to others before anybody is asked", async () => {
    for (const argv of [["list"], ["suspend", OURS], ["export", OURS, "file"], ["import", "file"], ["audit"]])
      expect(await manager("tenants", ...argv)).toMatchObject({
        code: EXIT.no_access,
        err: "imsg-relay: That is done by the relay's operator, whose key comes from IMSG_RELAY_OPERATOR_KEY.\n",
      });
    expect(relay.asked).toEqual([]);
  });

  test("which relay is said where nobody knows it; a login's key goes to no other", async () => {
    const alone = place.run(["tenants", "list"], { IMSG_RELAY_OPERATOR_KEY: OPERATOR_KEY });
    expect(await alone.end()).toMatchObject({
      code: EXIT.misuse,
      err: expect.stringContaining("Which relay?"),
    });
    expect(await place.run(["keys", "list"], {}).end()).toMatchObject({
      code: EXIT.no_access,
      err: expect.stringContaining("Not logged in"),
    });
    const other = await manager("keys", "list", "--tenant", OURS, "--relay", "https://other.example.com");
    expect(other).toMatchObject({
      code: EXIT.no_access,
      err: expect.stringContaining("is for another relay"),
    });
    expect(await operator("tenants", "list", "--relay", "relay.example.com")).toMatchObject({
      code: EXIT.done,
    });
    const bad = place.run(["tenants", "list", "--relay", "https://a.example/x"], {});
    expect(await bad.end()).toMatchObject({
      code: EXIT.misuse,
      err: expect.stringContaining("--relay needs"),
    });
  });

  test("a wrong key of the operator is called that", async () => {
    relay.answers.set("GET /v1/tenants", [401, problem("unauthenticated", "req-1")]);
    expect(await operator("tenants", "list")).toMatchObject({
      code: EXIT.no_access,
      err: expect.stringContaining(`IMSG_RELAY_OPERATOR_KEY is not the operator's key of ${relay.url}`),
    });
  });
});

describe("import", () => {
  const header = JSON.stringify({
    t: "export",
    format: 1,
    tenant: OURS,
    name: "Acme",
    exported_at: AT,
    changed_at: AT,
  });
  test.each([
    ["of something else", "nothing\n", "this is no export of a tenant."],
    ["that is empty", "", "this is no export of a tenant."],
    ["that was cut off", `${header}\n{"t":"tenant_row"}\n`, "its end is missing"],
    ["with something else in it", `${header}\nnothing\n`, "line 2 is none of an export."],
    [
      "with something behind it",
      `${header}\n{"t":"end"}\n${header}\n`,
      "line 3: something comes after its last line.",
    ],
    [
      "of two exports",
      `${header}\n{"t":"more","after":"a"}\n${header.replace(OURS, OTHERS)}\n`,
      "line 3: it is put together from several exports.",
    ],
  ])("a file %s is refused before anything is sent", async (_, text, why) => {
    const file = path.join(place.home, "acme.ndjson");
    writeFileSync(file, text);
    expect(await operator("tenants", "import", file)).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining(why),
    });
    expect(relay.asked).toEqual([]);
  });

  test("what is left to do names the relay of each step: the last one is for the old relay alone", async () => {
    const file = path.join(place.home, "acme.ndjson");
    writeFileSync(file, `${header}\n{"t":"end"}\n`);
    relay.answers.set("POST /v1/tenants/import", [200, { tenant: OURS, state: "suspended", lines: 2 }]);
    const { code, out } = await operator("tenants", "import", file);
    expect(code).toBe(EXIT.done);
    expect(lines(out).slice(2)).toEqual([
      "What is left to do, in this order:",
      `  1. here:         imsg-relay tenants resume ${OURS} --relay ${relay.url}`,
      `  2. on each Mac:  imsg-relay-agent move ${relay.url}`,
      "  3. each gateway: the same key, at the new address (imsg-relay login)",
      "  4. when all of them have come, with the old relay's operator key, and its address in the place of OLD:",
      `                   imsg-relay tenants delete ${OURS} --relay https://OLD`,
    ]);
  });

  test("a file that is not there, or is none, is said", async () => {
    const missing = path.join(place.home, "none");
    expect((await operator("tenants", "import", missing)).err).toContain("there is no such file");
    expect((await operator("tenants", "import", place.home)).err).toContain("it is not a file");
  });

  test("an export is not begun where it would be lost, or would replace a file", async () => {
    hasAll(relay);
    const file = path.join(place.home, "acme.ndjson");
    writeFileSync(file, "mine");
    expect(await operator("tenants", "export", OURS, file)).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("tenants suspend"),
    });
    relay.answers.set("GET TENANT", [200, view({ state: "suspended" })]);
    expect(await operator("tenants", "export", OURS, file)).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("--force replaces it"),
    });
    expect(readFileSync(file, "utf8")).toBe("mine");
    expect(new Set(relay.lines)).toEqual(new Set(["GET TENANT"]));
  });
});
