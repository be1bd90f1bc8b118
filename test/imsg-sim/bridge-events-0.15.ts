import { requireDatabase } from "./database-0.15.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { Database } from "./host.ts";
import type { JsonObject } from "./json-parse.ts";
import { StrictParams } from "./params-strict.ts";
import { stamp } from "./payload.ts";
import { BRIDGE_NOT_STARTED, RpcFailure } from "./rpc-failure.ts";

/** `bridge.events.subscribe`: typing and the like, live only; what happened before is gone. */
export class BridgeEvents015 {
  readonly bufferLimit: number;
  readonly #process: EngineProcess;
  readonly #database: Database;
  #next: number;
  #cancel: (() => void) | undefined;

  constructor(process: EngineProcess, values: JsonObject) {
    const params = new StrictParams("bridge.events.subscribe", values, ["buffer_limit"]);
    this.bufferLimit = params.between(1, 4096, 256, "buffer_limit");
    if (!process.options.bridgeReady) {
      const data = { detail: BRIDGE_NOT_STARTED, retryable: true };
      throw new RpcFailure(-32003, "Bridge events unavailable", data);
    }
    this.#process = process;
    this.#database = requireDatabase(process.host);
    this.#next = this.#database.world.bridgeEvents.length;
  }

  start(subscription: number): void {
    this.#cancel = this.#database.onChange(() => {
      for (const { event, data } of this.#database.world.bridgeEvents.slice(this.#next)) {
        const ts = stamp(this.#process.host.clock.now());
        this.#process.notify("bridge.event", { subscription, event: { event, ts, data } });
        this.#next++;
      }
    });
  }

  /** Nothing comes after an unsubscribe. */
  close(): void {
    this.#cancel?.();
  }
}
