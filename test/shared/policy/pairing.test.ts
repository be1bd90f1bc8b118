import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalCode,
  findByCode,
  isExpired,
  MAX_PENDING_PAIRINGS,
  newCode,
  PAIRING_CODE_CHARS,
  PAIRING_MS,
  pairingText,
  prune,
  requestPairing,
  type PairingRequest,
} from "../../../shared/policy/pairing.ts";
import { ANN, BOB } from "./support.ts";

const NOW = 1_800_000_000_000;
const request = (handle: string, code: string, createdAt = NOW, lastSeenAt = createdAt): PairingRequest => ({
  handle,
  code,
  createdAt,
  lastSeenAt,
});
const never = (): string => {
  throw new Error("no code is needed");
};

describe("codes (POL19)", () => {
  it("POL19 eight characters, none of them 0, 1, I or O", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 16 }), (bytes) => {
        expect(newCode(bytes)).toMatch(/^[A-HJ-NP-Z2-9]{8}$/);
      }),
    );
    expect(PAIRING_CODE_CHARS).toBe(8);
  });

  it("POL19 every character is equally likely", () => {
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 256; byte += 1) {
      const char = newCode(new Uint8Array(8).fill(byte)).charAt(0);
      counts.set(char, (counts.get(char) ?? 0) + 1);
    }
    expect([counts.size, new Set(counts.values())]).toEqual([32, new Set([8])]);
  });

  it("POL19 too few random bytes make no code", () => {
    expect(() => newCode(new Uint8Array(7))).toThrow("more random bytes");
  });

  it("POL19 compared trimmed and in upper case; what is misread matches nothing", () => {
    expect(canonicalCode("  abcd2345\n")).toBe("ABCD2345");
    const pending = [request(ANN, "ABCD2345"), request(BOB, "EFGH6789")];
    expect(findByCode(pending, " efgh6789 ", NOW)?.handle).toBe(BOB);
    for (const text of ["", "ABCD234", "ABCD23456", "ABCD2340", "OBCD2345", "ABCD 2345"])
      expect(findByCode(pending, text, NOW)).toBeUndefined();
  });

  it("POL19 a code ends an hour after it was made, not a millisecond sooner", () => {
    const pending = [request(ANN, "ABCD2345")];
    expect(findByCode(pending, "ABCD2345", NOW + PAIRING_MS)?.handle).toBe(ANN);
    expect(findByCode(pending, "ABCD2345", NOW + PAIRING_MS + 1)).toBeUndefined();
    expect(isExpired(request(ANN, "ABCD2345", Number.NaN), NOW)).toBe(true);
    expect(PAIRING_MS).toBe(3_600_000);
  });
});

describe("requests (POL20)", () => {
  it("POL20 a stranger gets a code", () => {
    expect(requestPairing([], ANN, NOW, () => "ABCD2345")).toEqual({
      kind: "new",
      request: request(ANN, "ABCD2345"),
    });
  });

  it("POL20 the same stranger keeps it: seen again, not made anew, and no longer valid for it", () => {
    const first = request(ANN, "ABCD2345");
    expect(requestPairing([first], ANN, NOW + 5, never)).toEqual({
      kind: "repeat",
      request: { ...first, lastSeenAt: NOW + 5 },
    });
  });

  it("POL20 after an hour it is a new request, with a new code", () => {
    const old = request(ANN, "ABCD2345", NOW, NOW + PAIRING_MS);
    expect(requestPairing([old], ANN, NOW + PAIRING_MS + 1, () => "NEWC2345")).toMatchObject({
      kind: "new",
      request: { code: "NEWC2345" },
    });
  });

  it("POL20 a fourth stranger gets nothing, until one of the three is over", () => {
    const three = ["A", "B", "C"].map((name, at) => request(name, `CODE222${name}`, NOW + at));
    expect(requestPairing(three, ANN, NOW + 9, never)).toEqual({ kind: "full" });
    expect(requestPairing(three, "B", NOW + 9, never).kind).toBe("repeat");
    expect(requestPairing(three, ANN, NOW + PAIRING_MS + 1, () => "ABCD2345").kind).toBe("new");
    expect(MAX_PENDING_PAIRINGS).toBe(3);
  });

  it("POL20 no two pending requests share a code", () => {
    const codes = ["ABCD2345", "ABCD2345", "EFGH6789"];
    const made = requestPairing([request(BOB, "ABCD2345")], ANN, NOW, () => codes.shift() ?? "");
    expect(made).toMatchObject({ kind: "new", request: { code: "EFGH6789" } });
    expect(requestPairing([request(BOB, "ABCD2345")], ANN, NOW, () => "ABCD2345")).toEqual({ kind: "full" });
  });

  it("POL20 pruning drops what is over, then what was not seen for longest", () => {
    const over = request("old", "OLDC2345", NOW - PAIRING_MS - 1);
    const four = [
      request("A", "A", NOW, 4),
      request("B", "B", NOW, 1),
      request("C", "C", NOW, 3),
      request("D", "D", NOW, 2),
    ];
    expect(prune([over, ...four], NOW).map(({ handle }) => handle)).toEqual(["A", "C", "D"]);
  });
});

describe("what a stranger is told (POL21)", () => {
  const words = { code: "ABCD2345", handle: ANN, name: "Ann" };

  it("POL21 our own words: the own handle, the code on a line of its own, and what lets them in", () => {
    for (const template of ["", "  \n"]) {
      const text = pairingText(template, words);
      expect(text).toContain(ANN);
      expect(text.split("\n")).toContain("ABCD2345");
      expect(text).toContain("imsg-relay pairing approve ABCD2345");
      expect(text).not.toMatch(/[{}]/);
    }
  });

  it("POL21 a template's three names are filled in, other braces stay", () => {
    expect(pairingText("{name} ({handle}): {code} {code} {Code} {x} {} {{name}}", words)).toBe(
      `Ann (${ANN}): ABCD2345 ABCD2345 {Code} {x} {} {Ann}`,
    );
  });

  it("POL21 what is filled in is not filled again, and a dollar sign is one", () => {
    expect(pairingText("{name} {code}", { ...words, name: "{code} $& $1" })).toBe("{code} $& $1 ABCD2345");
  });
});
