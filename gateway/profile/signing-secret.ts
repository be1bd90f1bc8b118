import path from "node:path";
import { err, ok, type Result } from "../../shared/result.ts";
import { formatSecret, mintSecret, parseSecret } from "../../shared/webhooks/secret.ts";
import type { Home } from "./home.ts";
import { readPrivate, writePrivate } from "./private-files.ts";

/** What `listen` signs with: made once for a profile, so that a receiver under development is told it once. */
export function signingSecret({ folder }: Home): Result<string, string> {
  const file = path.join(folder, "listen-secret");
  const read = readPrivate(file);
  if (read.kind === "open_to_others")
    return err(`${file} may be read by others (mode ${read.mode}); remove it to have a new one made`);
  if (read.kind === "unreadable") return err(`${file} cannot be read`);
  if (read.kind === "absent") {
    const secret = formatSecret(mintSecret());
    writePrivate(file, `${secret}\n`);
    return ok(secret);
  }
  const secret = parseSecret(read.text.trim());
  return secret.ok
    ? ok(formatSecret(secret.value))
    : err(`${file} holds no signing secret; remove it to have one made`);
}
