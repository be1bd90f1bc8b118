// The small ports: the clock, randomness, the signature, and what the file system says.
import { createHash, createPrivateKey, randomBytes, sign } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { encodeBase32 } from "../../shared/base32.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Hasher } from "../transfers/ports.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export const randomName = (): string => encodeBase32(randomBytes(16));

export function sha256(): Hasher {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("base64") };
}

/** Ed25519 hashes by itself: no digest is named. */
export function signer(privateKeyPem: string): (text: string) => string {
  const key = createPrivateKey(privateKeyPem);
  return (text) => sign(null, Buffer.from(text), key).toString("base64");
}

export const expandHome = (file: string): string =>
  file === "~" || file.startsWith("~/") ? path.join(homedir(), file.slice(1)) : file;

/** imsg's own default, where the owner's file names none. */
export const DEFAULT_DATABASE = "~/Library/Messages/chat.db";

/** Inode and birth time: a restored or replaced database has others, a rewritten row has not. */
export function databaseStamp(file: () => string): () => string | undefined {
  return () => {
    const stat = statSync(file(), { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? undefined : `${stat.dev}.${stat.ino}.${stat.birthtimeNs}`;
  };
}

/** In bytes; 0 where there is no such file. */
export const fileSize = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

export function realPath(file: string): string | undefined {
  const plain = file.startsWith("file:") ? fromUrl(file) : file;
  if (plain === undefined) return undefined;
  try {
    return realpathSync(expandHome(plain));
  } catch {
    return undefined;
  }
}

function fromUrl(text: string): string | undefined {
  try {
    const url = new URL(text);
    return url.host === "" ? decodeURIComponent(url.pathname) : undefined;
  } catch {
    return undefined;
  }
}
