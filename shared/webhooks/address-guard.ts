// Addresses that no webhook may reach: everything that is not the public internet (IANA's special-purpose registries),
// and what clouds serve their machines' secrets at.
import { parseIp, type IpAddress } from "./ip-address.ts";

/** Two of them lie among public addresses: clouds answer their own machines there. */
const FORBIDDEN_V4 = ranges([
  ["0.0.0.0/8", "this host"],
  ["10.0.0.0/8", "a private network"],
  ["100.64.0.0/10", "a carrier's inner network"],
  ["127.0.0.0/8", "this machine"],
  ["168.63.129.16/32", "a cloud's metadata"],
  ["169.254.169.254/32", "a cloud's metadata"],
  ["169.254.0.0/16", "the local link"],
  ["172.16.0.0/12", "a private network"],
  ["192.0.0.0/24", "a protocol's own address"],
  ["192.0.2.0/24", "documentation"],
  ["192.31.196.0/24", "a protocol's own address"],
  ["192.52.193.0/24", "a protocol's own address"],
  ["192.88.99.0/24", "a tunnel's relay"],
  ["192.168.0.0/16", "a private network"],
  ["192.175.48.0/24", "a protocol's own address"],
  ["198.18.0.0/15", "benchmarks"],
  ["198.51.100.0/24", "documentation"],
  ["203.0.113.0/24", "documentation"],
  ["224.0.0.0/4", "multicast"],
  ["255.255.255.255/32", "broadcast"],
  ["240.0.0.0/4", "a reserved range"],
]);

/** Outside 2000::/3 nothing is public; these say what it is, and what in 2000::/3 is not public either. */
const FORBIDDEN_V6 = ranges([
  ["::/128", "no address"],
  ["::1/128", "this machine"],
  ["64:ff9b:1::/48", "a private network"],
  ["2001::/32", "a tunnel (Teredo)"],
  ["2001::/23", "a protocol's own address"],
  ["2001:db8::/32", "documentation"],
  ["2002::/16", "a tunnel (6to4)"],
  ["2620:4f:8000::/48", "a protocol's own address"],
  ["3fff::/20", "documentation"],
  ["fd00:ec2::254/128", "a cloud's metadata"],
  ["fd20:ce::254/128", "a cloud's metadata"],
  ["fc00::/7", "a private network"],
  ["fe80::/10", "the local link"],
  ["fec0::/10", "a private network"],
  ["ff00::/8", "multicast"],
]);
const GLOBAL_UNICAST = ranges([["2000::/3", ""]]);
/** The last 32 bits are the IPv4 address that is reached: mapped by the system, translated by NAT64. */
const WITH_V4_INSIDE = ranges([
  ["::ffff:0:0/96", ""],
  ["64:ff9b::/96", ""],
]);
const LOOPBACK = ranges([
  ["127.0.0.0/8", ""],
  ["::1/128", ""],
]);

/** What the address belongs to, where that is forbidden; what cannot be read is forbidden. */
export function whyForbiddenAddress(text: string): string | undefined {
  const address = parseIp(text);
  return address === undefined ? "no address that can be read" : whyForbidden(address);
}

export const isForbiddenAddress = (text: string): boolean => whyForbiddenAddress(text) !== undefined;

export function isLoopbackAddress(text: string): boolean {
  const address = parseIp(text);
  return address !== undefined && find(LOOPBACK, address) !== undefined;
}

function whyForbidden(address: IpAddress): string | undefined {
  if (address.version === 4) return find(FORBIDDEN_V4, address)?.what;
  if (find(WITH_V4_INSIDE, address) !== undefined)
    return whyForbidden({ version: 4, value: address.value & 0xffff_ffffn });
  const range = find(FORBIDDEN_V6, address);
  if (range !== undefined) return range.what;
  return find(GLOBAL_UNICAST, address) === undefined ? "a reserved range" : undefined;
}

interface Range {
  readonly version: 4 | 6;
  readonly prefix: bigint;
  readonly shift: bigint;
  readonly what: string;
}

const find = (list: readonly Range[], { version, value }: IpAddress): Range | undefined =>
  list.find((range) => range.version === version && value >> range.shift === range.prefix);

function ranges(list: readonly (readonly [range: string, what: string])[]): Range[] {
  return list.map(([range, what]) => {
    const [first = "", length = ""] = range.split("/");
    const address = parseIp(first);
    if (address === undefined) throw new Error(`${first} is no address`);
    const shift = BigInt((address.version === 4 ? 32 : 128) - Number(length));
    return { version: address.version, prefix: address.value >> shift, shift, what };
  });
}
