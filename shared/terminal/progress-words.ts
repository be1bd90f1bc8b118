// What every kind of progress is written with: numbers in words, and a bar. Drawing knows no terminal.

export interface Glyphs {
  readonly full: string;
  readonly empty: string;
  /** Colours what is full; gives its text back where there is no colour. */
  readonly paint: (text: string) => string;
}

/** A bar shorter than this says less than the number beside it; a longer one says no more. */
export const LEAST_BAR = 8;
export const MOST_BAR = 40;

/** `part`: between 0 and 1. */
export function bar(part: number, width: number, { full, empty, paint }: Glyphs): string {
  const filled = Math.floor(part * width);
  return paint(full.repeat(filled)) + empty.repeat(width - filled);
}

/** 12,345. By hand: what the runtime has for it loads the tables of all languages. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

export function durationInWords(seconds: number): string {
  if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

const UNITS = ["kB", "MB", "GB", "TB"] as const;

/** 999 B, 4.2 MB, 123 MB: in powers of ten, as file managers count. */
export function bytesInWords(bytes: number): string {
  let value = bytes;
  let unit = "B";
  for (const next of UNITS) {
    // What would be rounded up to the next unit is written in it.
    if (value < 999.5) break;
    value /= 1_000;
    unit = next;
  }
  const digits = unit === "B" || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${unit}`;
}
