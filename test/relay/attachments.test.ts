// Attachments at the relay: what is listed, what is asked of the Mac, and how bytes meet. The Mac is scripted.
import { describe, expect, it } from "vitest";
import { alone, OPEN, poll, type Channel } from "./support/channel.ts";
import { row } from "./support/agent.ts";
import { bearerOf, bring, EMPTY_SHA256, fetched, fileUrl, endOf } from "./support/files.ts";
import { Gateway } from "./support/gateway.ts";
import { newKey, worker, type Json } from "./support/http.ts";

const PATH = "/Users/somebody/Library/Messages/Attachments/ab/00/IMG 1.HEIC";
const PHOTO: Json = {
  filename: "~/Library/Messages/Attachments/ab/00/IMG 1.HEIC",
  transfer_name: "Größe & Co “1”.heic",
  uti: "public.heic",
  mime_type: "image/heic",
  total_bytes: 11,
  is_sticker: false,
  original_path: PATH,
  missing: false,
};
const BYTES = new TextEncoder().encode("hello there");
const ETAG = '"abc"';

interface Scene extends Channel {
  readonly reference: string;
}

/** A message with a photo was shown. */
async function scene(config: Json = {}): Promise<Scene> {
  const of = await alone({ ...OPEN, includeAttachments: true, ...config });
  await of.agent.show([row(1, { attachments: [PHOTO] })]);
  const { events } = await poll(of);
  const [listed] = (events.at(-1)?.data.message["attachments"] ?? []) as Json[];
  return { ...of, reference: String(listed?.["attachment"]) };
}

const ask = (of: Scene, method = "GET", headers: Record<string, string> = {}): Promise<Response> =>
  worker.fetch(fileUrl(of, `attachments/${of.reference}`), {
    method,
    headers: { ...bearerOf(of), ...headers },
  });

/** The Mac opened it. */
function opened(of: Channel, { transfer }: Json, change: Json = {}): void {
  const facts = { status: 200, size: 11, start: 0, length: 11, etag: ETAG, modified: 0, digest: null };
  of.agent.sock.send({ t: "transfer", transfer, state: "opened", ...facts, ...change });
}
const failed = (of: Channel, { transfer }: Json, error: Json): void =>
  of.agent.sock.send({ t: "transfer", transfer, state: "failed", error });

describe("what is listed", () => {
  it("ATT1 events name each attachment, what it is, and no path of the Mac", async () => {
    const of = await alone({ ...OPEN, includeAttachments: true });
    const gone = { ...PHOTO, missing: true, original_path: "", filename: "" };
    await of.agent.show([row(1, { attachments: [PHOTO, gone, "nonsense"] })]);
    const { events } = await poll(of);
    const { attachments } = events.at(-1)?.data.message ?? {};
    expect(attachments).toEqual([
      {
        attachment: expect.stringMatching(/^att_[\w-]+$/),
        name: "Größe & Co “1”.heic",
        mime_type: "image/heic",
        uti: "public.heic",
        size: 11,
        is_sticker: false,
        missing: false,
      },
      expect.objectContaining({ attachment: null, missing: true }),
      expect.objectContaining({ attachment: null, missing: true, size: null }),
    ]);
    expect(JSON.stringify(events)).not.toContain("somebody");
    // The same name every time: what is kept under it stays findable.
    expect((await poll(of)).events.at(-1)?.data.message["attachments"]).toEqual(attachments);
  });

  it("ATT1 in the tunnel, imsg's own object stays, and the references stand beside it", async () => {
    const of = await scene();
    const gateway = await Gateway.connect(of.account, { v1: true });
    await gateway.subscribe({ attachments: true, since_rowid: -1 });
    const { params } = (await gateway.sock.next()) as { params: Json };
    expect(params["message"]).toMatchObject({ attachments: [PHOTO] });
    expect(params["relay"]).toMatchObject({ attachments: [of.reference] });
  });
});

describe("history over POST", () => {
  it("ATT1 names the references beside imsg's own fields, and leaves all else as imsg said it", async () => {
    const of = await scene();
    const key = await newKey(of.account.tenant, ["rpc"]);
    const answer = worker.fetch(fileUrl(of, "rpc?references=true"), {
      method: "POST",
      headers: { authorization: `Bearer ${key.credential}` },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "messages.history", params: { chat_id: 1 } }),
    });
    const message = row(1, { attachments: [PHOTO] });
    of.agent.answer(await of.agent.call(), { result: { messages: [message, row(2), "odd"], more: 1 } });
    expect(await (await answer).json()).toMatchObject({
      result: {
        messages: [
          { ...message, attachments: [{ ...PHOTO, attachment: of.reference }] },
          row(2, { created_at: expect.any(String) }),
          "odd",
        ],
        more: 1,
      },
    });
  });
});

