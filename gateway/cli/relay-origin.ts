import { isLoopback } from "../node/loopback.ts";

/** The origin of a relay's address that says nothing more; undefined where it is none. */
export function readOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { username, password, pathname, search, hash, protocol, origin } = new URL(text);
  const isPlain = username === "" && password === "" && pathname === "/" && search === "" && hash === "";
  return isPlain && (protocol === "https:" || protocol === "http:") ? origin : undefined;
}

/** Whoever is on the way reads the key and everything else. */
export const isInTheClear = (origin: string): boolean => origin.startsWith("http:") && !isLoopback(origin);
