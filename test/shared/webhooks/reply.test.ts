import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readReply, type EndpointAnswer } from "../../../shared/webhooks/reply.ts";

const CHAT = "chat_guid:any;-;+15550100111";
const answer = (value: unknown, more: Partial<EndpointAnswer> = {}): EndpointAnswer => ({
  status: 200,
  contentType: "application/json",
  body: typeof value === "string" ? value : JSON.stringify(value),
  ...more,
});
const plain = { text: "hello", format: "markdown", chunk_mode: null, reply_to_guid: null };

describe("a reply in the response", () => {
  it("is one text, and how it is written, split and quoted", () => {
    expect(readReply(answer({ reply: { text: "hello" } }), CHAT)).toEqual({ ok: true, value: plain });
    const full = { text: "*a*", format: "plain", chunk_mode: "newline", reply_to_guid: "G7" };
    expect(readReply(answer({ reply: full }), CHAT)).toEqual({ ok: true, value: full });
  });

  it.each([
    "application/json; charset=utf-8",
    "Application/JSON",
    "application/problem+json",
    "application/json;x=y",
  ])("is read where the answer says it is JSON: %s", (contentType) => {
    expect(readReply(answer({ reply: { text: "hello" } }, { contentType }), CHAT)).toEqual({
      ok: true,
      value: plain,
    });
  });

  it("may say more than this relay knows, and where the event's own answers go", () => {
    const reply = { text: "hello", to: CHAT, reply_to: CHAT, service: "auto", attachments: [], mood: "good" };
    expect(readReply(answer({ reply, trace: 1 }), CHAT)).toEqual({ ok: true, value: plain });
  });

  it.each<[string, EndpointAnswer]>([
    ["no body", answer("")],
    ["a blank body", answer(" \n")],
    ["a body without a reply", answer({ ok: true })],
    ["a reply of null", answer({ reply: null })],
    ["a list", answer([1])],
    ["a number", answer("7")],
    ["plain text", answer("OK", { contentType: "text/plain" })],
    ["a page", answer("<html>", { contentType: "text/html" })],
    ["no type", answer({ reply: { text: "hello" } }, { contentType: null })],
    ["another type", answer({ reply: { text: "hello" } }, { contentType: "application/jsonp" })],
    ["another status", answer({ reply: { text: "hello" } }, { status: 202 })],
  ])("%s says nothing", (_name, one) => {
    expect(readReply(one, CHAT)).toEqual({ ok: true, value: null });
  });

  it.each<[unknown, string]>([
    ["{", "the answer is not JSON"],
    ["OK", "the answer is not JSON"],
    ["[".repeat(65) + "]".repeat(65), "the answer is nested too deep"],
    [{ reply: "hello" }, "reply must be an object"],
    [{ reply: [] }, "reply must be an object"],
    [{ reply: {} }, "reply.text must be a text"],
    [{ reply: { text: 7 } }, "reply.text must be a text"],
    [{ reply: { text: "" } }, "reply.text is empty; leave reply out to say nothing"],
    [{ reply: { text: "x", format: "html" } }, 'reply.format must be "markdown" or "plain"'],
    [{ reply: { text: "x", chunk_mode: "word" } }, 'reply.chunk_mode must be "length" or "newline"'],
    [{ reply: { text: "x", reply_to_guid: "" } }, "reply.reply_to_guid is empty"],
    [{ reply: { text: "x", reply_to_guid: 7 } }, "reply.reply_to_guid must be a guid"],
    [
      { reply: { text: "x", attachments: ["ref"] } },
      "reply.attachments: files are sent by POST …/messages, a reply is text alone",
    ],
    [
      { reply: { text: "x", to: "+15550100999" } },
      "reply.to: a reply goes to the event's own chat; for another use POST …/messages",
    ],
    [
      { reply: { text: "x", reply_to: "chat_guid:any;-;+15550100999" } },
      "reply.reply_to: a reply goes to the event's own chat; for another use POST …/messages",
    ],
    [
      { reply: { text: "x", service: "sms" } },
      "reply.service: a reply goes by the chat's own service; for another use POST …/messages",
    ],
  ])("%j is not taken: %s", (value, error) => {
    expect(readReply(answer(value), CHAT)).toEqual({ ok: false, error });
  });

  it("is read up to 64 KiB of JSON, counted in bytes", () => {
    const around = JSON.stringify({ reply: { text: "" } }).length;
    const room = 64 * 1024 - around;
    const fits = "a".repeat(room % 2) + "ä".repeat(Math.floor(room / 2));
    expect(readReply(answer({ reply: { text: fits } }), CHAT).ok).toBe(true);
    const over = readReply(answer({ reply: { text: `${fits}a` } }), CHAT);
    expect(over.ok ? "taken" : over.error).toBe("the answer is over 64 KiB");
  });

  it("never throws, and what is taken has a text", () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.record({ reply: fc.oneof(fc.jsonValue(), fc.record({ text: fc.jsonValue() })) }),
    );
    fc.assert(
      fc.property(value, (value) => {
        const read = readReply(answer(JSON.stringify(value)), CHAT);
        expect(read.ok && read.value !== null ? read.value.text.length : 1).toBeGreaterThan(0);
      }),
    );
  });
});
