// Attachments at the relay, where callers ask oddly: names and paths of any length, many at once, and gone meanwhile.
import { describe, expect, it } from "vitest";
import { decodeRelayFrame } from "../../shared/frames.ts";
import { alone, OPEN } from "./support/channel.ts";
import { bearerOf, fileUrl } from "./support/files.ts";
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
    await patience(100);
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
