import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDocument } from "../../../shared/config/document.ts";
import { effectiveConfig } from "../../../shared/config/effective.ts";
import { parsePath } from "../../../shared/config/path.ts";
import { MAX_PROBLEMS, type ConfigProblem } from "../../../shared/config/problem.ts";
import {
  isSettingName,
  SETTING_NAMES,
  SETTINGS,
  type ConfigDocument,
} from "../../../shared/config/settings.ts";
import { anyDocument, plausibleDocument } from "./documents.ts";

const parsed = (text: string): unknown => JSON.parse(text);

describe("10,000 documents of chance", () => {
  /** The same question asked another way: key by key. */
  const isRightByParts = (value: unknown): boolean => {
    const scope = (settings: object, isRoot: boolean): boolean =>
      Object.entries(settings).every(([key, inner]: [string, unknown]) => {
        if (isSettingName(key)) return SETTINGS[key].schema.safeParse(inner).success;
        if (!isRoot || key !== "accounts" || typeof inner !== "object" || inner === null) return false;
        return (
          !Array.isArray(inner) &&
          Object.entries(inner).every(
            ([id, own]: [string, unknown]) =>
              /^acc_[0-9a-z]+$/.test(id) && typeof own === "object" && own !== null && scope(own, false),
          )
        );
      });
    return typeof value === "object" && value !== null && !Array.isArray(value) && scope(value, true);
  };

  const isWellSaid = (problems: readonly ConfigProblem[]): boolean =>
    problems.length > 0 &&
    problems.length <= MAX_PROBLEMS &&
    problems.every(({ path, problem }) => problem !== "" && (path === "" || parsePath(path).ok));

  const isWhole = (document: ConfigDocument, given: unknown): boolean => {
    const seen = parsed(JSON.stringify(given));
    const again = readDocument(document);
    const accounts = ["acc_unknown", ...Object.keys(document.accounts ?? {})];
    return (
      isRightByParts(seen) &&
      again.ok &&
      isDeepStrictEqual(again.value, document) &&
      isDeepStrictEqual(Object.keys(document).sort(), Object.keys(Object(seen)).sort()) &&
      accounts.every((account) => {
        const { config } = effectiveConfig(document, account);
        return SETTING_NAMES.every((name) => config[name] !== undefined);
      })
    );
  };

  it("each gives a whole document or problems, and never throws", () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(plausibleDocument, anyDocument), (value) => {
        const read = readDocument(value);
        taken += read.ok ? 1 : 0;
        expect(read.ok ? isWhole(read.value, value) : isWellSaid(read.error)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
    expect(taken).toBeGreaterThan(1_000);
    // Long work, and cores that others use too.
  }, 60_000);

  it("what is right by parts is refused only for what holds between them", () => {
    fc.assert(
      fc.property(plausibleDocument, (value) => {
        fc.pre(isRightByParts(value));
        const read = readDocument(value);
        for (const { problem } of read.ok ? [] : read.error)
          expect(problem).toMatch(/`dmPolicy`|regular expression|no setting/);
      }),
    );
  });
});
