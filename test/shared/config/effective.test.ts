import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDocument } from "../../../shared/config/document.ts";
import { documentWarnings, effectiveConfig, type Origin } from "../../../shared/config/effective.ts";
import { flattened } from "../../../shared/config/flatten.ts";
import {
  DEFAULTS,
  SETTING_NAMES,
  SETTINGS,
  type ChannelConfig,
  type ConfigDocument,
  type SettingName,
} from "../../../shared/config/settings.ts";
import { rightDocument } from "./documents.ts";

describe("what holds for an account", () => {
  it("without any document: the defaults, and not one warning", () => {
    const { config, origin, warnings } = effectiveConfig({}, "acc_1");
    expect(config).toEqual(DEFAULTS);
    expect(new Set(Object.values(origin))).toEqual(new Set(["default"]));
    expect(Object.keys(origin)).toEqual(SETTING_NAMES);
    expect(warnings).toEqual([]);
    expect(config.groupAllowFrom).toBeNull();
  });

  it.each<[SettingName, ConfigDocument, unknown, Origin]>([
    ["region", { region: "DE" }, "DE", "tenant"],
    ["region", { region: "DE", accounts: { acc_1: { region: "FR" } } }, "FR", "account"],
    ["region", { region: "DE", accounts: { acc_2: { region: "FR" } } }, "DE", "tenant"],
    ["allowFrom", { allowFrom: ["a"], accounts: { acc_1: { allowFrom: [] } } }, [], "account"],
    ["commands", { commands: { config: true }, accounts: { acc_1: { commands: {} } } }, {}, "account"],
    ["groups", { groups: { "1": {} }, accounts: { acc_1: { groups: { "2": {} } } } }, { "2": {} }, "account"],
    ["groups", { groups: { "1": {} }, accounts: { acc_1: { groups: {} } } }, { "1": {} }, "tenant"],
    ["groups", { groups: { "1": {} }, accounts: { acc_1: { groups: {} }, acc_2: {} } }, {}, "account"],
    ["groups", { accounts: { acc_1: { groups: {} } } }, {}, "account"],
    [
      "attachmentRoots",
      { attachmentRoots: ["/a", "/b"], accounts: { acc_1: { attachmentRoots: ["/c", "/a"] } } },
      ["/c", "/a", "/b"],
      "tenant+account",
    ],
    ["attachmentRoots", { attachmentRoots: ["/a"] }, ["/a"], "tenant"],
    [
      "remoteAttachmentRoots",
      { remoteAttachmentRoots: ["/a"], accounts: { acc_1: { remoteAttachmentRoots: ["/b"] } } },
      ["/b", "/a"],
      "tenant+account",
    ],
    ["enabled", { enabled: false, accounts: { acc_1: { enabled: true } } }, false, "tenant"],
    ["enabled", { enabled: true, accounts: { acc_1: { enabled: false } } }, false, "account"],
    ["enabled", { accounts: { acc_1: { enabled: true } } }, true, "account"],
  ])("%s of %j", (name, document, value, origin) => {
    const effective = effectiveConfig(document, "acc_1");
    expect(effective.config[name]).toEqual(value);
    expect(effective.origin[name]).toBe(origin);
  });

  it("names that every object has are no account", () => {
    for (const account of ["__proto__", "constructor", "toString"])
      expect(effectiveConfig({ accounts: { acc_1: {} } }, account).config).toEqual(DEFAULTS);
  });

  it("flattened into overrides it holds the same without a root, and only what somebody wrote", () => {
    fc.assert(
      fc.property(rightDocument, (value) => {
        const read = readDocument(value);
        fc.pre(read.ok);
        if (!read.ok) return;
        const own = flattened(read.value, "acc_1");
        expect(effectiveConfig({ accounts: { acc_1: own } }, "acc_1").config).toEqual(
          effectiveConfig(read.value, "acc_1").config,
        );
        expect(readDocument({ accounts: { acc_1: own } })).toMatchObject({ ok: true });
        const said = new Set([
          ...Object.keys(read.value),
          ...Object.keys(read.value.accounts?.["acc_1"] ?? {}),
        ]);
        for (const name of Object.keys(own)) expect(said).toContain(name);
      }),
      { numRuns: 1_000 },
    );
  });

  it("every value is one that its setting allows", () => {
    fc.assert(
      fc.property(rightDocument, (value) => {
        const read = readDocument(value);
        fc.pre(read.ok);
        const { config } = effectiveConfig(read.ok ? read.value : {}, "acc_2");
        const wrong = SETTING_NAMES.filter(
          (name) => config[name] !== null && !SETTINGS[name].schema.safeParse(config[name]).success,
        );
        expect(wrong).toEqual([]);
      }),
    );
  });
});

