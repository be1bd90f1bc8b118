import { openDatabase } from "./database-0.15.ts";
import type { EngineOptions, Host } from "./host.ts";
import type { WireObject } from "./json-write.ts";
import { METHODS, SELECTORS } from "./method-table-0.15.ts";
import { BRIDGE_NOT_STARTED } from "./rpc-failure.ts";

export const PROTOCOL_VERSION = 1;

/** Of the schema: a current Messages database has them all. */
const FEATURES: WireObject = {
  unread_state: true,
  scheduled_messages: true,
  reactions: true,
  reply_context: true,
  routing_metadata: true,
  balloon_payloads: true,
};

export const selectorsOf = (ready: boolean): WireObject =>
  Object.fromEntries(SELECTORS.map((selector) => [selector, ready]));

export const capabilitiesOf = (options: EngineOptions): WireObject => ({
  engine: { version: options.version, commit: "0000000", built_at: "2026-09-01T00:00:00.000Z" },
  features: { "messages.after": 1, "watch.cursor": 1, "tapback.emoji": options.bridgeReady ? 2 : 1 },
});

/** The answer of `status` and `initialize`: `methods` work now, `supported_methods` were built in. */
export function statusPayload(host: Host, options: EngineOptions): WireObject {
  const database = openDatabase(host);
  const ready = typeof database !== "string";
  const usable = [...METHODS].filter(
    ([, { needs }]) => needs === "nothing" || (needs === "database" ? ready : options.bridgeReady),
  );
  return {
    version: options.version,
    protocol_version: PROTOCOL_VERSION,
    database: {
      path: host.world.path,
      ready,
      ...(ready ? { features: FEATURES } : { error: database }),
    },
    bridge: options.bridgeReady
      ? {
          ready: true,
          bridge_version: 2,
          v2_ready: true,
          registry_available: true,
          selectors: selectorsOf(true),
        }
      : { ready: false, error: BRIDGE_NOT_STARTED },
    contacts: { available: options.contacts },
    methods: usable.map(([name]) => name),
    supported_methods: [...METHODS.keys()],
    capabilities: capabilitiesOf(options),
  };
}
