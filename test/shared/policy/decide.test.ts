import { describe, expect, it } from "vitest";
import type { ChannelConfig } from "../../../shared/config/settings.ts";
import {
  ANN,
  BOB,
  decided,
  fromAnn,
  GROUP_ID,
  GROUP_KEY,
  inGroup,
  ME,
  outcome,
  toAnn,
  toSelf,
  type Memory,
} from "./support.ts";

type Settings = Partial<ChannelConfig>;
type Row = [why: string, settings: Settings, expected: string, memory?: Memory, change?: object];

const ANYBODY: Settings = { dmPolicy: "open", allowFrom: ["*"] };

describe("who may write directly (POL5)", () => {
  it.each<Row>([
    ["disabled, though listed", { dmPolicy: "disabled", allowFrom: [ANN, "*"] }, "drop dm_disabled"],
    ["open, with *", { dmPolicy: "open", allowFrom: ["*"] }, "show allowed"],
    ["open, sender listed", { dmPolicy: "open", allowFrom: [ANN] }, "show allowed"],
    ["open, another listed", { dmPolicy: "open", allowFrom: [BOB] }, "drop dm_not_listed"],
    ["open, nobody listed", { dmPolicy: "open" }, "drop dm_not_listed"],
    ["open, only approved by pairing", { dmPolicy: "open" }, "drop dm_not_listed", { approved: [ANN] }],
    ["pairing, sender listed", { allowFrom: [ANN] }, "show allowed"],
    ["pairing, * listed", { allowFrom: ["*"] }, "show allowed"],
    ["pairing, sender approved", {}, "show allowed", { approved: [ANN] }],
    ["pairing, a stranger", {}, "pair pairing"],
    ["pairing, another approved", { allowFrom: [BOB] }, "pair pairing", { approved: [BOB] }],
    ["allowlist, sender listed", { dmPolicy: "allowlist", allowFrom: [ANN] }, "show allowed"],
    ["allowlist, * listed", { dmPolicy: "allowlist", allowFrom: ["*"] }, "show allowed"],
    ["allowlist, another listed", { dmPolicy: "allowlist", allowFrom: [BOB] }, "drop dm_not_listed"],
    ["allowlist, empty", { dmPolicy: "allowlist" }, "drop dm_not_listed"],
    ["allowlist, approved only", { dmPolicy: "allowlist" }, "drop dm_not_listed", { approved: [ANN] }],
  ])("POL5 %s", (_, settings, expected, memory) => {
    expect(outcome(fromAnn, settings, memory)).toBe(expected);
  });

  it("POL4 both sides are normalised", () => {
    expect(outcome(fromAnn, { allowFrom: ["iMessage: +1 (555) 123-4567"] })).toBe("show allowed");
    const mail = { ...fromAnn, sender: "Ann@Example.com" };
    expect(outcome(mail, { allowFrom: ["imessage:ann@example.COM"] })).toBe("show allowed");
  });

  it("POL4 an entry that names the chat admits nobody to direct messages", () => {
    const allowFrom = [`chat_guid:any;-;${ANN}`, `chat_identifier:${ANN}`, "chat_id:3"];
    expect(outcome(fromAnn, { dmPolicy: "allowlist", allowFrom })).toBe("drop dm_not_listed");
  });

  it("POL5 who owns the relay's commands may not write for that", () => {
    const commands = { ownerAllowFrom: [ANN], config: true };
    expect(outcome(fromAnn, { commands })).toBe("pair pairing");
    expect(outcome({ ...fromAnn, text: "/status" }, { commands })).toBe("pair pairing");
  });

  it("POL5 one alphanumeric sender on the list does not admit the others", () => {
    const sender = { ...fromAnn, sender: "GOOGLE", chat_identifier: "GOOGLE", chat_guid: "any;-;GOOGLE" };
    expect(outcome(sender, { dmPolicy: "allowlist", allowFrom: ["AMZN"] })).toBe("drop dm_not_listed");
    expect(outcome(sender, { dmPolicy: "allowlist", allowFrom: ["GOOGLE"] })).toBe("show allowed");
  });
});

/** A group that the registry lets through without a mention. */
const NAMED: Settings = { groups: { [GROUP_ID]: { requireMention: false } } };

