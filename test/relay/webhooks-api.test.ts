// What may be asked of webhook endpoints, and by whom (docs/protocol.md, HOOK rules).
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mintId, openId, randomPart } from "../../shared/ids.ts";
import { ATTACHMENT_LINK_MS, ENDPOINT_LIMIT } from "../../shared/webhooks/limits.ts";
import { row } from "./support/agent.ts";
import { alone, poll, OPEN, type Channel } from "./support/channel.ts";
import { bring, EMPTY_SHA256 } from "./support/files.ts";
import { endpoint, endpointsOf, hook, hooksOf, Internet, statusOfAsk, URL_OF_BOT } from "./support/hooks.ts";
import { get, newKey, newTenant, worker, type Json } from "./support/http.ts";
import { freeze, secrets } from "./support/object.ts";

const RECEIVED = "message.received";

let internet: Internet;
beforeEach(() => {
  internet = new Internet();
});
afterEach(() => {
  vi.useRealTimers();
  internet.close();
});

const lastId = async (of: Channel): Promise<string> =>
  (await poll(of, "after=beginning&limit=200&kinds=message.*")).events.at(-1)?.id ?? "";

/** Issued for that tenant, and of nothing there is. */
function strangeEndpoint({ account }: Channel): string {
  const tenant = openId("ten", account.tenant, secrets.macOf)?.tenant ?? randomPart();
  return mintId("end", { tenant, own: randomPart() }, secrets.newest, secrets.macOf);
}

describe("a test event", () => {
  it("HOOK23 goes out at once, signed, and says what came of it; it is not logged", async () => {
    const of = await alone();
    const { id } = await endpoint(of);
    internet.answer = () => new Response("fine");
    const path = endpointsOf(of, `/${id}/test`);
    expect(await hook(of, 200, "POST", path, {})).toEqual({
      delivered: true,
      status: 200,
      took_ms: expect.any(Number),
      why: null,
      response: "fine",
    });
    const posted = await internet.until("endpoint.test");
    expect(posted.headers.get("webhook-id")).toMatch(/^test_[0-9a-z]+$/);
    expect(posted.headers.get("webhook-signature")).toMatch(/^v1,/);
    expect(posted.payload.data).toEqual({ endpoint: id, account: of.account.account });
    internet.answer = () => new Response("no", { status: 500 });
    expect(await hook(of, 200, "POST", path, { account: of.account.account })).toMatchObject({
      delivered: false,
      status: 500,
      why: "answered 500",
    });
    const { attempts } = await hook(of, 200, "GET", hooksOf(of, `/${id}/attempts`));
    expect(attempts).toEqual([]);
  });

  it("HOOK23 is for accounts of its tenant", async () => {
    const [of, other] = [await alone(), await alone()];
    const { id } = await endpoint(of);
    const path = endpointsOf(of, `/${id}/test`);
    await hook(of, 400, "POST", path, { account: other.account.account });
    await hook(of, 400, "POST", path, { account: 7 });
    expect(internet.posted).toEqual([]);
  });
});

