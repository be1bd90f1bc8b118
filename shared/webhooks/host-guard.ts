// Names that no webhook may be sent to, whatever they resolve to. Asked of what the URL parser made of a host: lower
// case, in ASCII (IDNA), addresses in their one form.
import { isLoopbackAddress, whyForbiddenAddress } from "./address-guard.ts";

export type HostTrouble = "ip_literal" | "private_address" | "private_name" | "bad_name";

const MAX_NAME_CHARS = 253;
const MAX_LABEL_CHARS = 63;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;
const TOP_LABEL = /^(?:[a-z]{2,}|xn--[a-z0-9-]+)$/;

/** Ends of names that mean something inside one network only, or nothing anywhere. */
const INSIDE_ENDS: ReadonlySet<string> = new Set([
  "alt",
  "arpa",
  "consul",
  "corp",
  "home",
  "internal",
  "intranet",
  "invalid",
  "lan",
  "local",
  "localdomain",
  "localhost",
  "onion",
  "private",
  "svc",
  "test",
]);
/** Public names of what is not public: a cloud's metadata, and names that always mean this machine. */
const INSIDE_NAMES: readonly string[] = [
  "metadata.goog",
  "lacolhost.com",
  "localtest.me",
  "lvh.me",
  "vcap.me",
  "yoogle.com",
];
/** Names that hold the address they mean. */
const ADDRESS_NAMES: readonly string[] = ["nip.io", "sslip.io", "traefik.me", "xip.io"];

/** Undefined where the host is a public name. */
export function judgeHost(host: string): { code: HostTrouble; sentence: string } | undefined {
  const literal = literalOf(host);
  if (literal !== undefined) return judgeLiteral(literal);
  const name = host.endsWith(".") ? host.slice(0, -1) : host;
  const labels = name.split(".");
  const end = labels.at(-1) ?? "";
  if (labels.length === 1 || INSIDE_ENDS.has(end) || isUnder(name, INSIDE_NAMES))
    return privateName("is known inside one network only");
  if (isUnder(name, ADDRESS_NAMES)) return privateName("stands for an address");
  if (name.length > MAX_NAME_CHARS || labels.some((label) => label.length > MAX_LABEL_CHARS))
    return badName(`is too long: at most ${MAX_NAME_CHARS} characters, ${MAX_LABEL_CHARS} between dots`);
  if (host !== name) return badName("ends with a dot; leave it out");
  if (!labels.every((label) => LABEL.test(label)) || !TOP_LABEL.test(end))
    return badName("is no name that can be registered");
  return undefined;
}

/** `localhost` and what is under it, 127.0.0.0/8, ::1: this machine, and nothing else. */
export function isLoopbackHost(host: string): boolean {
  const literal = literalOf(host);
  return literal === undefined ? isUnder(host, ["localhost"]) : isLoopbackAddress(literal);
}

function literalOf(host: string): string | undefined {
  if (host.startsWith("[")) return host.slice(1, -1);
  return /^[\d.]+$/.test(host) ? host : undefined;
}

function judgeLiteral(literal: string): { code: HostTrouble; sentence: string } {
  const what = whyForbiddenAddress(literal);
  return what === undefined
    ? { code: "ip_literal", sentence: "The URL names an address. Give a public host name instead." }
    : {
        code: "private_address",
        sentence: `The URL's address is ${what}, not the public internet. Give a public host name.`,
      };
}

const isUnder = (name: string, parents: readonly string[]): boolean =>
  parents.some((parent) => name === parent || name.endsWith(`.${parent}`));

const privateName = (why: string): { code: HostTrouble; sentence: string } => ({
  code: "private_name",
  sentence: `The URL's host ${why}. Give a name that is public on the internet.`,
});

const badName = (why: string): { code: HostTrouble; sentence: string } => ({
  code: "bad_name",
  sentence: `The URL's host name ${why}.`,
});
