import { describe, expect, it } from "vitest";
import { importOpenClaw } from "../../../shared/config/import.ts";
import type { ImportReport } from "../../../shared/config/import-notes.ts";
import { CHANNEL_KEYS } from "../../../shared/config/openclaw-keys.ts";
import { readDocument } from "../../../shared/config/document.ts";
import { KEYS_OF_THE_CHANNEL, WHOLE_FILE } from "./openclaw-files.ts";

const fromPaths = (report: ImportReport): Record<keyof ImportReport, string[]> => ({
  applied: report.applied.map(({ from }) => from),
  notHere: report.notHere.map(({ path }) => path),
  forTheMac: report.forTheMac.map(({ path }) => path),
  problems: report.problems.map(({ path }) => path),
});

describe("every key of OpenClaw's channel", () => {
  it("is in our table", () => {
    expect(Object.keys(CHANNEL_KEYS).sort()).toEqual(
      Object.keys(KEYS_OF_THE_CHANNEL)
        .filter((key) => key !== "defaultAccount" && key !== "accounts")
        .sort(),
    );
  });

  it.each(Object.entries(KEYS_OF_THE_CHANNEL).filter(([key]) => key !== "accounts"))(
    "%s ends in exactly one place, at the root and in an account",
    (key, { value, fate, with: others }) => {
      const block = { [key]: value, ...others };
      const report = fromPaths(importOpenClaw(block).report);
      const places = Object.entries(report).flatMap(([where, paths]) =>
        paths.filter((path) => path === key || path.startsWith(`${key}.`)).map(() => where),
      );
      expect(new Set(places)).toEqual(new Set([fate]));
      const inAccount = fromPaths(
        importOpenClaw({ accounts: { work: block } }, { accounts: new Map([["work", "acc_1"]]) }).report,
      );
      const own = Object.entries(inAccount).flatMap(([where, paths]) =>
        paths.filter((path) => path.startsWith(`accounts.work.${key}`)).map(() => where),
      );
      expect(new Set(own)).toEqual(new Set([key === "defaultAccount" ? "problems" : fate]));
    },
  );

  it.each([
    [
      "groups",
      { "7": { requireMention: false, tools: {}, toolsBySender: {}, systemPrompt: "" } },
      { groups: { "7": { requireMention: false } } },
    ],
    ["streaming", { chunkMode: "newline", block: { enabled: true } }, { chunkMode: "newline" }],
    ["streaming", true, {}],
    ["markdown", { tables: "block" }, { markdown: { tables: "block" } }],
    ["markdown", {}, {}],
    ["allowFrom", ["+1", " accessGroup:friends "], { allowFrom: ["+1"] }],
    ["responsePrefix", "auto", {}],
    ["responsePrefix", "[{model}]", {}],
    ["responsePrefix", "Bot: ", { responsePrefix: "Bot: " }],
    ["mentionPatterns", ["ours"], { mentionPatterns: ["ours"] }],
  ])("%s of %j", (key, value, patch) => {
    expect(importOpenClaw({ [key]: value })).toMatchObject({ patch, report: { problems: [] } });
  });

  it("what is inside of a group or of streaming is reported too", () => {
    const { report } = importOpenClaw({
      chunkMode: "length",
      streaming: { chunkMode: "newline", block: {} },
      groups: { "7": { systemPrompt: "x", tools: {} }, "chat_guid:any;+;b": { toolsBySender: {} } },
    });
    expect(fromPaths(report)).toEqual({
      applied: ["streaming.chunkMode", "groups"],
      notHere: [
        "chunkMode",
        "streaming.block",
        "groups.7.systemPrompt",
        "groups.7.tools",
        'groups["chat_guid:any;+;b"].toolsBySender',
      ],
      forTheMac: [],
      problems: [],
    });
  });
});