describe("what is asked again", () => {
  it("HOOK17 resend, HOOK18 replay and HOOK19 parked answer for an account", async () => {
    const of = await alone();
    const { id } = await endpoint(of);
    internet.answer = () => new Response("", { status: 500 });
    await of.agent.show([row(1)]);
    await internet.until(RECEIVED);
    await vi.waitUntil(async () => {
      const { parked } = await hook(of, 200, "GET", hooksOf(of, `/${id}/parked`));
      return (parked as unknown[]).length === 1;
    });
    const event = await lastId(of);
    const waiting = await hook(of, 200, "GET", hooksOf(of, `/${id}/parked`));
    expect(waiting).toMatchObject({ parked: [{ chat: "-;+15550001", event }], set_aside: [] });
    internet.answer = () => new Response("");
    await vi.waitUntil(async () => {
      const { parked } = await hook(of, 200, "GET", hooksOf(of, `/${id}/parked`));
      return (parked as unknown[]).length === 0;
    }, 4_000);
    const { length } = internet.of(RECEIVED);
    expect(await hook(of, 200, "POST", hooksOf(of, `/${id}/resend`), { event })).toMatchObject({ event });
    const resent = await internet.until(RECEIVED, length + 1);
    expect(resent.payload.data).toMatchObject({ id: event, late: true });
    await hook(of, 200, "POST", hooksOf(of, `/${id}/replay`), { since: 0 });
    const replayed = await internet.until(RECEIVED, length + 2);
    expect(replayed.headers.get("webhook-id")).toBe(resent.headers.get("webhook-id"));
  });

  it("HOOK24 refuses wrong bodies, and events that the log does not have", async () => {
    const of = await alone();
    const { id } = await endpoint(of);
    const refused = (door: string, wrong: unknown): Promise<number> =>
      statusOfAsk("POST", hooksOf(of, `/${id}/${door}`), { key: of.key.credential, body: wrong });
    for (const wrong of [{}, { event: 7 }, []]) expect(await refused("resend", wrong)).toBe(400);
    expect(await refused("resend", { event: "other.1" })).toBe(404);
    for (const wrong of [{}, { after: 1 }, { since: "now" }, { since: -1 }, { after: "beginning", since: 1 }])
      expect(await refused("replay", wrong)).toBe(400);
    expect(await refused("replay", { after: "other.1" })).toBe(404);
  });
});

it("HOOK24 every door needs manage, of its own tenant, and an endpoint that there is", async () => {
  const of = await alone();
  const { id } = await endpoint(of);
  const doors = (end: string): [string, string][] => [
    ["GET", endpointsOf(of, `/${end}`)],
    ["POST", endpointsOf(of, `/${end}/test`)],
    ["GET", endpointsOf(of, `/${end}/secret`)],
    ["GET", hooksOf(of, `/${end}/attempts`)],
    ["GET", hooksOf(of, `/${end}/parked`)],
    ["POST", hooksOf(of, `/${end}/resend`)],
    ["POST", hooksOf(of, `/${end}/replay`)],
  ];
  const body = (method: string): { body?: Json } =>
    method === "GET" ? {} : { body: { after: "beginning" } };
  const resend = { event: await lastId(of) };
  const reader = await newKey(of.account.tenant, ["read", "send", "rpc"]);
  const stranger = await newKey(await newTenant(), ["manage"]);
  for (const [method, path] of doors(id)) {
    const asked = path.endsWith("/resend") ? { body: resend } : body(method);
    expect([path, await statusOfAsk(method, path, { key: null, ...asked })]).toEqual([path, 401]);
    expect([path, await statusOfAsk(method, path, { key: reader.credential, ...asked })]).toEqual([
      path,
      403,
    ]);
    expect([path, await statusOfAsk(method, path, { key: stranger.credential, ...asked })]).toEqual([
      path,
      404,
    ]);
  }
  for (const end of [strangeEndpoint(of), `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`])
    for (const [method, path] of doors(end)) {
      const asked = path.endsWith("/resend") ? { body: resend } : body(method);
      const status = await statusOfAsk(method, path, { key: of.key.credential, ...asked });
      expect([path, status]).toEqual([path, 404]);
    }
});

it("HOOK24 who asks is found out before a byte of the body is read", async () => {
  const of = await alone();
  const { id } = await endpoint(of);
  const stranger = await newKey(await newTenant(), ["manage"]);
  const wrong = { url: 7, accounts: ["acc_0"], secret: 7, account: 7, event: 7 };
  const doors: [string, string][] = [
    ["POST", endpointsOf(of)],
    ["PATCH", endpointsOf(of, `/${id}`)],
    ["POST", endpointsOf(of, `/${id}/rotate`)],
    ["POST", endpointsOf(of, `/${id}/test`)],
    ["POST", hooksOf(of, `/${id}/resend`)],
    ["POST", hooksOf(of, `/${id}/replay`)],
  ];
  for (const [method, path] of doors) {
    const ofStranger = { key: stranger.credential, body: wrong };
    expect([path, await statusOfAsk(method, path, { key: null, body: wrong })]).toEqual([path, 401]);
    expect([path, await statusOfAsk(method, path, ofStranger)]).toEqual([path, 404]);
    expect([path, await statusOfAsk(method, path, { key: of.key.credential, body: wrong })]).toEqual([
      path,
      400,
    ]);
  }
});

