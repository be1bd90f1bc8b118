// What the relay is trusted by: made once, kept in the state folder, given to workerd by the environment only.
import { randomBytes } from "node:crypto";
import path from "node:path";
import * as z from "zod";
import { encodeBase32 } from "../shared/base32.ts";
import { parseJson } from "../shared/json.ts";
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
  const json = parseJson(text);
  const read = json.ok ? secretsSchema.safeParse(json.value) : undefined;
  if (read?.success === true) return read.data;
  throw new Error(`${file} is damaged${whatIsWrong(read?.error)}. ${MEND}`);
}

const MEND =
  "Restore the whole file from a backup: without RELAY_SECRETS every id and key of this relay is void, without OPERATOR_KEY nobody can make new ones.";

/** By their names alone; what stands there may be the better part of a secret. */
function whatIsWrong(error: z.ZodError | undefined): string {
  const named = Object.keys(secretsSchema.shape).filter((name) =>
    error?.issues.some(({ path: [first] }) => first === name),
  );
  return named.length === 0
    ? ""
    : `: ${named.join(" and ")} ${named.length === 1 ? "is" : "are"} missing or too short`;
}
