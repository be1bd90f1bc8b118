// Uploads at the relay: what the Mac is asked to fetch, and what is refused before a byte. The Mac is scripted.
import { describe, expect, it } from "vitest";
import { alone, OPEN } from "./support/channel.ts";
import { bearerOf, EMPTY_SHA256, fetched, fileUrl, put, staged } from "./support/files.ts";
import { newKey, worker, type Json } from "./support/http.ts";

const BYTES = new TextEncoder().encode("hello there");
const failed = (of: Parameters<typeof staged>[0], { transfer }: Json, error: Json): void =>
  of.agent.sock.send({ t: "transfer", transfer, state: "failed", error });

describe("an upload", () => {
  it("ATT7 I8 the Mac fetches the bytes, and its word is the answer", async () => {
    const of = await alone(OPEN);
    const answer = put(of, "attachments?name=a%20b.txt", BYTES);
    const asked = await of.agent.sock.next();
    expect(asked).toMatchObject({
      t: "write",
      staged: null,
      name: "a b.txt",
      size: 11,
      offset: 0,
      length: 11,
    });
    expect(await (await fetched(of, asked)).text()).toBe("hello there");
    staged(of, asked);
    const response = await answer;
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({
      attachment: expect.stringMatching(/^stg_[\w-]+$/),
      name: "a b.txt",
      size: 11,
      offset: 11,
      complete: true,
      sha256: EMPTY_SHA256,
      expires_at: 5_000,
    });
  });

  it("ATT7 more of it goes on where it ended, and HEAD says where that is", async () => {
    const of = await alone(OPEN);
    const first = put(of, "attachments?name=x&size=11", BYTES.slice(0, 4));
    const asked = await of.agent.sock.next();
    expect(asked).toMatchObject({ size: 11, length: 4 });
    expect(await (await fetched(of, asked)).text()).toBe("hell");
    staged(of, asked, { offset: 4, digest: null });
    const { attachment, complete } = await (await first).json<Json>();
    expect(complete).toBe(false);
    const path = `attachments/${String(attachment)}`;
    const head = worker.fetch(fileUrl(of, path), { method: "HEAD", headers: bearerOf(of) });
    const looked = await of.agent.sock.next();
    expect(looked).toMatchObject({ staged: "s1", length: null });
    staged(of, looked, { offset: 4, digest: null });
    expect(Object.fromEntries((await head).headers)).toMatchObject({
      "upload-offset": "4",
      "upload-length": "11",
      "upload-complete": "?0",
    });
    const wrong = put(of, `${path}?offset=9`, BYTES.slice(9), "PUT");
    failed(of, await of.agent.sock.next(), { code: "conflict", offset: 4 });
    expect(await (await wrong).json()).toMatchObject({ code: "conflict", offset: 4 });
    const rest = put(of, `${path}?offset=4`, BYTES.slice(4), "PUT");
    const more = await of.agent.sock.next();
    expect(more).toMatchObject({ staged: "s1", offset: 4, length: 7, size: 11 });
    expect(await (await fetched(of, more)).text()).toBe("o there");
    staged(of, more);
    expect(await (await rest).json()).toMatchObject({ complete: true });
  });

  it("ATT7 the same bytes are fetched once, and by the name of a transfer of that direction", async () => {
    const of = await alone(OPEN);
    const answer = put(of, "attachments", BYTES);
    const asked = await of.agent.sock.next();
    expect(asked["name"]).toBe("attachment");
    const one = await fetched(of, asked);
    expect((await fetched(of, asked)).status).toBe(410);
    await one.text();
    staged(of, asked);
    expect((await answer).status).toBe(201);
    expect((await fetched(of, asked)).status).toBe(410);
  });

  it("ATT8 is refused before a byte: without a length, over the cap, over a part, by a key that may not send", async () => {
    const of = await alone({ ...OPEN, mediaMaxMb: 1 });
    const length = (bytes: string): Promise<Response> =>
      worker.fetch(fileUrl(of, "attachments"), {
        method: "POST",
        headers: { ...bearerOf(of), "content-length": bytes },
        body: "",
      });
    expect((await length("many")).status).toBe(411);
    expect(await (await length("94371841")).json()).toMatchObject({ code: "too_large", cap: 94_371_840 });
    const large = put(of, "attachments?size=2000000", BYTES);
    expect(await (await large).json()).toMatchObject({ code: "too_large", size: 2_000_000, cap: 1_048_576 });
    const key = await newKey(of.account.tenant, ["read"]);
    expect((await put({ ...of, key }, "attachments", BYTES)).status).toBe(403);
    expect(await of.agent.sock.handled()).toBeUndefined();
  });
});
