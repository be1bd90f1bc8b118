// Whether what the Mac says of a transfer can be so. It is the Mac's own file, and yet: a word that does not fit would
// be a short file taken for whole, a header that says something else, or a caller who waits for ever.
import type { AgentFrame, FrameOf, RelayFrame } from "../../../shared/frames.ts";
import { assertNever } from "../../../shared/result.ts";

type Told = FrameOf<AgentFrame, "transfer">;

/** RFC 9110 §8.8.3, strong. */
const ETAG = /^"[\x21\x23-\x7e]*"$/;
/** SHA-256, base64. */
const DIGEST = /^[A-Za-z0-9+/]{43}=$/;

export function isSoundOpening(
  { status, size, start, length, etag, digest }: Extract<Told, { state: "opened" }>,
  { head, range, if_none_match }: FrameOf<RelayFrame, "read">,
): boolean {
  if (!ETAG.test(etag) || (digest !== null && !DIGEST.test(digest))) return false;
  switch (status) {
    case 200:
      return start === 0 && length === (head ? 0 : size);
    case 206:
      return !head && range !== null && length > 0 && start + length <= size;
    case 304:
      return if_none_match !== null && length === 0;
    case 416:
      return !head && range !== null && length === 0;
    default:
      return assertNever(status);
  }
}

export function isSoundStaging(
  told: Extract<Told, { state: "staged" }>,
  { staged, size, offset, length }: FrameOf<RelayFrame, "write">,
): boolean {
  if (told.size !== size || (staged !== null && told.staged !== staged)) return false;
  return length === null ? told.offset <= size : told.offset === offset + length;
}