it("HOOK24 a tenant has 100 endpoints at most, and they are listed", async () => {
  const of = await alone();
  for (let n = 0; n < ENDPOINT_LIMIT; n += 1) await endpoint(of, { kinds: ["pairing.*"] });
  const { endpoints } = await hook(of, 200, "GET", endpointsOf(of));
  expect(endpoints).toHaveLength(ENDPOINT_LIMIT);
  expect((await hook(of, 200, "GET", hooksOf(of)))["endpoints"]).toHaveLength(ENDPOINT_LIMIT);
  await hook(of, 409, "POST", endpointsOf(of), { url: URL_OF_BOT });
}, 30_000);

describe("a link to an attachment", () => {
  const PATH = "/Users/somebody/Library/Messages/Attachments/ab/00/IMG 1.HEIC";
  const PHOTO = { original_path: PATH, transfer_name: "a.heic", mime_type: "image/heic", total_bytes: 11 };

  async function linked(): Promise<{ of: Channel; url: string }> {
    const of = await alone({ ...OPEN, includeAttachments: true });
    await endpoint(of);
    await of.agent.show([row(1, { attachments: [PHOTO] })]);
    const { payload } = await internet.until(RECEIVED);
    const { message } = payload.data["data"] as { message: { attachments: { url: string }[] } };
    return { of, url: message.attachments[0]?.url ?? "" };
  }

  it("HOOK25 brings the file without a key", async () => {
    const { of, url } = await linked();
    expect(url).toContain("/attachments/lnk_");
    expect(url).not.toContain("somebody");
    const answer = worker.fetch(url);
    const asked = await of.agent.sock.next();
    expect(asked).toMatchObject({ t: "read", path: PATH });
    const facts = { status: 200, size: 11, start: 0, length: 11, etag: '"a"', modified: 0, digest: null };
    of.agent.sock.send({ t: "transfer", transfer: asked["transfer"], state: "opened", ...facts });
    const brought = bring(of, asked, new TextEncoder().encode("hello there"));
    const response = await answer;
    expect([response.status, await response.text()]).toEqual([200, "hello there"]);
    of.agent.sock.send({
      t: "transfer",
      transfer: asked["transfer"],
      state: "done",
      bytes: 11,
      sha256: EMPTY_SHA256,
    });
    expect((await brought).status).toBe(200);
  });

  it("TEN9 its bytes are of the account's day: no key is no way around the quota", async () => {
    const { of, url } = await linked();
    const quotas = { bytes_a_day: 0 };
    await get(200, "PATCH", `/v1/tenants/${of.account.tenant}/quotas`, { body: { quotas } });
    const refused = await worker.fetch(url);
    expect([refused.status, await refused.json()]).toMatchObject([429, { quota: { name: "bytes_a_day" } }]);
  });

  it("HOOK25 is of this account alone, cannot be changed, and ends after an hour", async () => {
    freeze();
    const { of, url } = await linked();
    const elsewhere = url.replace(of.account.account, (await alone()).account.account);
    const changed = `${url.slice(0, -2)}${url.endsWith("AA") ? "BB" : "AA"}`;
    const plain = url.replace("lnk_", "att_");
    expect((await worker.fetch(elsewhere)).status).toBe(404);
    expect((await worker.fetch(changed)).status).toBe(404);
    expect((await worker.fetch(plain)).status).toBe(401);
    vi.setSystemTime(Date.now() + ATTACHMENT_LINK_MS);
    expect((await worker.fetch(url)).status).toBe(404);
  });
});
