// Which one of several somebody means: by its id, the end of it, or its name.
import { refused } from "./administering.ts";
import { harmless } from "./text-table.ts";

/** Ends that are shown, and the least that is taken for one; the beginnings of a tenant's ids are all alike. */
const SHOWN_END_CHARS = 8;
const MIN_END_CHARS = 4;

export const shortId = (id: string): string => `…${id.slice(-SHOWN_END_CHARS)}`;

export interface Candidate {
  readonly id: string;
  readonly name: string;
  /** A name may be that of one that is gone: whoever is there is meant first. */
  readonly isOver?: boolean;
}

interface Kind {
  /** `Mac`, `tenant`, … */
  readonly what: string;
  /** The command that shows them. */
  readonly lister: string;
}

export function chosen<C extends Candidate>(
  text: string,
  candidates: readonly C[],
  { what, lister }: Kind,
): C {
  const end = text.replace(/^([a-z]+_)?(…|\.\.\.)/, "");
  const isEnd = end.length >= MIN_END_CHARS && /^[0-9a-z]+$/.test(end);
  const whole = candidates.find(({ id }) => id === text);
  if (whole !== undefined) return whole;
  const meant = candidates.filter(({ id, name }) => name === text || (isEnd && id.endsWith(end)));
  const live = meant.filter(({ isOver }) => isOver !== true);
  const [found, ...others] = live.length > 0 ? live : meant;
  if (found === undefined)
    throw refused("not_found", `There is no ${what} ${harmless(text)}; imsg-relay ${lister} shows them`);
  if (others.length === 0) return found;
  const names = [found, ...others].map(({ id, name }) => `${shortId(id)} ${harmless(name)}`.trim());
  throw refused(
    "invalid_request",
    `${harmless(text)} may be any of ${names.join(", ")}; say the end of its id`,
  );
}
