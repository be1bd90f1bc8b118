import { describe, expect, it } from "vitest";
import { mintId, openId, randomPart } from "../../../shared/ids.ts";
import { readConfig, type RelayEnv } from "../../../relay/env.ts";
import { newSecret, readSecrets, sameSecret, sha256 } from "../../../relay/secrets.ts";

const [ONE, TWO] = ["a1".repeat(32), "b2".repeat(32)];
const KEY = "operator-key-of-the-tests-0123456789";
const env = (change: Partial<RelayEnv>): RelayEnv =>
  ({
    RELAY_SECRETS: `1:${ONE}`,
    OPERATOR_KEY: KEY,
    RELAY_ORIGINS: "http://a, https://b,",
    ...change,
  }) as RelayEnv;

describe("secrets", () => {
  it("ID1 the newest comes first and mints; ids of the older go on opening", () => {
    const [before, after] = [readSecrets(`1:${ONE}`), readSecrets(` 2:${TWO} , 1:${ONE}`)];
    expect([before.newest, after.newest]).toEqual([1, 2]);
    const parts = { tenant: randomPart() };
    const [older, newer] = [mintId("ten", parts, 1, before.macOf), mintId("ten", parts, 2, after.macOf)];
    expect([openId("ten", older, after.macOf), openId("ten", newer, after.macOf)]).toMatchObject([
      parts,
      parts,
    ]);
    expect(openId("ten", newer, before.macOf)).toBeUndefined();
  });

  it.each([
    undefined,
    "",
    "nonsense",
    ONE,
    `0:${ONE}`,
    `256:${ONE}`,
    `-1:${ONE}`,
    `1:${ONE.slice(2)}`,
    `1:${ONE.toUpperCase()}`,
    `1:${"z".repeat(64)}`,
    `1:${ONE},1:${TWO}`,
    `1:${ONE},`,
  ])("ID1 secrets %j fail the start, and are not shown in the error", (text) => {
    expect(() => readSecrets(text)).toThrow(/^RELAY_SECRETS/);
    expect(() => readSecrets(text)).not.toThrow(ONE);
  });

  it("ID3 a new secret is 256 bits in base32, and compared whole", () => {
    expect(newSecret()).toMatch(/^[0-9a-hjkmnp-tv-z]{52}$/);
    expect(newSecret()).not.toBe(newSecret());
    expect([sameSecret("a", "a"), sameSecret("a", "b"), sameSecret("a", "aa"), sameSecret("", "")]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});

describe("configuration", () => {
  it("LINK2 origins are a list; the link's times are those of the limits", () => {
    expect(readConfig(env({}))).toMatchObject({
      operatorKey: KEY,
      origins: ["http://a", "https://b"],
      times: { heartbeatMs: 10_000, deadAfterMs: 25_000 },
    });
    expect(readConfig(env({ RELAY_ORIGINS: "" })).origins).toEqual([]);
  });

  it.each([undefined, "", "short", "x".repeat(31)])(
    "ID3 an operator key like %j fails the start",
    (OPERATOR_KEY) => {
      expect(() => readConfig(env({ OPERATOR_KEY: OPERATOR_KEY ?? "" }))).toThrow("at least 32 characters");
    },
  );
});
