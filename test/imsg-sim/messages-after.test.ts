import { describe, expect, test } from "vitest";
import { InProcess, type InProcessOptions } from "./in-process.ts";
import type { Json } from "./wire-message.ts";

const ANA = "+15550100101";

function imsg(options: InProcessOptions = {}): InProcess {
  const engine = new InProcess("0.15", options);
  engine.script.dm(ANA);
  return engine;
}

const resultOf = (answer: Json | undefined): Json => (answer?.["result"] ?? {}) as Json;
const messagesOf = (answer: Json | undefined): Json[] => (resultOf(answer)["messages"] ?? []) as Json[];
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

describe("messages.after pages through the database", () => {
  test("next_rowid and has_more lead to every row exactly once", () => {
    const engine = imsg();
    engine.script.appendBulk(1, ANA, 1234);
    const seen: unknown[] = [];
    let since = 0;
    for (let more = true; more;) {
      const page = resultOf(engine.request("messages.after", { since_rowid: since, limit: 500 }));
      seen.push(...(page["messages"] as Json[]).map(({ id }) => id));
      since = page["next_rowid"] as number;
      more = page["has_more"] as boolean;
    }
    expect(seen).toStrictEqual(range(1, 1234));
    expect(resultOf(engine.request("messages.after", { since_rowid: since }))).toMatchObject({
      next_rowid: 1234,
    });
  });

  test("rows without a chat are shown with chat_id 0", () => {
    const engine = imsg();
    engine.script.appendUnjoined(ANA, "nowhere");
    const page = resultOf(engine.request("messages.after", { since_rowid: 0 }));
    expect(page).toMatchObject({
      messages: [{ id: 1, chat_id: 0, chat_guid: "" }],
      next_rowid: 1,
      has_more: false,
    });
  });

  test("a row joined to two chats is never cut in two by a page", () => {
    const engine = imsg();
    const other = engine.script.dm("+15550100102");
    engine.script.appendText(1, ANA, "one");
    engine.script.join(engine.script.appendText(1, ANA, "shared"), other);
    const first = resultOf(engine.request("messages.after", { since_rowid: 0, limit: 2 }));
    expect(first).toMatchObject({ messages: [{ id: 1 }], next_rowid: 1, has_more: true });
    const second = resultOf(engine.request("messages.after", { since_rowid: 1, limit: 2 }));
    expect(second).toMatchObject({
      messages: [{ chat_id: 1 }, { chat_id: 2 }],
      next_rowid: 2,
      has_more: false,
    });
  });

  test("tapbacks come only when asked for", () => {
    const engine = imsg();
    const text = engine.script.appendText(1, ANA, "one");
    engine.script.appendTapback(1, ANA, text, "love");
    expect(messagesOf(engine.request("messages.after", { since_rowid: 0 }))).toHaveLength(1);
    const both = messagesOf(engine.request("messages.after", { since_rowid: 0, include_reactions: true }));
    expect(both[1]).toMatchObject({
      is_reaction: true,
      reaction_type: "love",
      reacted_to_guid: text,
      text: "Loved “one”",
    });
  });

  test("a link and its balloon are one message with url_preview", () => {
    const engine = imsg();
    const twins = engine.script.appendUrlTwins(1, ANA, "https://example.com/a");
    const messages = messagesOf(engine.request("messages.after", { since_rowid: 0 }));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ guid: twins.text, url_preview: { guid: twins.balloon } });
    const later = resultOf(engine.request("messages.after", { since_rowid: 1 }));
    expect(later).toStrictEqual({ messages: [], next_rowid: 2, has_more: false });
  });
});
