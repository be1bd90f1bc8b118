import { JsonNumber } from "./json-parse.ts";

/** Anything that goes on the wire; undefined members are left out, never null. */
export type Wire = string | number | boolean | null | undefined | JsonNumber | readonly Wire[] | WireObject;
export interface WireObject {
  readonly [key: string]: Wire;
}

/**
 * One line as imsg writes it: the keys of every object in random order, `/` as `\/`, no escapes
 * outside ASCII [all transcripts]. A client that matches by prefix fails here as it fails there.
 */
export function writeJson(value: Wire, random: () => number): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof JsonNumber) return writeNumber(value);
  if (typeof value === "string") return writeString(value);
  if (typeof value !== "object") return String(value);
  if (isList(value)) return `[${value.map((item) => writeJson(item, random)).join(",")}]`;
  const members = Object.keys(value).filter((key) => value[key] !== undefined);
  for (let left = members.length - 1; left > 0; left--) {
    const other = Math.floor(random() * (left + 1));
    const swapped = members[left] ?? "";
    members[left] = members[other] ?? "";
    members[other] = swapped;
  }
  return `{${members.map((key) => `${writeString(key)}:${writeJson(value[key], random)}`).join(",")}}`;
}

const isList = (value: readonly Wire[] | WireObject): value is readonly Wire[] => Array.isArray(value);

function writeString(value: string): string {
  const text = JSON.stringify(value);
  return text.includes("/") ? text.replaceAll("/", "\\/") : text;
}

/** Whole numbers lose point and exponent (1.0 → 1, 1e3 → 1000), long integers keep all digits [03]. */
function writeNumber(number: JsonNumber): string {
  if (/^-?\d+$/.test(number.text)) return number.text;
  const value = number.value;
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? String(BigInt(value)) : String(value);
}
