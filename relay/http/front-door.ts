// What is refused before anybody is asked who it is, and what every answer says of how it may be used.
import { RelayError } from "../../shared/errors.ts";
import { MAX_HEADER_CHARS, MAX_URL_CHARS } from "../../shared/limits.ts";

/** Throws where the address or the headers are longer than any client of ours makes them. */
export function refuseOversized({ url, headers }: Request): void {
  if (url.length > MAX_URL_CHARS)
    throw new RelayError("too_large", "the address is too long", { size: url.length, cap: MAX_URL_CHARS });
  let size = 0;
  for (const [name, value] of headers) size += name.length + value.length;
  if (size > MAX_HEADER_CHARS)
    throw new RelayError("too_large", "the headers are too long", { size, cap: MAX_HEADER_CHARS });
}

/**
 * There is no page here (the console is an asset of its own), so nothing may be run, framed or guessed. No
 * `access-control-` header: browsers on other sites are shut out, but where a ticket lets them in (EVT10).
 */
const GUARDS: readonly (readonly [name: string, value: string])[] = [
  ["x-content-type-options", "nosniff"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["referrer-policy", "no-referrer"],
  // Ignored over plain http.
  ["strict-transport-security", "max-age=31536000"],
];

/** Of an answer that is no upgrade; what it says itself stays. */
export function guard(headers: Headers): void {
  for (const [name, value] of GUARDS) if (!headers.has(name)) headers.set(name, value);
  if (headers.has("cache-control")) return;
  // A file may be kept by who asked for it, and is asked about again; everything else is theirs at this moment.
  headers.set("cache-control", headers.has("etag") ? "private, no-cache" : "no-store");
}
