import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase32, encodeBase32 } from "../../shared/base32.ts";
import {
  accountName,
  equalBytes,
  mintId,
  openId,
  randomPart,
  tenantName,
  type IdKind,
  type IdParts,
  type MacOf,
} from "../../shared/ids.ts";

const KINDS = {
  ten: { account: false, own: 0 },
  acc: { account: true, own: 0 },
  key: { account: false, own: 10 },
  end: { account: false, own: 10 },
  ins: { account: true, own: 10 },
  op: { account: true, own: 10 },
  enr: { account: true, own: 16 },
  tic: { account: true, own: 16 },
  tra: { account: true, own: 16 },
} as const satisfies Record<IdKind, unknown>;
const kinds = Object.keys(KINDS) as IdKind[];

/** The versions that are listed. */
const macs =
  (...versions: number[]): MacOf =>
  (version, message) =>
    versions.includes(version)
      ? createHmac("sha256", `secret ${version}`).update(message).digest()
      : undefined;

const partsOf = (kind: IdKind): IdParts => ({
  tenant: randomPart(),
  ...(KINDS[kind].account ? { account: randomPart() } : {}),
  ...(KINDS[kind].own > 0 ? { own: randomPart(KINDS[kind].own) } : {}),
});

const ALPHABET = Array.from("0123456789abcdefghjkmnpqrstvwxyz");

describe("base32", () => {
  it("ID1 what was encoded decodes to itself, in lower case without i, l, o, u", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const text = encodeBase32(bytes);
        expect(text).toMatch(/^[0-9a-hjkmnp-tv-z]*$/);
        expect(decodeBase32(text, bytes.length)).toEqual(bytes);
      }),
    );
  });

  it("ID1 there is one text for each value: no other decodes to the same", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 12 }),
        fc.nat(),
        fc.constantFrom(...ALPHABET),
        (bytes, at, char) => {
          const text = encodeBase32(bytes);
          const index = at % text.length;
          const other = text.slice(0, index) + char + text.slice(index + 1);
          const isSame = equalBytes(decodeBase32(other, bytes.length) ?? new Uint8Array(), bytes);
          expect(isSame).toBe(other === text);
        },
      ),
    );
  });

  it.each([
    "0000000",
    "000000000",
    "0000000i",
    "0000000l",
    "0000000o",
    "0000000u",
    "0000000A",
    "0000000-",
    "0000000\ud83d\ude00",
  ])("ID1 %j is no five bytes", (text) => {
    expect(decodeBase32(text, 5)).toBeUndefined();
  });

  it("ID1 bits that no encoder would write are refused", () => {
    expect(decodeBase32("00", 1)).toEqual(Uint8Array.of(0));
    for (const last of "123") expect(decodeBase32(`0${last}`, 1)).toBeUndefined();
  });
});

