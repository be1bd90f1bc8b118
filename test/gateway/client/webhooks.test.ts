import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import * as fc from "fast-check";
import type { Miniflare } from "miniflare";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { isKind } from "../../../gateway/client/events-schema.ts";
import {
  verifyWebhook,
  type VerifiedWebhook,
  type WebhookRefusal,
  type WebhookRequest,
} from "../../../gateway/client/webhooks.ts";
import type { LoggedEvent } from "../../../shared/events.ts";
import { deliveryId } from "../../../shared/webhooks/delivery-id.ts";
import { webhookPayload } from "../../../shared/webhooks/payload.ts";
import { formatSecret, mintSecret } from "../../../shared/webhooks/secret.ts";
import { signatureHeader } from "../../../shared/webhooks/signature.ts";
import { bundledWorker } from "../support/bundled-worker.ts";

const NOW = Date.UTC(2026, 10, 22, 10, 0, 0);
const AT = NOW / 1_000;
const [newer, older, foreign] = [mintSecret(), mintSecret(), mintSecret()];

const logged: LoggedEvent = {
  id: "log1.7",
  kind: "message.received",
  account: "acc_1",
  logged_at: NOW,
  database: 1,
  rowid: 7,
  chat: "-;+15550100111",
  delayed: false,
  backfilled: false,
  data: {
    message: { id: 7, guid: "G7", text: "hällo 👋", balloon: { of: "later" } },
    reply_to: "chat_guid:any;-;+15550100111",
  },
};

/** As the relay sends it. */
async function sent(body: string, secrets = [newer], timestamp = AT, id = deliveryId(logged.id)) {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": await signatureHeader(secrets, { id, timestamp, body }),
  };
}
const payload = JSON.stringify(webhookPayload(logged));
const secrets = formatSecret(newer);

async function verify(more: Partial<WebhookRequest> = {}): Promise<VerifiedWebhook> {
  return verifyWebhook({ headers: await sent(payload), body: payload, secrets, now: NOW, ...more });
}
const whyOf = (verified: VerifiedWebhook): WebhookRefusal | "ok" => (verified.ok ? "ok" : verified.why);
const why = async (more: Partial<WebhookRequest>): Promise<WebhookRefusal | "ok"> =>
  whyOf(await verify(more));