describe("whose group messages are taken (POL6)", () => {
  it.each<Row>([
    [
      "disabled, though listed",
      { groupPolicy: "disabled", groupAllowFrom: ["*", ANN] },
      "drop group_disabled",
    ],
    ["open", { groupPolicy: "open" }, "show allowed"],
    ["allowlist, empty list", { groupAllowFrom: [] }, "drop group_list_empty"],
    ["allowlist, sender listed", { groupAllowFrom: [ANN] }, "show allowed"],
    ["allowlist, * listed", { groupAllowFrom: ["*"] }, "show allowed"],
    ["allowlist, chat listed by id", { groupAllowFrom: [`chat_id:${GROUP_ID}`] }, "show allowed"],
    ["allowlist, chat listed by guid", { groupAllowFrom: [`chat_guid:any;${GROUP_KEY}`] }, "show allowed"],
    ["by guid of another service", { groupAllowFrom: [`chat_guid:iMessage;${GROUP_KEY}`] }, "show allowed"],
    ["by guid in other letters", { groupAllowFrom: ["guid:any;+;CHAT456"] }, "drop group_sender_not_listed"],
    ["allowlist, chat listed by identifier", { groupAllowFrom: ["chat_identifier:chat456"] }, "show allowed"],
    [
      "by identifier in other letters",
      { groupAllowFrom: ["chatident:CHAT456"] },
      "drop group_sender_not_listed",
    ],
    ["allowlist, another listed", { groupAllowFrom: [BOB, "chat_id:9"] }, "drop group_sender_not_listed"],
    ["no list of its own: allowFrom", { allowFrom: [ANN] }, "show allowed"],
    ["no list of its own: a chat in allowFrom", { allowFrom: [`chat_id:${GROUP_ID}`] }, "show allowed"],
    [
      "an empty list does not fall back",
      { allowFrom: [ANN, "*"], groupAllowFrom: [] },
      "drop group_list_empty",
    ],
    ["nor does one with others", { allowFrom: [ANN], groupAllowFrom: [BOB] }, "drop group_sender_not_listed"],
    ["approved by pairing does not count", {}, "drop group_list_empty", { approved: [ANN] }],
    ["nor beside others", { groupAllowFrom: [BOB] }, "drop group_sender_not_listed", { approved: [ANN] }],
    ["an owner is nobody special", { commands: { ownerAllowFrom: [ANN] } }, "drop group_list_empty"],
  ])("POL6 %s", (_, settings, expected, memory) => {
    expect(outcome(inGroup, { ...NAMED, ...settings }, memory)).toBe(expected);
  });

  it("POL6 a group message never asks for access", () => {
    for (const groupPolicy of ["allowlist", "open", "disabled"] as const)
      expect(decided(inGroup, { groupPolicy, dmPolicy: "pairing" }).verdict).not.toBe("pair");
  });

  it("POL4 a numeric id counts only for the chat that it stands for now", () => {
    const settings = { ...NAMED, groups: { "*": { requireMention: false } }, groupAllowFrom: ["chat_id:9"] };
    expect(outcome(inGroup, settings, { ids: [9] })).toBe("show allowed");
    expect(outcome({ ...inGroup, chat_id: 9 }, settings, { ids: [] })).toBe("drop group_sender_not_listed");
  });
});

describe("which groups are taken (POL7)", () => {
  const NO_MENTION = { requireMention: false };
  it.each<Row>([
    ["open, no registry", { groupPolicy: "open" }, "show allowed"],
    ["open, a registry without it", { groupPolicy: "open", groups: { 9: {} } }, "drop group_not_listed"],
    ["open, by id", { groupPolicy: "open", groups: { [GROUP_ID]: NO_MENTION } }, "show allowed"],
    ["open, by *", { groupPolicy: "open", groups: { "*": NO_MENTION } }, "show allowed"],
    ["allowlist, by id", { groupAllowFrom: [ANN], groups: { [GROUP_ID]: NO_MENTION } }, "show allowed"],
    ["allowlist, by *", { groupAllowFrom: [ANN], groups: { "*": NO_MENTION } }, "show allowed"],
    [
      "by guid",
      { groupAllowFrom: [ANN], groups: { [`chat_guid:SMS;${GROUP_KEY}`]: NO_MENTION } },
      "show allowed",
    ],
    [
      "by a bare guid",
      { groupAllowFrom: [ANN], groups: { [`any;${GROUP_KEY}`]: NO_MENTION } },
      "show allowed",
    ],
    [
      "by chat_id:",
      { groupAllowFrom: [ANN], groups: { [`chat_id:${GROUP_ID}`]: NO_MENTION } },
      "show allowed",
    ],
    ["allowlist, no registry, senders listed", { groupAllowFrom: [ANN] }, "show allowed"],
    [
      "allowlist, a registry without it",
      { groupAllowFrom: [ANN], groups: { 9: {} } },
      "drop group_not_listed",
    ],
    [
      "a registry of nonsense admits nothing",
      { groupAllowFrom: [ANN], groups: { x: {} } },
      "drop group_not_listed",
    ],
    [
      "nor one of nonsense under open",
      { groupPolicy: "open", groups: { "chat_guid:": {}, "12abc": {} } },
      "drop group_not_listed",
    ],
    ["disabled, though named", { groupPolicy: "disabled", groups: { "*": {} } }, "drop group_disabled"],
    [
      "listed as a chat, not in the registry",
      { groupAllowFrom: [`chat_id:${GROUP_ID}`], groups: { 9: {} } },
      "drop group_not_listed",
    ],
  ])("POL7 %s", (_, settings, expected, memory) => {
    expect(outcome(inGroup, settings, memory)).toBe(expected);
  });

  it("POL7 a numeric key is the chat that it stands for, not the row of that number", () => {
    const settings = { groupAllowFrom: [ANN], groups: { 9: NO_MENTION } };
    expect(outcome(inGroup, settings, { ids: [9] })).toBe("show allowed");
    expect(outcome({ ...inGroup, chat_id: 9 }, settings, { ids: [] })).toBe("drop group_not_listed");
  });
});

