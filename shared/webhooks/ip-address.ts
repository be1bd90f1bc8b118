// IP addresses as numbers, so that ranges can be asked. Strict on what resolvers print; every looser notation is
// brought into this form by the URL parser first.
export type IpAddress =
  | { readonly version: 4; readonly value: bigint }
  | { readonly version: 6; readonly value: bigint };

/** Undefined for anything else: zone ids, brackets, leading zeros. */
export function parseIp(text: string): IpAddress | undefined {
  const four = parseIpv4(text);
  if (four !== undefined) return { version: 4, value: four };
  const six = parseIpv6(text);
  return six === undefined ? undefined : { version: 6, value: six };
}

function parseIpv4(text: string): bigint | undefined {
  if (!/^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/.test(text)) return undefined;
  const bytes = text.split(".").map(Number);
  return bytes.every((byte) => byte <= 255) ? joined(bytes, 8n) : undefined;
}

function parseIpv6(text: string): bigint | undefined {
  if (!text.includes(":") || !/^[0-9a-fA-F:.]{2,45}$/.test(text)) return undefined;
  let plain: string;
  try {
    // The runtime's own reading: lower case, dotted ends in hexadecimal, the longest run of zeros as "::".
    plain = new URL(`https://[${text}]/`).hostname.slice(1, -1);
  } catch {
    return undefined;
  }
  const [head = "", tail] = plain.split("::");
  const front = groupsOf(head);
  const back = groupsOf(tail ?? "");
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => 0);
  return joined([...front, ...zeros, ...back], 16n);
}

const groupsOf = (text: string): number[] =>
  text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));

const joined = (parts: readonly number[], bits: bigint): bigint =>
  parts.reduce((value, part) => (value << bits) | BigInt(part), 0n);
