// `[text](address)`: messages have no links behind words, so both are shown.
import type { Work } from "./piece.ts";
import type { Styled } from "./styles.ts";

interface Destination {
  readonly address: string;
  /** After its closing bracket. */
  readonly end: number;
}

/** What follows the bracket at `at`: an address, brackets in pairs, and perhaps a title. Undefined for anything else. */
export function destinationAt(text: string, at: number, work: Work): Destination | undefined {
  ADDRESS.lastIndex = at + 1;
  const found = ADDRESS.exec(text)?.[0] ?? "";
  work.units += found.length;
  const length = balanced(found);
  const address = found.slice(0, length);
  END.lastIndex = at + 1 + length;
  return address === "" || !END.test(text) ? undefined : { address, end: END.lastIndex };
}

/** No square brackets, so that a text full of them is not read to its end at each. */
const ADDRESS = /[^\s[\]<>]*/y;
const END = /(?:[ \t]+(?:"[^"\n[\]]*"|'[^'\n[\]]*'))?[ \t]*\)/y;

/** Up to the first closing bracket that none opens. */
function balanced(address: string): number {
  let depth = 0;
  for (let at = 0; at < address.length; at += 1) {
    const char = address.charAt(at);
    if (char === "(") depth += 1;
    else if (char === ")" && depth === 0) return at;
    else if (char === ")") depth -= 1;
  }
  return address.length;
}

/** `table[row](a.b)` is a program's: after a word only what begins like a link on the web is an address. */
export function isAddress(address: string, before: string): boolean {
  if (/^(?:https?:\/\/|www\.|mailto:|tel:)/i.test(address)) return true;
  return !/[\w)\]]/.test(before) && (/^[a-z][a-z0-9+.-]+:/i.test(address) || /[./#]/.test(address));
}

/** The text with the address behind it; once, where they are the same. */
export function shownLink(label: Styled, address: string): Styled {
  const isWeb = /^(?:https?:\/\/|www\.)/i.test(address);
  if (label.text.trim() === "" || (isWeb && bare(label.text) === bare(address)))
    return { text: address, spans: [] };
  if (bare(label.text) === bare(address)) return label;
  return { text: `${label.text} (${address})`, spans: label.spans };
}

const bare = (address: string): string =>
  address
    .trim()
    .replace(/^(?:https?:\/\/(?:www\.)?|www\.|mailto:|tel:)/i, "")
    .replace(/\/$/, "")
    .toLowerCase();
