import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergePatch, patchBetween, removeAt, replaceAt, valueAt } from "../../../shared/config/edit.ts";
import { patchDocument, patchOverrides, withOverrides } from "../../../shared/config/patch.ts";
import type { ConfigDocument } from "../../../shared/config/settings.ts";
import { rightDocument } from "./documents.ts";

const parsed = (text: string): unknown => JSON.parse(text);

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
    expect(replaceAt(before, ["groups"], { "7": {} })).toEqual({ ...before, groups: { "7": {} } });
    expect(patchDocument(before, { groups: { "7": {} } })).toEqual({
      ok: true,
      value: { ...before, groups: { "*": { requireMention: true }, "7": {} } },
    });
    expect(replaceAt(before, ["groups", "chat_guid:any;+;a", "requireMention"], false)).toEqual({
      ...before,
      groups: { ...before.groups, "chat_guid:any;+;a": { requireMention: false } },
    });
    expect(replaceAt({}, ["accounts", "acc_2", "historyLimit"], 5)).toEqual({
      accounts: { acc_2: { historyLimit: 5 } },
    });
  });

  it("unset takes away what is there, and nothing else", () => {
    expect(removeAt(before, ["groups", "*"])).toEqual({ ...before, groups: {} });
    expect(removeAt(before, ["accounts", "acc_1"])).toEqual({ ...before, accounts: {} });
    expect(removeAt(before, ["region"])).toEqual(before);
  });

  it("what would be wrong as a whole is refused, and nothing has changed", () => {
    const kept = structuredClone(before);
    for (const changed of [
      patchDocument(before, { dmPolicy: "open" }),
      patchDocument(before, { dmPolcy: "open" }),
      patchDocument(before, { dmPolicy: { deeper: 1 } }),
      patchDocument(before, { allowFrom: { "0": "+2" } }),
      patchDocument(before, []),
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
    const { accounts: _, ...alone } = before;
    for (const nothing of [undefined, {}]) {
      expect(withOverrides(before, "acc_1", nothing)).toEqual(alone);
      expect(withOverrides(alone, "acc_1", nothing)).toEqual(alone);
      const two = { ...before, accounts: { acc_1: { name: "one" }, acc_2: {} } };
      expect(withOverrides(two, "acc_1", nothing)).toEqual({ ...before, accounts: { acc_2: {} } });
    }
  });

  it("the overrides of one account are patched, and a change that is taken back leaves nothing", () => {
    const patched = patchOverrides(before, "acc_2", { region: "DE" });
    expect(patched).toMatchObject({
      ok: true,
      value: { accounts: { acc_1: { name: "one" }, acc_2: { region: "DE" } } },
    });
    expect(patched.ok && patchOverrides(patched.value, "acc_2", { region: null })).toEqual({
      ok: true,
      value: before,
    });
    expect(patchOverrides(before, "acc_2", { region: null })).toEqual({ ok: true, value: before });
    expect(patchOverrides(before, "acc_1", { dmPolcy: null, region: "us" })).toMatchObject({
      ok: false,
      error: [{ path: "accounts.acc_1.dmPolcy", nearest: "dmPolicy" }, { path: "accounts.acc_1.region" }],
    });
    for (const [account, patch] of [
      ["work", { region: "DE" }],
      ["acc_1", null],
      ["acc_1", []],
    ] as const)
      expect(patchOverrides(before, account, patch)).toMatchObject({
        ok: false,
        error: [{ path: `accounts.${account}` }],
      });
  });

  it("set and unset again is as before; a patch of nothing too", () => {
    fc.assert(
      fc.property(rightDocument, (value) => {
        const made = patchDocument({}, value);
        fc.pre(made.ok);
        if (!made.ok) return;
        const { region: _, ...document } = made.value;
        expect(patchDocument(document, {})).toEqual({ ok: true, value: document });
        const set = patchDocument(document, { region: "FR" });
        expect(set.ok && patchDocument(set.value, { region: null })).toEqual({ ok: true, value: document });
      }),
      { numRuns: 500 },
    );
  });
});
