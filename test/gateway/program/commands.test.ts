import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { Ended, Place } from "../support/program.ts";
import { ACCOUNT, KEY } from "../support/local-relay.ts";
import { onlineStatus, ScriptedRelay } from "../support/scripted-relay.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: ScriptedRelay;
let place: Place;
eachOnAStage(ScriptedRelay, (...made) => ([relay, place] = made));

const SECRET = KEY.split(".")[1] ?? "";
const file = (...parts: string[]): string => path.join(place.home, ...parts, "gateway.json");

function login(line: string, ...argv: string[]): Promise<Ended> {
  const program = place.run([...argv, "login"]);
  program.write(`${line}\n`);
  return program.ended;
}

describe("login", () => {
  test("a connection string is tried, then kept for this user alone, and never shown", async () => {
    const { code, out, err } = await login(relay.connection);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("The Mac is connected.");
    expect(out).not.toContain(SECRET);
    expect(JSON.parse(readFileSync(file(), "utf8"))).toEqual({ url: relay.connection });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(place.home).mode & 0o777).toBe(0o700);
    const program = place.run(["rpc", "--json"]);
    program.ask(1, "chats.list", {});
    expect(await program.answer(1)).toMatchObject({ result: { ok: true } });
  });

  test("what the relay refuses, or what is no connection string, is not kept and not repeated", async () => {
    relay.refuse = "unauthenticated";
    const refused = await login(relay.connection);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("Nothing was kept") });
    const wrong = await login(`${relay.url}/#${KEY}`);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("that is no connection string")]);
    expect(`${wrong.out}${wrong.err}`).not.toContain(SECRET);
    expect(existsSync(file())).toBe(false);
  });

  test("a profile has a file of its own, and other settings stay", async () => {
    mkdirSync(path.join(place.home, "profiles", "work"), { recursive: true, mode: 0o700 });
    writeFileSync(file("profiles", "work"), JSON.stringify({ late_messages: "as_is" }), { mode: 0o600 });
    expect(await login(relay.connection, "--profile", "work")).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(file("profiles", "work"), "utf8"))).toEqual({
      late_messages: "as_is",
      url: relay.connection,
    });
    expect(existsSync(file())).toBe(false);
    expect(await login(relay.connection, "--profile", "../x")).toMatchObject({ code: 2 });
  });
});

describe("credentials", () => {
  test.each([0o640, 0o604])("a file of mode %o is refused with the line that mends it", async (mode) => {
    writeFileSync(file(), JSON.stringify({ url: relay.connection }));
    chmodSync(file(), mode);
    const commands = ["rpc", "status"].map((command) => place.run([command, "--json"]).end());
    for (const { code, out, err } of await Promise.all(commands)) {
      expect([code, out]).toEqual([1, ""]);
      expect(err).toContain(`chmod 600 '${file()}'`);
      expect(err).not.toContain(SECRET);
    }
  });

  test("without any, the sentence says what to do", async () => {
    for (const argv of [["rpc", "--json"], ["status"]]) {
      expect(await place.run(argv).end()).toMatchObject({
        code: 1,
        err: expect.stringContaining("run `imsg-relay login`"),
      });
    }
  });

  test("they are never taken from arguments, and a wrong IMSG_RELAY_URL is not repeated", async () => {
    expect(await place.run(["rpc", "--key", KEY]).end()).toMatchObject({
      code: 1,
      err: expect.not.stringContaining(SECRET),
    });
    expect(await place.run(["login", "--key", KEY]).end()).toMatchObject({
      code: 2,
      err: "imsg-relay: unknown option --key\n",
    });
    const wrong = await place.run(["rpc"], { IMSG_RELAY_URL: `nonsense#${KEY}` }).end();
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/^imsg-relay: IMSG_RELAY_URL is not/)]);
    expect(wrong.err).not.toContain(SECRET);
  });

  test("a setting with a typing mistake is named", async () => {
    writeFileSync(file(), JSON.stringify({ url: relay.connection, late_mesages: "deliver" }), {
      mode: 0o600,
    });
    const { code, err } = await place.run(["rpc"]).end();
    expect([code, err]).toEqual([1, expect.stringContaining("late_mesages")]);
  });
});

