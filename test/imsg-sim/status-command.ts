import { METHODS } from "./method-table-0.15.ts";
import type { Dialect, EngineOptions } from "./host.ts";
import { capabilitiesOf, selectorsOf } from "./status-0.15.ts";
import type { WireObject } from "./json-write.ts";

/** The methods 0.9 knows; anything else is -32601 there [transcript 01]. */
const METHODS_09 = [
  "chats.list",
  "chats.create",
  "chats.delete",
  "chats.markUnread",
  "messages.history",
  "watch.subscribe",
  "watch.unsubscribe",
  "send",
  "send.rich",
  "send.attachment",
  "tapback",
  "typing",
  "read",
  "message.edit",
  "message.unsend",
  "message.delete",
  "message.notifyAnyways",
  "group.rename",
  "group.setIcon",
  "group.addParticipant",
  "group.removeParticipant",
  "group.leave",
];

/** `imsg status --json`: the command, not the RPC method of that name. */
export function statusCommand(dialect: Dialect, options: EngineOptions): WireObject {
  const ready = options.bridgeReady;
  const common = {
    basic_features: true,
    advanced_features: ready,
    typing_indicators: ready,
    read_receipts: ready,
    message: ready
      ? "Connected to Messages.app. IMCore features available."
      : "Bridge not started. SIP is enabled.",
    bridge_version: ready ? 2 : 0,
    v2_ready: ready,
    selectors: ready ? selectorsOf(true) : {},
  };
  if (dialect === "0.9") return { ...common, rpc_methods: METHODS_09 };
  return {
    ...common,
    version: options.version,
    sip: ready ? "disabled" : "enabled",
    helper_version: ready ? options.version : undefined,
    rpc_methods: [...METHODS.keys()].filter((method) => ready || method !== "send.tracked"),
    capabilities: capabilitiesOf(options),
  };
}
