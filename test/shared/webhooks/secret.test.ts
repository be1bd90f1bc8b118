import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64, encodeBase64 } from "../../../shared/base64.ts";
import { formatSecret, mintSecret, parseSecret } from "../../../shared/webhooks/secret.ts";

const bytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, at) => at * 7);

describe("base64", () => {
  it("is what every other program writes, and read back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (one) => {
        expect(encodeBase64(one)).toBe(Buffer.from(one).toString("base64"));
        expect(decodeBase64(encodeBase64(one))).toEqual(Uint8Array.from(one));
      }),
    );
  });

  it.each([
    "A",
    "AA",
    "AAA",
    "AAA=A",
    "AAA =",
    " AAAA",
    "AAAA\n",
    "AA-_",
    "AB==",
    "AAB=",
    "====",
    "AAAA====",
    "ÄAAA",
  ])("does not read %j, which no encoder writes", (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});

describe("a signing secret (Standard Webhooks 1.0)", () => {
  it("is minted of 32 random bytes and written as whsec_ and base64", () => {
    const [one, other] = [mintSecret(), mintSecret()];
    expect(one).toHaveLength(32);
    expect(one).not.toEqual(other);
    expect(formatSecret(one)).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  });

  it("is read as it was written, with the prefix or without, from 24 to 64 bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), (secret) => {
        const copy = Uint8Array.from(secret);
        const text = formatSecret(copy);
        expect(parseSecret(text)).toEqual({ ok: true, value: copy });
        expect(parseSecret(text.replace("whsec_", ""))).toEqual({ ok: true, value: copy });
      }),
    );
  });

  it.each([
    ["", "a secret has 24 to 64 bytes; this one has 0"],
    ["whsec_", "a secret has 24 to 64 bytes; this one has 0"],
    [formatSecret(bytes(23)), "a secret has 24 to 64 bytes; this one has 23"],
    [formatSecret(bytes(65)), "a secret has 24 to 64 bytes; this one has 65"],
    [`${formatSecret(bytes(32))}\n`, "there is a space or a line break in the secret"],
    [` ${formatSecret(bytes(32))}`, "there is a space or a line break in the secret"],
    [
      formatSecret(bytes(32)).replace("=", ""),
      "a secret is whsec_ and base64 (A-Z a-z 0-9 + /, padded with =)",
    ],
    [`whsec_${"-_".repeat(22)}`, "a secret is whsec_ and base64 (A-Z a-z 0-9 + /, padded with =)"],
    [`whsk_${"A".repeat(43)}=`, "a secret is whsec_ and base64 (A-Z a-z 0-9 + /, padded with =)"],
    [`WHSEC_${"A".repeat(43)}=`, "a secret is whsec_ and base64 (A-Z a-z 0-9 + /, padded with =)"],
  ])("%j is refused: %s", (text, error) => {
    expect(parseSecret(text)).toEqual({ ok: false, error });
  });

  it("is never repeated in the error", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 12, unit: "binary-ascii" }), (text) => {
        const parsed = parseSecret(text);
        expect(parsed.ok ? "" : parsed.error).not.toContain(text);
      }),
    );
  });
});
