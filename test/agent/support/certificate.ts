// Certificates as good and as wrong relays have them, made on the spot: Node (20) reads them and makes none.
import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

interface Wish {
  /** Names it is for. */
  readonly names: readonly string[];
  /** Days from now. */
  readonly from?: number;
  readonly to?: number;
  /** Absent: it signs itself. */
  readonly by?: Authority;
}

interface Authority extends Certificate {
  readonly name: string;
}

const DAY_MS = 86_400_000;
const OID = {
  ecdsaWithSha256: "06082a8648ce3d040302",
  commonName: "0603550403",
  basicConstraints: "0603551d13",
  subjectAltName: "0603551d11",
} as const;
const hex = (text: string): Buffer => Buffer.from(text, "hex");

/** One DER value: tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const nameOf = (name: string): Buffer =>
  sequence(der(0x31, sequence(hex(OID.commonName), der(0x0c, Buffer.from(name)))));
const timeOf = (at: number): Buffer =>
  der(0x18, Buffer.from(new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, "")));
const extension = (oid: string, value: Buffer): Buffer => sequence(hex(oid), der(0x04, value));
const ALGORITHM = sequence(hex(OID.ecdsaWithSha256));

const makeKey = (): { privateKey: KeyObject; publicKey: KeyObject } =>
  generateKeyPairSync("ec", { namedCurve: "P-256" });

function build(
  subject: string,
  issuer: string,
  publicKey: KeyObject,
  by: KeyObject,
  [from, to]: readonly [number, number],
  ...extensions: readonly Buffer[]
): string {
  const body = sequence(
    der(0xa0, der(0x02, hex("02"))),
    der(
      0x02,
      hex(
        `01${Math.floor(Math.random() * 2 ** 32)
          .toString(16)
          .padStart(8, "0")}`,
      ),
    ),
    ALGORITHM,
    nameOf(issuer),
    sequence(timeOf(Date.now() + from * DAY_MS), timeOf(Date.now() + to * DAY_MS)),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const whole = sequence(body, ALGORITHM, der(0x03, hex("00"), sign("sha256", body, by)));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

const pem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

export function makeAuthority(name = "an authority of these tests"): Authority {
  const { privateKey, publicKey } = makeKey();
  const isAuthority = extension(OID.basicConstraints, sequence(der(0x01, hex("ff"))));
  return {
    name,
    key: pem(privateKey),
    cert: build(name, name, publicKey, privateKey, [-1, 365], isAuthority),
  };
}

export function makeCertificate({ names, from = -1, to = 365, by }: Wish): Certificate {
  const { privateKey, publicKey } = makeKey();
  const [first = "nobody"] = names;
  const alternatives = extension(
    OID.subjectAltName,
    sequence(...names.map((name) => der(0x82, Buffer.from(name)))),
  );
  const signer = by === undefined ? privateKey : createPrivateKey(by.key);
  return {
    key: pem(privateKey),
    cert: build(first, by?.name ?? first, publicKey, signer, [from, to], alternatives),
  };
}

/** Signed by itself, for one name, valid for a day until `until`. */
export function certificateFor(host: string, until = Date.now() + DAY_MS): Certificate {
  const to = (until - Date.now()) / DAY_MS;
  return makeCertificate({ names: [host], from: to - 2, to });
}
