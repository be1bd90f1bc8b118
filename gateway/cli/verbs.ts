// What every command with several actions does first: which one, of what, and whether its options are those of that one.
import type { Invocation } from "./invocation.ts";

export interface Verbs<Verb extends string> {
  readonly command: string;
  /** Options that belong to some of the actions only. */
  readonly options: Readonly<Record<Verb, readonly string[]>>;
  /** Options of all of them. */
  readonly common: readonly string[];
  /** The words that an action needs, and may have (with a `?`). */
  readonly words: Readonly<Record<Verb, readonly string[]>>;
}

/** The sentence says what is wrong with it. */
export function readVerb<Verb extends string>(
  invocation: Invocation,
  { command, options, common, words }: Verbs<Verb>,
): { readonly verb: Verb; readonly given: readonly string[] } | string {
  const [verb, ...given] = invocation.words;
  const known = (text: string): text is Verb => Object.hasOwn(options, text);
  if (verb === undefined) return `${command} needs an action: ${Object.keys(options).join(", ")}`;
  if (!known(verb)) return `${command} knows no ${JSON.stringify(verb)}`;
  const mine = new Set<string>([...options[verb], ...common]);
  // That one is understood everywhere.
  const typed = [...invocation.options.keys(), ...(invocation.name === undefined ? [] : ["--name"])];
  const stray = typed.find((name) => !mine.has(name));
  if (stray !== undefined) return `${command} ${verb} takes no ${stray}`;
  const wanted = words[verb];
  const missing = wanted.find((word, at) => !word.startsWith("?") && (given[at] ?? "").trim() === "");
  if (missing !== undefined) return `${command} ${verb} needs ${missing}`;
  const most = wanted.at(-1)?.endsWith("…") === true ? Infinity : wanted.length;
  if (given.length > most)
    return `${command} ${verb}: ${given.slice(most).join(" ")} is too much; put names in quotes`;
  return { verb, given };
}