describe("a download", () => {
  it("ATT2 I8 asks the Mac for that path, and its bytes become the answer", async () => {
    const of = await scene();
    const answer = ask(of);
    const asked = await of.agent.sock.next();
    expect(asked).toEqual({
      t: "read",
      transfer: expect.stringMatching(/^tra_/),
      path: PATH,
      head: false,
      range: null,
      if_range: null,
      if_none_match: null,
      cap: 16 * 1024 * 1024,
    });
    opened(of, asked);
    const [brought, response] = await Promise.all([bring(of, asked, BYTES), answer]);
    expect(brought.status).toBe(200);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-length": "11",
      "content-type": "image/heic",
      "content-disposition": expect.stringContaining("filename*=UTF-8''Gr%C3%B6%C3%9Fe"),
      "accept-ranges": "bytes",
      etag: ETAG,
      "x-transfer": asked["transfer"],
    });
    expect(await response.text()).toBe("hello there");
    of.agent.sock.send({
      t: "transfer",
      transfer: asked["transfer"],
      state: "done",
      bytes: 11,
      sha256: EMPTY_SHA256,
    });
    await of.agent.sock.handled();
    const view = await worker.fetch(fileUrl(of, `transfers/${String(asked["transfer"])}`), {
      headers: bearerOf(of),
    });
    expect(await view.json()).toEqual({
      transfer: asked["transfer"],
      state: "done",
      bytes: 11,
      sha256: EMPTY_SHA256,
    });
  });

  it("ATT2 the bytes may be there before the Mac's word, and come in parts", async () => {
    const of = await scene();
    const answer = ask(of);
    const asked = await of.agent.sock.next();
    const first = bring(of, asked, BYTES.slice(0, 4));
    opened(of, asked);
    const response = await answer;
    const text = response.text();
    expect((await first).status).toBe(200);
    expect((await bring(of, asked, BYTES.slice(4), 9)).status).toBe(409);
    expect((await bring(of, asked, BYTES.slice(4), 4)).status).toBe(200);
    expect(await text).toBe("hello there");
  });

  it("ATT3 ranges and conditions go to the Mac, and its answers to the caller", async () => {
    const of = await scene();
    const part = ask(of, "GET", { range: "bytes=6-", "if-range": ETAG });
    const asked = await of.agent.sock.next();
    expect(asked).toMatchObject({ range: "bytes=6-", if_range: ETAG });
    opened(of, asked, { status: 206, start: 6, length: 5 });
    void bring(of, asked, BYTES.slice(6));
    const ranged = await part;
    expect([ranged.status, ranged.headers.get("content-range")]).toEqual([206, "bytes 6-10/11"]);
    expect(await ranged.text()).toBe("there");

    const unchanged = ask(of, "GET", { "if-none-match": ETAG });
    opened(of, await of.agent.sock.next(), { status: 304, length: 0 });
    expect((await unchanged).status).toBe(304);

    const beyond = ask(of, "GET", { range: "bytes=99-" });
    opened(of, await of.agent.sock.next(), { status: 416, length: 0 });
    expect((await beyond).headers.get("content-range")).toBe("bytes */11");

    const head = ask(of, "HEAD");
    const headed = await of.agent.sock.next();
    expect(headed).toMatchObject({ head: true });
    opened(of, headed, { length: 0, digest: EMPTY_SHA256 });
    expect((await head).headers.get("repr-digest")).toBe(`sha-256=:${EMPTY_SHA256}:`);
  });

  it.each([
    ["missing", {}, 404, {}],
    ["growing", { retry_after_s: 2 }, 425, { retry_after_s: 2 }],
    ["too_large", { size: 30, cap: 20 }, 413, { size: 30, cap: 20 }],
    ["too_large", { size: 30, cap: 20, rule: "media_max_mb" }, 413, { cap: 20, rule: "media_max_mb" }],
    ["forbidden_by_mac", { rule: "paused", detail: "Paused." }, 403, { rule: "paused", detail: "Paused." }],
    ["rate_limited", {}, 429, { retry_after_s: 5 }],
    ["internal", {}, 500, {}],
  ] as const)("ATT4 the Mac says %s", async (code, more, status, said) => {
    const of = await scene();
    const answer = ask(of);
    failed(of, await of.agent.sock.next(), { code, ...more });
    const response = await answer;
    expect([response.status, await response.json()]).toEqual([status, expect.objectContaining(said)]);
    expect(response.headers.get("retry-after")).toBe(
      "retry_after_s" in said ? String(said.retry_after_s) : null,
    );
  });

  it("ATT4 the relay's cap is looked at again, whatever the Mac says", async () => {
    const of = await scene({ mediaMaxMb: 1 });
    const answer = ask(of);
    const asked = await of.agent.sock.next();
    expect(asked["cap"]).toBe(1024 * 1024);
    opened(of, asked, { size: 2_000_000, length: 2_000_000 });
    expect(await (await answer).json()).toMatchObject({ code: "too_large", size: 2_000_000, cap: 1_048_576 });
    expect(await of.agent.sock.next()).toEqual({ t: "abort", transfer: asked["transfer"] });
    expect((await bring(of, asked, BYTES)).status).toBe(410);
  });

  it("ATT4 attachmentRoots narrows what may be asked for, beside Messages' own folder; the Mac is not asked", async () => {
    const inside = await scene({ attachmentRoots: ["/Volumes/x"] });
    const answer = ask(inside);
    failed(inside, await inside.agent.sock.next(), { code: "missing" });
    expect((await answer).status).toBe(404);
    const of = await alone({ ...OPEN, includeAttachments: true, attachmentRoots: ["/Volumes/x"] });
    const away = { ...PHOTO, original_path: "/Volumes/xy/a.png" };
    await of.agent.show([row(1, { attachments: [away] })]);
    const { events } = await poll(of);
    const [listed] = (events.at(-1)?.data.message["attachments"] ?? []) as Json[];
    const refused = await ask({ ...of, reference: String(listed?.["attachment"]) });
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: "forbidden" }]);
  });

  it("ATT5 a reference of another account, one that was changed, or nobody's is not found", async () => {
    const of = await scene();
    const other = await scene();
    const wrong = [
      other.reference,
      `${of.reference.slice(0, -2)}AA`,
      "att_",
      "att_x",
      "stg_AAAA",
      of.reference.slice(4),
    ];
    for (const reference of wrong) {
      const { status } = await ask({ ...of, reference });
      expect([reference, status]).toEqual([reference, 404]);
    }
  });

  it("ATT5 needs a key that may read, and the Mac", async () => {
    const of = await scene();
    const key = await newKey(of.account.tenant, ["send"]);
    expect((await ask({ ...of, key })).status).toBe(403);
    of.agent.sock.close();
    await of.agent.sock.closed;
    const response = await ask(of);
    expect([response.status, await response.json()]).toMatchObject([503, { code: "agent_offline" }]);
  });

  it("ATT6 I8 a link that is lost ends what was asked on it, and later bytes are nobody's", async () => {
    const of = await scene();
    const answer = ask(of);
    const asked = await of.agent.sock.next();
    of.agent.sock.close();
    expect((await answer).status).toBe(503);
    expect((await bring(of, asked, BYTES)).status).toBe(410);
  });

  it("ATT6 I8 bytes that break off, or are fewer than said, are an error and no short file", async () => {
    const of = await scene();
    const answer = ask(of);
    const asked = await of.agent.sock.next();
    opened(of, asked);
    const response = await answer;
    const text = endOf(response);
    const { readable, writable } = new TransformStream<Uint8Array>();
    const brought = worker.fetch(fileUrl(of, `agent/transfers/${String(asked["transfer"])}?offset=0`), {
      method: "POST",
      headers: { "content-length": "11" },
      body: readable,
    });
    const writer = writable.getWriter();
    await writer.write(BYTES.slice(0, 5));
    await writer.abort("gone");
    expect(await text).toBe("broken");
    // Inside one process the broken body reaches the pipe as one that ended; over a socket it is an error (e2e).
    await brought.catch(() => undefined);
  });

  it("ATT11 what is to be brought cannot be fetched", async () => {
    const of = await scene();
    const answer = ask(of);
    const asked = await of.agent.sock.next();
    expect((await fetched(of, asked)).status).toBe(410);
    failed(of, asked, { code: "missing" });
    expect((await answer).status).toBe(404);
  });
});
