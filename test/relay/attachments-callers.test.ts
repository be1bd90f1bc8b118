// Attachments at the relay, where callers ask oddly: names and paths of any length, many at once, and gone meanwhile.
import { describe, expect, it } from "vitest";
import { decodeRelayFrame } from "../../shared/frames.ts";
import { alone, OPEN } from "./support/channel.ts";
import { bearerOf, fetched, fileUrl, put, staged } from "./support/files.ts";
import { newKey, worker, type Json } from "./support/http.ts";
import { ask, BYTES, countsOf, opened, PHOTO, say, scene, soon } from "./support/photo.ts";
import { patience } from "./support/socket.ts";

describe("names and paths that are too long for the link", () => {
  it("ATT7 a name that no link takes is refused, and does not cost the Mac its link", async () => {
    const of = await alone(OPEN);
    const named = (name: string): Promise<Response> =>
      worker.fetch(fileUrl(of, "attachments"), {
        method: "POST",
        headers: {
          ...bearerOf(of),
          "content-length": "11",
          "content-disposition": `attachment; filename="${name}"`,
        },
        body: BYTES,
      });
    const long = await soon(named("n".repeat(501)));
    expect(long).toMatchObject({ status: 400 });
    const upload = named("n".repeat(500));
    const text = await of.agent.sock.text();
    // A frame that the Mac does not understand ends its link.
    expect(decodeRelayFrame(text)).toMatchObject({ kind: "frame" });
    say(of, JSON.parse(text) as Json, { state: "failed", error: { code: "internal" } });
    expect((await upload).status).toBe(500);
  });

  it("ATT1 a path that no system has is not asked for", async () => {
    const of = await scene({ ...PHOTO, original_path: `/Users/${"x/".repeat(2_500)}a.heic` });
    expect(await soon(ask(of).then(({ status }) => status))).toBe(404);
  });

  it("ATT2 a name of any length makes headers that readers take", async () => {
    const of = await scene({ ...PHOTO, transfer_name: `${"長".repeat(2_000)}.heic` });
    const answer = ask(of, { method: "HEAD" });
    opened(of, await of.agent.sock.next(), { length: 0 });
    expect((await answer).headers.get("content-disposition")?.length).toBeLessThan(6_000);
  });
});

