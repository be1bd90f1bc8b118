import { createHash } from "node:crypto";
import type { Sha256 } from "../client/sha256.ts";

/** Node's own: several times as fast as what runs everywhere. */
export function sha256(): Sha256 {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("base64") };
}
