// Property lists as launchd reads them: the few kinds of values that a LaunchAgent needs, as XML.
import { err, ok, type Result } from "../../shared/result.ts";

export type PlistValue =
  | string
  | number
  | boolean
  | readonly PlistValue[]
  | { readonly [key: string]: PlistValue };

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
`;

/** The error is a text that XML cannot hold, however it is written. */
export function encodePlist(value: PlistValue): Result<string, string> {
  const impossible = textsIn(value).find((text) => !isXmlText(text));
  return impossible === undefined ? ok(`${HEAD}${element(value, "")}</plist>\n`) : err(impossible);
}

function element(value: PlistValue, indent: string): string {
  const inner = `${indent}\t`;
  if (typeof value === "string") return `${indent}<string>${escaped(value)}</string>\n`;
  if (typeof value === "boolean") return `${indent}<${String(value)}/>\n`;
  if (typeof value === "number") return `${indent}<integer>${Math.trunc(value)}</integer>\n`;
  if (isList(value)) {
    const items = value.map((item) => element(item, inner)).join("");
    return `${indent}<array>\n${items}${indent}</array>\n`;
  }
  const entries = Object.entries(value)
    .map(([key, item]) => `${inner}<key>${escaped(key)}</key>\n${element(item, inner)}`)
    .join("");
  return `${indent}<dict>\n${entries}${indent}</dict>\n`;
}

const isList = (value: object): value is readonly PlistValue[] => Array.isArray(value);

function textsIn(value: PlistValue): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object") return [];
  if (isList(value)) return value.flatMap(textsIn);
  return Object.keys(value).concat(Object.values(value).flatMap(textsIn));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  // Read as a line feed otherwise.
  "\r": "&#13;",
};
const escaped = (text: string): string => text.replaceAll(/[&<>"'\r]/g, (one) => ENTITIES[one] ?? one);

/** XML 1.0 has no name for most control characters, and none for half a character. */
const isXmlText = (text: string): boolean =>
  !/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(text);