describe("setup", () => {
  test("it makes everything in one go, with the operator's key from the environment", async () => {
    const { code, out, err } = await place.run(["setup", relay.url, "--json"], {
      IMSG_RELAY_OPERATOR_KEY: "op-secret",
    }).ended;
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toEqual({
      relay: relay.url,
      tenant: "ten_1",
      account: ACCOUNT,
      key: "key_0123456789abcdef",
      credential: KEY,
      connection: relay.connection,
      enrolment: { code: "enr_1", url: "https://relay.example.com#enr_1", expires_at: 4_000_000_000_000 },
      enroll: "imsg-relay-agent enroll 'https://relay.example.com#enr_1'",
    });
    expect(relay.requests.map(({ authorization }) => authorization)).toEqual(
      Array(4).fill("Bearer op-secret"),
    );
    expect(relay.requests[2]?.body).toMatchObject({
      scopes: ["rpc", "read", "send", "manage"],
      accounts: [ACCOUNT],
    });
  });

  test("for a human: one line for the Mac, one for the gateway; the key from standard input", async () => {
    const program = place.run(["setup", relay.url]);
    program.write("op-secret\n");
    const { code, out } = await program.ended;
    expect(code).toBe(0);
    expect(out).toContain("imsg-relay-agent enroll 'https://relay.example.com#enr_1'");
    expect(out).toContain(relay.connection);
    expect(out).not.toContain("op-secret");
  });

  test("a refusal says what was made so far; an address with a path or a password is none", async () => {
    relay.refuse = "unauthenticated";
    const refused = await place.run(["setup", relay.url], { IMSG_RELAY_OPERATOR_KEY: "wrong" }).ended;
    expect(refused).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("Nothing was made. (request req-1)"),
    });
    for (const address of [`${relay.url}/v1`, "https://a:b@relay.example.com"]) {
      expect(await place.run(["setup", address], { IMSG_RELAY_OPERATOR_KEY: "x" }).ended).toMatchObject({
        code: 2,
      });
    }
  });
});

