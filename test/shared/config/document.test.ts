import { describe, expect, it } from "vitest";
import { MAX_CONFIG_BYTES, readDocument } from "../../../shared/config/document.ts";
import { checkPattern, MAX_PATTERN_STEPS } from "../../../shared/policy/mention.ts";
import { MAX_PROBLEMS, shortText, type ConfigProblem } from "../../../shared/config/problem.ts";
import { DEFAULTS, SETTING_NAMES, SETTINGS } from "../../../shared/config/settings.ts";

const problemsOf = (value: unknown) => {
  const read = readDocument(value);
  return read.ok ? [] : read.error;
};
const parsed = (text: string): unknown => JSON.parse(text);

describe("the table", () => {
  it.each(SETTING_NAMES)("%s: its default is what a document may say, unless it is the absence", (name) => {
    const { schema, fallback } = SETTINGS[name];
    expect(schema.safeParse(fallback).success).toBe(name !== "groupAllowFrom");
    expect(DEFAULTS[name]).toBe(fallback);
  });
});

describe("a document", () => {
  it("is taken whole, as a copy: entries trimmed, numbers in lists as text", () => {
    const given = {
      name: "office",
      dmPolicy: "allowlist",
      allowFrom: [" +15551234567 ", 15557654321, "Ada@Example.org"],
      groups: {
        "*": {},
        "42": { requireMention: false },
        "chat_guid:any;+;chat 1": { requireMention: true },
      },
      attachmentRoots: ["/Users/*/Library/Messages/Attachments"],
      accounts: { acc_1: { groupAllowFrom: [], historyLimit: 0 } },
    };
    const before = structuredClone(given);
    expect(readDocument(given)).toEqual({
      ok: true,
      value: { ...given, allowFrom: ["+15551234567", "15557654321", "Ada@Example.org"] },
    });
    expect(given).toEqual(before);
    expect(readDocument({})).toEqual({ ok: true, value: {} });
  });

  it.each<[unknown, Partial<ConfigProblem>]>([
    [null, { path: "", problem: "must be an object", value: "null" }],
    [[], { path: "", problem: "must be an object" }],
    [undefined, { path: "", problem: "is no JSON" }],
    [
      { dmPolcy: "open" },
      { path: "dmPolcy", problem: "is no setting", value: '"open"', nearest: "dmPolicy" },
    ],
    [{ allow_from: [] }, { path: "allow_from", nearest: "allowFrom" }],
    [{ goupAllowForm: [] }, { path: "goupAllowForm", nearest: "groupAllowFrom" }],
    [
      { dmPolicy: "allowlsit" },
      { problem: "must be pairing, allowlist, open or disabled", nearest: "allowlist" },
    ],
    [{ dmPolicy: 7 }, { path: "dmPolicy", value: "7" }],
    [{ allowFrom: "+1555" }, { path: "allowFrom", problem: "must be a list", value: '"+1555"' }],
    [{ allowFrom: ["a", {}] }, { path: "allowFrom.1", problem: "must be a text or a number", value: "{}" }],
    [{ allowFrom: ["  "] }, { path: "allowFrom.0", problem: "must not be empty" }],
    [{ allowFrom: null }, { path: "allowFrom", problem: "must be a list", value: "null" }],
    [{ groupAllowFrom: null }, { path: "groupAllowFrom", problem: "must be a list" }],
    [{ enabled: "yes" }, { path: "enabled", problem: "must be true or false" }],
    [{ name: 5 }, { path: "name", problem: "must be a text" }],
    [{ mediaMaxMb: 1.5 }, { path: "mediaMaxMb", problem: "must be a whole number" }],
    [{ mediaMaxMb: 5_000 }, { path: "mediaMaxMb", problem: "must be at most 2000" }],
    [{ historyLimit: -1 }, { path: "historyLimit", problem: "must be at least 0" }],
    [{ name: "x".repeat(121) }, { path: "name", problem: "must be at most 120 characters" }],
    [{ region: "us" }, { path: "region", problem: "must be two capital letters, such as US" }],
    [
      { groups: { "any;+;chat1": {} } },
      { path: 'groups["any;+;chat1"]', problem: "must be `chat_guid:…`, a chat's number, or `*`" },
    ],
    [{ groups: { "0": {} } }, { path: "groups.0" }],
    [
      { groups: { "*": { requiremention: true } } },
      { path: "groups.*.requiremention", nearest: "requireMention" },
    ],
    [{ commands: { ownerAllowFrm: [] } }, { path: "commands.ownerAllowFrm", nearest: "ownerAllowFrom" }],
    [
      { commands: { names: ["/go"] } },
      { path: "commands.names.0", problem: "must be a word without the slash" },
    ],
    [{ markdown: {} }, { path: "markdown.tables" }],
    [{ attachmentRoots: ["Library"] }, { path: "attachmentRoots.0", problem: "must be an absolute path" }],
    [{ attachmentRoots: ["/a/b*"] }, { path: "attachmentRoots.0" }],
    [{ remoteAttachmentRoots: ["/a/../b"] }, { path: "remoteAttachmentRoots.0" }],
    [{ accounts: [] }, { path: "accounts", problem: "must be an object" }],
    [{ accounts: { work: {} } }, { path: "accounts.work", problem: "must be the id of an account (acc_…)" }],
    [
      { accounts: { acc_1: { accounts: {} } } },
      { path: "accounts.acc_1.accounts", problem: "is no setting" },
    ],
    [{ accounts: { acc_1: { dmpolicy: "open" } } }, { path: "accounts.acc_1.dmpolicy", nearest: "dmPolicy" }],
    [
      { mentionPatterns: ["("] },
      { path: "mentionPatterns.0", problem: "is no regular expression", value: '"("' },
    ],
    [{ cliPath: "/bin/sh" }, { path: "cliPath", problem: expect.stringContaining("agent.jsonc") }],
    [{ dbPath: "/x" }, { path: "dbPath", problem: expect.stringContaining("agent.jsonc") }],
    [
      { accounts: { acc_1: { remoteHost: "a@b" } } },
      { problem: expect.stringContaining("imsg-relay-agent enroll") },
    ],
  ])("%j is refused", (value, problem) => {
    const problems = problemsOf(value);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject(problem);
    expect(problems[0]?.nearest).toBe(problem.nearest);
  });

  it("every problem is said at once, also those between settings that are right by themselves", () => {
    const problems = problemsOf({
      region: "us",
      mentionPatterns: ["ok", "["],
      dmPolicy: "open",
      nonsense: 1,
      accounts: { acc_1: { dmPolicy: "allowlist", service: "fax" }, x: {} },
    });
    expect(problems.map(({ path }) => path).sort()).toEqual([
      "accounts.acc_1.dmPolicy",
      "accounts.acc_1.service",
      "accounts.x",
      "dmPolicy",
      "mentionPatterns.1",
      "nonsense",
      "region",
    ]);
  });

  it("nothing is concluded from a setting that is broken itself", () => {
    expect(problemsOf({ dmPolicy: "open", allowFrom: 5 }).map(({ path }) => path)).toEqual(["allowFrom"]);
    expect(
      problemsOf({ allowFrom: 5, accounts: { acc_1: { dmPolicy: "open" } } }).map(({ path }) => path),
    ).toEqual(["allowFrom"]);
  });

  it("problems, their values and the document itself are bounded", () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`k${at}`, "x".repeat(200)]));
    const problems = problemsOf(many);
    expect(problems).toHaveLength(MAX_PROBLEMS);
    for (const { value } of problems) expect(Array.from(value).length).toBeLessThanOrEqual(60);
    expect(shortText("😀".repeat(100))).toBe(`"${"😀".repeat(58)}…`);
    expect(problemsOf({ pairingMessage: "é".repeat(MAX_CONFIG_BYTES / 2) })).toMatchObject([
      { path: "", problem: `must be at most ${MAX_CONFIG_BYTES} bytes` },
    ]);
    const deep: unknown = parsed(`${'{"groups":'.repeat(60)}1${"}".repeat(60)}`);
    expect(problemsOf(deep)).toMatchObject([{ path: "", problem: "must not be nested more than 8 deep" }]);
    const circle: Record<string, unknown> = {};
    circle["groups"] = circle;
    expect(problemsOf(circle)).toMatchObject([{ problem: "is no JSON" }]);
    expect(problemsOf({ name: 1n })).toMatchObject([{ problem: "is no JSON" }]);
  });

  it("a hostile document of the largest size is refused soon", () => {
    const keys = (count: number, key: (at: number) => string, value: unknown) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [key(at), value]));
    for (const document of [
      keys(20_000, (at) => `k${at}`, 1),
      { accounts: keys(12_000, (at) => `k${at}`, 1) },
      { accounts: keys(9_000, (at) => `acc_${at}`, { x: 1 }) },
      { accounts: keys(7_000, (at) => `acc_${at}`, parsed('{"__proto__": 1}')) },
      { allowFrom: Array.from({ length: 80_000 }, () => ({})) },
      { mentionPatterns: Array.from({ length: 60_000 }, () => "(") },
    ]) {
      const started = performance.now();
      expect([1, MAX_PROBLEMS]).toContain(problemsOf(document).length);
      expect(performance.now() - started).toBeLessThan(5_000);
    }
  });

  it.each(["__proto__", "constructor", "prototype"])("%s is an unknown key wherever it stands", (key) => {
    for (const [text, path] of [
      [`{"${key}": {"dmPolicy": "open"}}`, key],
      [`{"groups": {"${key}": {}}}`, `groups.${key}`],
      [`{"groups": {"*": {"${key}": {"requireMention": false}}}}`, `groups.*.${key}`],
      [`{"accounts": {"${key}": {"enabled": false}}}`, `accounts.${key}`],
      [`{"accounts": {"acc_1": {"${key}": {}}}}`, `accounts.acc_1.${key}`],
      [`{"commands": {"${key}": {}}}`, `commands.${key}`],
    ] as const) {
      expect(problemsOf(parsed(text))).toMatchObject([{ path, problem: "is no setting" }]);
    }
    expect(Object.prototype).not.toHaveProperty("dmPolicy");
  });
});

