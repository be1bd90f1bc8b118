// Names of files that somebody else chose, made safe to keep here: one path segment, visible, nothing in it that a
// terminal or a file manager shows as something else.

/** Bytes of UTF-8. Every file system here takes 255; what is left is for ` (99)` and for endings of our own. */
export const MAX_FILE_NAME_BYTES = 200;
/** Longer endings are cut like the rest: they say no type any more. UTF-16 units, the dot included. */
const MAX_ENDING = 20;
const FALLBACK = "attachment";

/** The Finder shows `:` as `/`; elsewhere it names a stream of the file. */
const SEPARATORS = /:/g;
/** Control, bidi and other invisible characters, halves of characters. The joiners are kept: emoji and scripts need them. */
const INVISIBLE = /(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** A dot in front hides a file, one at the end is lost on some systems; what would stay unseen goes with them. */
const EDGES = /^[\s.\u200C\u200D]+|[\s.\u200C\u200D]+$/g;

/** Its last segment, without what could mislead; `fallback` where nothing is left. */
export function safeFileName(name: string, fallback = FALLBACK): string {
  const segment = name
    .split(/[/\\]/)
    .findLast((part) => part.replace(INVISIBLE, "").replace(EDGES, "") !== "");
  const clean = (segment ?? "").replace(INVISIBLE, "").replace(SEPARATORS, "_").normalize("NFC");
  return shortened(clean.replace(EDGES, "")) || fallback;
}

/** `photo (2).jpg`, for where `photo.jpg` is there already; at most the same bytes. */
export function numberedFileName(name: string, number: number): string {
  const { stem, ending } = partsOf(name);
  const mark = ` (${number})`;
  return `${cut(stem, MAX_FILE_NAME_BYTES - bytesOf(ending) - mark.length)}${mark}${ending}`;
}

function shortened(name: string): string {
  if (bytesOf(name) <= MAX_FILE_NAME_BYTES) return name;
  const { stem, ending } = partsOf(name);
  // A first character with hundreds of accents leaves nothing.
  return (cut(stem, MAX_FILE_NAME_BYTES - bytesOf(ending)) || FALLBACK) + ending;
}

function partsOf(name: string): { readonly stem: string; readonly ending: string } {
  const dot = name.lastIndexOf(".");
  if (dot <= 0 || name.length - dot > MAX_ENDING) return { stem: name, ending: "" };
  return { stem: name.slice(0, dot), ending: name.slice(dot) };
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** At most so many bytes, of whole characters as a person counts them. */
function cut(text: string, most: number): string {
  let left = most;
  let kept = "";
  for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)) {
    left -= bytesOf(segment);
    if (left < 0) break;
    kept += segment;
  }
  return kept.replace(EDGES, "");
}
