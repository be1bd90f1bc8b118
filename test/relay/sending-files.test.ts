// Sends with files that were uploaded to the Mac before.
import { describe, expect, it } from "vitest";
import { alone, OPEN, post, type Channel } from "./support/channel.ts";
import { uploaded } from "./support/files.ts";
import type { Json } from "./support/http.ts";

const SENT: Json = { result: { ok: true, guid: "S" } };

/** The next part goes before the ack of the one before it. */
async function nextCall(of: Channel): Promise<Json> {
  const frame = await of.agent.sock.next();
  return frame["t"] === "ack" ? nextCall(of) : frame;
}

/** What the Mac is given, part by part. */
async function given(of: Channel, body: Json, parts: number): Promise<Json[]> {
  const response = post(of, { to: "+15550001", ...body });
  const params: Json[] = [];
  for (let part = 0; part < parts; part += 1) {
    const call = await nextCall(of);
    params.push(call["params"] as Json);
    of.agent.answer(call, SENT);
  }
  expect((await response).status).toBe(200);
  return params.map(({ text, file }) => ({ text, file }));
}

describe("a send with files", () => {
  it("ATT9 one file goes with its text, in one message", async () => {
    const of = await alone(OPEN);
    const attachments = [await uploaded(of, "one")];
    expect(await given(of, { text: "look", attachments }, 1)).toEqual([{ text: "look", file: "staged:one" }]);
  });

  it("ATT9 files alone are a message each", async () => {
    const of = await alone(OPEN);
    const attachments = [await uploaded(of, "one"), await uploaded(of, "two")];
    expect(await given(of, { attachments }, 2)).toEqual([{ file: "staged:one" }, { file: "staged:two" }]);
  });

  it("ATT9 the text's beginning is on the first, and what is left of it comes before the others", async () => {
    const of = await alone({ ...OPEN, textChunkLimit: 5 });
    const attachments = [await uploaded(of, "one"), await uploaded(of, "two")];
    expect(await given(of, { text: "12345 67890", attachments }, 3)).toEqual([
      { text: "12345", file: "staged:one" },
      { text: "67890" },
      { file: "staged:two" },
    ]);
  });

  it("ATT9 I7 the same key and the same file, uploaded once more, is the same request; another file is a conflict", async () => {
    const of = await alone(OPEN);
    const body = async (name: string, digest?: string): Promise<Json> => ({
      to: "+15550001",
      text: "look",
      attachments: [await uploaded(of, name, digest)],
    });
    const key = { "idempotency-key": "k" };
    const first = post(of, await body("one"), key);
    of.agent.answer(await nextCall(of), SENT);
    const sent = await (await first).json();
    await of.agent.sock.next();
    expect(await (await post(of, await body("two"), key)).json()).toEqual(sent);
    expect((await post(of, await body("three", "another"), key)).status).toBe(409);
  });

  it("ATT9 what was not uploaded to this account is refused, and nothing is sent", async () => {
    const [of, other] = [await alone(OPEN), await alone(OPEN)];
    const foreign = await uploaded(other, "one");
    for (const attachments of [[foreign], ["/etc/hosts"], ["staged:one"]]) {
      const response = await post(of, { to: "+15550001", text: "look", attachments });
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { detail: expect.stringContaining("attachments.0") },
      ]);
    }
    expect((await post(of, { to: "+15550001" })).status).toBe(400);
    const many = Array.from({ length: 11 }, () => foreign);
    expect((await post(of, { to: "+15550001", attachments: many })).status).toBe(400);
  });
});
