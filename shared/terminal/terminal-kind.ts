// What the terminal at the other end can take, and its owner wants.
import type { Glyphs } from "./progress-words.ts";

const COLOURED = { on: "\u001B[36m", off: "\u001B[39m" };

/** Undefined where nothing may move: no terminal, one that cannot, or a machine that only records. */
export function glyphsFor(
  environment: Readonly<Record<string, string | undefined>>,
  isTTY: boolean,
  platform: string,
): Glyphs | undefined {
  if (!isTTY || environment["TERM"] === "dumb" || isSet(environment["CI"])) return undefined;
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "";
  const isUnicode = /utf-?8/i.test(locale) || (locale === "" && platform === "darwin");
  // https://no-color.org: whatever its value, unless that is empty.
  const isColoured = !environment["NO_COLOR"];
  return {
    full: isUnicode ? "█" : "#",
    empty: isUnicode ? "░" : "-",
    paint: (text) => (isColoured && text !== "" ? `${COLOURED.on}${text}${COLOURED.off}` : text),
  };
}

const isSet = (value: string | undefined): boolean =>
  value !== undefined && value !== "" && value !== "0" && value !== "false";