describe("an import", () => {
  it("of a realistic whole file", () => {
    const { patch, report } = importOpenClaw(WHOLE_FILE, {
      accounts: new Map([["Work", "acc_w0rk"]]),
    });
    expect(patch).toEqual({
      enabled: true,
      dmPolicy: "pairing",
      allowFrom: ["+15551234567", "15557654321"],
      groupPolicy: "allowlist",
      groupAllowFrom: ["+15551234567", "chat_guid:any;+;chat900"],
      groups: { "*": { requireMention: true }, "42": { requireMention: false } },
      includeAttachments: true,
      remoteAttachmentRoots: ["/Users/*/Library/Messages/Attachments"],
      mediaMaxMb: 32,
      chunkMode: "newline",
      service: "imessage",
      mentionPatterns: ["@?molty", String.raw`\bAda\s+Bot\b`, "🦞"],
      historyLimit: 80,
      dmScope: "main",
      commands: { config: true, ownerAllowFrom: ["imessage:+15551234567", "+15550000001"] },
      accounts: { acc_w0rk: { name: "Work", dmPolicy: "allowlist", allowFrom: ["boss@example.org"] } },
    });
    expect(report.problems).toEqual([]);
    expect(report.forTheMac).toEqual([
      { path: "channels.imessage.cliPath", command: expect.stringContaining("agent.jsonc") },
      { path: "channels.imessage.remoteHost", command: expect.stringContaining("imsg-relay-agent enroll") },
      { path: "channels.imessage.accounts.work.dbPath", command: expect.stringContaining("agent.jsonc") },
    ]);
    expect(report.applied).toContainEqual({
      path: "mentionPatterns",
      from: "agents.list.0.groupChat.mentionPatterns, agents.list.1.identity",
    });
    expect(report.applied).toContainEqual({ path: "dmScope", from: expect.stringContaining("absent") });
    expect(report.applied).toContainEqual({
      path: "accounts.acc_w0rk.dmPolicy",
      from: "channels.imessage.accounts.work.dmPolicy",
    });
    expect(report.notHere.map(({ path }) => path)).toEqual([
      "messages.responsePrefix",
      'commands.ownerAllowFrom["discord:1234"]',
      "messages.inbound",
      "session.identityLinks",
      "accessGroups",
      "bindings",
      "channels.imessage.defaultAccount",
      "channels.imessage.groupAllowFrom.2",
      "channels.imessage.groups.42.systemPrompt",
      "channels.imessage.streaming.block",
      "channels.imessage.actions",
      "channels.imessage.accounts.home",
    ]);
    for (const { why } of report.notHere) expect(why).not.toBe("");
    expect(readDocument(patch)).toEqual({ ok: true, value: patch });
  });

  it("nothing is applied where anything is wrong, and the problem names the place in the file", () => {
    const { patch, report } = importOpenClaw(
      {
        channels: {
          imessage: {
            dmPolicy: "open",
            mediaMaxMb: 5_000,
            allowFrm: [],
            accounts: { work: { region: "us", groups: { "x;y": {} } } },
          },
        },
      },
      { accounts: new Map([["work", "acc_1"]]) },
    );
    expect(patch).toBeUndefined();
    expect(report.problems).toEqual([
      {
        path: "channels.imessage.allowFrm",
        problem: "is no setting that is known",
        value: "[]",
        nearest: "allowFrom",
      },
      expect.objectContaining({ path: "channels.imessage.mediaMaxMb", value: "5000" }),
      expect.objectContaining({ path: 'channels.imessage.accounts.work.groups["x;y"]' }),
      expect.objectContaining({ path: "channels.imessage.accounts.work.region" }),
      expect.objectContaining({ path: "channels.imessage.dmPolicy" }),
    ]);
  });

  it("unknown keys may be skipped, visibly", () => {
    const { patch, report } = importOpenClaw({ region: "DE", brandNew: 1 }, { skipUnknown: true });
    expect(patch).toEqual({ region: "DE" });
    expect(report).toMatchObject({ problems: [], notHere: [{ path: "brandNew", why: "not known" }] });
  });

  it.each<[string, unknown, Map<string, string>, string]>([
    ["no object", 5, new Map(), ""],
    ["no such channel", { channels: { telegram: {} } }, new Map(), "channels.imessage"],
    ["a name that is not in the file", { accounts: { a: {} } }, new Map([["b", "acc_1"]]), "accounts.b"],
    [
      "two names of one account",
      { accounts: { a: {}, b: {} } },
      new Map([
        ["a", "acc_1"],
        ["b", "acc_1"],
      ]),
      "accounts.b",
    ],
    ["an id that is none", { accounts: { a: { region: "DE" } } }, new Map([["a", "work"]]), "accounts.work"],
    ["accounts that are none", { accounts: [] }, new Map(), "accounts"],
    ["an account that is none", { accounts: { a: 1 } }, new Map([["a", "acc_1"]]), "accounts.a"],
    ["an unsafe name", JSON.parse('{"__proto__": {"dmPolicy": "open"}}'), new Map(), "__proto__"],
  ])("%s is a problem", (_, value, accounts, path) => {
    const { patch, report } = importOpenClaw(value, { accounts });
    expect([patch, report.problems.map((problem) => problem.path)]).toEqual([undefined, [path]]);
  });

  it.each([
    ["disabled", { groupPolicy: "disabled", dmScope: "main" }],
    ["open", { dmScope: "main" }],
  ])("channels.defaults.groupPolicy %s counts only where it closes", (groupPolicy, patch) => {
    const file = { channels: { imessage: {}, defaults: { groupPolicy } } };
    expect(importOpenClaw(file).patch).toEqual(patch);
    expect(
      importOpenClaw({ ...file, channels: { ...file.channels, imessage: { groupPolicy: "allowlist" } } })
        .patch,
    ).toEqual({
      groupPolicy: "allowlist",
      dmScope: "main",
    });
  });

  it.each<[string, unknown, unknown]>([
    ["everybody's", { messages: { groupChat: { mentionPatterns: ["a"] } } }, ["a"]],
    [
      "an agent's own before it",
      {
        messages: { groupChat: { mentionPatterns: ["a"] } },
        agents: { list: [{ groupChat: { mentionPatterns: ["b"] } }] },
      },
      ["b"],
    ],
    [
      "both, of two agents",
      {
        messages: { groupChat: { mentionPatterns: ["a"] } },
        agents: { entries: { x: { groupChat: { mentionPatterns: ["b"] } }, y: {} } },
      },
      ["b", "a"],
    ],
    [
      "an empty list is none, and nothing is made up",
      { agents: { list: [{ groupChat: { mentionPatterns: [] }, identity: { name: "Ada" } }] } },
      [],
    ],
    [
      "made of an identity",
      { agents: { list: [{ identity: { name: " Ada (Bot) " } }] } },
      [String.raw`\bAda\s+\(Bot\)`],
    ],
    ["nothing known", { agents: { list: [{}] } }, undefined],
  ])("mention patterns: %s", (_, file, patterns) => {
    const imported = importOpenClaw({ channels: { imessage: {} }, ...Object(file) });
    expect(imported.patch?.mentionPatterns).toEqual(patterns);
  });
});
