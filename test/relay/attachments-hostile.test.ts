// Attachments at the relay, where the Mac does not keep to the rules (ATT11, I8).
import { describe, expect, it } from "vitest";
import { alone, OPEN } from "./support/channel.ts";
import { bearerOf, bring, EMPTY_SHA256, fetched, fileUrl, put, staged, endOf } from "./support/files.ts";
import { worker, type Json } from "./support/http.ts";
import { ask, BYTES, countsOf, ETAG, opened, say, scene, soon } from "./support/photo.ts";

const STAGED = { state: "staged", staged: "s", name: "n", size: 11, offset: 11, digest: null, expires_at: 1 };
const DONE = { state: "done", bytes: 11, sha256: EMPTY_SHA256 };

describe("frames out of turn", () => {
  it.each([
    ["done", DONE],
    ["staged", STAGED],
  ])("ATT11 `%s` of a read before it is opened is an answer at once", async (_, word) => {
    const of = await scene();
    const answer = ask(of);
    say(of, await of.agent.sock.next(), word);
    expect(await soon(answer.then(({ status }) => status))).toBe(500);
    expect(await countsOf(of)).toEqual({ open: 0, waiting: 0 });
  });

  it.each([
    ["done", DONE],
    ["staged", STAGED],
  ])("ATT6 I8 `%s` before the bytes is no end: the body breaks off", async (_, word) => {
    const of = await scene();
    const answer = ask(of);
    const asked = await of.agent.sock.next();
    opened(of, asked);
    const response = await answer;
    const text = endOf(response);
    say(of, asked, word);
    expect(await soon(text)).toBe("broken");
    const view = await worker.fetch(fileUrl(of, `transfers/${String(asked["transfer"])}`), {
      headers: bearerOf(of),
    });
    expect(await view.json()).toMatchObject({ state: "failed", sha256: null });
    expect((await bring(of, asked, BYTES)).status).toBe(410);
    expect(await countsOf(of)).toEqual({ open: 0, waiting: 0 });
  });

  it("ATT7 I8 `staged` before the bytes were fetched, or while they are, does not hold the caller up", async () => {
    const of = await alone(OPEN);
    const early = put(of, "attachments", BYTES);
    staged(of, await of.agent.sock.next());
    expect(await soon(early.then(() => "answered"))).toBe("answered");
    const body = new Uint8Array(4_000_000);
    const late = put(of, "attachments", body);
    const asked = await of.agent.sock.next();
    const { body: unread } = await fetched(of, asked);
    staged(of, asked, { size: body.length, offset: body.length });
    expect(await soon(late.then(() => "answered"))).toBe("answered");
    await unread?.cancel().catch(() => undefined);
    expect(await countsOf(of)).toEqual({ open: 0, waiting: 0 });
  });

  it("ATT6 I8 `opened` twice breaks off: nobody knows which of them is meant", async () => {
    const of = await scene();
    const answer = ask(of);
    const asked = await of.agent.sock.next();
    opened(of, asked);
    const text = (await answer).text().then(
      () => "whole",
      () => "broken",
    );
    opened(of, asked, { size: 5, length: 5 });
    expect(await soon(text)).toBe("broken");
    expect(await of.agent.sock.next()).toEqual({ t: "abort", transfer: asked["transfer"] });
    expect((await bring(of, asked, BYTES.slice(0, 5))).status).toBe(410);
  });

  it.each<[string, Json]>([
    [
      "`opened`",
      { state: "opened", status: 200, size: 5, start: 0, length: 5, etag: ETAG, modified: 0, digest: null },
    ],
    ["`done`", DONE],
    ["another size", { ...STAGED, size: 12 }],
    ["more than was sent", { ...STAGED, size: 11, offset: 12 }],
    ["less than was sent", { ...STAGED, offset: 10 }],
  ])("ATT7 ATT11 %s is no answer to an upload", async (_, word) => {
    const of = await alone(OPEN);
    const upload = put(of, "attachments", BYTES);
    const asked = await of.agent.sock.next();
    await (await fetched(of, asked)).text();
    say(of, asked, word);
    expect(await soon(upload.then(({ status }) => status))).toBe(500);
    expect(await countsOf(of)).toEqual({ open: 0, waiting: 0 });
  });
});

describe("`opened` that is not so", () => {
  it.each<[string, Json]>([
    ["a whole that is less than the whole", { size: 12, length: 11 }],
    ["a whole that begins later", { start: 1 }],
    ["more than the file", { size: 11, length: 20_000_000 }],
    ["a range nobody asked for", { status: 206, start: 0, length: 5 }],
    ["unchanged, which nobody asked", { status: 304, length: 0 }],
    ["no such range, which nobody asked for", { status: 416, length: 0 }],
    ["nothing of a file that is not empty", { length: 0 }],
    ["a tag that is two headers", { etag: '"a"\r\nx-evil: 1' }],
    ["a tag in another script", { etag: '"ö→"' }],
    ["a weak tag", { etag: 'W/"a"' }],
    ["a tag without quotes", { etag: "abc" }],
    ["a digest that is two headers", { digest: "abc\r\nx-evil: 1" }],
    ["a digest that is none", { digest: "abc:, sha-512=:zzz" }],
  ])("I8 ATT11 %s is an error, and holds nothing", async (_, change) => {
    const of = await scene();
    const answer = ask(of);
    const asked = await of.agent.sock.next();
    opened(of, asked, change);
    expect(await soon(answer.then(({ status }) => status))).toBe(500);
    expect(await countsOf(of)).toEqual({ open: 0, waiting: 0 });
  });

  it.each<[string, Json]>([
    ["a range beyond the end", { status: 206, start: 6, length: 6 }],
    ["an empty range", { status: 206, start: 6, length: 0 }],
  ])("I8 ATT3 %s is an error", async (_, change) => {
    const of = await scene();
    const answer = ask(of, { headers: { range: "bytes=6-" } });
    opened(of, await of.agent.sock.next(), change);
    expect(await soon(answer.then(({ status }) => status))).toBe(500);
    expect(await countsOf(of)).toEqual({ open: 0, waiting: 0 });
  });

  it("ATT2 a time that is none is left out", async () => {
    const of = await scene();
    const answer = ask(of, { method: "HEAD" });
    opened(of, await of.agent.sock.next(), { length: 0, modified: 1e300 });
    const { status, headers } = await answer;
    expect([status, headers.get("last-modified")]).toEqual([200, null]);
  });
});

it("ATT4 a Mac that wants to be left alone for ever is asked again within the hour", async () => {
  const of = await scene();
  for (const code of ["growing", "changed", "rate_limited"]) {
    const answer = ask(of);
    say(of, await of.agent.sock.next(), {
      state: "failed",
      error: { code, retry_after_s: Number.MAX_SAFE_INTEGER },
    });
    expect((await answer).headers.get("retry-after")).toBe("3600");
  }
});