describe("ids", () => {
  it.each(kinds)("ID1 a %s opens to what it was made of", (kind) => {
    const parts = partsOf(kind);
    const id = mintId(kind, parts, 7, macs(7));
    expect(id).toMatch(new RegExp(`^${kind}_[0-9a-z]+$`));
    expect(openId(kind, id, macs(7))).toEqual({ id, ...parts });
    const { account, own } = KINDS[kind];
    expect(id.length).toBe(kind.length + 1 + Math.ceil(((2 + 10 + (account ? 10 : 0) + own + 8) * 8) / 5));
  });

  it.each(kinds)("ID2 every flipped bit of a %s is refused", (kind) => {
    const id = mintId(kind, partsOf(kind), 1, macs(1));
    const text = id.slice(kind.length + 1);
    const length = Math.floor((text.length * 5) / 8);
    const bytes = decodeBase32(text, length) ?? new Uint8Array();
    expect(bytes.length).toBe(length);
    for (let bit = 0; bit < length * 8; bit += 1) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(
        openId(kind, `${kind}_${encodeBase32(flipped)}`, macs(1, 0, 3, 5, 9, 17, 33, 65, 129)),
      ).toBeUndefined();
    }
  });

  it("ID2 an id of one kind is none of another, also where the parts are alike", () => {
    for (const kind of kinds) {
      const id = mintId(kind, partsOf(kind), 1, macs(1));
      for (const other of kinds) {
        if (other === kind) continue;
        expect(openId(other, id, macs(1))).toBeUndefined();
        expect(openId(other, id.replace(kind, other), macs(1))).toBeUndefined();
      }
    }
  });

  it("ID2 a version that is not listed, or whose secret is another, is refused", () => {
    const id = mintId("acc", partsOf("acc"), 1, macs(1));
    expect(openId("acc", id, macs(2))).toBeUndefined();
    expect(
      openId("acc", id, (_, message) => createHmac("sha256", "other").update(message).digest()),
    ).toBeUndefined();
    expect(() => mintId("acc", partsOf("acc"), 2, macs(1))).toThrow("version 2");
  });

  it("ID1 rotation: old ids go on opening, and an id of either version leads to the same object", () => {
    const parts = partsOf("acc");
    const [older, newer] = [mintId("acc", parts, 1, macs(1)), mintId("acc", parts, 2, macs(2, 1))];
    expect(older).not.toBe(newer);
    const opened = [openId("acc", older, macs(2, 1)), openId("acc", newer, macs(2, 1))] as const;
    if (opened[0] === undefined || opened[1] === undefined) throw new Error("not opened");
    expect(accountName(opened[0])).toBe(accountName(opened[1]));
    expect(tenantName(opened[0])).toBe(tenantName(opened[1]));
  });

  it("ID1 accounts of one tenant have different objects, and none is its tenant's", () => {
    const tenant = randomPart();
    const [one, two] = [
      { tenant, account: randomPart() },
      { tenant, account: randomPart() },
    ];
    expect(new Set([accountName(one), accountName(two), tenantName(one)]).size).toBe(3);
  });

  it.each(["", "acc", "acc_", "acc_0", "ACC_0", "key_acc_"])("ID2 %j is no id", (text) => {
    expect(openId("acc", text, macs(1))).toBeUndefined();
  });

  it("ID1 a letter of every id is reserved for a jurisdiction: none as yet, under the MAC, and an unknown one opens nothing", () => {
    for (const kind of kinds) {
      const id = mintId(kind, partsOf(kind), 1, macs(1));
      const length = Math.floor(((id.length - kind.length - 1) * 5) / 8);
      const bytes = decodeBase32(id.slice(kind.length + 1), length) ?? new Uint8Array();
      expect(bytes[1]).toBe(0);
      // As a later version would issue it.
      const payload = Uint8Array.of(1, 1, ...bytes.slice(2, -8));
      const label = new TextEncoder().encode(`imsg-relay ${kind} `);
      const mac = macs(1)(1, Uint8Array.of(...label, ...payload)) ?? new Uint8Array();
      const later = `${kind}_${encodeBase32(Uint8Array.of(...payload, ...mac.subarray(0, 8)))}`;
      expect(openId(kind, later, macs(1))).toBeUndefined();
      const same = Uint8Array.of(1, 0, ...payload.slice(2));
      const check = macs(1)(1, Uint8Array.of(...label, ...same)) ?? new Uint8Array();
      expect(`${kind}_${encodeBase32(Uint8Array.of(...same, ...check.subarray(0, 8)))}`).toBe(id);
    }
  });

  it("ID2 a text with something before or after is another text", () => {
    const id = mintId("key", partsOf("key"), 1, macs(1));
    for (const text of [
      ` ${id}`,
      `${id} `,
      `${id}0`,
      id.slice(0, -1),
      id.toUpperCase(),
      id.replace("_", "-"),
    ])
      expect(openId("key", text, macs(1))).toBeUndefined();
  });

  it("ID1 a kind made of the wrong parts is a bug that is told", () => {
    const { tenant, account, own } = { tenant: randomPart(), account: randomPart(), own: randomPart() };
    expect(() => mintId("ins", { tenant, account }, 1, macs(1))).toThrow("other parts");
    expect(() => mintId("acc", { tenant, account, own }, 1, macs(1))).toThrow("out of bounds");
    expect(() => mintId("key", { tenant }, 1, macs(1))).toThrow("other parts");
  });

  it("ID1 no byte of any text opens what was never issued", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.uint8Array({ minLength: 20, maxLength: 60 }),
        (kind, bytes) => {
          expect(openId(kind, `${kind}_${encodeBase32(bytes)}`, macs(0, 1))).toBeUndefined();
        },
      ),
    );
  });

  it("bytes are compared over their whole length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 }), (a, b) => {
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(equalBytes(a, a.slice())).toBe(true);
      }),
    );
  });
});
