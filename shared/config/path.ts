// How a place in a document is written: `accounts.acc_x.dmPolicy`, `groups["chat_guid:any;+;chat1"].requireMention`.
// A name stands bare or in brackets and quotes; iPhones make quotes curly, so those count as well.
import { err, ok, type Result } from "../result.ts";

export type ConfigPath = readonly string[];

/** Deeper than any document. */
const MAX_SEGMENTS = 8;
const BARE = /^[^.[\]"'“”‘’\s]+/;
const SHOWN_BARE = /^[A-Za-z_*][\w*-]*$|^\d+$/;
const QUOTED = /^\[\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|[“”]([^“”]*)[“”]|[‘’]([^‘’]*)[‘’])\s*\]/;

/** The error says where it was not understood. */
export function parsePath(text: string): Result<ConfigPath, string> {
  const segments: string[] = [];
  let rest = text.trim();
  if (rest === "") return err("a path is needed, such as dmPolicy");
  while (rest !== "") {
    const isFirst = segments.length === 0;
    const quoted = QUOTED.exec(rest);
    const dot = !isFirst && rest.startsWith(".") ? 1 : 0;
    const bare = isFirst || dot === 1 ? BARE.exec(rest.slice(dot)) : null;
    const segment = quoted === null ? bare?.[0] : unquote(quoted);
    if (segment === undefined)
      return err(`not understood from ${JSON.stringify(rest.slice(0, 40))} on; ${EXAMPLE}`);
    segments.push(segment);
    if (segments.length > MAX_SEGMENTS) return err("no setting stands that deep");
    rest = rest.slice(quoted === null ? dot + segment.length : quoted[0].length);
  }
  return ok(segments);
}

const EXAMPLE =
  'write groups["chat_guid:any;+;chat1"].requireMention for a name with dots, brackets or spaces';

function unquote([, double, ...others]: RegExpExecArray): string | undefined {
  if (double === undefined) return others.find((text) => text !== undefined);
  try {
    const value: unknown = JSON.parse(`"${double}"`);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `parsePath` reads it back as the same segments. */
export const formatPath = (path: ConfigPath): string =>
  path.reduce((text, segment) => {
    if (!SHOWN_BARE.test(segment)) return `${text}[${JSON.stringify(segment)}]`;
    return text === "" ? segment : `${text}.${segment}`;
  }, "");