describe("what is a group (POL8)", () => {
  const settings: Settings = { ...ANYBODY, groupPolicy: "disabled" };
  it.each<[string, object, "direct" | "group"]>([
    ["a row that says so", { is_group: true }, "group"],
    ["a guid that says so", { chat_guid: "iMessage;+;chat1" }, "group"],
    ["a guid without a service", { chat_guid: "x;+;chat1" }, "group"],
    ["an identifier that says so", { chat_identifier: "any;+;chat1" }, "group"],
    ["anything else is direct", {}, "direct"],
  ])("POL8 %s", (_, change, expected) => {
    const decision = decided({ ...fromAnn, ...change }, settings);
    expect(decision.chat_type).toBe(expected);
    expect(decision.reason).toBe(expected === "group" ? "group_disabled" : "allowed");
  });

  it("POL8 a chat with its own entry in an active registry is one, whatever the row says", () => {
    for (const key of ["3", `chat_guid:any;-;${ANN}`]) {
      expect(decided(fromAnn, { ...ANYBODY, groups: { [key]: {} } }).chat_type).toBe("group");
      expect(outcome(fromAnn, { ...ANYBODY, groupAllowFrom: [], groups: { [key]: {} } })).toBe(
        "drop group_list_empty",
      );
    }
  });

  it("POL8 * makes no group of a direct chat", () => {
    expect(decided(fromAnn, { ...ANYBODY, groups: { "*": {} } }).chat_type).toBe("direct");
  });
});

describe("the account's own messages (POL9)", () => {
  it.each<Row>([
    ["to somebody listed", { allowFrom: [ANN] }, "show own"],
    ["to somebody approved", {}, "show own", { approved: [ANN] }],
    ["to a stranger: no code for that", {}, "drop own_elsewhere"],
    ["to somebody not listed", { dmPolicy: "allowlist", allowFrom: [BOB] }, "drop own_elsewhere"],
    ["direct messages off", { ...ANYBODY, dmPolicy: "disabled" }, "drop own_elsewhere"],
    ["own handle listed, the other not", { dmPolicy: "allowlist", allowFrom: [ME] }, "drop own_elsewhere"],
  ])("POL9 in a direct chat: %s", (_, settings, expected, memory) => {
    expect(outcome(toAnn, settings, memory)).toBe(expected);
  });

  it.each<Row>([
    ["groups off", { groupPolicy: "disabled", groups: { "*": {} } }, "drop own_elsewhere"],
    ["open", { groupPolicy: "open" }, "show own"],
    ["open, not in the registry", { groupPolicy: "open", groups: { 9: {} } }, "drop own_elsewhere"],
    ["named", { groups: { [GROUP_ID]: {} } }, "show own"],
    ["*", { groups: { "*": {} } }, "show own"],
    ["nobody and nothing listed", {}, "drop own_elsewhere"],
    ["only senders listed, one of them in it", { groupAllowFrom: [BOB] }, "show own"],
    ["only senders listed, none of them in it", { groupAllowFrom: ["+15559999999"] }, "drop own_elsewhere"],
    ["everybody listed", { groupAllowFrom: ["*"] }, "show own"],
    ["the chat listed", { groupAllowFrom: [`chat_id:${GROUP_ID}`] }, "show own"],
  ])("POL9 in a group: %s", (_, settings, expected, memory) => {
    expect(outcome({ ...inGroup, is_from_me: true, sender: ME }, settings, memory)).toBe(expected);
  });

  it("POL9 need no mention, are no command, and are shown whoever sent them", () => {
    const settings: Settings = {
      allowFrom: ["*"],
      groups: { "*": {} },
      mentionPatterns: ["bot"],
      commands: { ownerAllowFrom: [ME], names: ["reset"] },
    };
    const own = { ...inGroup, is_from_me: true, sender: ME };
    expect(outcome(own, settings)).toBe("show own");
    expect(outcome(toAnn, settings, { sent: [toAnn.guid], echoes: [toAnn.text] })).toBe("show own");
    for (const text of ["/status", "/reset"])
      expect(decided({ ...own, text }, settings)).toMatchObject({
        verdict: "show",
        reason: "own",
        command: null,
      });
  });

  it("POL9 without a sender, which old rows lack, they are own all the same", () => {
    expect(outcome({ ...toAnn, sender: "", destination_caller_id: null }, { allowFrom: [ANN] })).toBe(
      "show own",
    );
  });

  it("POL9 the chat's identifier is read from the guid where the row has none", () => {
    expect(outcome({ ...toAnn, chat_identifier: "" }, { allowFrom: [ANN] })).toBe("show own");
  });
});