describe("a webhook of the relay", () => {
  test("is verified, named and typed as every other reader's event", async () => {
    const verified = await verify();
    if (!verified.ok) throw new Error(verified.detail);
    expect(verified).toMatchObject({ id: "evt_log1_7", timestamp: AT });
    const { type, timestamp, late, data } = verified.event;
    expect({ type, timestamp, late }).toEqual({
      type: "message.received",
      timestamp: "2026-11-22T10:00:00.000Z",
      late: false,
    });
    if (!isKind(data, "message.received")) throw new Error("of another kind");
    expectTypeOf(data.data.reply_to).toEqualTypeOf<string>();
    expectTypeOf(data.data.message.text).toEqualTypeOf<string>();
    expect(data).toMatchObject(logged);
  });

  test("says when it is late", async () => {
    const body = JSON.stringify(webhookPayload(logged, true));
    const verified = await verify({ headers: await sent(body), body });
    expect(verified).toMatchObject({ ok: true, event: { late: true, data: { id: "log1.7" } } });
  });

  test.each<[string, object, object]>([
    ["of a newer relay's kind", { kind: "poll.closed", data: [1] }, { kind: "poll.closed", data: [1] }],
    ["of a known kind in another shape", { data: 7 }, { kind: "unreadable", data: { ...logged, data: 7 } }],
  ])("%s is verified all the same", async (_name, more, expected) => {
    const body = JSON.stringify(webhookPayload({ ...logged, ...more }));
    const verified = await verify({ headers: await sent(body), body });
    expect(verified).toMatchObject({ ok: true, event: { data: expected } });
  });

  test("a test, which is in no log, is handed over with the webhook's id", async () => {
    const body = JSON.stringify({ type: "endpoint.test", timestamp: "", data: { hello: true } });
    const verified = await verify({ headers: await sent(body, [newer], AT, "test_1"), body });
    expect(verified).toMatchObject({
      ok: true,
      event: { type: "endpoint.test", data: { id: "test_1", kind: "endpoint.test", data: { hello: true } } },
    });
  });

  test("is verified with headers of every runtime, and a body in every form it comes in", async () => {
    const headers = await sent(payload);
    const upper = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
    );
    const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
    for (const one of [headers, upper, lists, new Headers(headers), new Map(Object.entries(headers))]) {
      const got = one instanceof Map ? { get: (name: string) => one.get(name) ?? null } : one;
      expect(await why({ headers: got })).toBe("ok");
    }
    const bytes = Uint8Array.from(Buffer.from(payload));
    for (const body of [payload, bytes, bytes.buffer, Buffer.from(payload)])
      expect(await why({ body })).toBe("ok");
  });

  test("is verified where a proxy sent the signatures' header twice", async () => {
    const headers = await sent(payload);
    const [ours, theirs] = [headers["webhook-signature"], `v1,${Buffer.alloc(32).toString("base64")}`];
    const joined = new Headers(headers);
    joined.set("webhook-signature", ours);
    joined.append("webhook-signature", theirs);
    expect(await why({ headers: joined })).toBe("ok");
    expect(await why({ headers: { ...headers, "webhook-signature": [theirs, ours] } })).toBe("ok");
  });

  test("is verified before, during and after a rotation, by either end's order of doing it", async () => {
    const [before, during, after] = [
      await sent(payload, [older]),
      await sent(payload, [newer, older]),
      await sent(payload),
    ];
    const told = async (secrets: readonly Uint8Array<ArrayBuffer>[]) =>
      Promise.all(
        [before, during, after].map((headers) => why({ headers, secrets: secrets.map(formatSecret) })),
      );
    expect(await told([older])).toEqual(["ok", "ok", "not_signed"]);
    expect(await told([newer])).toEqual(["not_signed", "ok", "ok"]);
    expect(await told([newer, older])).toEqual(["ok", "ok", "ok"]);
    expect(await told([foreign])).toEqual(["not_signed", "not_signed", "not_signed"]);
  });

  test("that the official library signed is verified, whatever it says", async () => {
    const value = fc.record({
      type: fc.string({ minLength: 1 }),
      timestamp: fc.string(),
      data: fc.jsonValue(),
    });
    await fc.assert(
      fc.asyncProperty(value, async (value) => {
        const body = JSON.stringify(value);
        const headers = {
          "webhook-id": "msg_1",
          "webhook-timestamp": String(AT),
          "webhook-signature": new Webhook(secrets).sign("msg_1", new Date(NOW), body),
        };
        expect(await verify({ headers, body })).toMatchObject({ ok: true, event: { type: value.type } });
      }),
    );
  });
});