describe("between settings", () => {
  it.each<[string, unknown, string[]]>([
    ["open needs *", { dmPolicy: "open", allowFrom: ["+1"] }, ["dmPolicy"]],
    ["open with *", { dmPolicy: "open", allowFrom: ["+1", " * "] }, []],
    ["allowlist needs an entry", { dmPolicy: "allowlist" }, ["dmPolicy"]],
    ["allowlist with one", { dmPolicy: "allowlist", allowFrom: ["a"] }, []],
    ["pairing needs nothing", { dmPolicy: "pairing", allowFrom: [] }, []],
    ["an account inherits the list", { allowFrom: ["*"], accounts: { acc_1: { dmPolicy: "open" } } }, []],
    [
      "an account brings its own list",
      { dmPolicy: "open", allowFrom: ["*"], accounts: { acc_1: { allowFrom: ["+1"] } } },
      ["accounts.acc_1.allowFrom"],
    ],
    [
      "an empty list of an account inherits nothing",
      { allowFrom: ["+1"], accounts: { acc_1: { dmPolicy: "allowlist", allowFrom: [] } } },
      ["accounts.acc_1.dmPolicy"],
    ],
    [
      "the root's mistake is said once",
      { dmPolicy: "open", accounts: { acc_1: {}, acc_2: {} } },
      ["dmPolicy"],
    ],
    [
      "an account may mend it for itself, the root stays wrong",
      { dmPolicy: "open", accounts: { acc_1: { allowFrom: ["*"] } } },
      ["dmPolicy"],
    ],
  ])("%s", (_, value, paths) => {
    expect(problemsOf(value).map(({ path }) => path)).toEqual(paths);
  });

  it("mention patterns are checked by those who match them, in every account", () => {
    const patterns = ["ok", String.raw`(a)\1`, `a{${MAX_PATTERN_STEPS + 1}}`];
    expect(
      problemsOf({ mentionPatterns: ["x"], accounts: { acc_1: { mentionPatterns: patterns } } }),
    ).toEqual(
      [1, 2].map((at) => ({
        path: `accounts.acc_1.mentionPatterns.${at}`,
        problem: checkPattern(patterns[at] ?? ""),
        value: JSON.stringify(patterns[at]),
      })),
    );
  });
});
