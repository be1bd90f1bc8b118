// Which kinds of events a reader or an endpoint gets: `*`, a family (`message.*`), a kind.
import { nearest } from "../config/nearest.ts";
import { eventKindSchema } from "../events.ts";
import { err, ok, type Result } from "../result.ts";
import { MAX_KIND_PATTERN_CHARS, MAX_KIND_PATTERNS } from "./limits.ts";

/** Non-empty, each once, as `parseKindFilter` left them. */
export type KindFilter = readonly string[];

const EVERYTHING = "*";
const familyOf = (kind: string): string => `${kind.split(".", 1)[0]}.*`;

const KINDS = eventKindSchema.options;
const FAMILIES = [...new Set(KINDS.filter((kind) => kind.includes(".")).map(familyOf))];
const PATTERNS: ReadonlySet<string> = new Set([EVERYTHING, ...FAMILIES, ...KINDS]);

/** What a wider pattern covers already is left out: the filter is shown as it works. */
export function parseKindFilter(patterns: readonly string[]): Result<KindFilter, string> {
  if (patterns.length === 0) return err(`name at least one kind of event, or "${EVERYTHING}" for all`);
  if (patterns.length > MAX_KIND_PATTERNS) return err(`at most ${MAX_KIND_PATTERNS} kinds of events`);
  const unknown = patterns.find((pattern) => !PATTERNS.has(pattern));
  if (unknown !== undefined) return err(whyUnknown(unknown));
  const wanted = new Set(patterns);
  if (wanted.has(EVERYTHING)) return ok([EVERYTHING]);
  return ok([...wanted].filter((pattern) => FAMILIES.includes(pattern) || !wanted.has(familyOf(pattern))));
}

export const isKindOrFamily = (pattern: string): boolean => pattern !== EVERYTHING && PATTERNS.has(pattern);

/** A gap concerns every reader: whoever missed events is told so, whatever it chose. */
export const wantsKind = (filter: KindFilter, kind: string): boolean =>
  kind === "gap" || [EVERYTHING, familyOf(kind), kind].some((pattern) => filter.includes(pattern));

function whyUnknown(pattern: string): string {
  const quoted = JSON.stringify(pattern.slice(0, MAX_KIND_PATTERN_CHARS));
  if (pattern.includes(EVERYTHING) && !/^[^*.]+\.\*$/.test(pattern))
    return `${quoted}: a wildcard stands alone or for a whole family, as in "message.*"`;
  const near = nearest(pattern, [...PATTERNS]);
  const hint = near === undefined ? `there are ${KINDS.join(", ")}` : `did you mean "${near}"?`;
  return `there is no kind of event ${quoted}; ${hint}`;
}
