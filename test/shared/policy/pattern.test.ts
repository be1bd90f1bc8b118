import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_MENTION_PATTERNS } from "../../../shared/config/settings.ts";
import {
  checkPattern,
  compileMentions,
  MAX_PATTERN_STEPS,
  MENTION_END_CHARS,
} from "../../../shared/policy/mention.ts";
import { matcherOf } from "../../../shared/policy/pattern-match.ts";
import { sizeOf } from "../../../shared/policy/pattern-program.ts";
import { parsePattern } from "../../../shared/policy/pattern-syntax.ts";
import { isAskable, isMatch, isMention, programOf, sourceOf } from "./patterns.ts";

describe("patterns mean what they mean in JavaScript (POL16)", () => {
  const text = fc.string({
    unit: fc.constantFrom(
      "a",
      "B",
      "b",
      "1",
      "_",
      "-",
      " ",
      "\n",
      "é",
      "É",
      "ß",
      "Σ",
      "ς",
      "σ",
      "я",
      "Я",
      "🤖",
      ".",
    ),
    maxLength: 10,
  });

  it("POL16 the same answer as RegExp's, for patterns and texts of chance", () => {
    fc.assert(
      fc.property(
        sourceOf({ counts: true }),
        fc.array(text, { minLength: 4, maxLength: 4 }),
        (source, texts) => {
          fc.pre(checkPattern(source) === undefined && isAskable(source));
          for (const one of texts) expect([one, isMention(source, one)]).toEqual([one, isMatch(source, one)]);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ["a{,2}", "a{,2}"],
    ["x{", "x{"],
    ["]", "]"],
    ["[]", ""],
    ["[^]", "\n"],
    ["[^]", ""],
    ["[a-]", "-"],
    ["[\\w-x]", "-"],
    ["[\\b]", "\b"],
    ["\\-\\/\\@", "-/@"],
    ["\\x41\\u0042", "ab"],
    ["\\0", "\0"],
    ["\\t\\n\\r\\v\\f", "\t\n\r\v\f"],
    [".", "\u2028"],
    ["\\s", "\u00A0"],
    ["\\S", "\u00A0"],
    ["[^\\S]", "\u3000"],
    ["\\bé", "é"],
    ["\\Bé\\B", "é"],
    ["(?:)", ""],
    ["|a", "x"],
    ["^$", ""],
    ["^|$", "x"],
    ["[K]", "\u212A"],
    ["[ſ]", "s"],
    ["ß", "ẞ"],
    ["İ", "i"],
    ["(?<name>a)b", "ab"],
    ["a??b*?c+?", "c"],
  ])("POL16 %j on %j is answered as RegExp does", (pattern, text) => {
    const read = parsePattern(pattern);
    expect(read.ok).toBe(true);
    expect(isMention(pattern, text)).toBe(isMatch(pattern, text));
  });

  it("POL16 any text at all is either refused or usable", () => {
    const odd = fc.string({
      unit: fc.constantFrom(...Array.from("ab01()[]{}|*+?.^$\\-,:<=!kpux/")),
      maxLength: 16,
    });
    fc.assert(
      fc.property(odd, text, (source, one) => {
        fc.pre(checkPattern(source) === undefined);
        expect(isMention(source, one)).toBe(isMatch(source, one));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("no pattern takes long (POL16)", () => {
  /** Very generous, since the machine may be busy: RegExp itself needs years for some of these. */
  const LONG_MS = 10_000;

  const CATASTROPHIC = [
    "(a+)+$",
    "(a|a)*$",
    "(?:a|aa)+$",
    "(x+x+)+y",
    "(.*a){20}",
    "((ab)*)*c",
    "(a?){30}a{30}",
    "(.*)(.*)(.*)b",
    "(.*,)*x",
    "\\s+$",
    "\\s*\\s*\\s*x",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "^([a-zA-Z0-9._-]+)+@$",
    "(.?){249}[^a]",
    "([ab]?){240}z",
    ".*.*.*.*.*.*.*.*.*.*.*.*x",
  ];
  const TEXTS = ["a", "x", " ", "ab", "a,", "\n", "aA"].map((unit) => `${unit.repeat(4_000)}!`);

  it.each(CATASTROPHIC)("POL16 %j is taken, and quick on the worst texts", (pattern) => {
    expect(checkPattern(pattern)).toBeUndefined();
    const mentions = compileMentions(Array.from({ length: MAX_MENTION_PATTERNS }, () => pattern));
    const before = performance.now();
    for (const text of TEXTS) mentions.test(text);
    expect(performance.now() - before).toBeLessThan(LONG_MS);
  });

  it("POL16 for any pattern no step is tried twice at one character", () => {
    fc.assert(
      fc.property(sourceOf({ counts: true }), fc.constantFrom(...TEXTS), (source, whole) => {
        fc.pre(checkPattern(source) === undefined);
        const text = whole.slice(-200);
        const program = programOf(source);
        const matcher = matcherOf(program);
        matcher.test(text);
        expect(matcher.tries()).toBeLessThanOrEqual(program.steps.length * (text.length + 1));
      }),
      { numRuns: 500 },
    );
  });

  it("POL16 beyond the tries allowed a text mentions nobody", () => {
    const program = programOf("a*a*a*b");
    const text = `${"a".repeat(100)}b`;
    expect(matcherOf(program).test(text)).toBe(true);
    const hasty = matcherOf(program, 50);
    expect(hasty.test(text)).toBe(false);
    expect(hasty.tries()).toBeLessThan(50 + program.steps.length);
    expect(hasty.test("b")).toBe(true);
  });

  it("POL16 the largest pattern does not run out of tries on the longest text", () => {
    const largest = "(.?){249}b";
    const read = parsePattern(largest);
    expect(read.ok && sizeOf(read.value)).toBeGreaterThan(MAX_PATTERN_STEPS - 5);
    expect(isMention(largest, `${"a".repeat(2 * MENTION_END_CHARS - 1)}b`)).toBe(true);
  });
});
