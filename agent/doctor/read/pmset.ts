// `pmset -g custom`: a heading a power source, then `name   number` a line.
import type { PowerSettings } from "../facts.ts";

export function readPmset(text: string): PowerSettings {
  const sources: Record<string, Record<string, number>> = {};
  let source: Record<string, number> | undefined;
  for (const line of text.split("\n")) {
    const heading = /^(\S.*):\s*$/.exec(line)?.[1];
    if (heading !== undefined) {
      source = {};
      sources[heading] = source;
      continue;
    }
    const [, name, number] = /^\s+(\S.*?)\s+(\d+)(?:\s|$)/.exec(line) ?? [];
    if (source !== undefined && name !== undefined) source[name] = Number(number);
  }
  return sources;
}

/**
 * `pmset -g assertions`: who keeps the Mac awake. Believed: a line `pid 512(caffeinate): … named: …` each. Those of
 * macOS itself (powerd, while the screen is on) say nothing of what is to come.
 */
export const isCaffeinated = (text: string): boolean => /^\s*pid \d+\(caffeinate\):/m.test(text);
