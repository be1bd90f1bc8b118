import { describe, expect, test } from "vitest";
import { EXIT } from "../../../gateway/cli/exit-codes.ts";
import { problem } from "../../../shared/errors.ts";
import type { Ended, Place } from "../support/program.ts";
import { eachOnAStage } from "../support/stage.ts";
import {
  endpoint,
  FIRST,
  OPERATOR_KEY,
  OUR_ACCOUNT,
  OURS,
  SECOND,
  WebhooksRelay,
} from "../support/webhooks-relay.ts";

let relay: WebhooksRelay;
let place: Place;
eachOnAStage(WebhooksRelay, (...made) => ([relay, place] = made));

const env = (): Record<string, string> => ({ IMSG_RELAY_URL: relay.connection, TZ: "UTC" });
const webhooks = (...argv: string[]): Promise<Ended> =>
  place.run(["webhooks", ...argv], { ...env(), IMSG_RELAY_OPERATOR_KEY: OPERATOR_KEY }).end();
const withLogin = (...argv: string[]): Promise<Ended> => place.run(["webhooks", ...argv], env()).end();
const lines = (text: string): string[] => text.trimEnd().split("\n");

const SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const AT = 1_700_000_000_000;

describe("adding", () => {
  test("what was wished is asked for, in the tenant of the login's account; the secret is shown", async () => {
    relay.answers.set("POST TENANT/endpoints", [201, { ...endpoint(FIRST), secret: SECRET }]);
    const { code, out, err } = await webhooks(
      "add",
      "https://bot.example.com/hook",
      "--kinds",
      "message.*,account.offline",
      "--replies",
      "--account",
      OUR_ACCOUNT,
      "--description",
      "the bot",
    );
    expect([code, err]).toEqual([EXIT.done, ""]);
    expect(out).toContain(`id      ${FIRST}\nsecret  ${SECRET}\n`);
    expect(relay.asked).toMatchObject([
      { line: "GET /v1/tenants", by: "operator" },
      {
        line: "POST TENANT/endpoints",
        by: "operator",
        body: {
          url: "https://bot.example.com/hook",
          kinds: ["message.*", "account.offline"],
          accounts: [OUR_ACCOUNT],
          description: "the bot",
          takes_replies: true,
        },
      },
    ]);
  });

  test("a secret of one's own may come by standard input; --json is the relay's answer", async () => {
    const answer = { ...endpoint(FIRST), secret: SECRET };
    relay.answers.set("POST TENANT/endpoints", [201, answer]);
    const program = place.run(
      ["webhooks", "add", "https://a.example", "--secret", "-", "--tenant", OURS, "--json"],
      env(),
    );
    program.write(`${SECRET}\n`);
    const { code, out } = await program.ended;
    expect([code, JSON.parse(out)]).toEqual([EXIT.done, answer]);
    expect(relay.asked).toMatchObject([{ by: "login", body: { url: "https://a.example", secret: SECRET } }]);
  });

  test("what the relay refuses is said in its words, with what the key would need", async () => {
    relay.answers.set("POST TENANT/endpoints", [
      400,
      { ...problem("invalid_request", "req-1"), detail: "url: this address is private" },
    ]);
    expect(await webhooks("add", "https://10.0.0.1")).toMatchObject({
      code: EXIT.misuse,
      err: "imsg-relay: url: this address is private. (request req-1)\n",
    });
    relay.answers.set("POST TENANT/endpoints", [403, problem("forbidden", "req-1")]);
    expect(await withLogin("add", "https://a.example", "--tenant", OURS)).toMatchObject({
      code: EXIT.no_access,
      err: expect.stringContaining("scope manage for the whole tenant"),
    });
  });
});

