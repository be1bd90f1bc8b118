// The bindings of the Worker, and what is read of them once.
import { HEARTBEAT_MS, LINK_DEAD_AFTER_MS, type LinkTimes } from "../shared/limits.ts";
import { readSecrets, type Secrets } from "./secrets.ts";

export interface RelayEnv {
  readonly ACCOUNTS: DurableObjectNamespace;
  readonly TENANTS: DurableObjectNamespace;
  /** "1:<hex>", newest first. */
  readonly RELAY_SECRETS?: string;
  readonly OPERATOR_KEY?: string;
  /** Origins an agent may dial, comma-separated. */
  readonly RELAY_ORIGINS?: string;
  /** "1" = webhooks may go to this machine: for a relay that runs on its operator's own. */
  readonly WEBHOOKS_TO_LOOPBACK?: string;
  /** Only for tests: a webhook's waits, and how long an old secret signs, are so much of the service's. */
  readonly WEBHOOK_SCALE?: string;
  /** Only for tests: the rates of those without a key, and of the operator's, are so many times the usual ones. */
  readonly RATE_SCALE?: string;
  /** Only for tests: how long a silent link counts as alive, ms. */
  readonly LINK_DEAD_AFTER_MS?: string;
}

export interface RelayConfig {
  readonly secrets: Secrets;
  readonly operatorKey: string;
  readonly origins: readonly string[];
  readonly times: LinkTimes;
  readonly allowsLoopback: boolean;
  readonly webhookScale: number;
  readonly rateScale: number;
}

const MIN_OPERATOR_KEY_CHARS = 32;

/** Throws where a secret is missing or weak: a relay without them must not answer at all. */
export function readConfig(env: RelayEnv): RelayConfig {
  const operatorKey = env.OPERATOR_KEY ?? "";
  if (operatorKey.length < MIN_OPERATOR_KEY_CHARS) {
    throw new Error(`OPERATOR_KEY must be at least ${MIN_OPERATOR_KEY_CHARS} characters`);
  }
  return {
    secrets: readSecrets(env.RELAY_SECRETS),
    operatorKey,
    origins: (env.RELAY_ORIGINS ?? "")
      .split(",")
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ""),
    webhookScale: Number(env.WEBHOOK_SCALE ?? 1),
    rateScale: Number(env.RATE_SCALE ?? 1),
    allowsLoopback: env.WEBHOOKS_TO_LOOPBACK === "1",
    times: { heartbeatMs: HEARTBEAT_MS, deadAfterMs: Number(env.LINK_DEAD_AFTER_MS ?? LINK_DEAD_AFTER_MS) },
  };
}
