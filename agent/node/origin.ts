// Which addresses of a relay are safe to dial: what is said there is secret.
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** This machine itself: no proxy is between, nobody listens. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return LOOPBACK.has(hostname) || hostname.endsWith(".localhost");
}

/** Plain http is for this machine only. */
export const isSafeOrigin = (url: string): boolean =>
  url.startsWith("https://") || (url.startsWith("http://") && isLoopback(url));
