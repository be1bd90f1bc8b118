// Certificates as a wrong relay has them, made on the spot: Node (20) reads them and makes none.
import { generateKeyPairSync, sign } from "node:crypto";

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const body = Buffer.concat(parts);
  const length =
    body.length < 0x80 ? [body.length] : [0x82, Math.floor(body.length / 256), body.length % 256];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...parts: readonly Uint8Array[]): Uint8Array => tlv(0x30, ...parts);
const oid = (hex: string): Uint8Array => tlv(0x06, Buffer.from(hex, "hex"));
const text = (tag: number, value: string): Uint8Array => tlv(tag, Buffer.from(value));

const ECDSA_SHA256 = sequence(oid("2a8648ce3d040302"));
const named = (name: string): Uint8Array => sequence(tlv(0x31, sequence(oid("550403"), text(0x0c, name))));
/** UTCTime (RFC 5280 §4.1.2.5.1). */
const time = (at: number): Uint8Array =>
  text(0x17, `${new Date(at).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`);

const DAY_MS = 86_400_000;

/** Signed by itself, for one name, valid for a day until `until`. */
export function certificateFor(host: string, until = Date.now() + DAY_MS): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const names = tlv(0x04, sequence(text(0x82, host)));
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([1])),
    ECDSA_SHA256,
    named(host),
    sequence(time(until - 2 * DAY_MS), time(until)),
    named(host),
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(sequence(oid("551d11"), names))),
  );
  const signature = tlv(0x03, Buffer.from([0]), sign("sha256", body, privateKey));
  const der = Buffer.from(sequence(body, ECDSA_SHA256, signature)).toString("base64");
  const cert = `-----BEGIN CERTIFICATE-----\n${der.replaceAll(/(.{64})/g, "$1\n")}\n-----END CERTIFICATE-----\n`;
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), cert };
}