describe("looking", () => {
  test("list is a table without secrets, harmless to the terminal, with what is wrong below", async () => {
    relay.has(
      endpoint(FIRST, { secret: SECRET, description: "the \u001b[31mbot\u202E" }),
      endpoint(SECOND, { url: "https://b.example/", state: "disabled", reason: "it answered 410 Gone" }),
    );
    const { code, out } = await webhooks("list");
    expect(code).toBe(EXIT.done);
    expect(lines(out)).toEqual([
      "ID         STATE     EVENTS     URL                           DESCRIPTION",
      `…${FIRST.slice(-8)}  active    message.*  https://bot.example.com/hook  the ?[31mbot?`,
      `…${SECOND.slice(-8)}  disabled  message.*  https://b.example/`,
      "  disabled: it answered 410 Gone; webhooks resume goes on",
    ]);
    const json = await webhooks("list", "--json");
    expect(lines(json.out).map((line) => JSON.parse(line))).toMatchObject([
      { endpoint: FIRST },
      { endpoint: SECOND },
    ]);
    relay.has();
    expect((await webhooks("list")).out).toContain("webhooks add URL");
  });

  test("show says how it stands in the login's account", async () => {
    const failing = {
      chats: ["-;+15550100111"],
      failing_since: AT,
      next_attempt_at: AT + 60_000,
      old_secret_until: AT,
    };
    relay.has(endpoint(FIRST, failing));
    relay.answers.set(`GET TENANT/endpoints/${FIRST}`, [200, endpoint(FIRST, failing)]);
    const { out } = await webhooks("show", FIRST);
    expect(lines(out)).toEqual([
      "url           https://bot.example.com/hook",
      `id            ${FIRST}`,
      "state         active",
      "              fails since 2023-11-14 22:13; next attempt 2023-11-14 22:14",
      "events        message.*",
      "accounts      all",
      "chats         -;+15550100111",
      "replies       not taken",
      "secret        the one before signs as well until 2023-11-14 22:13",
      "made          2023-11-14 22:13",
      "delivered     3",
      "failed        0",
      "given up      0",
      "behind        0 of the log",
      "waiting       chats: 0; set aside: 0",
    ]);
    relay.answers.delete("GET ACCOUNT/endpoints");
    expect(JSON.parse((await webhooks("show", FIRST, "--json")).out)).toMatchObject({
      endpoint: FIRST,
      health: null,
    });
  });

  test("secret prints it and nothing else", async () => {
    relay.answers.set(`GET TENANT/endpoints/${FIRST}/secret`, [200, { ...endpoint(FIRST), secret: SECRET }]);
    expect(await webhooks("secret", FIRST)).toMatchObject({ code: EXIT.done, out: `${SECRET}\n` });
    relay.answers.set(`GET TENANT/endpoints/${FIRST}/secret`, [200, { ...endpoint(FIRST), secret: "" }]);
    expect(await webhooks("secret", FIRST)).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("rotate it"),
    });
  });
});

describe("which one is meant", () => {
  test.each([
    ["the end of its id", () => FIRST.slice(-8)],
    ["as it is shown", () => `…${FIRST.slice(-8)}`],
    ["the beginning of its id", () => FIRST.slice(0, 40)],
    ["its host", () => "bot.example.com:8443"],
    ["its host without the port", () => "bot.example.com"],
    ["its URL", () => "https://bot.example.com:8443/hook"],
  ])("%s", async (_what, text) => {
    relay.has(
      endpoint(FIRST, { url: "https://bot.example.com:8443/hook" }),
      endpoint(SECOND, { url: "https://b.example/" }),
    );
    relay.answers.set(`POST TENANT/endpoints/${FIRST}/pause`, [200, endpoint(FIRST, { state: "paused" })]);
    expect(await webhooks("pause", text())).toMatchObject({
      code: EXIT.done,
      out: expect.stringContaining("Paused"),
    });
    expect(relay.lines.at(-1)).toBe(`POST TENANT/endpoints/${FIRST}/pause`);
  });

  test("what may be two of them, or none, is asked back and nothing is done", async () => {
    relay.has(endpoint(FIRST), endpoint(SECOND));
    for (const text of ["bot.example.com", "end_"])
      expect(await webhooks("remove", text)).toMatchObject({
        code: EXIT.misuse,
        err: expect.stringContaining(`…${SECOND.slice(-8)} https://bot.example.com/hook`),
      });
    expect(await webhooks("remove", "c.example")).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("webhooks list"),
    });
    expect(relay.lines.filter((line) => !line.startsWith("GET"))).toEqual([]);
  });

  test("a tenant is named, or found by the operator's key", async () => {
    expect(await withLogin("list")).toMatchObject({
      code: EXIT.misuse,
      err: expect.stringContaining("--tenant TEN_ID"),
    });
    expect(relay.asked).toEqual([]);
  });
});

