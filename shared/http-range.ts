// What a GET or HEAD of a file is answered with, by the caller's conditional headers (RFC 9110, sections 13 and 14).
// Pure: whoever has the bytes asks, and whoever answers only passes on.

export interface FileState {
  readonly size: number;
  /** Strong, with its quotes. */
  readonly etag: string;
}

interface Conditions {
  /** Only what it is: a range counts for GET alone. */
  readonly head: boolean;
  readonly range: string | null;
  readonly ifRange: string | null;
  readonly ifNoneMatch: string | null;
}

/** `start` and `length` of the bytes that go with it; none with 304 and 416. */
interface Selection {
  readonly status: 200 | 206 | 304 | 416;
  readonly start: number;
  readonly length: number;
}

export function selectBytes(file: FileState, conditions: Conditions): Selection {
  const { head, range, ifRange, ifNoneMatch } = conditions;
  if (ifNoneMatch !== null && matchesAny(ifNoneMatch, file.etag)) return { status: 304, start: 0, length: 0 };
  const whole: Selection = { status: 200, start: 0, length: file.size };
  if (head || range === null) return whole;
  // A date is no strong validator here: a file may change twice within its second.
  if (ifRange !== null && ifRange.trim() !== file.etag) return whole;
  const wanted = readRange(range);
  if (wanted === undefined) return whole;
  if (wanted.kind === "last") {
    if (wanted.bytes === 0) return { status: 416, start: 0, length: 0 };
    const length = Math.min(wanted.bytes, file.size);
    // The end of nothing is there, but no Content-Range can say so.
    return length === 0 ? whole : { status: 206, start: file.size - length, length };
  }
  if (wanted.first >= file.size) return { status: 416, start: 0, length: 0 };
  const last = Math.min(wanted.last, file.size - 1);
  return { status: 206, start: wanted.first, length: last - wanted.first + 1 };
}

type ByteRange =
  | { readonly kind: "from"; readonly first: number; readonly last: number }
  | { readonly kind: "last"; readonly bytes: number };

const UNIT = /^bytes=/i;
const RANGE = /^(\d*)-(\d*)$/;

/** Undefined where it is none, or several: then the whole file is the answer, as it may always be. */
function readRange(header: string): ByteRange | undefined {
  const text = header.trim();
  if (!UNIT.test(text)) return undefined;
  // Empty elements of a list say nothing.
  const [only, ...more] = text
    .replace(UNIT, "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
  const [, first = "", last = ""] = RANGE.exec(only ?? "") ?? [];
  if (more.length > 0 || first + last === "") return undefined;
  // Numbers too long to be exact are longer than any file.
  if (first === "") return { kind: "last", bytes: Number(last) };
  const to = last === "" ? Number.POSITIVE_INFINITY : Number(last);
  return Number(first) > to ? undefined : { kind: "from", first: Number(first), last: to };
}

const TAG = /^\s*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)/;

/** Weak comparison, as If-None-Match wants it. A list that is not well formed counts as far as it is. */
function matchesAny(header: string, etag: string): boolean {
  if (header.trim() === "*") return true;
  let rest = header;
  for (;;) {
    rest = rest.replace(/^[\s,]+/, "");
    const tag = TAG.exec(rest);
    if (tag === null) return false;
    if (tag[1] === etag) return true;
    rest = rest.slice(tag[0].length);
  }
}
