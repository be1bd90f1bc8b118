// The header that carries a file's name over HTTP (RFC 6266), and the encoding of names that ASCII cannot write
// (RFC 8187). A name is carried as it is; whoever makes a file of it makes it safe first (./file-name.ts).

export interface ContentDisposition {
  /** In lower case: `attachment`, `inline`, or what else was said. */
  readonly kind: string;
  /** Never empty. */
  readonly name: string | undefined;
}

/** What may stand unencoded in an extended value, beside what encodeURIComponent leaves alone. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[*'()]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

export function writeContentDisposition(name: string, kind: "attachment" | "inline" = "attachment"): string {
  const whole = name.replace(/\p{Surrogate}/gu, "\uFFFD");
  // Old readers take quotes and backslashes apart in different ways, and some decode percent signs.
  const plain = whole.replace(/[^\x20-\x7e]|["\\%]/gu, "_");
  const extended = plain === whole ? "" : `; filename*=UTF-8''${encoded(whole)}`;
  return `${kind}; filename="${plain}"${extended}`;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
/** `; name=` with the white space that is allowed around it; a lone semicolon does no harm. */
const NEXT = /[ \t]*;[ \t]*/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\[^])*)"/y;

/** Undefined where it is none: then nothing in it is believed. */
export function readContentDisposition(header: string): ContentDisposition | undefined {
  const reader = new Reader(header.trim());
  const kind = reader.take(TOKEN)?.[0].toLowerCase();
  if (kind === undefined) return undefined;
  const values = new Map<string, string>();
  while (!reader.isAtEnd) {
    if (reader.take(NEXT) === undefined) return undefined;
    const name = reader.take(TOKEN)?.[0].toLowerCase();
    if (name === undefined) continue;
    if (reader.take(EQUALS) === undefined) return undefined;
    const value = reader.take(QUOTED)?.[1]?.replace(/\\([^])/g, "$1") ?? reader.take(TOKEN)?.[0];
    // Two of one name: nobody knows which is meant.
    if (value === undefined || values.has(name)) return undefined;
    values.set(name, value);
  }
  const plain = values.get("filename");
  const name = extendedValue(values.get("filename*")) || (plain === undefined ? "" : fromBytes(plain));
  return { kind, name: name === "" ? undefined : name };
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** `pattern` is sticky: it matches here or not at all, so that reading takes linear time. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }
}

/** `UTF-8'en'%e2%82%ac`; empty where it is not well formed, and the plain one counts. */
function extendedValue(value: string | undefined): string {
  const [, charset = "", text = ""] = /^([^']*)'[^']*'([^']*)$/.exec(value ?? "") ?? [];
  if (!/^(?:[^%]|%[0-9a-f]{2})*$/i.test(text)) return "";
  const name = charset.toLowerCase();
  const bytes = text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (name === "utf-8") return utf8(bytes) ?? "";
  return name === "iso-8859-1" ? bytes : "";
}

/**
 * Some callers write UTF-8 as it is between the quotes, and most runtimes hand a header over with a character for
 * each byte: what reads as UTF-8 is taken for that.
 */
const fromBytes = (value: string): string => (/[\x80-\xff]/.test(value) ? (utf8(value) ?? value) : value);

/** Undefined where the characters are not the bytes of such a text. */
function utf8(bytes: string): string | undefined {
  const codes = Array.from(bytes, (one) => one.charCodeAt(0));
  if (codes.some((code) => code > 0xff)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(codes));
  } catch {
    return undefined;
  }
}