describe("a chat with oneself (POL10)", () => {
  const LISTED: Settings = { allowFrom: [ME] };
  const twin = { ...toSelf, guid: "G-2", is_from_me: false };

  it("POL10 what one writes to oneself is a message to the bot", () => {
    expect(decided(toSelf, LISTED)).toMatchObject({
      verdict: "show",
      reason: "allowed",
      self_chat: true,
      sender: ME,
      chat_type: "direct",
    });
  });

  it("POL10 what this relay sent there is an echo, by guid or by text", () => {
    expect(outcome(toSelf, LISTED, { sent: [toSelf.guid] })).toBe("drop echo");
    expect(outcome(toSelf, LISTED, { echoes: [toSelf.text] })).toBe("drop echo");
  });

  it("POL10 its second row, which is not from the account, is a twin", () => {
    expect(outcome(twin, LISTED, { twins: [twin.guid] })).toBe("drop twin");
    expect(outcome(twin, LISTED)).toBe("show allowed");
  });

  it("POL10 the account's own row is no twin of itself", () => {
    expect(outcome(toSelf, LISTED, { twins: [toSelf.guid] })).toBe("show allowed");
  });

  it("POL10 nobody is asked to pair with themselves", () => {
    expect(outcome(toSelf)).toBe("drop self_not_listed");
    expect(outcome(twin)).toBe("drop self_not_listed");
    expect(outcome(toSelf, {}, { approved: [ME] })).toBe("show allowed");
  });

  it("POL10 without destination_caller_id the chat may be anybody's: own rows are own", () => {
    const unsure = { ...toSelf, sender: "", destination_caller_id: "" };
    expect(decided(unsure, LISTED)).toMatchObject({ verdict: "show", reason: "own", self_chat: false });
    expect(outcome(unsure)).toBe("drop own_elsewhere");
  });

  it("POL10 and others may be twins or echoes, also where a code would be sent", () => {
    const unsure = { ...twin, destination_caller_id: "" };
    expect(outcome(unsure, LISTED, { twins: [unsure.guid] })).toBe("drop twin");
    expect(outcome(unsure, LISTED, { echoes: [unsure.text] })).toBe("drop echo");
    expect(outcome(unsure, {}, { echoes: [unsure.text] })).toBe("drop echo");
    expect(outcome(unsure, {}, { sent: [unsure.guid] })).toBe("drop echo");
  });

  it("POL10 with another destination it is no chat with oneself", () => {
    const other = { ...twin, destination_caller_id: BOB };
    expect(decided(other, LISTED, { twins: [twin.guid] })).toMatchObject({
      reason: "allowed",
      self_chat: false,
    });
  });

  it("POL10 a group is none either", () => {
    expect(decided({ ...inGroup, sender: ME, chat_identifier: ME }, LISTED).self_chat).toBe(false);
  });

  it("POL10 handles are compared normalised", () => {
    expect(decided({ ...toSelf, destination_caller_id: "tel:+1 555 000 0001" }, LISTED).self_chat).toBe(true);
  });
});