describe("warnings", () => {
  const pathsOf = (settings: Partial<ChannelConfig>): string[] =>
    effectiveConfig(settings, "acc_1").warnings.map(({ path }) => path);

  it.each<[string, Partial<ChannelConfig>, string[]]>([
    ["open", { dmPolicy: "open", allowFrom: ["*"], groupPolicy: "disabled" }, ["dmPolicy"]],
    [
      "a chat among the handles",
      { allowFrom: ["guid:any;+;x", "+1"], groupPolicy: "disabled" },
      ["allowFrom"],
    ],
    [
      "chats by other names",
      { allowFrom: ["imessage: chat_id:5", "CHAT:5", "chatident:x"], groupPolicy: "disabled" },
      ["allowFrom"],
    ],
    ["a handle that only looks like one", { allowFrom: ["chatty@example.org"], groupPolicy: "disabled" }, []],
    ["groups for nobody", { groupPolicy: "allowlist" }, ["groupPolicy"]],
    ["groups for nobody, by their list", { groups: { "*": {} } }, ["groupPolicy"]],
    ["an empty list of its own", { allowFrom: ["+1"], groupAllowFrom: [] }, ["groupPolicy"]],
    ["no patterns", { allowFrom: ["+1"] }, ["mentionPatterns"]],
    ["no patterns, and none wanted", { allowFrom: ["+1"], groups: { "*": { requireMention: false } } }, []],
    [
      "no patterns, wanted by one",
      { groupPolicy: "open", groups: { "*": { requireMention: false }, "chat_guid:a": {} } },
      ["mentionPatterns"],
    ],
    ["patterns", { allowFrom: ["+1"], mentionPatterns: ["bot"] }, []],
    [
      "a group by its number",
      { allowFrom: ["+1"], mentionPatterns: ["bot"], groups: { "42": {}, "*": {} } },
      ["groups"],
    ],
    [
      "a sender's chat by its number",
      { groupAllowFrom: ["chat_id:42", "chat:7"], mentionPatterns: ["b"] },
      ["groupAllowFrom"],
    ],
    [
      "an owner who cannot get in",
      { commands: { ownerAllowFrom: ["+1"] }, allowFrom: ["+2"], groupPolicy: "disabled" },
      ["commands"],
    ],
    [
      "an owner who is nobody",
      { commands: { ownerAllowFrom: ["*", "chat_id:4"] }, groupPolicy: "disabled" },
      ["commands"],
    ],
    [
      "an owner who is listed",
      { commands: { ownerAllowFrom: ["imessage:+1"] }, allowFrom: ["tel:+1"], groupPolicy: "disabled" },
      [],
    ],
    ["no groups at all", { groupPolicy: "disabled", groups: {} }, []],
  ])("%s", (_, settings, paths) => {
    expect(pathsOf(settings)).toEqual(paths);
  });

  it("of a whole document: the root's once, an account's with its path", () => {
    const warnings = documentWarnings({
      dmPolicy: "open",
      allowFrom: ["*"],
      mentionPatterns: ["bot"],
      accounts: { acc_1: { region: "DE" }, acc_2: { mentionPatterns: [] }, acc_3: { groups: { "5": {} } } },
    });
    expect(warnings.map(({ path }) => path)).toEqual([
      "dmPolicy",
      "accounts.acc_2.mentionPatterns",
      "accounts.acc_3.groups",
    ]);
  });

  it("they are few and soon found, however much is wrong", () => {
    const groups = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`${at + 1}`, {}]));
    expect(
      effectiveConfig({ groups, allowFrom: ["a"] }, "acc_1").warnings.map(({ problem }) => problem),
    ).toEqual([expect.stringContaining("requireMention"), expect.stringMatching(/^1, 2, 3 and 497 more: /)]);
    const accounts = Object.fromEntries(
      Array.from({ length: 15_000 }, (_, at) => [`acc_${at}`, { groupAllowFrom: [`chat:${at}`] }]),
    );
    const started = performance.now();
    expect(documentWarnings({ groups, allowFrom: ["a"], accounts })).toHaveLength(100);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