describe("changing", () => {
  test("set changes what was named and nothing else", async () => {
    relay.answers.set(`PATCH TENANT/endpoints/${FIRST}`, [200, endpoint(FIRST)]);
    await webhooks("set", FIRST, "--all-accounts", "--no-replies", "--url", "https://c.example");
    await webhooks("set", FIRST, "--kinds", "gap", "--replies");
    expect(relay.asked.filter(({ line }) => line.startsWith("PATCH")).map(({ body }) => body)).toEqual([
      { accounts: null, takes_replies: false, url: "https://c.example" },
      { kinds: ["gap"], takes_replies: true },
    ]);
  });

  test("HOOK rotate says that the old secret signs for 24 h more", async () => {
    const rotated = { ...endpoint(FIRST, { old_secret_until: AT }), secret: SECRET };
    relay.answers.set(`POST TENANT/endpoints/${FIRST}/rotate`, [200, rotated]);
    const { out } = await webhooks("rotate", FIRST);
    expect(out).toContain(`secret  ${SECRET}\n`);
    expect(out).toContain("The old secret signs as well until 2023-11-14 22:13 (24 h)");
  });

  test("resume and remove", async () => {
    relay.answers.set(`POST TENANT/endpoints/${FIRST}/resume`, [200, endpoint(FIRST)]);
    relay.answers.set(`DELETE TENANT/endpoints/${FIRST}`, [200, endpoint(FIRST)]);
    expect((await webhooks("resume", FIRST)).out).toMatch(/^Resumed/);
    expect((await webhooks("remove", FIRST)).out).toMatch(/^Removed/);
  });
});

describe("how deliveries go", () => {
  test("a test says what was answered, and its exit code whether it was taken", async () => {
    const path = `POST TENANT/endpoints/${FIRST}/test`;
    relay.answers.set(path, [
      200,
      { delivered: true, status: 204, took_ms: 12.4, why: "answered 204", response: "" },
    ]);
    expect(await webhooks("test", FIRST)).toMatchObject({
      code: EXIT.done,
      out: "Delivered: answered 204 (12 ms).\n",
    });
    relay.answers.set(path, [
      200,
      { delivered: false, status: 500, took_ms: 9, why: "answered 500", response: "Oh\u001b[2J no\n" },
    ]);
    expect(await webhooks("test", FIRST, "--account", OUR_ACCOUNT)).toMatchObject({
      code: EXIT.failed,
      out: "NOT delivered: answered 500 (9 ms).\n  Oh?[2J no\n",
    });
    expect(relay.asked.at(-1)?.body).toEqual({ account: OUR_ACCOUNT });
  });

  test("attempts and parked need only the login's own key, also for the end of an id", async () => {
    relay.has(endpoint(FIRST));
    relay.answers.set(`GET ACCOUNT/endpoints/${FIRST}/attempts?limit=5`, [
      200,
      {
        attempts: [
          {
            event: "log1.7",
            attempt: 2,
            at: AT,
            took_ms: 31,
            verdict: "failed",
            why: "answered 500",
            status: 500,
            response: "no",
          },
        ],
      },
    ]);
    relay.answers.set(`GET ACCOUNT/endpoints/${FIRST}/parked`, [
      200,
      {
        parked: [{ chat: "-;+1", event: "log1.7", attempts: 2, next_at: AT + 60_000, since: AT }],
        set_aside: [{ event: "log1.3", attempts: 8, next_at: null }],
      },
    ]);
    expect(lines((await withLogin("attempts", FIRST.slice(-6), "--limit", "5")).out)).toEqual([
      "WHEN              EVENT   TRY  MS  WHY",
      "2023-11-14 22:13  log1.7  2    31  answered 500",
      "  no",
    ]);
    expect(lines((await withLogin("parked", FIRST)).out)).toEqual([
      "Chats that wait for an event:",
      "CHAT  EVENT   TRIES  SINCE             NEXT",
      "-;+1  log1.7  2      2023-11-14 22:13  2023-11-14 22:14",
      "",
      "Events that were set aside:",
      "EVENT   TRIES  NEXT",
      "log1.3  8",
    ]);
    expect(new Set(relay.asked.map(({ by }) => by))).toEqual(new Set(["login"]));
  });

  test("resend and replay say from where", async () => {
    relay.answers.set(`POST ACCOUNT/endpoints/${FIRST}/resend`, [200, { event: "log1.7" }]);
    relay.answers.set(`POST ACCOUNT/endpoints/${FIRST}/replay`, [200, { after: "log1.0", events: 7 }]);
    const from = Date.now();
    expect((await withLogin("resend", FIRST, "log1.7")).code).toBe(EXIT.done);
    await withLogin("replay", FIRST, "--since", "2h");
    await withLogin("replay", FIRST, "--since", "2023-11-14 22:13");
    expect((await withLogin("replay", FIRST, "--after", "beginning")).out).toContain(
      "same webhook-ids: 7 of the log",
    );
    const bodies = relay.asked.map(({ body }) => body);
    expect(bodies).toEqual([
      { event: "log1.7" },
      { since: expect.any(Number) },
      { since: Date.UTC(2023, 10, 14, 22, 13) },
      { after: "beginning" },
    ]);
    const { since } = Object(bodies[1]) as { since: number };
    expect(since - (from - 7_200_000)).toBeGreaterThanOrEqual(0);
    expect(since - (from - 7_200_000)).toBeLessThan(20_000);
  });
});