describe("tapbacks (POL11)", () => {
  const tapback = { ...fromAnn, is_reaction: true, text: "Loved “hello”", reacted_to_guid: "OURS" };
  const OURS: Memory = { own: ["OURS"] };

  it.each<Row>([
    ["off", { reactionNotifications: "off" }, "drop reactions_off", OURS],
    ["own, on a message of ours", {}, "show reaction", OURS],
    ["own, on one that was sent through the relay", {}, "show reaction", { sent: ["OURS"] }],
    ["own, on another's", {}, "drop reaction_elsewhere"],
    ["all, on another's", { reactionNotifications: "all" }, "show reaction"],
    ["the sender must be allowed", { dmPolicy: "allowlist", allowFrom: [BOB] }, "drop dm_not_listed", OURS],
  ])("POL11 %s", (_, settings, expected, memory) => {
    expect(outcome(tapback, { allowFrom: [ANN], ...settings }, memory)).toBe(expected);
  });

  it("POL11 on nothing at all is not on ours", () => {
    const sent = { sent: [""], own: [""] };
    expect(outcome({ ...tapback, reacted_to_guid: "" }, ANYBODY, sent)).toBe("drop reaction_elsewhere");
  });

  it("POL11 in a group the registry counts, the mention does not", () => {
    const settings: Settings = {
      groupAllowFrom: [ANN],
      mentionPatterns: ["bot"],
      groups: { [GROUP_ID]: {} },
    };
    const inIt = { ...inGroup, is_reaction: true, reacted_to_guid: "OURS" };
    expect(outcome(inIt, settings, OURS)).toBe("show reaction");
    expect(outcome(inIt, { ...settings, groups: { 9: {} } }, OURS)).toBe("drop group_not_listed");
  });

  it.each([
    "Loved “hello”",
    'Loved "hello"',
    "Liked “hello”",
    "Disliked “hello”",
    "Laughed at “hello”",
    "Emphasized “hello”",
    "Questioned “two\nlines”",
    "Removed a heart from “hello”",
    "Removed an exclamation mark from “hello”",
    "Reacted 😂 to “hello”",
  ])("POL11 the sentence %j is a tapback, on nobody knows which message", (text) => {
    expect(outcome({ ...fromAnn, text }, { ...ANYBODY, reactionNotifications: "all" })).toBe("show reaction");
    expect(outcome({ ...fromAnn, text }, ANYBODY, OURS)).toBe("drop reaction_elsewhere");
    expect(outcome({ ...fromAnn, text }, { ...ANYBODY, reactionNotifications: "off" })).toBe(
      "drop reactions_off",
    );
  });

  it.each([
    "Loved it!",
    "Loved “hello” and more",
    "I Loved “hello”",
    "loved “hello”",
    "Liked hello",
    "Liked “",
    "Removed a heart",
    "Removed the cake from “hello”",
    "Laughed “hello”",
  ])("POL11 %j is an ordinary message", (text) => {
    expect(outcome({ ...fromAnn, text }, ANYBODY)).toBe("show allowed");
  });

  it("POL11 the account's own are shown by the same setting, in the chats that are admitted", () => {
    const own = { ...toAnn, is_reaction: true, reacted_to_guid: "OURS" };
    expect(outcome(own, ANYBODY, OURS)).toBe("show own");
    expect(outcome(own, ANYBODY)).toBe("drop reaction_elsewhere");
    expect(outcome(own, { ...ANYBODY, reactionNotifications: "off" }, OURS)).toBe("drop reactions_off");
    expect(outcome(own, {}, OURS)).toBe("drop own_elsewhere");
  });

  it("POL11 in a chat with oneself only one of the two rows counts", () => {
    const mine = { ...toSelf, is_from_me: false, is_reaction: true, reacted_to_guid: "OURS" };
    expect(outcome(mine, { allowFrom: [ME] }, { ...OURS, twins: [mine.guid] })).toBe("drop twin");
  });
});

