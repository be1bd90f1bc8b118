// A catch-up in words and as a bar: numbers in, one line out. Drawing knows no terminal, and what is written here is
// the same in the log, in `status` and in the bar.
import {
  bar,
  durationInWords,
  grouped,
  LEAST_BAR,
  MOST_BAR,
  type Glyphs,
} from "../shared/terminal/progress-words.ts";
import type { CatchUp } from "./feed/progress.ts";

type Numbers = Omit<CatchUp, "part">;

const LABEL = "catching up";
const GAP = "  ";
/** `12,345/s`, `59 min left` */
const SPEED_WIDTH = 8;
const LEFT_WIDTH = 11;

/** `31,000 of ~50,000`: what waits is an estimate, and never too low. */
const countInWords = ({ done, total }: Numbers): string =>
  total === null ? grouped(done) : `${grouped(done)} of ~${grouped(total)}`;

const speedOf = ({ rows_per_s }: Numbers): string[] =>
  rows_per_s === null ? [] : [`${grouped(rows_per_s)}/s`];

const leftOf = ({ seconds_left }: Numbers): string[] =>
  seconds_left === null || seconds_left === 0 ? [] : [`${durationInWords(seconds_left)} left`];

/** `31,000 of ~50,000 messages, 4,166/s, 5 s left` */
export const catchUpInWords = (now: Numbers): string =>
  [`${countInWords(now)} messages`, ...speedOf(now), ...leftOf(now)].join(", ");

/** `50,000 messages in 12 s` */
export const caughtUpInWords = (done: number, seconds: number): string =>
  `${grouped(done)} message${done === 1 ? "" : "s"} in ${durationInWords(seconds)}`;

/** One line of at most that many columns: as much as fits, the bar taking what is left over. */
export function barLine(now: CatchUp, columns: number, glyphs: Glyphs): string {
  const { done, total, part } = now;
  const choices = part === null || total === null ? unmeasured(now) : measured(done, total, part, now);
  for (const { label, rest } of choices) {
    const words = [...label, ...rest].join(GAP);
    if (part === null && words.trimEnd().length <= columns) return words.trimEnd();
    const room = columns - words.length - GAP.length;
    if (part !== null && room >= LEAST_BAR)
      return [...label, bar(part, Math.min(room, MOST_BAR), glyphs), ...rest].join(GAP).trimEnd();
  }
  return (choices.at(-1)?.rest.join(GAP) ?? "").trim().slice(0, Math.max(0, columns));
}

/** From the richest to the poorest; the bar stands after the label. */
type Choices = readonly { readonly label: readonly string[]; readonly rest: readonly string[] }[];

/** Every part as wide as it will be, so that the bar does not jump. */
function measured(done: number, total: number, part: number, now: CatchUp): Choices {
  const percent = `${Math.floor(part * 100)}%`.padStart(4);
  const most = grouped(total);
  const count = `${grouped(done).padStart(most.length)} of ~${most}`;
  const speed = (speedOf(now)[0] ?? "").padEnd(SPEED_WIDTH);
  const left = (leftOf(now)[0] ?? "").padEnd(LEFT_WIDTH);
  return [
    { label: [LABEL], rest: [percent, count, speed, left] },
    { label: [], rest: [percent, count, speed, left] },
    { label: [], rest: [percent, count, left] },
    { label: [], rest: [percent, count] },
    { label: [], rest: [percent] },
  ];
}

function unmeasured(now: CatchUp): Choices {
  const count = grouped(now.done);
  return [
    { label: [LABEL], rest: [`${count} messages`, ...speedOf(now)] },
    { label: [], rest: [`${count} messages`] },
    { label: [], rest: [count] },
  ];
}
