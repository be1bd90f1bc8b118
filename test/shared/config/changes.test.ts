import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changedPaths, MAX_CHANGED_PATHS } from "../../../shared/config/changes.ts";
import { valueAt } from "../../../shared/config/edit.ts";
import { parsePath } from "../../../shared/config/path.ts";
import { rightDocument } from "./documents.ts";

describe("what changed", () => {
  it.each<[unknown, unknown, string[]]>([
    [{}, {}, []],
    [{ dmPolicy: "open" }, { dmPolicy: "pairing" }, ["dmPolicy"]],
    [{ allowFrom: ["a", "b"] }, { allowFrom: ["b", "a"] }, ["allowFrom"]],
    [{ allowFrom: ["a"] }, { allowFrom: ["a"] }, []],
    [{}, { groups: { "1": {} } }, ["groups"]],
    [{ groups: { "1": {} } }, { groups: {} }, ["groups.1"]],
    [
      { groups: { "*": {}, "chat_guid:a;b": { requireMention: true } } },
      { groups: { "*": {}, "chat_guid:a;b": { requireMention: false } } },
      ['groups["chat_guid:a;b"].requireMention'],
    ],
    [
      {},
      { accounts: { acc_1: { name: "x", region: "DE" } } },
      ["accounts.acc_1.name", "accounts.acc_1.region"],
    ],
    [{ accounts: { acc_1: { name: "x" } } }, {}, ["accounts.acc_1.name"]],
    [{ accounts: { acc_1: {} } }, {}, ["accounts.acc_1"]],
    [{ name: "b", region: "US" }, { enabled: false }, ["enabled", "name", "region"]],
  ])("%j → %j", (before, after, paths) => {
    expect(changedPaths(before, after)).toEqual(paths);
    expect(changedPaths(structuredClone(after), structuredClone(after))).toEqual([]);
  });

  it("many groups are told as one setting, many accounts by their names", () => {
    const groups = (requireMention: boolean) =>
      Object.fromEntries(
        Array.from({ length: MAX_CHANGED_PATHS + 1 }, (_, at) => [`${at + 1}`, { requireMention }]),
      );
    expect(changedPaths({ groups: groups(true) }, { groups: groups(false) })).toEqual(["groups"]);
    const accounts = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, at) => [`acc_${at}`, { name: "x", region: "DE" }]),
      );
    expect(changedPaths({}, { accounts: accounts(60) })).toHaveLength(60);
    expect(changedPaths({}, { accounts: accounts(60) })).toContain("accounts.acc_7");
    expect(changedPaths({}, { accounts: accounts(500) })).toEqual(["accounts"]);
  });

  it("nothing is told of the same, something of everything else, and each place differs", () => {
    fc.assert(
      fc.property(rightDocument, rightDocument, (before, after) => {
        const paths = changedPaths(before, after);
        const isSame = JSON.stringify(sorted(before)) === JSON.stringify(sorted(after));
        expect(paths.length === 0).toBe(isSame);
        for (const path of paths) {
          const read = parsePath(path);
          if (!read.ok) throw new Error(path);
          expect(valueAt(before, read.value)).not.toEqual(valueAt(after, read.value));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]): [string, unknown] => [key, sorted(inner)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
