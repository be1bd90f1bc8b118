/**
 * JSON as Foundation on the real imsg reads it: a trailing comma is accepted, the last of duplicate
 * keys counts, a lone surrogate, a raw control character, NaN, a second value or a nesting over 512
 * is refused [transcript 05]. Numbers keep their digits, because an id of 30 digits comes back
 * exactly [transcript 03].
 */

export type JsonValue = string | boolean | null | JsonNumber | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A number by its digits; `value` where precision is not asked for. */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  get value(): number {
    return Number(this.text);
  }
}

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !(value instanceof JsonNumber) && !Array.isArray(value);

/** Foundation gives up here: 600 levels were refused [05]. */
const MAX_DEPTH = 512;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const BLANKS = /[ \t\r\n]*/y;
/** Everything from the space on, but the quote and the backslash. */
const PLAIN = /[ !#-[\]-\uffff]*/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Undefined: not JSON by these rules. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return new Reader(text).whole();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Recursive descent with one position; throws SyntaxError at the first wrong character. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): JsonValue {
    const value = this.#value(0);
    this.#blanks();
    if (this.#at < this.#text.length) throw new SyntaxError("more than one value");
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw new SyntaxError("too deep");
    this.#blanks();
    const first = this.#text[this.#at];
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return this.#string();
    for (const [word, value] of [
      ["true", true],
      ["false", false],
      ["null", null],
    ] as const) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    const digits = this.#match(NUMBER);
    // 1e400 is no Double: a parse error, not infinity [transcript 03].
    if (digits === "" || !Number.isFinite(Number(digits))) throw new SyntaxError("no value");
    return new JsonNumber(digits);
  }

  #object(depth: number): JsonObject {
    const entries = new Map<string, JsonValue>();
    this.#items("}", () => {
      if (this.#text[this.#at] !== '"') throw new SyntaxError("no key");
      const key = this.#string();
      this.#blanks();
      if (this.#text[this.#at++] !== ":") throw new SyntaxError("no colon");
      entries.set(key, this.#value(depth + 1));
    });
    return Object.fromEntries(entries);
  }

  #array(depth: number): readonly JsonValue[] {
    const values: JsonValue[] = [];
    this.#items("]", () => values.push(this.#value(depth + 1)));
    return values;
  }

  /** Members or elements up to `end`; a comma may stand before it. */
  #items(end: string, item: () => void): void {
    this.#at++;
    for (;;) {
      this.#blanks();
      if (this.#text[this.#at] === end) break;
      item();
      this.#blanks();
      if (this.#text[this.#at] === ",") this.#at++;
      else if (this.#text[this.#at] !== end) throw new SyntaxError("no comma");
    }
    this.#at++;
  }

  #string(): string {
    let out = "";
    this.#at++;
    for (;;) {
      out += this.#match(PLAIN);
      const stop = this.#text[this.#at++];
      if (stop === '"') break;
      if (stop !== "\\") throw new SyntaxError("unfinished string");
      const escape = this.#text[this.#at++] ?? "";
      if (escape === "u") out += this.#codeUnit();
      else {
        const plain = ESCAPES[escape];
        if (plain === undefined) throw new SyntaxError("bad escape");
        out += plain;
      }
    }
    if (LONE_SURROGATE.test(out)) throw new SyntaxError("lone surrogate");
    return out;
  }

  #codeUnit(): string {
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new SyntaxError("bad \\u");
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #blanks(): void {
    this.#match(BLANKS);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }
}
