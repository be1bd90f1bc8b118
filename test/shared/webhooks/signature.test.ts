import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { formatSecret, mintSecret, type SigningSecret } from "../../../shared/webhooks/secret.ts";
import { isSignedBy, signatureHeader, type SignedContent } from "../../../shared/webhooks/signature.ts";

const now = (): number => Math.floor(Date.now() / 1_000);
const content = (more: Partial<SignedContent> = {}): SignedContent => ({
  id: "evt_log1_7",
  timestamp: now(),
  body: '{"type":"message.received","data":{"text":"héllo 👋"}}',
  ...more,
});

/** What a receiver does who uses the official library. */
function verifiedByLibrary(secret: SigningSecret, one: SignedContent, header: string): unknown {
  return new Webhook(formatSecret(secret)).verify(String(one.body), {
    "webhook-id": one.id,
    "webhook-timestamp": String(one.timestamp),
    "webhook-signature": header,
  });
}

describe("a signature (Standard Webhooks 1.0)", () => {
  it("is HMAC-SHA256 by the decoded bytes over id, time and body", async () => {
    const secret = mintSecret();
    const one = content({ timestamp: 1_700_000_000 });
    const mac = createHmac("sha256", secret).update(`evt_log1_7.1700000000.${String(one.body)}`);
    expect(await signatureHeader([secret], one)).toBe(`v1,${mac.digest("base64")}`);
  });

  it("is the example of the official documentation", async () => {
    const secret = Uint8Array.from(Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64"));
    const one = {
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      timestamp: 1_614_265_330,
      body: '{"test": 2432232314}',
    };
    expect(await signatureHeader([secret], one)).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  it("is accepted by the official library, whatever the body says", async () => {
    const body = fc.json({ stringUnit: "grapheme" });
    const bytes = fc.uint8Array({ minLength: 24, maxLength: 64 });
    await fc.assert(
      fc.asyncProperty(body, bytes, async (body, raw) => {
        const secret = Uint8Array.from(raw);
        const one = content({ body });
        const header = await signatureHeader([secret], one);
        expect(verifiedByLibrary(secret, one, header)).toEqual(JSON.parse(body));
      }),
    );
  });

  it("is the library's own, byte by byte, for text as for bytes", async () => {
    const secret = mintSecret();
    const one = content();
    const theirs = new Webhook(formatSecret(secret)).sign(
      one.id,
      new Date(one.timestamp * 1_000),
      String(one.body),
    );
    const body = new TextEncoder().encode(String(one.body));
    expect(await signatureHeader([secret], one)).toBe(theirs);
    expect(await signatureHeader([secret], { ...one, body })).toBe(theirs);
  });

  it("is given twice while a rotation lasts, and the library accepts it with either secret and no third", async () => {
    const [newer, older, foreign] = [mintSecret(), mintSecret(), mintSecret()];
    const one = content();
    const header = await signatureHeader([newer, older], one);
    expect(header).toMatch(/^v1,\S{44} v1,\S{44}$/);
    const parsed = JSON.parse(String(one.body)) as unknown;
    expect(verifiedByLibrary(newer, one, header)).toEqual(parsed);
    expect(verifiedByLibrary(older, one, header)).toEqual(parsed);
    expect(() => verifiedByLibrary(foreign, one, header)).toThrow("No matching signature found");
  });

  it("is not made without a secret, of an id with a dot, of half a second", async () => {
    const secret = mintSecret();
    await expect(signatureHeader([], content())).rejects.toThrow("no secret");
    for (const wrong of [{ id: "log1.7" }, { id: "" }, { timestamp: 1.5 }, { timestamp: -1 }])
      await expect(signatureHeader([secret], content(wrong))).rejects.toThrow("no dot");
  });
});

describe("checking a signature", () => {
  it("finds any of the secrets among any of the signatures, beside versions it does not know", async () => {
    const [ours, theirs] = [mintSecret(), mintSecret()];
    const one = content();
    const header = await signatureHeader([ours], one);
    const other = await signatureHeader([theirs], one);
    const asymmetric = `v1a,${Buffer.alloc(64).toString("base64")}`;
    for (const text of [
      header,
      `${other} ${header}`,
      `${asymmetric} ${header} v2,x`,
      `${other}, ${header}`,
      `${header}, ${other}`,
    ])
      expect([text, await isSignedBy([mintSecret(), ours], one, text)]).toEqual([text, true]);
    for (const text of [
      "",
      other,
      asymmetric,
      header.replace("v1,", "v1a,"),
      header.replace("v1,", "v2,"),
      header.slice(3),
      "v1,",
      "v1,=",
    ])
      expect([text, await isSignedBy([ours], one, text)]).toEqual([text, false]);
    expect(await isSignedBy([], one, header)).toBe(false);
  });

  it("accepts what the library signs and refuses every change of it", async () => {
    const secret = mintSecret();
    const at = fc.nat();
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, unit: "grapheme" }), at, async (body, at) => {
        const one = content({ body: new TextEncoder().encode(body) });
        const header = new Webhook(formatSecret(secret)).sign(one.id, new Date(one.timestamp * 1_000), body);
        expect(await isSignedBy([secret], one, header)).toBe(true);
        const changed = Uint8Array.from(new TextEncoder().encode(body));
        changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ (1 << (at % 8));
        for (const wrong of [
          { body: changed },
          { id: `${one.id}x` },
          { timestamp: one.timestamp + 1 },
          { body: new TextEncoder().encode(`${body} `) },
        ])
          expect(await isSignedBy([secret], { ...one, ...wrong }, header)).toBe(false);
      }),
    );
  });

  it("does not take a body that was moved into the id", async () => {
    const secret = mintSecret();
    const one = content({ timestamp: 5, body: "6.{}" });
    const header = await signatureHeader([secret], one);
    expect(await isSignedBy([secret], { id: `${one.id}.5`, timestamp: 6, body: "{}" }, header)).toBe(false);
  });

  it("looks at 32 signatures at most", async () => {
    const secret = mintSecret();
    const one = content();
    const header = await signatureHeader([secret], one);
    const filler = `v1,${Buffer.alloc(32).toString("base64")} `;
    expect(await isSignedBy([secret], one, filler.repeat(31) + header)).toBe(true);
    expect(await isSignedBy([secret], one, filler.repeat(32) + header)).toBe(false);
  });
});
