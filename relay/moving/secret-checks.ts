// Whether two relays sign by the same secrets, said without saying them.
import { createHash } from "node:crypto";
import type { Secrets } from "../secrets.ts";
import type { SecretCheck } from "./format.ts";

const CHECK_CHARS = 32;
const MAX_VERSION = 255;
const message = new TextEncoder().encode("imsg-relay export check");

function checkOf({ macOf }: Secrets, version: number): string | undefined {
  const mac = macOf(version, message);
  return mac === undefined ? undefined : createHash("sha256").update(mac).digest("hex").slice(0, CHECK_CHARS);
}

export function secretChecks(secrets: Secrets): SecretCheck[] {
  const checks: SecretCheck[] = [];
  for (let version = 1; version <= MAX_VERSION; version += 1) {
    const check = checkOf(secrets, version);
    if (check !== undefined) checks.push({ version, check });
  }
  return checks;
}

/** What is missing here for ids and sealed texts of that relay, in words; undefined = nothing. */
export function missingSecrets(secrets: Secrets, wanted: readonly SecretCheck[]): string | undefined {
  const missing = wanted.filter(({ version }) => checkOf(secrets, version) === undefined);
  const others = wanted.filter(
    ({ version, check }) => ![undefined, check].includes(checkOf(secrets, version)),
  );
  const named = (checks: readonly SecretCheck[]): string => checks.map(({ version }) => version).join(", ");
  if (others.length > 0)
    return `version ${named(others)} of RELAY_SECRETS is another secret here than where the export comes from: this relay must have that one under that number`;
  return missing.length === 0
    ? undefined
    : `add secret version ${named(missing)} of the relay where the export comes from to RELAY_SECRETS, and start again`;
}