describe("what is no webhook of the relay is refused", () => {
  test("without one of the three headers", async () => {
    const headers = await sent(payload);
    for (const name of Object.keys(headers))
      expect(await why({ headers: { ...headers, [name]: undefined } })).toBe("missing_header");
    expect(await why({ headers: new Headers() })).toBe("missing_header");
  });

  test.each([
    ["webhook-id", ""],
    ["webhook-id", "log1.7"],
    ["webhook-id", "a b"],
    ["webhook-timestamp", "now"],
    ["webhook-timestamp", `0${AT}`],
    ["webhook-timestamp", `${AT}.0`],
    ["webhook-timestamp", `+${AT}`],
    ["webhook-timestamp", `${AT}, ${AT}`],
    ["webhook-timestamp", "1e9"],
  ])("with %s: %j", async (name, value) => {
    expect(await why({ headers: { ...(await sent(payload)), [name]: value } })).toBe("bad_header");
  });

  test("more than five minutes old, or ahead, unless the receiver says otherwise", async () => {
    const at = async (age: number, toleranceS?: number) =>
      why({
        headers: await sent(payload, [newer], AT - age),
        ...(toleranceS === undefined ? {} : { toleranceS }),
      });
    expect([await at(300), await at(301), await at(-300), await at(-301)]).toEqual([
      "ok",
      "too_old",
      "ok",
      "too_new",
    ]);
    expect([await at(10, 10), await at(11, 10), await at(86_400, 86_400)]).toEqual(["ok", "too_old", "ok"]);
  });

  test("and its age is measured by the system's clock where none is given", async () => {
    const headers = await sent(payload, [newer], Math.floor(Date.now() / 1_000));
    expect(whyOf(await verifyWebhook({ headers, body: payload, secrets }))).toBe("ok");
    const old = await sent(payload, [newer], Math.floor(Date.now() / 1_000) - 400);
    expect(whyOf(await verifyWebhook({ headers: old, body: payload, secrets }))).toBe("too_old");
  });

  test("with anything changed after it was signed", async () => {
    const headers = await sent(payload);
    expect(await why({ body: `${payload} ` })).toBe("not_signed");
    expect(await why({ body: payload.replace("hällo", "hallo") })).toBe("not_signed");
    expect(await why({ headers: { ...headers, "webhook-id": "evt_log1_8" } })).toBe("not_signed");
    expect(await why({ headers: { ...headers, "webhook-timestamp": String(AT + 1) } })).toBe("not_signed");
    expect(await why({ headers: { ...headers, "webhook-signature": "v1,AAAA" } })).toBe("not_signed");
  });

  test("signed, but with nothing in it that is an event", async () => {
    for (const body of ["", "null", "[]", "{", '{"type":""}', '{"type":7,"data":{}}', "[".repeat(100)])
      expect([body, await why({ headers: await sent(body), body })]).toEqual([body, "not_an_event"]);
  });

  test("by a receiver without a proper secret, and none of it is repeated", async () => {
    for (const wrong of ["", "whsec_short", [], [secrets, "not base64!"]]) {
      const verified = await verify({ secrets: wrong });
      expect(whyOf(verified)).toBe("bad_secret");
      expect(JSON.stringify(verified)).not.toMatch(/short|not base64!/);
    }
  });

  test("where a middleware had parsed the body before", async () => {
    const body: unknown = JSON.parse(payload);
    expect(await why({ body: body as string })).toBe("body_not_raw");
  });
});

describe("in a bot", () => {
  test("on Node, the request's own headers and bytes will do", async () => {
    const server = createServer((request, response) => {
      void (async () => {
        const body = await buffer(request);
        response.end(
          JSON.stringify(await verifyWebhook({ headers: request.headers, body, secrets, now: NOW })),
        );
      })();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const headers = await sent(payload);
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body: payload });
    expect(await response.json()).toMatchObject({ ok: true, id: "evt_log1_7", event: { data: logged } });
    server.close();
  });

  describe("on workerd", () => {
    let worker: Miniflare;
    beforeAll(async () => {
      const entry = path.join(import.meta.dirname, "../support/verifying-worker.ts");
      worker = await bundledWorker(entry, { SECRETS: [newer, older].map(formatSecret).join(" ") });
    });
    afterAll(() => worker.dispose());

    const post = (headers: Record<string, string>, body: string) =>
      worker.dispatchFetch("http://bot.test/", { method: "POST", headers, body });

    test("the same is verified, by both secrets, and what is not signed is refused", async () => {
      const now = Math.floor(Date.now() / 1_000);
      for (const signing of [[newer], [older], [newer, older]]) {
        const response = await post(await sent(payload, signing, now), payload);
        expect(await response.json()).toMatchObject({ ok: true, timestamp: now, event: { data: logged } });
      }
      const refused = [
        await post(await sent(payload, [foreign], now), payload),
        await post(await sent(payload, [newer], now), `${payload} `),
        await post(await sent(payload, [newer], now - 301), payload),
        await post({}, payload),
      ];
      const said = await Promise.all(
        refused.map(async (response) => [response.status, await response.json()]),
      );
      expect(said).toMatchObject([
        [401, { why: "not_signed" }],
        [401, { why: "not_signed" }],
        [401, { why: "too_old" }],
        [401, { why: "missing_header" }],
      ]);
    });
  });
});
