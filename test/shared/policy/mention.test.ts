import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_MENTION_PATTERNS } from "../../../shared/config/settings.ts";
import {
  checkPattern,
  compileMentions,
  MAX_PATTERN_STEPS,
  MENTION_END_CHARS,
  mentionText,
} from "../../../shared/policy/mention.ts";
import { matcherOf } from "../../../shared/policy/pattern-match.ts";
import { compileProgram, sizeOf, type Program } from "../../../shared/policy/pattern-program.ts";
import { parsePattern } from "../../../shared/policy/pattern-syntax.ts";

const isMention = (pattern: string, text: string): boolean => compileMentions([pattern]).test(text);
/** The same by JavaScript's own engine. */
const isMatch = (pattern: string, text: string): boolean => new RegExp(pattern, "i").test(mentionText(text));

describe("what a mention is (POL14)", () => {
  it.each([
    ["\\bbot\\b", "hey Bot!", true],
    ["\\bbot\\b", "robots", false],
    ["@?jarvis", "ask @JARVIS about it", true],
    ["hey (sam|samantha)", "Hey Samantha", true],
    ["hey (sam|samantha)", "hi Samantha", false],
    ["^claw[,: ]", "claw: are you there", true],
    ["^claw[,: ]", "the claw: are you there", false],
    ["\\bhey\\s+bot\\b", "HEY \n bot", true],
    ["bot$", "are you there, bot", true],
    ["bot$", "bot, are you there", false],
    ["привет, бот", "ПРИВЕТ, БОТ!", true],
    ["🤖", "psst 🤖", true],
    ["[🤖🦞]", "🦞 hello", true],
  ])("POL14 %j on %j: %j", (pattern, text, expected) => {
    expect(checkPattern(pattern)).toBeUndefined();
    expect(isMention(pattern, text)).toBe(expected);
    expect(isMatch(pattern, text)).toBe(expected);
  });

  it("POL14 invisible characters in a text or a pattern do not hide a name", () => {
    expect(isMention("@jarvis", "\u2068@jar\u200Bvis\u2069")).toBe(true);
    expect(isMention("@jar\u200Bvis", "@jarvis")).toBe(true);
  });

  it("POL14 any of several patterns is enough, and none of none", () => {
    const mentions = compileMentions(["\\bann\\b", "\\bbob\\b"]);
    expect([mentions.test("Bob?"), mentions.test("Ann?"), mentions.test("Cid?")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(compileMentions([])).toMatchObject({ isEmpty: true });
  });

  it("POL14 an unusable pattern is left out, and the others count", () => {
    expect(compileMentions(["(", "(?=x)"]).isEmpty).toBe(true);
    expect(compileMentions(["(", "bot"]).test("bot")).toBe(true);
  });

  it("POL14 of a long text both ends are looked at", () => {
    const paste = "x".repeat(3 * MENTION_END_CHARS);
    expect(isMention("\\bbot\\b", `${paste} bot`)).toBe(true);
    expect(isMention("\\bbot\\b", `bot ${paste}`)).toBe(true);
    expect(isMention("\\bbot\\b", `${paste} bot ${paste}`)).toBe(false);
  });
});

describe("which patterns are refused (POL15)", () => {
  it.each([
    ["(", "is no regular expression"],
    ["a**", "is no regular expression"],
    ["[b-a]", "is no regular expression"],
    ["\u200B", "is empty"],
    ["(?=bot)", "looks ahead"],
    ["(?!bot)x", "looks ahead"],
    ["(?<=a)b", "looks ahead or behind"],
    ["(?<!a)b", "looks ahead or behind"],
    ["(a+)\\1", "refers back"],
    ["(?<name>a+)\\k<name>", "\\k"],
    ["\\p{L}+", "\\p"],
    ["\\u{1F916}", "\\u{…}"],
    ["(a{100}){100}", "too large"],
    ["a{501}", "too large"],
    ["(((a{9}){9}){9}){9}", "too large"],
    [`a{${"9".repeat(400)}}`, "too large"],
    [`a{${"9".repeat(200)},${"9".repeat(200)}}`, "too large"],
  ])("POL15 %j: %s", (pattern, why) => {
    expect(checkPattern(pattern)).toContain(why);
  });

  it("POL15 a pattern without counts has no more steps than characters", () => {
    fc.assert(
      fc.property(sourceOf({ counts: false }), (source) => {
        const read = parsePattern(source);
        expect(read.ok && sizeOf(read.value) <= source.length).toBe(true);
      }),
    );
  });

  it("POL15 a program has as many steps as were counted before it was written", () => {
    fc.assert(
      fc.property(sourceOf({ counts: true }), (source) => {
        const read = parsePattern(source);
        if (!read.ok) throw new Error(read.error);
        // One more is the match itself.
        expect(compileProgram([read.value]).steps.length).toBe(sizeOf(read.value) + 1);
      }),
    );
  });

  it("POL15 nothing repeated without end is nothing", () => {
    expect(checkPattern("(){1000000000}x")).toBeUndefined();
    expect(isMention("(){1000000000}x", "x")).toBe(true);
    expect(isMention("((){99999}a{0}){99999}x", "x")).toBe(true);
  });
});

describe("patterns mean what they mean in JavaScript (POL15)", () => {
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

  it("POL15 the same answer as RegExp's, for patterns and texts of chance", () => {
    fc.assert(
      fc.property(
        sourceOf({ counts: true }),
        fc.array(text, { minLength: 4, maxLength: 4 }),
        (source, texts) => {
          fc.pre(checkPattern(source) === undefined);
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
    ["", "x"],
    ["|a", "x"],
    ["^$", ""],
    ["^|$", "x"],
    ["[K]", "\u212A"],
    ["[ſ]", "s"],
    ["ß", "ẞ"],
    ["İ", "i"],
    ["(?<name>a)b", "ab"],
    ["a??b*?c+?", "c"],
  ])("POL15 %j on %j is answered as RegExp does", (pattern, text) => {
    const read = parsePattern(pattern);
    expect(read.ok).toBe(true);
    if (pattern !== "") expect(isMention(pattern, text)).toBe(isMatch(pattern, text));
  });

  it("POL15 any text at all is either refused or usable", () => {
    const odd = fc.string({ unit: fc.constantFrom(..."ab01()[]{}|*+?.^$\\-,:<=!kpux/"), maxLength: 16 });
    fc.assert(
      fc.property(odd, text, (source, one) => {
        if (checkPattern(source) !== undefined) return;
        expect(isMention(source, one)).toBe(isMatch(source, one));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("no pattern takes long (POL15)", () => {
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

  it.each(CATASTROPHIC)("POL15 %j is taken, and quick on the worst texts", (pattern) => {
    expect(checkPattern(pattern)).toBeUndefined();
    const mentions = compileMentions(Array.from({ length: MAX_MENTION_PATTERNS }, () => pattern));
    const before = performance.now();
    for (const text of TEXTS) mentions.test(text);
    expect(performance.now() - before).toBeLessThan(LONG_MS);
  });

  it("POL15 for any pattern no step is tried twice at one character", () => {
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

  it("POL15 beyond the tries allowed a text mentions nobody", () => {
    const program = programOf("a*a*a*b");
    const text = `${"a".repeat(100)}b`;
    expect(matcherOf(program).test(text)).toBe(true);
    const hasty = matcherOf(program, 50);
    expect(hasty.test(text)).toBe(false);
    expect(hasty.tries()).toBeLessThan(50 + program.steps.length);
    expect(hasty.test("b")).toBe(true);
  });

  it("POL15 the largest pattern does not run out of tries on the longest text", () => {
    const largest = "(.?){249}b";
    const read = parsePattern(largest);
    expect(read.ok && sizeOf(read.value)).toBeGreaterThan(MAX_PATTERN_STEPS - 5);
    expect(isMention(largest, `${"a".repeat(2 * MENTION_END_CHARS - 1)}b`)).toBe(true);
  });
});

function programOf(source: string): Program {
  const read = parsePattern(source);
  if (!read.ok) throw new Error(read.error);
  return compileProgram([read.value]);
}

/** Sources of patterns within what is supported. */
function sourceOf({ counts }: { counts: boolean }): fc.Arbitrary<string> {
  const atoms = fc.constantFrom(
    ..."ab1_-é🤖σя".split(""),
    "É",
    "ß",
    "Σ",
    "ς",
    ".",
    "\\w",
    "\\W",
    "\\d",
    "\\D",
    "\\s",
    "\\S",
    "\\n",
    "\\.",
    "[ab]",
    "[^ab]",
    "[a-f1]",
    "[^\\w]",
    "[\\d_-]",
    "[À-ÿ]",
    "[^à-ÿ]",
    "[а-я]",
    "[α-ω]",
    "\\x61",
    "\\u0042",
    "(?:)",
  );
  const places = fc.constantFrom("^", "$", "\\b", "\\B");
  const quantifiers = fc.constantFrom(
    "",
    "",
    "",
    "*",
    "+",
    "?",
    "*?",
    "+?",
    "??",
    ...(counts ? ["{2}", "{0,2}", "{1,}", "{0}", "{1,3}?"] : []),
  );
  const { source } = fc.letrec<{ source: string; part: string; group: string }>((tie) => ({
    group: fc.tuple(fc.constantFrom("(", "(?:"), tie("source")).map(([open, inner]) => `${open}${inner})`),
    part: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.tuple(atoms, quantifiers).map(([atom, sign]) => atom + sign),
      places,
      fc.tuple(tie("group"), quantifiers).map(([group, sign]) => group + sign),
    ),
    source: fc
      .array(fc.array(tie("part"), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 })
      .map((choices) => choices.map((parts) => parts.join("")).join("|")),
  }));
  return source;
}