describe("messages of nothing (POL12)", () => {
  const photo = { transfer_name: "IMG_1.heic", mime_type: "image/heic", total_bytes: 1 };
  const preview = { transfer_name: "A1B2.pluginPayloadAttachment" };
  it.each<[string, object, Settings, string]>([
    ["no text", { text: "" }, {}, "drop empty"],
    ["blanks", { text: " \n\t " }, {}, "drop empty"],
    ["no text at all", { text: null }, {}, "drop empty"],
    ["only the places of attachments", { text: "\uFFFC \uFFFC" }, { includeAttachments: true }, "drop empty"],
    ["a text", { text: "x" }, {}, "show allowed"],
    ["a text beside a place", { text: "\uFFFCx" }, {}, "show allowed"],
    ["an attachment, not shown", { text: "\uFFFC", attachments: [photo] }, {}, "drop empty"],
    [
      "an attachment, shown",
      { text: "\uFFFC", attachments: [photo] },
      { includeAttachments: true },
      "show allowed",
    ],
    [
      "the data of a preview",
      { text: "", attachments: [preview] },
      { includeAttachments: true },
      "drop empty",
    ],
    [
      "beside a photo",
      { text: "", attachments: [preview, photo] },
      { includeAttachments: true },
      "show allowed",
    ],
    [
      "attachments of another form",
      { text: "", attachments: [7] },
      { includeAttachments: true },
      "show allowed",
    ],
    [
      "attachments that are no list",
      { text: "", attachments: 7 },
      { includeAttachments: true },
      "drop empty",
    ],
  ])("POL12 %s", (_, change, settings, expected) => {
    expect(outcome({ ...fromAnn, ...change }, { ...ANYBODY, ...settings })).toBe(expected);
    const own = expected === "show allowed" ? "show own" : expected;
    expect(outcome({ ...toAnn, ...change }, { ...ANYBODY, ...settings })).toBe(own);
  });
});

