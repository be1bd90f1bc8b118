import { parseSecret } from "../../shared/webhooks/secret.ts";
import type { Invocation } from "./invocation.ts";
import { valueOf } from "./options.ts";
import { readSecret } from "./prompt.ts";

/** `--secret whsec_…`; `-` reads it from standard input, where no other user of the machine sees it. */
export async function signingSecretOf(
  invocation: Invocation,
): Promise<{ readonly secret: string | undefined } | { readonly why: string }> {
  const typed = valueOf(invocation, "--secret");
  if (typed === undefined) return { secret: undefined };
  const secret = typed === "-" ? await readSecret("Signing secret: ") : typed;
  if (secret?.startsWith("whsec_") !== true)
    return { why: "--secret needs a signing secret (whsec_…), or - to read it from standard input" };
  const parsed = parseSecret(secret);
  return parsed.ok ? { secret } : { why: `--secret: ${parsed.error}` };
}
