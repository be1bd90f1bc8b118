import type { WireObject } from "./json-write.ts";

/** A failure of a request; thrown by handlers, written by the dispatcher, as imsg's RPCError. */
export class RpcFailure extends Error {
  readonly code: number;
  readonly data: string | WireObject | undefined;

  constructor(code: number, message: string, data: string | WireObject | undefined) {
    super(message);
    this.code = code;
    this.data = data;
  }

  get wire(): WireObject {
    return { code: this.code, message: this.message, data: this.data };
  }
}

export const parseError = (): RpcFailure =>
  new RpcFailure(
    -32700,
    "Parse error",
    "The operation could not be completed. The data is not in the correct format.",
  );
export const invalidRequest = (data: string): RpcFailure => new RpcFailure(-32600, "Invalid Request", data);
export const methodNotFound = (method: string): RpcFailure =>
  new RpcFailure(-32601, "Method not found", method);
export const invalidParams = (data: string): RpcFailure => new RpcFailure(-32602, "Invalid params", data);
export const internalError = (data: string): RpcFailure => new RpcFailure(-32603, "Internal error", data);
export const serverBusy = (data: string): RpcFailure => new RpcFailure(-32000, "Server busy", data);

export const databaseUnavailable = (path: string, detail: string): RpcFailure =>
  new RpcFailure(-32002, "Database unavailable", { path, detail, retryable: true });

export const BRIDGE_NOT_STARTED =
  "The bridge is not started. Run imsg launch explicitly before using bridge methods.";
/** From 0.13 on; 0.9 tries to launch Messages instead. */
export const bridgeUnavailable = (): RpcFailure =>
  new RpcFailure(-32003, "Bridge unavailable", { detail: BRIDGE_NOT_STARTED, retryable: true });

/** What is known of a mutation that failed; only `not_started` may be retried. */
export interface Delivery {
  readonly disposition: "not_started" | "may_have_completed" | "still_in_flight";
  readonly transport: "applescript" | "bridge_v2";
  readonly operation: string;
  readonly detail: string;
}

/** An object, where all of 0.9's errors carry a string. */
const deliveryData = (delivery: Delivery): WireObject => ({
  retry_safe: delivery.disposition === "not_started",
  disposition: delivery.disposition,
  transport: delivery.transport,
  operation: delivery.operation,
  detail: delivery.detail,
});

export const deliveryFailure = (delivery: Delivery): RpcFailure =>
  delivery.disposition === "not_started"
    ? new RpcFailure(-32603, "Delivery failed before dispatch", deliveryData(delivery))
    : new RpcFailure(-32001, "Delivery outcome unknown", deliveryData(delivery));

/** The poison is that of the earlier, stuck mutation; only its detail speaks of the present one. */
export const mutationLaneBlocked = (poison: Delivery): RpcFailure =>
  new RpcFailure(-32004, "Mutation lane blocked", {
    ...deliveryData(poison),
    detail: `A prior ${poison.operation} remains in flight. Restart the RPC child before sending another mutation.`,
  });