describe("loops (POL13)", () => {
  it("POL13 an own send whose row does not say so yet is an echo", () => {
    expect(outcome(fromAnn, ANYBODY, { sent: [fromAnn.guid] })).toBe("drop echo");
    expect(outcome(fromAnn, ANYBODY, { echoes: [fromAnn.text] })).toBe("drop echo");
  });

  it("POL13 a twin is looked for only where the chat may be with oneself", () => {
    expect(outcome(fromAnn, ANYBODY, { twins: [fromAnn.guid] })).toBe("show allowed");
  });

  it.each([
    "before #+#+#+ after",
    "assistant to=final",
    "Assistant to = bash",
    "<thinking>hm</thinking>",
    "</thinking>",
    "< think >",
    "<thought>",
    "<thinking>",
    "<antthinking a='b'>",
    "<relevant-memories>",
    "<relevant_memories>",
    "<final>yes</final>",
    "ACP error (ACP_SESSION_INIT_FAILED): no",
    'Missing API key for "openai" on the gateway.',
  ])("POL13 %j betrays an agent", (text) => {
    expect(outcome({ ...fromAnn, text }, ANYBODY)).toBe("drop reflection");
    expect(outcome({ ...fromAnn, text: `so:\n\`\`\`xml\n${text}\n\`\`\`\nok` }, ANYBODY)).toBe(
      "show allowed",
    );
    expect(outcome({ ...fromAnn, text: `it said \`${text}\` to me` }, ANYBODY)).toBe("show allowed");
    expect(outcome({ ...fromAnn, text: `\`code\` then ${text}` }, ANYBODY)).toBe("drop reflection");
    expect(outcome({ ...toAnn, text }, ANYBODY)).toBe("show own");
  });

  it.each([
    "#+# once",
    "the assistant to the manager",
    "I think, therefore",
    "a < thinking b",
    "<finally>",
    "the final answer",
    "ACP error",
    "Missing API key",
  ])("POL13 %j does not", (text) => {
    expect(outcome({ ...fromAnn, text }, ANYBODY)).toBe("show allowed");
  });

  it("POL13 code that is never closed is code to the end, but an odd backtick is none", () => {
    expect(outcome({ ...fromAnn, text: "```\n<final>" }, ANYBODY)).toBe("show allowed");
    expect(outcome({ ...fromAnn, text: "it`s <final> time" }, ANYBODY)).toBe("drop reflection");
  });

  it("POL13 a text of backticks takes no time", () => {
    const before = performance.now();
    outcome({ ...fromAnn, text: `<final>${"`".repeat(200_000)}x${"` ".repeat(100_000)}` }, ANYBODY);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

describe("control commands (POL14)", () => {
  const OPEN_GROUP: Settings = { groupPolicy: "open", mentionPatterns: ["bot"] };
  const says = (text: string) => ({ ...inGroup, text });
  const names = ["reset"];

  it.each<[string, string, Settings, string, Memory?]>([
    ["an owner's, ours", "/status", { commands: { ownerAllowFrom: [ANN] } }, "command owner_command"],
    [
      "as an owner is spelt",
      "/config show",
      { commands: { ownerAllowFrom: [`imessage:${ANN}`] } },
      "command owner_command",
    ],
    [
      "not an owner's, ours",
      "/status",
      { allowFrom: [ANN], groupAllowFrom: [ANN] },
      "drop command_unauthorised",
    ],
    [
      "* makes nobody an owner",
      "/status",
      { commands: { ownerAllowFrom: ["*"] } },
      "drop command_unauthorised",
    ],
    [
      "nor does a chat",
      "/status",
      { commands: { ownerAllowFrom: [`chat_id:${GROUP_ID}`] } },
      "drop command_unauthorised",
    ],
    [
      "nor does useAccessGroups false",
      "/config show",
      { commands: { useAccessGroups: false } },
      "drop command_unauthorised",
    ],
    [
      "nor listing the name as the bot's",
      "/config show",
      { commands: { useAccessGroups: false, names: ["config"] } },
      "drop command_unauthorised",
    ],
    ["the bot's, sender in allowFrom", "/reset", { allowFrom: [ANN], commands: { names } }, "show allowed"],
    [
      "the bot's, sender in groupAllowFrom",
      "/reset",
      { groupAllowFrom: [ANN], commands: { names } },
      "show allowed",
    ],
    [
      "the bot's, chat in groupAllowFrom",
      "/reset",
      { groupAllowFrom: [`chat_id:${GROUP_ID}`], commands: { names } },
      "show allowed",
    ],
    [
      "the bot's, chat in allowFrom beside another list",
      "/reset",
      { allowFrom: [`chat_id:${GROUP_ID}`], groupAllowFrom: [BOB], commands: { names } },
      "drop command_unauthorised",
    ],
    ["the bot's, everybody", "/reset", { allowFrom: ["*"], commands: { names } }, "show allowed"],
    ["the bot's, nobody listed", "/reset", { commands: { names } }, "drop command_unauthorised"],
    [
      "the bot's, only approved by pairing",
      "/reset",
      { commands: { names } },
      "drop command_unauthorised",
      { approved: [ANN] },
    ],
    [
      "the bot's, access groups off",
      "/reset",
      { commands: { names, useAccessGroups: false } },
      "show allowed",
    ],
    ["a word nobody declared", "/reset", {}, "hold no_mention"],
  ])("POL14 in a group: %s", (_, text, settings, expected, memory) => {
    expect(outcome(says(text), { ...OPEN_GROUP, ...settings }, memory)).toBe(expected);
  });

  it.each<[string, string, Settings, string]>([
    ["an owner's, ours", "/pairing list", { commands: { ownerAllowFrom: [ANN] } }, "command owner_command"],
    ["not an owner's, ours: an ordinary text", "/pairing list", {}, "show allowed"],
    ["the bot's", "/reset", { commands: { names } }, "show allowed"],
  ])("POL14 in a direct chat: %s", (_, text, settings, expected) => {
    expect(outcome({ ...fromAnn, text }, { ...ANYBODY, ...settings })).toBe(expected);
  });

  it.each<[string, string, { name: string; args: string } | null]>([
    ["/config set dmPolicy open", "config", { name: "config", args: "set dmPolicy open" }],
    ["  /STATUS  ", "status", { name: "status", args: "" }],
    ["/config:show", "config", { name: "config", args: "show" }],
    ["/config\nshow", "config", { name: "config", args: "show" }],
    ["/configure", "none", null],
    ["config show", "none", null],
    ["please /config show", "none", null],
    ["//config", "none", null],
    ["/ config", "none", null],
  ])("POL14 %j is %s", (text, _, command) => {
    const settings = { ...ANYBODY, commands: { ownerAllowFrom: [ANN] } };
    expect(decided({ ...fromAnn, text }, settings).command).toEqual(command);
  });

  it("POL14 a decision names a command only if its sender is authorised", () => {
    const settings: Settings = { ...ANYBODY, ...OPEN_GROUP, commands: { names } };
    expect(decided({ ...fromAnn, text: "/Reset now" }, settings).command).toEqual({
      name: "reset",
      args: "now",
    });
    expect(decided({ ...fromAnn, text: "/status" }, settings).command).toBeNull();
    expect(decided(says("/status"), settings).command).toBeNull();
  });

  it("POL14 an owner may command from a chat with oneself", () => {
    const settings = { allowFrom: [ME], commands: { ownerAllowFrom: [ME] } };
    expect(outcome({ ...toSelf, text: "/status" }, settings)).toBe("command owner_command");
  });
});

describe("mentions (POL15)", () => {
  const BASE: Settings = { groupAllowFrom: ["*"], mentionPatterns: ["\\bbot\\b"] };
  const NOT = { requireMention: false };
  it.each<[string, string, Settings, string, boolean | null]>([
    ["required by default, given", "hey bot", {}, "show allowed", true],
    ["required by default, missing", "hey", {}, "hold no_mention", false],
    ["no history to keep it in", "hey", { historyLimit: 0 }, "drop no_mention", false],
    ["the chat's own entry says no", "hey", { groups: { [GROUP_ID]: NOT } }, "show allowed", false],
    [
      "the chat's own entry says nothing, nor does *",
      "hey",
      { groups: { [GROUP_ID]: {}, "*": {} } },
      "hold no_mention",
      false,
    ],
    ["* says no", "hey", { groups: { "*": NOT } }, "show allowed", false],
    [
      "* says no, the own entry nothing",
      "hey",
      { groups: { [GROUP_ID]: {}, "*": NOT } },
      "show allowed",
      false,
    ],
    [
      "* says no, the own entry yes",
      "hey",
      { groups: { [GROUP_ID]: { requireMention: true }, "*": NOT } },
      "hold no_mention",
      false,
    ],
    [
      "* says yes, the own entry no",
      "hey",
      { groups: { [GROUP_ID]: NOT, "*": { requireMention: true } } },
      "show allowed",
      false,
    ],
    [
      "by guid before by id",
      "hey",
      { groups: { [GROUP_ID]: NOT, [`chat_guid:any;${GROUP_KEY}`]: { requireMention: true } } },
      "hold no_mention",
      false,
    ],
    ["no pattern: it passes", "hey", { mentionPatterns: [] }, "show allowed", null],
    ["no usable pattern: it passes", "hey", { mentionPatterns: ["("] }, "show allowed", null],
  ])("POL15 %s", (_, text, settings, expected, mentioned) => {
    const message = { ...inGroup, text };
    expect(outcome(message, { ...BASE, ...settings })).toBe(expected);
    const said = decided(message, { ...BASE, ...settings }).mentioned;
    expect(said).toBe(mentioned);
  });

  it("POL15 direct messages need none, and are not asked", () => {
    expect(decided(fromAnn, { ...ANYBODY, mentionPatterns: ["bot"] })).toMatchObject({
      verdict: "show",
      mentioned: null,
    });
  });
});

describe("the order of the gates (POL2)", () => {
  /** Each message is stopped by its gate and by every later one; mending them one by one shows the order. */
  it("POL2 the first gate that stops a message is the reason", () => {
    const text = "/status <final>";
    const bad = {
      ...inGroup,
      chat_guid: "",
      chat_id: 0,
      chat_identifier: "",
      sender: "",
      is_group: true,
      text: "",
    };
    const joined = { ...bad, chat_guid: inGroup.chat_guid, chat_id: GROUP_ID };
    const named = { ...joined, sender: ANN };
    const off: Settings = {
      enabled: false,
      groupPolicy: "disabled",
      groups: { 9: {} },
      mentionPatterns: ["bot"],
    };
    const on = { ...off, enabled: true };
    const listed: Settings = {
      ...on,
      groupPolicy: "allowlist",
      groupAllowFrom: [ANN],
      reactionNotifications: "off",
    };
    const inRegistry: Settings = { ...listed, groups: { [GROUP_ID]: {} } };
    const echo: Memory = { sent: [inGroup.guid] };
    const tapback = { ...named, is_reaction: true };
    expect([
      outcome(bad, off, echo),
      outcome(bad, on, echo),
      outcome(joined, on, echo),
      outcome(named, on, echo),
      outcome(tapback, listed, echo),
      outcome(tapback, inRegistry, echo),
      outcome(named, inRegistry, echo),
      outcome({ ...named, text }, inRegistry, echo),
      outcome({ ...named, text }, inRegistry),
      outcome({ ...named, text: "/status" }, inRegistry),
      outcome({ ...named, text: "hello" }, inRegistry),
      outcome({ ...named, text: "hello bot" }, inRegistry),
    ]).toEqual([
      "drop disabled",
      "drop unanchored",
      "drop no_sender",
      "drop group_disabled",
      "drop group_not_listed",
      "drop reactions_off",
      "drop empty",
      "drop echo",
      "drop reflection",
      "drop command_unauthorised",
      "hold no_mention",
      "show allowed",
    ]);
  });

  it("POL2 a row without a chat is dropped whoever wrote it, and says no kind of chat", () => {
    for (const chat_guid of ["", "any;"])
      expect(decided({ ...toAnn, chat_guid, chat_id: 0, chat_identifier: "" }, ANYBODY)).toMatchObject({
        reason: "unanchored",
        chat_type: null,
      });
  });

  it("POL2 a sender of nothing but a service is none", () => {
    expect(outcome({ ...fromAnn, sender: "imessage: " }, ANYBODY)).toBe("drop no_sender");
  });
});
