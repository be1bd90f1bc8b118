// The Macs of an account, from the gateway's side: a code for one, which there are, and one shut out.
import { describe, expect, test } from "vitest";
import { EXIT } from "../../../gateway/cli/exit-codes.ts";
import { ChannelRelay } from "../support/channel-relay.ts";
import { KEY } from "../support/local-relay.ts";
import type { Ended, Place } from "../support/program.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: ChannelRelay;
let place: Place;
eachOnAStage(ChannelRelay, (...made) => ([relay, place] = made));

const cli = (argv: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
  place.run(argv, { IMSG_RELAY_URL: relay.connection, TZ: "UTC", ...env }).end();
const asked = (): string[] => relay.asked.map(({ line }) => line);

const AT = Date.UTC(2026, 10, 1, 10, 5);
const mac = (end: string, name: string, more: object = {}): Record<string, unknown> => ({
  install: `ins_01230000${end}`,
  name,
  public_key: "k",
  created_at: AT,
  serves: false,
  last_seen: null,
  revoked_at: null,
  ended: null,
  key_changed_at: null,
  key_pending: false,
  ...more,
});
const MACS = [
  mac("aaaaaaaa", "mini", { revoked_at: AT + 60_000, ended: "moved" }),
  mac("bbbbbbbb", "studio \u001b[2J", { serves: true, last_seen: AT, key_changed_at: AT + 120_000 }),
  mac("cccccccc", "mini", { last_seen: AT, key_pending: true }),
];
const has = (installs: readonly unknown[]): void =>
  void relay.answers.set("GET installs", [200, { installs }]);

describe("enrol", () => {
  const code = `enr_${"0".repeat(30)}`;
  const offer = (): void =>
    void relay.answers.set("POST enrolments", [
      201,
      { code, url: `https://relay.example.com#${code}`, expires_at: Date.now() + 600_000 },
    ]);

  test("prints the one command for the Mac, and what happens there", async () => {
    has([]);
    offer();
    const { code: exit, out, err } = await cli(["enrol"]);
    expect([exit, err]).toEqual([EXIT.done, ""]);
    expect(out.split("\n")).toEqual([
      "On the Mac, within 10 minutes:",
      "",
      `  imsg-relay-agent enroll 'https://relay.example.com#${code}'`,
      "",
      "The Mac shows whose relay and account this is, and asks, before it joins.",
      "",
    ]);
    expect(relay.asked.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${KEY}`,
      `Bearer ${KEY}`,
    ]);
  });

  test("names the Macs that are there, and says what moves the account", async () => {
    has(MACS);
    offer();
    expect((await cli(["enrol"])).out).toContain(
      'The account has "studio ?[2J", "mini" already. To move it to the new Mac, add --takeover there.\n',
    );
    const { out } = await cli(["enrol", "--takeover"]);
    expect(out).toContain(`#${code}' --takeover\n`);
    expect(out).toContain(
      'The account moves: "studio ?[2J", "mini" will be shut out when the new Mac joins.\n',
    );
  });

  const other = `acc_${"0".repeat(47)}1`;
  test("--json is one object; --account and the operator's key are for any account", async () => {
    relay.answers.set(`GET /v1/accounts/${other}/installs`, [200, { installs: [] }]);
    relay.answers.set(`POST /v1/accounts/${other}/enrolments`, [
      201,
      { code, url: `https://relay.example.com#${code}`, expires_at: 5 },
    ]);
    const { out } = await cli(["enrol", "--account", other, "--json"], {
      IMSG_RELAY_OPERATOR_KEY: "op-key",
    });
    expect(JSON.parse(out)).toEqual({
      account: other,
      code,
      url: `https://relay.example.com#${code}`,
      expires_at: 5,
      command: `imsg-relay-agent enroll 'https://relay.example.com#${code}'`,
    });
    expect(new Set(relay.asked.map(({ headers }) => headers.authorization))).toEqual(
      new Set(["Bearer op-key"]),
    );
  });
});

describe("installs", () => {
  test("list shows those that may come; --all, those that are over as well", async () => {
    has(MACS);
    expect((await cli(["installs", "list"])).out.split("\n")).toEqual([
      "ID         NAME         STATE                       ENROLLED          KEY",
      "…bbbbbbbb  studio ?[2J  serves the account          2026-11-01 10:05  changed 2026-11-01 10:07",
      "…cccccccc  mini         last here 2026-11-01 10:05  2026-11-01 10:05  a new one waits",
      "",
    ]);
    expect((await cli(["installs", "list", "--all"])).out).toContain(
      "…aaaaaaaa  mini         moved away 2026-11-01 10:06",
    );
    const json = (await cli(["installs", "list", "--json"])).out.trimEnd().split("\n");
    expect(json.map((line) => JSON.parse(line))).toEqual(MACS.slice(1));
    has([]);
    expect(await cli(["installs", "list"])).toMatchObject({
      code: 0,
      err: "imsg-relay: no Mac is enrolled; imsg-relay enrol makes a code for one.\n",
    });
  });

  test.each(["ins_01230000cccccccc", "cccccccc", "…cccccccc", "mini"])(
    "revoke finds a Mac by %s",
    async (text) => {
      has(MACS);
      relay.answers.set("DELETE installs/ins_01230000cccccccc", [
        200,
        { install: "ins_01230000cccccccc", revoked_at: AT },
      ]);
      expect(await cli(["installs", "revoke", text])).toEqual({
        code: EXIT.done,
        signal: null,
        out: 'Revoked: "mini" (…cccccccc) is shut out.\n',
        err: "",
      });
      expect(asked()).toEqual(["GET installs", "DELETE installs/ins_01230000cccccccc"]);
    },
  );

  test("revoke says whether a connection was closed, and when it was done before", async () => {
    has(MACS);
    for (const { install } of MACS) {
      const id = String(install);
      relay.answers.set(`DELETE installs/${id}`, [200, { install: id, revoked_at: AT }]);
    }
    expect((await cli(["installs", "revoke", "bbbbbbbb"])).out).toBe(
      'Revoked: "studio ?[2J" (…bbbbbbbb) is shut out; its connection is closed.\n',
    );
    expect((await cli(["installs", "revoke", "aaaaaaaa"])).out).toBe(
      '"mini" (…aaaaaaaa) was shut out already, on 2026-11-01 10:06.\n',
    );
  });

  test("a Mac that is not there, or may be two, is not guessed at", async () => {
    has([...MACS, mac("dddddddd", "mini")]);
    expect(await cli(["installs", "revoke", "laptop"])).toMatchObject({
      code: EXIT.failed,
      err: "imsg-relay: There is no Mac laptop; imsg-relay installs list shows them.\n",
    });
    expect(await cli(["installs", "revoke", "mini"])).toMatchObject({
      code: EXIT.misuse,
      err: "imsg-relay: mini may be any of …cccccccc mini, …dddddddd mini; say the end of its id.\n",
    });
    expect(asked()).toEqual(["GET installs", "GET installs"]);
  });

  test("a key that may not is told which one may", async () => {
    relay.refuseAt("GET installs", "forbidden");
    expect(await cli(["installs", "list"])).toMatchObject({
      code: EXIT.no_access,
      err: expect.stringContaining("a key of scope manage"),
    });
  });

  test.each([
    [["installs"], "needs list or revoke"],
    [["installs", "remove"], 'knows no "remove"'],
    [["installs", "list", "x"], "takes nothing more"],
    [["installs", "revoke"], "needs the Mac"],
    [["installs", "revoke", "Mac", "mini"], "in quotes"],
    [["installs", "revoke", "x", "--all"], "--all is for installs list"],
    [["installs", "list", "--account", " "], "--account needs an account"],
    [["installs", "list", "--tenant", "Acme"], "--tenant says where --account is"],
    [["enrol", "now"], "options only"],
    [["enrol", "--qr"], "unknown option --qr"],
  ])("%j is misuse and asks nobody", async (argv, why) => {
    expect(await cli(argv)).toMatchObject({ code: EXIT.misuse, out: "", err: expect.stringContaining(why) });
    expect(relay.asked).toEqual([]);
  });
});
