import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChannelConfig } from "../../../shared/config/settings.ts";
import { chatKey } from "../../../shared/imsg.ts";
import { replyTo, replyToGuid, sessionKey } from "../../../shared/policy/session.ts";
import { ANN, decided, fromAnn, inbound, inGroup, ME, toAnn, toSelf } from "./support.ts";

const session = (scope: ChannelConfig["dmScope"], message: object): string | null =>
  sessionKey(scope, "acc_1", decided(message), inbound(message));

describe("session keys (POL17)", () => {
  it.each([
    ["main", "main"],
    ["per-peer", `direct:${ANN}`],
    ["per-channel-peer", `imessage:direct:${ANN}`],
    ["per-account-channel-peer", `imessage:acc_1:direct:${ANN}`],
  ] as const)("POL17 a direct chat under %s: %s", (scope, expected) => {
    expect(session(scope, fromAnn)).toBe(expected);
  });

  it("POL17 the account's own message belongs to the conversation with the other side", () => {
    expect(session("per-peer", toAnn)).toBe(`direct:${ANN}`);
    expect(session("per-peer", { ...toAnn, chat_identifier: "" })).toBe(`direct:${ANN}`);
    expect(session("per-peer", toSelf)).toBe(`direct:${ME}`);
  });

  it("POL17 the peer is normalised and in lower case", () => {
    expect(session("per-peer", { ...fromAnn, sender: "imessage:Ann@Example.com" })).toBe(
      "direct:ann@example.com",
    );
    expect(session("per-peer", { ...fromAnn, sender: "AMZN" })).toBe("direct:amzn");
  });

  it("POL17 a group is one conversation under any scope, service and sender", () => {
    for (const scope of ["main", "per-peer", "per-channel-peer", "per-account-channel-peer"] as const)
      for (const service of ["any", "iMessage", "SMS", "RCS"])
        expect(session(scope, { ...inGroup, chat_guid: `${service};+;chat456` })).toBe(
          "imessage:group:+;chat456",
        );
  });

  it("POL17 a row without a chat belongs to none", () => {
    expect(session("main", { ...fromAnn, chat_guid: "", chat_id: 0 })).toBeNull();
  });
});

describe("where an answer goes (POL18)", () => {
  it("POL18 into the same chat under whatever service, never to a row id or a member", () => {
    expect(replyTo(inbound(inGroup))).toBe("chat_guid:any;+;chat456");
    expect(replyTo({ chat_guid: "SMS;-;+15551234567" })).toBe("chat_guid:any;-;+15551234567");
    expect(replyTo({ chat_guid: "odd" })).toBe("chat_guid:odd");
  });

  it("POL18 nowhere from a row without a chat, though it names a sender and a number", () => {
    expect(replyTo(inbound({ chat_guid: "", chat_id: 12 }))).toBeNull();
    expect(replyTo({ chat_guid: "any;" })).toBeNull();
  });

  it("POL18 the target names the chat that the message was in", () => {
    fc.assert(
      fc.property(fc.string(), (chat_guid) => {
        const target = replyTo({ chat_guid });
        expect(chatKey(target?.slice("chat_guid:".length) ?? "")).toBe(chatKey(chat_guid));
      }),
    );
  });
});

describe("the message quoted (POL18)", () => {
  it.each([
    ["a threaded reply", { thread_originator_guid: "T" }, "T"],
    ["a sticker", { reply_to_guid: "R" }, "R"],
    ["both", { thread_originator_guid: "T", reply_to_guid: "R" }, "T"],
    ["none", {}, null],
  ])("POL18 %s", (_, change, expected) => {
    expect(replyToGuid(inbound(change))).toBe(expected);
  });
});
