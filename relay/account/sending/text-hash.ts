import { sha256 } from "../../secrets.ts";

/** Messages may put a byte or two of its own before a text. */
const CORRUPTION = /^[\0\uFEFF\uFFFD-\uFFFF]+/;

/** By which a text is known again when Messages shows it: SHA-256, since the text itself is not kept. */
export const textHash = (text: string): string =>
  sha256(text.replace(CORRUPTION, "").replaceAll("\r\n", "\n").trim());
