import { describe, expect, it } from "vitest";
import { chatOfCall } from "../../agent/chat-of-call.ts";
import { inTurn } from "../../agent/turns.ts";
import { chatKey } from "../../shared/imsg.ts";

const CHATS = [
  { id: 1, identifier: "+15550100101", guid: "iMessage;-;+15550100101" },
  { id: 2, identifier: "chat100", guid: "any;+;chat100" },
  { id: 3, identifier: "twice", guid: "iMessage;+;twice" },
  { id: 4, identifier: "twice", guid: "iMessage;+;other" },
  { id: 5, identifier: "", guid: "" },
];
const chat = (params: unknown): string | undefined =>
  chatOfCall(params, {
    guidsOf: (selector) =>
      CHATS.filter(({ id, identifier, guid }) =>
        selector.by === "id"
          ? id === selector.id
          : identifier === selector.text || chatKey(guid) === chatKey(selector.text),
      ).map(({ guid }) => guid),
  });

describe("LINK14: all spellings of one chat have one name", () => {
  it.each([
    [{ to: "+15550100101", text: "x" }],
    [{ to: " +1 (555) 010-0101 " }],
    [{ to: "imessage:tel:+15550100101" }],
    [{ chat_guid: "iMessage;-;+15550100101" }],
    [{ chat_guid: "any;-;+15550100101" }],
    [{ chatGuid: "SMS;-;+15550100101" }],
    [{ chat_id: 1 }],
    [{ chatId: "1" }],
    [{ chat_identifier: "+15550100101" }],
    [{ addresses: ["+15550100101"] }],
  ])("%j", (params) => expect(chat(params)).toBe("-;+15550100101"));

  it.each([
    [{ chat_guid: "iMessage;+;chat100" }],
    [{ chat_guid: "RCS;+;CHAT100" }],
    [{ chat_id: 2 }],
    [{ chat_identifier: "chat100" }],
    [{ chat: "chat100" }],
  ])("%j", (params) => expect(chat(params)).toBe("+;chat100"));

  it.each([[{ to: "Ada@Example.com" }], [{ chat_guid: "iMessage;-;ada@example.com" }]])("%j", (params) =>
    expect(chat(params)).toBe("-;ada@example.com"),
  );
});

describe("LINK14: what may concern any chat, or several, has none", () => {
  it.each([
    ["no recipient", { text: "x" }],
    ["no parameters", undefined],
    ["a chat id that is not in the list", { chat_id: 99 }],
    ["a chat id that is none", { chat_id: "seven" }],
    ["an identifier that is not in the list", { chat_identifier: "chat999" }],
    ["an identifier of two chats", { chat_identifier: "twice" }],
    ["a chat without a guid", { chat_id: 5 }],
    ["a text in a guid's place that is nobody's", { chat_guid: "somebody" }],
    ["a guid without its service", { chat_guid: "+;chat100" }],
    ["a number without its country", { to: "5550100101" }],
    ["the same after a prefix", { to: "sms:5550100101" }],
    ["a number with 00 for +", { to: "0015550100101" }],
    ["a trunk zero that may belong to it or not", { to: "+44 (0)20 7946 0018" }],
    ["a short code", { to: "12345" }],
    ["a chat with a short code", { chat_guid: "SMS;-;12345" }],
    ["a name out of the contacts", { to: "Ada" }],
    ["a chat in a recipient's place", { to: "chat_identifier:ada@example.com" }],
    ["several recipients", { addresses: ["+15550100101", "+15550100102"] }],
    ["several recipients in one text", { to: "+15550100101,+15550100102" }],
    ["a recipient and a chat", { to: "+15550100101", chat_id: 1 }],
    ["a chat by two names", { chat_id: 1, chat_guid: "iMessage;-;+15550100101" }],
  ])("%s", (_, params) => expect(chat(params)).toBeUndefined());
});

describe("LINK14: whose turn it is", () => {
  const turns = (list: string): string =>
    inTurn(
      list.split(" ").map((word, at) => ({
        at,
        chat: word.startsWith("?") ? undefined : word.slice(0, 1),
        running: word.endsWith("!"),
      })),
    )
      .map(({ at }) => at)
      .join(" ");

  it.each([
    ["a b a b c", "0 1 4"],
    ["a! b a", "1"],
    ["a! a b! b c", "4"],
    ["? a b", "0"],
    ["?! a b ?", ""],
    ["a b ? c", "0 1"],
    ["a! ? b", ""],
    ["a? b", "0 1"],
  ])("%s: %s", (list, expected) => expect(turns(list)).toBe(expected));
});
