import { describe, expect, test } from "vitest";
import { ChannelRelay } from "../support/channel-relay.ts";
import type { Ended, Place } from "../support/program.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: ChannelRelay;
let place: Place;
eachOnAStage(ChannelRelay, (...made) => ([relay, place] = made));

const pairing = (...argv: string[]): Promise<Ended> =>
  place.run(["pairing", ...argv], { IMSG_RELAY_URL: relay.connection }).end();

const MINUTE = 60_000;
const answer = (now: number) => ({
  requests: [
    {
      handle: "maya@example.com",
      code: "WXYZ6789",
      name: "Maya \u001b[31m\u202E\n(admin)",
      created_at: now - 5 * MINUTE,
      last_seen_at: now - 10_000,
      expires_at: now + 55 * MINUTE,
    },
    {
      handle: "+15550100111",
      code: "ABCD2345",
      name: null,
      created_at: now - 50.5 * MINUTE,
      last_seen_at: now - 40.5 * MINUTE,
      expires_at: now + 9.5 * MINUTE,
    },
  ],
  allowed: [{ handle: "+15550100222", approved_at: now - 72 * 60 * MINUTE - 1, by: "key_1" }],
});

describe("list", () => {
  test("who waits comes in a table, oldest first, with age and end; who was let in below", async () => {
    relay.answers.set("GET pairing", () => [200, answer(Date.now())]);
    const { code, out, err } = await pairing("list");
    expect([code, err]).toEqual([0, ""]);
    expect(out.split("\n")).toEqual([
      "CODE      HANDLE            NAME                 ASKED       LAST SEEN   EXPIRES",
      "ABCD2345  +15550100111                           50 min ago  40 min ago  in 9 min",
      "WXYZ6789  maya@example.com  Maya ?[31m??(admin)  5 min ago   just now    in 54 min",
      "",
      "Let one in with: imsg-relay pairing approve CODE",
      "",
      "Allowed by pairing:",
      "HANDLE        APPROVED    BY",
      "+15550100222  3 days ago  key_1",
      "",
    ]);
  });

  test("nobody is said in words, and --json is the relay's answer on one line", async () => {
    relay.answers.set("GET pairing", [200, { requests: [], allowed: [] }]);
    expect((await pairing("list")).out).toBe(
      "Nobody is waiting for access.\n\nNobody is allowed by pairing.\n",
    );
    const full = answer(1_700_000_000_000);
    relay.answers.set("GET pairing", [200, full]);
    const { out } = await pairing("list", "--json");
    expect(JSON.parse(out)).toEqual(full);
    expect(out.trimEnd()).not.toContain("\n");
  });
});

describe("deciding", () => {
  test("a code is approved or denied as it was typed, in capitals", async () => {
    const allowed = { handle: "+15550100111", approved_at: 1, by: "key_1" };
    relay.answers.set("POST pairing/approve", [200, allowed]);
    relay.answers.set("POST pairing/deny", [200, { handle: "+15550100111" }]);
    relay.answers.set("POST pairing/revoke", [200, { handle: "+15550100111" }]);
    expect(await pairing("approve", " abcd2345 ")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Approved: \+15550100111 may write/),
    });
    expect(JSON.parse((await pairing("approve", "ABCD2345", "--json")).out)).toEqual(allowed);
    expect((await pairing("deny", "ABCD2345")).out).toMatch(/^Denied: /);
    expect((await pairing("revoke", "+15550100111")).out).toMatch(/^Revoked: /);
    expect(relay.asked.map(({ line, body }) => [line, body])).toEqual([
      ["POST pairing/approve", { code: "ABCD2345" }],
      ["POST pairing/approve", { code: "ABCD2345" }],
      ["POST pairing/deny", { code: "ABCD2345" }],
      ["POST pairing/revoke", { handle: "+15550100111" }],
    ]);
  });

  test("an unknown code says what to do", async () => {
    relay.refuseAt("POST pairing/approve", "not_found");
    expect(await pairing("approve", "AAAA2222")).toEqual({
      code: 1,
      signal: null,
      out: "",
      err: expect.stringMatching(/no pending request has this code.*pairing list.*\(request req-1\)\n$/),
    });
    relay.refuseAt("POST pairing/revoke", "not_found");
    expect((await pairing("revoke", "+1")).err).toMatch(/was not let in by pairing.*allowFrom/);
  });

  test("after too many wrong codes it says when to try again", async () => {
    relay.refuseAt("POST pairing/approve", "rate_limited", { retry_after_s: 400 });
    expect(await pairing("approve", "AAAA2222")).toMatchObject({
      code: 1,
      err: expect.stringContaining("too many wrong codes; try again in 7 min."),
    });
    relay.refuseAt("POST pairing/approve", "rate_limited");
    expect((await pairing("approve", "AAAA2222")).err).toContain("in a few minutes");
  });

  test("a key without the scope manage says how to get one, and never the key", async () => {
    relay.refuseAt("GET pairing", "forbidden");
    const { code, err, out } = await pairing("list", "--json");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/scope manage.*POST \/v1\/tenants\/\{tenant\}\/keys.*imsg-relay login/);
    expect(err).not.toContain("s3cr3t");
  });

  test("a relay that is away, and no login at all", async () => {
    await relay.away();
    expect(await pairing("list")).toMatchObject({
      code: 1,
      err: "imsg-relay: The relay cannot be reached.\n",
    });
    expect(await place.run(["pairing", "list"]).end()).toMatchObject({
      code: 1,
      err: expect.stringContaining("imsg-relay login"),
    });
  });
});

describe("use", () => {
  test.each([
    [[], "needs list, approve"],
    [["grant"], 'knows no "grant"'],
    [["approve"], "approve needs the code"],
    [["deny", " "], "deny needs the code"],
    [["revoke"], "revoke needs the handle"],
    [["approve", "A", "B"], "takes one code"],
    [["list", "all"], "takes nothing more"],
    [["list", "--all"], "unknown option --all"],
  ])("%j is misuse and asks nobody", async (argv, why) => {
    expect(await pairing(...argv)).toMatchObject({ code: 2, out: "", err: expect.stringContaining(why) });
    expect(relay.asked).toEqual([]);
  });

  test("--help tells every action, without any login", async () => {
    const { code, out } = await place.run(["pairing", "--help"]).end();
    expect(code).toBe(0);
    for (const word of [
      "Usage: imsg-relay pairing",
      "list",
      "approve CODE",
      "deny CODE",
      "revoke HANDLE",
      "manage",
    ])
      expect(out).toContain(word);
  });
});
