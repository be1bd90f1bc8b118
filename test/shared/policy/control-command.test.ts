import { describe, expect, it } from "vitest";
import {
  ANN,
  ANYBODY,
  BOB,
  decided,
  fromAnn,
  GROUP_ID,
  inGroup,
  ME,
  outcome,
  toSelf,
  type Memory,
  type Settings,
} from "./support.ts";

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
