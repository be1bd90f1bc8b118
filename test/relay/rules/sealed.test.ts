import { describe, expect, it } from "vitest";
import { seal, unseal } from "../../../relay/sealed.ts";
import { readSecrets } from "../../../relay/secrets.ts";

const OLD = `1:${"5e".repeat(32)}`;
const NEW = `2:${"a7".repeat(32)}`;
const secrets = readSecrets(OLD);
const TEXT = "/Users/somebody/Größe “1”.heic";

describe("what is sealed", () => {
  it("ATT5 comes back, is the same every time, and shows nothing of itself", () => {
    const sealed = seal(secrets, "attachment", "acc_1", TEXT);
    expect(sealed).toMatch(/^[\w-]+$/);
    expect(seal(secrets, "attachment", "acc_1", TEXT)).toBe(sealed);
    expect(seal(secrets, "attachment", "acc_1", `${TEXT}2`).slice(0, 20)).not.toBe(sealed.slice(0, 20));
    expect(unseal(secrets, "attachment", "acc_1", sealed)).toBe(TEXT);
  });

  it("ATT5 is nothing for another account, another purpose, or when a bit of it is another", () => {
    const sealed = seal(secrets, "attachment", "acc_1", TEXT);
    expect(unseal(secrets, "attachment", "acc_2", sealed)).toBeUndefined();
    expect(unseal(secrets, "other", "acc_1", sealed)).toBeUndefined();
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = sealed.slice(0, at) + (sealed[at] === "A" ? "B" : "A") + sealed.slice(at + 1);
      // The last character has bits that stand for nothing.
      const isSame = unseal(secrets, "attachment", "acc_1", changed) === TEXT;
      expect([at, isSame && at < sealed.length - 1]).toEqual([at, false]);
    }
    for (const text of ["", "A", "é", "A".repeat(39), "=".repeat(60)])
      expect(unseal(secrets, "attachment", "acc_1", text)).toBeUndefined();
  });

  it("ATT5 is read as long as its secret is listed", () => {
    const sealed = seal(secrets, "attachment", "acc_1", TEXT);
    expect(unseal(readSecrets(`${NEW},${OLD}`), "attachment", "acc_1", sealed)).toBe(TEXT);
    expect(unseal(readSecrets(NEW), "attachment", "acc_1", sealed)).toBeUndefined();
  });
});
