// Where a webhook may be sent: asked when an endpoint is saved, and again before every attempt. Notations are the
// runtime's URL parser's business, the same that `fetch` uses; what it made of the text is judged. What a name resolves
// to is asked elsewhere, where the runtime shows it (address-guard.ts).
import { err, ok, type Result } from "../result.ts";
import { isLoopbackHost, judgeHost, type HostTrouble } from "./host-guard.ts";
import { MAX_URL_CHARS } from "./limits.ts";
import { isForbiddenPort } from "./port-guard.ts";

export interface UrlGuardOptions {
  /** The relay runs on its operator's own machine, who lets bots there be reached, by http as well. */
  readonly allowLoopback?: boolean;
  /** Origins or host names of the relay: an event that is sent to its own door would be told for ever. */
  readonly ownHosts?: readonly string[];
}

export interface GuardedUrl {
  /** In the one form that was judged: this is what is kept and fetched. */
  readonly href: string;
  readonly hostname: string;
}

export interface UrlTrouble {
  readonly code:
    | HostTrouble
    | "not_a_url"
    | "too_long"
    | "not_https"
    | "credentials"
    | "fragment"
    | "port"
    | "own_host";
  /** What is wrong and what to do, without anything of the URL: its path may be a secret. */
  readonly sentence: string;
}

export function guardUrl(text: string, options: UrlGuardOptions = {}): Result<GuardedUrl, UrlTrouble> {
  const url = readUrl(text);
  if (!url.ok) return url;
  const trouble = whyNot(url.value, text, options);
  if (trouble !== undefined) return err(trouble);
  const { href, hostname } = url.value;
  return href.length > MAX_URL_CHARS ? err(TOO_LONG) : ok({ href, hostname });
}

function readUrl(text: string): Result<URL, UrlTrouble> {
  if (text.length > MAX_URL_CHARS) return err(TOO_LONG);
  // The parser would leave out or turn round what these hold; whoever wrote them meant something else.
  if (/[\s\\\p{Cc}]/u.test(text) || !/^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(text)) return err(NOT_A_URL);
  const url = parse(text);
  return url === undefined ? err(NOT_A_URL) : ok(url);
}

function whyNot(url: URL, text: string, options: UrlGuardOptions): UrlTrouble | undefined {
  const { protocol, hostname, port, username, password } = url;
  const isAllowedLoopback = options.allowLoopback === true && isLoopbackHost(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && isAllowedLoopback)) return NOT_HTTPS;
  if (username !== "" || password !== "") return CREDENTIALS;
  if (text.includes("#")) return FRAGMENT;
  if (isOwn(url, options.ownHosts ?? [])) return OWN_HOST;
  const host = isAllowedLoopback ? undefined : judgeHost(hostname);
  if (host !== undefined) return host;
  return isForbiddenPort(port) ? PORT : undefined;
}

/** By name, whatever the port; on this machine, where bots and the relay share every name, by port. */
function isOwn(url: URL, ownHosts: readonly string[]): boolean {
  const isLoopback = isLoopbackHost(url.hostname);
  return ownHosts.some((text) => {
    const own = parse(text.includes("://") ? text : `https://${text}`);
    if (own === undefined) return false;
    if (!isLoopback) return withoutDot(own.hostname) === withoutDot(url.hostname);
    return isLoopbackHost(own.hostname) && portOf(own) === portOf(url);
  });
}

const withoutDot = (hostname: string): string => hostname.replace(/\.$/, "");

const portOf = ({ port, protocol }: URL): string => port || (protocol === "https:" ? "443" : "80");

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

const trouble = (code: UrlTrouble["code"], sentence: string): UrlTrouble => ({ code, sentence });

const TOO_LONG = trouble("too_long", `The URL is too long: at most ${MAX_URL_CHARS} characters.`);
const NOT_A_URL = trouble("not_a_url", "This is no URL. Write it like https://bot.example.com/imessage.");
const NOT_HTTPS = trouble(
  "not_https",
  "The URL must begin with https://. Plain http is for a bot on the relay's own machine, where its operator allows that.",
);
const CREDENTIALS = trouble(
  "credentials",
  "The URL holds a user name or a password. Leave them out: the receiver knows the relay by its signature.",
);
const FRAGMENT = trouble("fragment", "The URL has a #fragment, which is never sent. Leave it out.");
const PORT = trouble(
  "port",
  "Something other than a web server usually listens at the URL's port. Use 443 or another one.",
);
const OWN_HOST = trouble("own_host", "The URL leads back to this relay. Give the receiver's own address.");
