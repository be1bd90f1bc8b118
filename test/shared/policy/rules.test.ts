import { describe, expect, it } from "vitest";
import { compileRules, parseGroupKey } from "../../../shared/policy/rules.ts";
import { ANN, BOB, configOf } from "./support.ts";

describe("keys of the registry (POL7)", () => {
  it.each([
    ["*", { any: true }],
    ["42", { id: 42 }],
    [" 42 ", { id: 42 }],
    ["chat_id:42", { id: 42 }],
    ["chat: 42", { id: 42 }],
    ["chat_guid:iMessage;+;chat456", { key: "+;chat456" }],
    ["guid:any;+;chat456", { key: "+;chat456" }],
    ["iMessage;+;chat456", { key: "+;chat456" }],
    ["any;-;+15551234567", { key: "-;+15551234567" }],
  ])("POL7 %j names %j", (text, key) => {
    expect(parseGroupKey(text)).toEqual(key);
  });

  it.each([
    "",
    "0",
    "-1",
    "4.2",
    "42abc",
    "chat456",
    "chat_guid:",
    "chat_guid:any;",
    "chat_id:x",
    "+15551234567",
    "any;",
  ])("POL7 %j names nothing", (text) => {
    expect(parseGroupKey(text)).toBeUndefined();
  });
});

describe("a configuration made ready (POL4)", () => {
  it("POL4 the list of groups is that of direct messages only where there is none", () => {
    const allowFrom = [ANN];
    const handles = (groupAllowFrom: string[] | null) => [
      ...compileRules(configOf({ allowFrom, groupAllowFrom })).groupAllowFrom.handles,
    ];
    expect([handles(null), handles([]), handles([BOB])]).toEqual([[ANN], [], [BOB]]);
  });

  it("POL4 an entry of nothing admits nobody, and makes the list no longer empty", () => {
    const { allowFrom } = compileRules(configOf({ allowFrom: ["imessage:"] }));
    expect([...allowFrom.handles]).toEqual([]);
    expect(allowFrom).toMatchObject({ isEmpty: false, any: false });
  });

  it("POL14 owners are handles", () => {
    const ownerAllowFrom = ["*", "chat_id:4", "imessage:+1 555 123 4567"];
    expect([...compileRules(configOf({ commands: { ownerAllowFrom } })).owners]).toEqual([ANN]);
  });
});
