// A transfer as one line: as much as fits, the bar taking what is left over. Drawing knows no terminal.
import {
  bar,
  bytesInWords,
  durationInWords,
  LEAST_BAR,
  MOST_BAR,
  type Glyphs,
} from "../../shared/terminal/progress-words.ts";
import { cells, cut } from "./text-cells.ts";
import { harmless } from "./text-table.ts";

export interface TransferView {
  readonly label: string;
  readonly bytes: number;
  readonly size: number;
  /** Bytes a second; null where that is not known. */
  readonly speed: number | null;
  /** Why nothing moves just now. */
  readonly waiting: string | null;
}

const GAP = "  ";
/** Cells; a name is still told from another. */
const MOST_LABEL = 24;
/** `12.3 MB`, `12.3 MB/s`, `59 min left`: each as wide as it will be, so that the bar does not jump. */
const COUNT_WIDTH = 7;
const SPEED_WIDTH = 9;
const LEFT_WIDTH = 11;

export function transferLine(view: TransferView, columns: number, glyphs: Glyphs): string {
  const { bytes, size, speed, waiting } = view;
  const label = cut(harmless(view.label), MOST_LABEL);
  const part = size === 0 ? 1 : Math.min(1, bytes / size);
  const percent = `${Math.floor(part * 100)}%`.padStart(4);
  if (waiting !== null) return cut([label, percent, harmless(waiting)].join(GAP), Math.max(1, columns));
  const count = `${bytesInWords(bytes).padStart(COUNT_WIDTH)} of ${bytesInWords(size)}`;
  const pace = (speed === null ? "" : `${bytesInWords(speed)}/s`).padEnd(SPEED_WIDTH);
  const left = leftOf(size - bytes, speed).padEnd(LEFT_WIDTH);
  const choices = [
    { before: [label], after: [percent, count, pace, left] },
    { before: [label], after: [percent, count, left] },
    { before: [label], after: [percent, count] },
    { before: [label], after: [percent] },
    { before: [], after: [percent] },
  ];
  for (const { before, after } of choices) {
    const room = columns - cells([...before, ...after].join(GAP)) - GAP.length;
    if (room >= LEAST_BAR)
      return [...before, bar(part, Math.min(room, MOST_BAR), glyphs), ...after].join(GAP).trimEnd();
  }
  return percent.trim().slice(0, Math.max(0, columns));
}

const leftOf = (bytes: number, speed: number | null): string =>
  speed === null || speed <= 0 || bytes <= 0 ? "" : `${durationInWords(Math.ceil(bytes / speed))} left`;
