// Patterns of chance, and two engines to ask about them.
import * as fc from "fast-check";
import { compileMentions, mentionText } from "../../../shared/policy/mention.ts";
import { compileProgram, type Program } from "../../../shared/policy/pattern-program.ts";
import { parsePattern } from "../../../shared/policy/pattern-syntax.ts";

export const isMention = (pattern: string, text: string): boolean => compileMentions([pattern]).test(text);

/** The same by JavaScript's own engine. */
export const isMatch = (pattern: string, text: string): boolean =>
  new RegExp(pattern, "i").test(mentionText(text));

/** Whether that engine answers in time: by each repeated group its steps may grow as the text to one more power. */
export const isAskable = (pattern: string): boolean =>
  (pattern.match(/\)[*+?{]/g) ?? []).length <= MAX_REPEATED_GROUPS;
const MAX_REPEATED_GROUPS = 2;

export function programOf(source: string): Program {
  const read = parsePattern(source);
  if (!read.ok) throw new Error(read.error);
  return compileProgram([read.value]);
}

/** Sources of patterns within what is supported. */
export function sourceOf({ counts }: { counts: boolean }): fc.Arbitrary<string> {
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
