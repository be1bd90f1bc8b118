import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { Activity } from "../../host/activity.ts";
import { readArguments } from "../../host/arguments.ts";
import { brief } from "../../host/brief.ts";
import { typed } from "../../host/layout.ts";
import { eachLine } from "../../host/lines.ts";
import { reasonIn } from "../../host/first-run.ts";
import { oneLine, type Terminal } from "../../host/terminal.ts";

function screen(): Terminal & { readonly lines: string[] } {
  const lines: string[] = [];
  // Without the time of day in front.
  const say = (text = ""): void => void lines.push(text.replace(/^\d\d:\d\d:\d\d {2}/, ""));
  return { lines, say, warn: say, paint: (_style, text) => text, columns: 80, isTTY: false };
}

const message = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    jsonrpc: "2.0",
    method: "message",
    params: {
      subscription: 1,
      message: {
        id: 7,
        guid: "G",
        chat_id: 4,
        chat_guid: "any;-;+15550100111",
        chat_name: "Saturday climbing",
        sender: "+15550100111",
        participants: ["+15550100111"],
        text: "see you there",
        is_from_me: false,
        ...fields,
      },
    },
  });

describe("what passes", () => {
  test("on the demo Mac: direction, chat and the first words, and nothing that paints the terminal", () => {
    const terminal = screen();
    const activity = new Activity(terminal, true);
    activity.gatewayLine(message({}));
    activity.gatewayLine(message({ is_from_me: true, chat_name: "" }));
    activity.gatewayLine(message({ text: "\uFFFC", attachments: [{}, {}] }));
    activity.gatewayLine(message({ is_reaction: true, text: "Loved “x”", reaction_emoji: "❤️" }));
    activity.gatewayLine(message({ text: `\u001b[2J${"long ".repeat(100)}` }));
    expect(terminal.lines).toEqual([
      "← Saturday climbing  see you there",
      "→ +15550100111  see you there",
      "← Saturday climbing  [2 attached]",
      "← Saturday climbing  Loved “x”",
      expect.stringMatching(/^← Saturday climbing {2}\[2Jlong .{30,39}…$/),
    ]);
  });

  test("on a real Mac: not a word, not a name, not a handle", () => {
    const terminal = screen();
    const activity = new Activity(terminal, false);
    activity.gatewayLine(message({}));
    activity.gatewayLine(message({ is_from_me: true, attachments: [{}] }));
    activity.gatewayLine(message({ is_reaction: true, reaction_emoji: "❤️" }));
    expect(terminal.lines).toEqual(["← chat 4  a message", "→ chat 4  a message", "← chat 4  a reaction"]);
  });

  test("of the agent: coming, going with its reason once, and what it says when it does not start", () => {
    const terminal = screen();
    const activity = new Activity(terminal, false);
    const says = (event: string, fields: object = {}): void =>
      activity.agentLine(JSON.stringify({ at: "now", level: "info", event, ...fields }));
    says("link_dial");
    says("link_up", { epoch: 1 });
    says("link_down", { why: "the relay cannot be reached", again_in_ms: 5 });
    says("link_down", { why: "no answer in time", again_in_ms: 9 });
    says("link_up", { epoch: 2 });
    says("link_down", { level: "error", why: "another Mac serves this account" });
    activity.agentLine('imsg-relay-agent: agent.jsonc:3: unknown setting "x"');
    activity.agentLine(JSON.stringify({ at: "now", level: "error", event: "journal_not_written" }));
    activity.relayLine(JSON.stringify({ level: "error", what: "request failed", stack: "long" }));
    activity.relayLine("workerd/io/worker.c++:1: warning: something");
    expect(terminal.lines).toEqual([
      "the Mac is online",
      "the Mac is offline: the relay cannot be reached",
      "the Mac is online",
      "the Mac is offline: another Mac serves this account",
      'imsg-relay-agent: agent.jsonc:3: unknown setting "x"',
      "agent: journal not written",
      "the relay had a fault (request failed); relay.log has all of it",
    ]);
  });

  test("nonsense is passed over", () => {
    const terminal = screen();
    const activity = new Activity(terminal, true);
    for (const line of ["", "x", "{}", '{"method":"message"}', '{"id":1,"result":{}}'])
      activity.gatewayLine(line);
    expect(terminal.lines).toEqual([]);
  });
});

describe("a line", () => {
  test.each([
    ["two\nlines\tand a tab", 40, "two lines and a tab"],
    ["\u001b[31mred\u0007", 40, " [31mred "],
    ["a\u202Eb", 40, "a b"],
    ["abcdef", 4, "abc…"],
    ["👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 2, "👨‍👩‍👧‍👦…"],
  ])("%j in %i columns is %j", (text, columns, shown) => {
    expect(oneLine(text, columns)).toBe(shown);
  });

  test("is whole wherever the chunks end, the last one without an end too", async () => {
    const stream = new PassThrough();
    const lines: string[] = [];
    eachLine(stream, (line) => lines.push(line));
    for (const byte of Buffer.from("one\nzwei ü\n\nrest")) stream.write(Buffer.from([byte]));
    stream.end();
    await new Promise((resolve) => stream.once("close", resolve));
    expect(lines).toEqual(["one", "zwei ü", "", "rest"]);
  });
});

test.each([
  [{ z: 1, guid: "G", id: 7 }, '{"id":7,"guid":"G",…}'],
  [{ messages: [{ text: "a" }, { text: "b" }, { text: "c" }] }, '{"messages":[{"text":"a"}, … 2 more]}'],
  [{ chats: [] }, '{"chats":[]}'],
  ["text", '"text"'],
  [undefined, ""],
])("an answer %j is told as %s", (value, told) => {
  expect(brief(value)).toBe(told);
});

test.each([
  ["/here/dist/bin/imsg-relay", "dist/bin/imsg-relay"],
  ["/elsewhere/state", "/elsewhere/state"],
  ["/here/my state", "'my state'"],
  ["/here/it's", "'it'\\''s'"],
])("%s is typed as %s", (file, shown) => {
  expect(typed(file, "/here")).toBe(shown);
});

test.each([
  ["imsg-relay: The relay cannot be reached.\n", "imsg-relay: The relay cannot be reached."],
  [
    "/x.cjs:51\nvar a=b\n\nReferenceError: b is not defined\n    at x\n\nNode.js v20.20.2\n",
    "ReferenceError: b is not defined",
  ],
  ["something\nelse", "else"],
  ["\n", undefined],
])("of what a program said (%j) the reason is %j", (text, reason) => {
  expect(reasonIn(text)).toBe(reason);
});

describe("the command line", () => {
  test("takes what is not said from the environment, and the rest from custom", () => {
    expect(readArguments(["start"], {})).toMatchObject({
      command: "start",
      state: ".imsg-relay",
      port: undefined,
    });
    const env = {
      IMSG_RELAY_STATE: "/srv/relay",
      PORT: "9000",
      RELAY_ORIGINS: "https://a.example, https://b.example:8443/",
    };
    expect(readArguments(["serve"], env)).toMatchObject({
      state: "/srv/relay",
      port: 9_000,
      host: "127.0.0.1",
      origins: ["https://a.example", "https://b.example:8443"],
    });
    expect(readArguments(["serve", "--port", "1", "--origin", "https://c.example"], env)).toMatchObject({
      port: 1,
      origins: ["https://c.example"],
      webhooksToLoopback: false,
    });
    expect(readArguments(["serve", "--webhooks-to-loopback"], {})).toMatchObject({
      webhooksToLoopback: true,
    });
  });

  test.each(["0", "65536", "1.5", "-1", "8787x"])("--port %s is refused", (port) => {
    expect(() => readArguments(["start", `--port=${port}`], {})).toThrow("is no port");
  });

  test.each([
    "relay.example.com",
    "ftp://a.example",
    "https://a.example/path",
    "https://u@a.example",
    "https://a.example/#x",
  ])("--origin %s is refused", (origin) => {
    expect(() => readArguments(["serve", "--origin", origin], {})).toThrow("is no origin");
  });

  test("an origin of another machine is https, as agents dial no other; this machine's own may be http", () => {
    const origins = (...urls: string[]) =>
      readArguments(["serve"], { RELAY_ORIGINS: urls.join(",") }).origins;
    const own = ["http://127.0.0.1:8787", "http://localhost:1", "http://[::1]:2", "https://a.example"];
    expect(origins(...own)).toEqual(own);
    for (const url of ["http://a.example", "http://192.168.1.2:8787", "http://localhost.example.com"])
      expect(() => origins(url)).toThrow(`${url} is not https`);
    expect(() => readArguments(["serve", "--host", "0.0.0.0"], {})).toThrow("say with --origin");
    expect(readArguments(["serve", "--host", "::1"], {}).host).toBe("::1");
  });

  test.each([
    [["--bogus"], "There is no option --bogus."],
    [["--bogus=it's"], "There is no option --bogus."],
    [["-x"], "There is no option -x."],
    [["--port"], "--port needs a value."],
    [["--port", "--demo-mac"], "--port needs a value."],
    [["--demo-mac=yes"], "--demo-mac takes no value."],
    [["--help=yes"], "--help takes no value."],
  ])("%j is refused in one sentence", (argv, sentence) => {
    expect(() => readArguments(["start", ...argv], {})).toThrow(new Error(sentence));
  });
});
