// The relay, kept running: on one port, with its state, whatever ends it.
import type { Layout } from "./layout.ts";
import { keepRunning, type Keeper, type KeeperEvents } from "./keep-running.ts";
import type { Secrets } from "./secrets.ts";
import { startRelay } from "./workerd.ts";

interface RelayPlace {
  readonly layout: Layout;
  readonly state: string;
  readonly host: string;
  readonly port: number;
  readonly secrets: Secrets;
  /** What agents may dial. */
  readonly origins: readonly string[];
  /** Webhooks may go to http addresses of this machine. */
  readonly webhooksToLoopback: boolean;
  readonly onLine: (line: string) => void;
}

/** It takes two: the worker's own leave, which is for loopback alone, and workerd's. */
export const toLoopback = { binding: { WEBHOOKS_TO_LOOPBACK: "1" }, reachesPrivate: true } as const;

export const keepRelay = (
  { layout, state, host, port, secrets, origins, webhooksToLoopback, onLine }: RelayPlace,
  events: KeeperEvents,
): Promise<Keeper> =>
  keepRunning(
    () =>
      startRelay({
        bundle: layout.bundle,
        state,
        host,
        port,
        onLine,
        bindings: {
          RELAY_SECRETS: secrets.RELAY_SECRETS,
          OPERATOR_KEY: secrets.OPERATOR_KEY,
          RELAY_ORIGINS: origins.join(","),
          ...(webhooksToLoopback ? toLoopback.binding : {}),
        },
        ...(webhooksToLoopback ? { reachesPrivate: toLoopback.reachesPrivate } : {}),
      }),
    events,
  );
