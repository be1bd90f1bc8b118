import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changedPaths, MAX_CHANGED_PATHS } from "../../../shared/config/changes.ts";
import { mergePatch, patchBetween, removeAt, replaceAt, valueAt } from "../../../shared/config/edit.ts";
import { patchDocument, readValue, setAt, unsetAt, withOverrides } from "../../../shared/config/patch.ts";
import { formatPath, parsePath } from "../../../shared/config/path.ts";
import type { ConfigDocument } from "../../../shared/config/settings.ts";
import { rightDocument } from "./documents.ts";

const parsed = (text: string): unknown => JSON.parse(text);

describe("a path", () => {
  it.each<[string, string[]]>([
    ["dmPolicy", ["dmPolicy"]],
    [" commands.config ", ["commands", "config"]],
    ["accounts.acc_x.dmPolicy", ["accounts", "acc_x", "dmPolicy"]],
    ['groups["chat_guid:any;+;chat1"].requireMention', ["groups", "chat_guid:any;+;chat1", "requireMention"]],
    ["groups['chat_guid:a.b']", ["groups", "chat_guid:a.b"]],
    ["groups[“chat_guid:any;+;chat1”].requireMention", ["groups", "chat_guid:any;+;chat1", "requireMention"]],
    ["groups[‘*’]", ["groups", "*"]],
    ["groups.*.requireMention", ["groups", "*", "requireMention"]],
    ["groups.chat_guid:any;+;chat1.requireMention", ["groups", "chat_guid:any;+;chat1", "requireMention"]],
    ["groups.42", ["groups", "42"]],
    [String.raw`groups["a\"b"]`, ["groups", 'a"b']],
    ['["dmPolicy"]', ["dmPolicy"]],
  ])("%s is read", (text, path) => {
    expect(parsePath(text)).toEqual({ ok: true, value: path });
  });

  it.each([
    "",
    "  ",
    ".a",
    "a.",
    "a..b",
    "a b",
    "a[b]",
    'a["b',
    'a["b"]c',
    "a]",
    '"a"',
    "a[0]",
    String.raw`a["\x"]`,
    "a.a.a.a.a.a.a.a.a",
  ])("%j is none, and the reason is said", (text) => {
    expect(parsePath(text)).toEqual({ ok: false, error: expect.stringMatching(/./) });
  });

  it("what is written is read back, whatever the names", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 8 }), (path) => {
        expect(parsePath(formatPath(path))).toEqual({ ok: true, value: path });
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a value that is typed", () => {
  it.each<[string, unknown]>([
    ["open", "open"],
    ["8", 8],
    ["true", true],
    [" [1, 2] ", [1, 2]],
    ['["+15551234567"]', ["+15551234567"]],
    ["[“+15551234567”]", ["+15551234567"]],
    ["{“requireMention”: false}", { requireMention: false }],
    ["+15551234567", "+15551234567"],
    ['"8"', "8"],
    ["“8”", "8"],
    ["he said “hi”", "he said “hi”"],
    ["", ""],
    ["[1", "[1"],
  ])("%j", (text, value) => {
    expect(readValue(text)).toEqual(value);
  });
});

