// The part of JavaScript's regular expressions that can be matched in linear time: everything but look-around and
// back-references. The source is known to be valid; what is read here means what RegExp without flags means.
import { err, ok, type Result } from "../result.ts";

/** UTF-16 units from … to, or a class escape. */
export type SetItem =
  | { readonly from: number; readonly to: number }
  | { readonly escape: "d" | "w" | "s"; readonly negated: boolean };

export interface CharSet {
  readonly negated: boolean;
  readonly items: readonly SetItem[];
}

export type Place = "start" | "end" | "word_edge" | "no_word_edge";

export type Node =
  | { readonly kind: "set"; readonly set: CharSet }
  | { readonly kind: "place"; readonly place: Place }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly parts: readonly Node[] }
  /** `max` may be Infinity. Lazy or greedy makes no difference to whether there is a match. */
  | { readonly kind: "repeat"; readonly part: Node; readonly min: number; readonly max: number };

interface Cursor {
  readonly text: string;
  at: number;
  /** The first thing that is not supported; set once, and reading ends. */
  refusal: string | undefined;
}

export function parsePattern(source: string): Result<Node, string> {
  const cursor: Cursor = { text: source, at: 0, refusal: undefined };
  const node = choice(cursor);
  if (cursor.refusal === undefined && cursor.at < source.length) refuse(cursor, "could not be read");
  return cursor.refusal === undefined ? ok(node) : err(cursor.refusal);
}

function refuse(cursor: Cursor, why: string): void {
  cursor.refusal ??= why;
  cursor.at = cursor.text.length;
}

const peek = (cursor: Cursor): string => cursor.text.charAt(cursor.at);

/** Takes the text that a sticky expression matches here. */
function take(cursor: Cursor, expression: RegExp): RegExpExecArray | undefined {
  expression.lastIndex = cursor.at;
  const match = expression.exec(cursor.text);
  if (match !== null) cursor.at += match[0].length;
  return match ?? undefined;
}

function takeUnit(cursor: Cursor): number {
  const unit = cursor.text.charCodeAt(cursor.at);
  cursor.at += 1;
  return unit;
}

function choice(cursor: Cursor): Node {
  const parts = [sequence(cursor)];
  while (peek(cursor) === "|") {
    cursor.at += 1;
    parts.push(sequence(cursor));
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: "choice", parts };
}

function sequence(cursor: Cursor): Node {
  const parts: Node[] = [];
  while (cursor.at < cursor.text.length && peek(cursor) !== "|" && peek(cursor) !== ")")
    parts.push(quantified(cursor, atom(cursor)));
  return { kind: "sequence", parts };
}

function quantified(cursor: Cursor, part: Node): Node {
  const match = take(cursor, /(?:([*+?])|\{([0-9]+)(,([0-9]*))?\})\??/y);
  if (match === undefined) return part;
  const [, sign, least, comma, most] = match;
  if (sign !== undefined)
    return { kind: "repeat", part, min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : Infinity };
  const min = Number(least);
  const max = comma === undefined ? min : most === "" || most === undefined ? Infinity : Number(most);
  return { kind: "repeat", part, min, max };
}

const single = (unit: number): Node => ({
  kind: "set",
  set: { negated: false, items: [{ from: unit, to: unit }] },
});

/** `.` without the flag `s`. */
const ANY_BUT_LINE_ENDS: CharSet = {
  negated: true,
  items: [
    { from: 0x0a, to: 0x0a },
    { from: 0x0d, to: 0x0d },
    { from: 0x2028, to: 0x2029 },
  ],
};

function atom(cursor: Cursor): Node {
  const unit = takeUnit(cursor);
  switch (String.fromCharCode(unit)) {
    case "(":
      return group(cursor);
    case "[":
      return { kind: "set", set: charClass(cursor) };
    case ".":
      return { kind: "set", set: ANY_BUT_LINE_ENDS };
    case "^":
      return { kind: "place", place: "start" };
    case "$":
      return { kind: "place", place: "end" };
    case "\\": {
      if (take(cursor, /b/y) !== undefined) return { kind: "place", place: "word_edge" };
      if (take(cursor, /B/y) !== undefined) return { kind: "place", place: "no_word_edge" };
      return { kind: "set", set: { negated: false, items: [escape(cursor)] } };
    }
    default:
      return single(unit);
  }
}

function group(cursor: Cursor): Node {
  if (peek(cursor) === "?" && take(cursor, /\?(?::|<(?![=!])[^>]*>)/y) === undefined)
    refuse(cursor, "looks ahead or behind, or has flags of its own, which is not supported");
  const inner = choice(cursor);
  cursor.at += 1;
  return inner;
}

function charClass(cursor: Cursor): CharSet {
  const negated = take(cursor, /\^/y) !== undefined;
  const items: SetItem[] = [];
  while (cursor.at < cursor.text.length && peek(cursor) !== "]") {
    const first = classAtom(cursor);
    const range = take(cursor, /-(?!\])/y);
    if (range === undefined) {
      items.push(first);
      continue;
    }
    const last = classAtom(cursor);
    // `[\w-x]` is no range: the hyphen stands for itself.
    if ("from" in first && "from" in last) items.push({ from: first.from, to: last.to });
    else items.push(first, { from: 0x2d, to: 0x2d }, last);
  }
  cursor.at += 1;
  return { negated, items };
}

function classAtom(cursor: Cursor): SetItem {
  const unit = takeUnit(cursor);
  if (unit !== 0x5c) return { from: unit, to: unit };
  if (take(cursor, /b/y) !== undefined) return { from: 0x08, to: 0x08 };
  return escape(cursor);
}

const CONTROLS: Readonly<Record<string, number>> = { 0: 0x00, t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d };

/** After the backslash. */
function escape(cursor: Cursor): SetItem {
  const hex = take(cursor, /x([0-9a-f]{2})|u([0-9a-f]{4})/iy);
  if (hex !== undefined) {
    const unit = Number.parseInt(hex[1] ?? hex[2] ?? "", 16);
    return { from: unit, to: unit };
  }
  if (take(cursor, /[1-9]|0[0-9]/y) !== undefined)
    refuse(cursor, "refers back to a group, or has an octal escape, which is not supported");
  if (take(cursor, /[kpPc]|u\{/y) !== undefined)
    refuse(cursor, "has one of the escapes \\k, \\p, \\P, \\c, \\u{…}, which are not supported");
  const unit = takeUnit(cursor);
  const letter = String.fromCharCode(unit);
  switch (letter.toLowerCase()) {
    case "d":
    case "w":
    case "s":
      return { escape: classLetter(letter), negated: letter !== letter.toLowerCase() };
    default: {
      const meant = CONTROLS[letter] ?? unit;
      return { from: meant, to: meant };
    }
  }
}

const classLetter = (letter: string): "d" | "w" | "s" =>
  letter.toLowerCase() === "d" ? "d" : letter.toLowerCase() === "w" ? "w" : "s";