describe("many at once", () => {
  it("ATT10 one key that fills the queue does not keep another one out of it", async () => {
    const of = await scene();
    const greedy = Array.from({ length: 16 + 64 }, () => ask(of));
    const asked: Json[] = [];
    for (let at = 0; at < 16; at += 1) asked.push(await of.agent.sock.next());
    while (JSON.stringify(await countsOf(of)) !== '{"open":16,"waiting":64}') await patience(5);
    const key = await newKey(of.account.tenant, ["read"]);
    const other = ask({ ...of, key });
    // It took the place of one of them.
    expect((await Promise.race(greedy)).status).toBe(429);
    say(of, asked[0] ?? {}, { state: "failed", error: { code: "missing" } });
    const next = await of.agent.sock.next();
    opened(of, next, { size: 0, length: 0 });
    expect((await other).status).toBe(200);
    of.agent.sock.close();
    const statuses = (await Promise.all(greedy)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    expect(await countsOf(of)).toEqual({ open: 0, waiting: 0 });
  });
});

describe("odd requests", () => {
  it("ATT5 ATT8 are refused in words, and the Mac hears of none of them", async () => {
    const of = await scene();
    const { reference } = of;
    const upload = put(of, "attachments?size=20", BYTES);
    const wanted = await of.agent.sock.next();
    await (await fetched(of, wanted)).text();
    staged(of, wanted, { size: 20, offset: 11, digest: null });
    const { attachment } = await (await upload).json<Json>();
    const begun = String(attachment);
    const odd: readonly [number, string, string, Record<string, string>?][] = [
      [404, "GET", "attachments/%"],
      [404, "GET", "attachments/att_%00"],
      [404, "GET", "attachments/att_%E0%A4%A"],
      [404, "GET", "attachments/%F0%9F%98%80"],
      [404, "GET", `attachments/${"a".repeat(12_001)}`],
      [404, "GET", `attachments/att_${begun.slice(4)}`],
      [404, "GET", `attachments/stg_${reference.slice(4)}`],
      [404, "HEAD", `attachments/stg_${reference.slice(4)}`],
      [404, "PUT", `attachments/${reference}?offset=0`],
      [404, "PUT", "attachments/stg_?offset=0"],
      [400, "PUT", `attachments/${begun}`],
      [400, "PUT", `attachments/${begun}?offset=-1`],
      [400, "PUT", `attachments/${begun}?offset=1e1`],
      [400, "PUT", `attachments/${begun}?offset=0x1`],
      [413, "PUT", `attachments/${begun}?offset=999999999999999`],
      [413, "PUT", `attachments/${begun}?offset=10`],
      [400, "POST", "attachments?size=1.5"],
      [400, "POST", "attachments?size="],
      [413, "POST", "attachments?size=10"],
      [413, "POST", "attachments?size=999999999999999"],
      [400, "POST", "attachments?name="],
      [400, "POST", `attachments?name=${"n".repeat(501)}`],
      [410, "POST", "agent/transfers/tr_x?offset=0"],
      [410, "POST", "agent/transfers/__proto__?offset=0"],
      [410, "POST", "agent/transfers/%00?offset=0"],
      [410, "POST", "agent/transfers/%?offset=0"],
      [400, "POST", "agent/transfers/tr_x"],
      [410, "GET", "agent/transfers/tr_x"],
      [410, "GET", "agent/transfers/toString"],
      [404, "GET", "transfers/tr_x"],
      [404, "GET", "transfers/__proto__"],
      [411, "POST", "attachments", { "content-length": "-1" }],
      [411, "POST", "attachments", { "content-length": "1e2" }],
      [411, "POST", "attachments", { "content-length": "11, 11" }],
      [411, "POST", "attachments", { "content-length": "99999999999999999999" }],
      [411, "POST", "agent/transfers/tr_x?offset=0", { "content-length": "0x1" }],
      [411, "POST", "attachments", { "transfer-encoding": "chunked" }],
      [
        411,
        "PUT",
        `attachments/${begun}?offset=11`,
        { "content-length": "9", "transfer-encoding": "chunked" },
      ],
      [411, "POST", "agent/transfers/tr_x?offset=0", { "transfer-encoding": "chunked" }],
    ];
    const answers = await Promise.all(
      odd.map(async ([expected, method, path, headers = {}]) => {
        const body = method === "GET" || method === "HEAD" ? {} : { body: BYTES };
        const length = { "content-length": "11", ...headers };
        const { status } = await worker.fetch(fileUrl(of, path), {
          method,
          headers: { ...bearerOf(of), ...("body" in body ? length : headers) },
          ...body,
        });
        return { method, path, headers, expected, status };
      }),
    );
    expect(answers.filter(({ status, expected }) => status !== expected)).toEqual([]);
    expect(of.agent.sock.pending).toEqual([]);
    expect(await countsOf(of)).toEqual({ open: 0, waiting: 0 });
  });

  it.each([
    "bytes=0-1,3-4",
    "bytes=",
    "bytes",
    "lines=1-2",
    "bytes=5-1",
    `bytes=${"9".repeat(600)}-`,
    "bytes=\u00e9-",
  ])("ATT3 a range of any form is the Mac's to judge: %j", async (range) => {
    const of = await scene();
    const answer = ask(of, { headers: { range, "if-range": "x".repeat(600), "if-none-match": "é" } });
    const text = await of.agent.sock.text();
    expect(decodeRelayFrame(text)).toMatchObject({ kind: "frame" });
    opened(of, JSON.parse(text) as Json, { size: 0, length: 0 });
    expect((await answer).status).toBe(200);
  });
});
