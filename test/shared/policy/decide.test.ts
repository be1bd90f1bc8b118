import { describe, expect, it } from "vitest";
import {
  ANN,
  ANYBODY,
  decided,
  fromAnn,
  GROUP_ID,
  inGroup,
  outcome,
  toAnn,
  type Memory,
  type Settings,
} from "./support.ts";

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
