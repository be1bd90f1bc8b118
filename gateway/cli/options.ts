// Values of options, as every command reads them. A text that is none of its kind gives the sentence that says so.
import { parseEventId } from "../../shared/events.ts";
import type { Invocation } from "./invocation.ts";

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** The last one counts where an option is given twice, as in most programs. */
export const valueOf = ({ options }: Invocation, name: string): string | undefined =>
  options.get(name)?.at(-1);

/** Comma-separated, or the option several times. */
export function listOf({ options }: Invocation, name: string): readonly string[] | undefined {
  const values = options.get(name)?.flatMap((value) => value.split(","));
  return values?.map((value) => value.trim()).filter((value) => value !== "");
}

/** Milliseconds; undefined where the text is no span of time. */
export function spanMs(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const each = UNIT_MS[unit ?? ""];
  return count === undefined || each === undefined ? undefined : Number(count) * each;
}

const DAY_MS = 24 * 3_600_000;

/** The same, and days: `30d`. */
export function longSpanMs(text: string): number | undefined {
  const [, days] = /^(\d{1,5})d$/.exec(text) ?? [];
  return days === undefined ? spanMs(text) : Number(days) * DAY_MS;
}

/** A moment of this machine's time zone, as shared/terminal/local-time.ts writes them: `2026-11-22`, also with `14:05`. */
export function momentOf(text: string): number | undefined {
  const [, day, time = "00:00"] = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?$/.exec(text) ?? [];
  const at = day === undefined ? NaN : Date.parse(`${day}T${time}`);
  return Number.isNaN(at) ? undefined : at;
}

/** How long ago, or a moment. */
export function sinceOf(text: string, now: number): number | undefined {
  const ago = longSpanMs(text);
  return ago === undefined ? momentOf(text) : now - ago;
}

/** A whole number from 1 to `most`, `fallback` where the option is absent. */
export function countOf(
  invocation: Invocation,
  name: string,
  most: number,
  fallback: number,
): number | string {
  const text = valueOf(invocation, name);
  if (text === undefined) return fallback;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return count >= 1 && count <= most ? count : `${name} needs a whole number from 1 to ${most}`;
}

/** Kinds of events to show, absent = all: the relay says which there are. */
export function kindsOf(invocation: Invocation): { readonly kinds: readonly string[] | undefined } | string {
  const kinds = listOf(invocation, "--kinds");
  const wrong = kinds?.find((kind) => !/^[a-z]+(\.([a-z_]+|\*))?$/.test(kind));
  return wrong === undefined
    ? { kinds }
    : `--kinds are such as message.received or pairing.*, not ${JSON.stringify(wrong)}`;
}

/** An event's id, `tail` or `beginning`; absent = where the relay says. */
export function afterOf(invocation: Invocation): { readonly after: string | undefined } | string {
  const after = valueOf(invocation, "--after");
  const isPlace =
    after === undefined || after === "tail" || after === "beginning" || parseEventId(after) !== undefined;
  return isPlace
    ? { after }
    : `--after is the id of an event, tail or beginning, not ${JSON.stringify(after)}`;
}