describe("status", () => {
  const status = (...argv: string[]): Promise<Ended> =>
    place.run(["status", ...argv], { IMSG_RELAY_URL: relay.connection }).end();

  test("the bridge on the Mac opens the advanced features, and only while the Mac is there", async () => {
    const engine = {
      version: "0.15.0",
      methods: ["send", "typing", "read", "bridge.events.subscribe", "later"],
      pages: true,
      bridge: true,
    };
    relay.status = onlineStatus({ engine });
    expect(JSON.parse((await status("--json")).out)).toMatchObject({
      advanced_features: true,
      v2_ready: true,
      rpc_methods: ["send", "typing", "read"],
    });
    relay.status = onlineStatus({
      engine,
      agent: { state: "offline", since: 1, last_seen: 1_700_000_000_000 },
    });
    expect(JSON.parse((await status("--json")).out)).toMatchObject({
      advanced_features: false,
      message: "The Mac is not connected (last seen 2023-11-14T22:13:20.000Z).",
    });
  });

  test("ill health is said with its remedy, in a gateway's words never", async () => {
    const remedy = "Open Messages on the Mac and sign in.";
    relay.status = onlineStatus({ health: { state: "down", reason: "messages_signed_out", remedy } });
    expect(JSON.parse((await status("--json")).out)).toMatchObject({
      message: remedy,
      health: { state: "down" },
    });
    const human = await status();
    expect(human).toMatchObject({ code: 0, out: expect.stringContaining("messages_signed_out") });
  });

  test("what the Mac's owner forbids is a line each, and nothing where all is allowed", async () => {
    const open = {
      paused: false,
      read_only: false,
      methods_forbidden: [],
      recipients: { allow: null, deny: 0 },
      send_roots: 0,
      attachment_roots: 1,
      media_max_bytes: 1,
      sends: { per_hour: null, per_day: null },
      mistake: null,
    };
    const linesOf = async (policy: object | null): Promise<string[]> => {
      relay.status = onlineStatus({ mac_policy: policy });
      return (await status()).out.split("\n").filter((line) => /^(Owner| {8})/.test(line));
    };
    expect(await linesOf(null)).toEqual([]);
    expect(await linesOf(open)).toEqual([]);
    expect(
      await linesOf({
        ...open,
        paused: true,
        methods_forbidden: ["send", "typing"],
        recipients: { allow: 2, deny: 1 },
        sends: { per_hour: 60, per_day: 500 },
        mistake: { line: 7, column: 3 },
      }),
    ).toEqual([
      "Owner    paused: nothing is read or sent",
      "         methods: 2 forbidden",
      "         recipients: 2 allowed, 1 denied",
      "         sends: at most 60 an hour, 500 a day",
      "         agent.jsonc is not understood at line 7, column 3; the rules of before hold",
    ]);
    expect(JSON.parse((await status("--json")).out)).toMatchObject({ mac_policy: { mistake: { line: 7 } } });
    relay.status = onlineStatus({ mac_policy: { ...open, paused: true } });
    expect(JSON.parse((await status("--json")).out)).toMatchObject({
      message: "The Mac is connected, and its owner has paused it.",
    });
  });

  test.each([
    [null, null, "not known yet"],
    [null, { version: null }, "not known yet"],
    [{ state: "down", reason: "imsg_missing" }, { version: null }, "not found"],
    [{ state: "down", reason: "imsg_hung" }, { version: null }, "not known yet"],
    [{ state: "down", reason: "imsg_hung" }, { version: "0.15.0" }, "0.15.0"],
    [{ state: "ok", reason: null }, { version: null }, "too old to say its version"],
    [{ state: "down", reason: "imsg_too_old" }, { version: null }, "too old to say its version"],
  ])("with the health %j and the engine %j, imsg is %s", async (health, engine, words) => {
    relay.status = onlineStatus({
      health: health === null ? null : { remedy: null, ...health },
      engine: engine === null ? null : { methods: null, pages: false, bridge: null, ...engine },
    });
    expect((await status()).out).toContain(`\nimsg     ${words}`);
  });

  test("an option that it does not have is misuse; what gateways pass is understood", async () => {
    expect(await status("--bogus")).toMatchObject({
      code: 2,
      out: "",
      err: "imsg-relay: unknown option --bogus\n",
    });
    expect((await status("--json", "--db", "/x/chat.db")).code).toBe(0);
  });

  test("the channel is off until something is configured; then strangers and warnings are counted", async () => {
    const lineOf = async (config: object, pairing = { pending: 0, allowed: 0 }): Promise<string[]> => {
      relay.status = onlineStatus({ config, pairing });
      return (await status()).out.split("\n").filter((line) => /^(Channel|Pairing)/.test(line));
    };
    const off = { version: 0, enabled: false, warnings: 0 };
    expect(await lineOf(off)).toEqual(["Channel  off: nothing is configured yet"]);
    expect(await lineOf({ version: 4, enabled: true, warnings: 1 }, { pending: 2, allowed: 1 })).toEqual([
      "Channel  on, configuration 4, 1 warning: imsg-relay config get",
      "Pairing  2 strangers waiting: imsg-relay pairing list",
    ]);
    relay.status = onlineStatus({});
    expect((await status()).out).not.toContain("Channel");
  });

  test("SEND4 SEND10 SEND11 sends are counted where they are not as they should be", async () => {
    const sends = { queued: 2, open: 1, unknown: 1 };
    relay.status = onlineStatus({ sends, usage: { refused_loop: 3, refused_new_chats: 0 } });
    expect((await status()).out).toContain(
      "\nSends    2 queued, 1 of unknown outcome within 24 h, 3 refused as too many to one chat",
    );
    expect(JSON.parse((await status("--json")).out)).toMatchObject({ sends, usage: { refused_loop: 3 } });
    relay.status = onlineStatus({ sends: { queued: 0, open: 1, unknown: 0 } });
    expect((await status()).out).not.toContain("Sends");
  });

  test("a refused key is said at once: no cache stands in, and JSON still ends with 0", async () => {
    await status("--json");
    relay.refuse = "unauthenticated";
    const json = await status("--json");
    expect(json.code).toBe(0);
    expect(JSON.parse(json.out)).toMatchObject({ agent: null, message: expect.stringContaining("key") });
    expect((await status()).code).toBe(1);
    expect(json.out).not.toContain(SECRET);
  });
});

describe("help", () => {
  test("--version, --help and the help of every command come from one table, without any login", async () => {
    const version = await place.run(["--version"]).end();
    expect(version.out.trim()).toBe(
      (JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version,
    );
    const help = await place.run(["--help"]).end();
    for (const command of ["rpc", "status", "login", "setup"]) {
      expect(help.out).toContain(command);
      expect(await place.run([command, "--help"]).end()).toMatchObject({
        code: 0,
        out: expect.stringContaining(`Usage: imsg-relay ${command}`),
      });
    }
    expect(await place.run(["nonsense"]).end()).toMatchObject({
      code: 2,
      err: expect.stringContaining("unknown command"),
    });
  });
});
