// What the relay is trusted by: made once, kept in the state folder, given to workerd by the environment only.
import { randomBytes } from "node:crypto";
import path from "node:path";
import * as z from "zod";
import { encodeBase32 } from "../shared/base32.ts";
import { readPrivate, writePrivate } from "./private-folder.ts";

const secretsSchema = z.object({
  /** "1:<hex>", newest first, comma-separated. */
  RELAY_SECRETS: z.string().min(1),
  OPERATOR_KEY: z.string().min(32),
});
export type Secrets = z.infer<typeof secretsSchema>;

const SECRET_BYTES = 32;

/** Ids signed by lost secrets are lost, so a file that cannot be read is an error and never replaced. */
export function readOrMakeSecrets(folder: string): Secrets & { readonly isNew: boolean } {
  const file = path.join(folder, "secrets.json");
  const text = readPrivate(file);
  if (text !== undefined) return { ...parse(file, text), isNew: false };
  const made: Secrets = {
    RELAY_SECRETS: `1:${randomBytes(SECRET_BYTES).toString("hex")}`,
    OPERATOR_KEY: encodeBase32(new Uint8Array(randomBytes(SECRET_BYTES))),
  };
  writePrivate(file, `${JSON.stringify(made, null, 2)}\n`);
  return { ...made, isNew: true };
}

function parse(file: string, text: string): Secrets {
  try {
    return secretsSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(
      `${file} is damaged. Restore it from a backup; without it every id and key of this relay is void.`,
    );
  }
}