describe("RFC 7396", () => {
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', "{}"],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', "null", "null"],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
    ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])("%s with %s is %s", (target, patch, result) => {
    expect(mergePatch(parsed(target), parsed(patch))).toEqual(parsed(result));
  });

  it("the patch between two documents makes one of the other", () => {
    fc.assert(
      fc.property(rightDocument, rightDocument, (before, after) => {
        expect(mergePatch(before, patchBetween(before, after) ?? {})).toEqual(after);
        expect(patchBetween(after, structuredClone(after))).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
    expect(patchBetween({ a: { b: 1, c: 2 }, d: [1] }, { a: { c: 3 }, d: [1] })).toEqual({
      a: { b: null, c: 3 },
    });
  });

  it("a key __proto__ stays a key and changes no object", () => {
    const merged = mergePatch(
      {},
      parsed('{"__proto__": {"polluted": 1}, "a": {"constructor": {"prototype": {"x": 1}}}}'),
    );
    expect(Object.keys(merged as object)).toEqual(["__proto__", "a"]);
    expect({}).not.toHaveProperty("polluted");
    expect(replaceAt({}, ["__proto__", "polluted"], 1)).not.toHaveProperty("polluted");
    expect({}).not.toHaveProperty("polluted");
    expect(removeAt({ a: 1 }, ["constructor", "name"])).toEqual({ a: 1 });
    expect(valueAt({}, ["constructor"])).toBeUndefined();
    expect(patchDocument({}, parsed('{"__proto__": {"dmPolicy": "open"}}'))).toMatchObject({ ok: false });
  });
});

describe("changes of a document", () => {
  const before: ConfigDocument = {
    dmPolicy: "allowlist",
    allowFrom: ["+1"],
    groups: { "*": { requireMention: true } },
    accounts: { acc_1: { name: "one" } },
  };

  it("set replaces a value whole, patch merges into it", () => {
    expect(setAt(before, ["groups"], { "7": {} })).toMatchObject({
      ok: true,
      value: { groups: { "7": {} } },
    });
    expect(setAt(before, ["groups"], { "7": {} })).not.toMatchObject({ value: { groups: { "*": {} } } });
    expect(patchDocument(before, { groups: { "7": {} } })).toEqual({
      ok: true,
      value: { ...before, groups: { "*": { requireMention: true }, "7": {} } },
    });
    expect(setAt(before, ["groups", "chat_guid:any;+;a", "requireMention"], false)).toEqual({
      ok: true,
      value: { ...before, groups: { ...before.groups, "chat_guid:any;+;a": { requireMention: false } } },
    });
    expect(setAt({}, ["accounts", "acc_2", "historyLimit"], 5)).toEqual({
      ok: true,
      value: { accounts: { acc_2: { historyLimit: 5 } } },
    });
  });

  it("unset takes away what is there, and says where nothing is", () => {
    expect(unsetAt(before, ["groups", "*"])).toEqual({ ok: true, value: { ...before, groups: {} } });
    expect(unsetAt(before, ["accounts", "acc_1"])).toEqual({ ok: true, value: { ...before, accounts: {} } });
    expect(unsetAt(before, ["region"])).toMatchObject({
      ok: false,
      error: [{ path: "region", problem: "is not set here" }],
    });
    expect(unsetAt(before, [])).toMatchObject({ ok: false });
  });

  it("what would be wrong as a whole is refused, and nothing has changed", () => {
    const kept = structuredClone(before);
    for (const changed of [
      setAt(before, ["dmPolicy"], "open"),
      setAt(before, ["dmPolicy"], null),
      setAt(before, ["allowFrom"], undefined),
      setAt(before, ["dmPolcy"], "open"),
      setAt(before, ["dmPolicy", "deeper"], 1),
      setAt(before, ["allowFrom", "0"], "+2"),
      setAt(before, [], []),
      unsetAt(before, ["allowFrom"]),
      patchDocument(before, { allowFrom: null }),
      patchDocument(before, { region: "US", service: "fax" }),
      patchDocument(before, null),
      patchDocument(before, "x"),
      patchDocument(before, { dmPolcy: null }),
      patchDocument(before, { accounts: { acc_1: { dmPolcy: null } } }),
    ])
      expect(changed).toEqual({ ok: false, error: expect.arrayContaining([expect.anything()]) });
    expect(before).toEqual(kept);
    expect(patchDocument(before, { accounts: { acc_1: { dmPolcy: null } }, region: "us" })).toMatchObject({
      error: [{ path: "accounts.acc_1.dmPolcy", nearest: "dmPolicy" }, { path: "region" }],
    });
    expect(patchDocument(before, { region: null, accounts: { acc_9: null, acc_1: { name: null } } })).toEqual(
      {
        ok: true,
        value: { ...before, accounts: { acc_1: {} } },
      },
    );
    expect(patchDocument(before, { dmPolicy: "open", allowFrom: ["*"] })).toMatchObject({ ok: true });
  });

  it("the overrides of one account are replaced or taken away, and the rest stays", () => {
    expect(withOverrides(before, "acc_2", { region: "DE" })).toEqual({
      ...before,
      accounts: { acc_1: { name: "one" }, acc_2: { region: "DE" } },
    });
    expect(withOverrides(before, "acc_1", undefined)).toEqual({ ...before, accounts: {} });
  });

  it("set and unset again is as before; a patch of nothing too", () => {
    fc.assert(
      fc.property(rightDocument, (value) => {
        const made = patchDocument({}, value);
        fc.pre(made.ok);
        if (!made.ok) return;
        const { region: _, ...document } = made.value;
        expect(patchDocument(document, {})).toEqual({ ok: true, value: document });
        const set = setAt(document, ["region"], "FR");
        expect(set.ok && unsetAt(set.value, ["region"])).toEqual({ ok: true, value: document });
      }),
      { numRuns: 500 },
    );
  });
});

describe("what changed", () => {
  it.each<[unknown, unknown, string[]]>([
    [{}, {}, []],
    [{ dmPolicy: "open" }, { dmPolicy: "pairing" }, ["dmPolicy"]],
    [{ allowFrom: ["a", "b"] }, { allowFrom: ["b", "a"] }, ["allowFrom"]],
    [{ allowFrom: ["a"] }, { allowFrom: ["a"] }, []],
    [{}, { groups: { "1": {} } }, ["groups"]],
    [{ groups: { "1": {} } }, { groups: {} }, ["groups.1"]],
    [
      { groups: { "*": {}, "chat_guid:a;b": { requireMention: true } } },
      { groups: { "*": {}, "chat_guid:a;b": { requireMention: false } } },
      ['groups["chat_guid:a;b"].requireMention'],
    ],
    [
      {},
      { accounts: { acc_1: { name: "x", region: "DE" } } },
      ["accounts.acc_1.name", "accounts.acc_1.region"],
    ],
    [{ accounts: { acc_1: { name: "x" } } }, {}, ["accounts.acc_1.name"]],
    [{ accounts: { acc_1: {} } }, {}, ["accounts.acc_1"]],
    [{ name: "b", region: "US" }, { enabled: false }, ["enabled", "name", "region"]],
  ])("%j → %j", (before, after, paths) => {
    expect(changedPaths(before, after)).toEqual(paths);
    expect(changedPaths(structuredClone(after), structuredClone(after))).toEqual([]);
  });

  it("many groups are told as one setting, many accounts by their names", () => {
    const groups = (requireMention: boolean) =>
      Object.fromEntries(
        Array.from({ length: MAX_CHANGED_PATHS + 1 }, (_, at) => [`${at + 1}`, { requireMention }]),
      );
    expect(changedPaths({ groups: groups(true) }, { groups: groups(false) })).toEqual(["groups"]);
    const accounts = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, at) => [`acc_${at}`, { name: "x", region: "DE" }]),
      );
    expect(changedPaths({}, { accounts: accounts(60) })).toHaveLength(60);
    expect(changedPaths({}, { accounts: accounts(60) })).toContain("accounts.acc_7");
    expect(changedPaths({}, { accounts: accounts(500) })).toEqual(["accounts"]);
  });

  it("nothing is told of the same, something of everything else, and each place differs", () => {
    fc.assert(
      fc.property(rightDocument, rightDocument, (before, after) => {
        const paths = changedPaths(before, after);
        const isSame = JSON.stringify(sorted(before)) === JSON.stringify(sorted(after));
        expect(paths.length === 0).toBe(isSame);
        for (const path of paths) {
          const read = parsePath(path);
          if (!read.ok) throw new Error(path);
          expect(valueAt(before, read.value)).not.toEqual(valueAt(after, read.value));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]): [string, unknown] => [key, sorted(inner)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
