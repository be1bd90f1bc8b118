import { BridgeEvents015 } from "./bridge-events-0.15.ts";
import { LOCKED, runCall, type Outcome } from "./call.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { JsonObject, JsonValue } from "./json-parse.ts";
import type { WireObject } from "./json-write.ts";
import { Lanes } from "./lanes.ts";
import { METHODS } from "./method-table-0.15.ts";
import { Mutations015 } from "./mutations-0.15.ts";
import { stringOf } from "./params-lenient.ts";
import { StrictParams } from "./params-strict.ts";
import type { PayloadContext } from "./payload.ts";
import { Reads015 } from "./reads-0.15.ts";
import { parseStrict, type Request } from "./request.ts";
import { invalidParams, methodNotFound, RpcFailure, serverBusy } from "./rpc-failure.ts";
import { Send015 } from "./send-0.15.ts";
import { PROTOCOL_VERSION, statusPayload } from "./status-0.15.ts";
import { Watch015 } from "./watch-0.15.ts";

/** Watches and bridge event streams together. */
const SUBSCRIPTIONS = 64;

type Handler = (params: JsonObject) => WireObject;

/** What a subscription is to its engine, whatever it streams. */
interface Subscription {
  start(id: number): void;
  close(): void;
}

/**
 * imsg 0.15: strict params, three lanes, the database looked for anew at every request. Written from its
 * documents and sources; unlike 0.9 it was never recorded.
 */
export class Engine015 {
  readonly #process: EngineProcess;
  readonly #payload: PayloadContext;
  readonly #methods: ReadonlyMap<string, Handler>;
  readonly #lanes = new Lanes(() => this.#exitWhenDone());
  readonly #subscriptions = new Map<number, Subscription>();
  /** What the call at hand has subscribed to; it starts when the answer is out. */
  #subscribed: (() => void) | undefined;
  #lastSubscription = 0;
  #ended = false;

  constructor(process: EngineProcess) {
    this.#process = process;
    this.#payload = {
      dialect: "0.15",
      home: process.host.home ?? "/Users/demo",
      fileExists: process.host.fileExists ?? (() => true),
      schemaUnread: false,
    };
    const send = new Send015(process);
    this.#methods = new Map<string, Handler>([
      ...new Reads015(process, this.#payload).methods,
      ...new Mutations015(process).methods,
      ["send", (params) => send.send(params, "send")],
      ["send.tracked", (params) => send.send(params, "send.tracked")],
      ["initialize", (params) => this.#initialize(params)],
      ["watch.subscribe", (params) => this.#watch(params)],
      ["watch.unsubscribe", (params) => this.#unsubscribe(params)],
      ["bridge.events.subscribe", (params) => this.#bridgeEvents(params)],
    ]);
  }

  receive(line: string): void {
    if (line.trim() === "" || !this.#process.alive || this.#ended) return;
    const request = parseStrict(line.trim());
    if ("failure" in request) {
      // Only what cannot be told from a request is answered: a refused notification is not.
      if (request.id !== undefined) this.#answer(request.id, request.failure);
      return;
    }
    // An unknown method is answered in the control lane, past a mutation that hangs.
    this.#lanes.submit({
      lane: METHODS.get(request.method)?.lane ?? "control",
      run: (finished) => this.#run(request, finished),
      refuse: (failure) => this.#answer(request.id, failure),
    });
  }

  /** Subscriptions are cancelled, accepted requests drain, then it exits. */
  end(): void {
    this.#ended = true;
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#subscriptions.clear();
    this.#exitWhenDone();
  }

  #exitWhenDone(): void {
    if (this.#ended && this.#lanes.outstanding === 0) this.#process.exit(0);
  }

  #run(request: Request, finished: Parameters<Parameters<Lanes["submit"]>[0]["run"]>[0]): void {
    const [least, most] =
      METHODS.get(request.method)?.lane === "read" ? this.#process.options.readMs : [0, 0];
    const ms = most > 0 ? least + this.#process.host.random() * (most - least) : 0;
    // Kept for this call alone: its answer may be held while others subscribe.
    let start: (() => void) | undefined;
    this.#process.soon(ms, () =>
      runCall(this.#process, {
        method: request.method,
        text: stringOf(request.params["text"]),
        queries: METHODS.get(request.method)?.needs === "database",
        locked: LOCKED,
        perform: () => {
          const result = this.#dispatch(request);
          start = this.#subscribed;
          this.#subscribed = undefined;
          return result;
        },
        answer: (outcome) => {
          this.#answer(request.id, outcome);
          start?.();
        },
        finished,
      }),
    );
  }

  #dispatch({ method, params }: Request): WireObject {
    const handler = this.#methods.get(method);
    if (handler === undefined) throw methodNotFound(method);
    return handler(params);
  }

  /** The answer is that of `status`; a client that speaks another version learns it here. */
  #initialize(values: JsonObject): WireObject {
    const asked = new StrictParams("initialize", values, ["protocol_version"]).integer("protocol_version");
    if (asked !== undefined && asked !== PROTOCOL_VERSION) {
      throw invalidParams(`unsupported protocol_version ${asked}; supported version is ${PROTOCOL_VERSION}`);
    }
    return statusPayload(this.#process.host, this.#process.options);
  }

  #watch(params: JsonObject): WireObject {
    const watch = new Watch015(this.#process, this.#payload, params, () => this.#forget(watch));
    const subscription = this.#subscribe(watch);
    return { subscription, buffer_limit: watch.bufferLimit };
  }

  #bridgeEvents(params: JsonObject): WireObject {
    const events = new BridgeEvents015(this.#process, params);
    const subscription = this.#subscribe(events);
    return { subscription, buffer_limit: events.bufferLimit, resumable: false };
  }

  /** Numbers are never used again in one process. */
  #subscribe(subscription: Subscription): number {
    if (this.#subscriptions.size >= SUBSCRIPTIONS) throw serverBusy("subscription limit exceeded");
    const id = ++this.#lastSubscription;
    this.#subscriptions.set(id, subscription);
    this.#subscribed = () => subscription.start(id);
    return id;
  }

  /** Unknown and ended ones are fine; nothing of that number comes after the answer. */
  #unsubscribe(values: JsonObject): WireObject {
    const params = new StrictParams("watch.unsubscribe", values, ["subscription"]);
    const id = params.positive("subscription");
    if (id === undefined) throw invalidParams("subscription is required");
    this.#subscriptions.get(id)?.close();
    this.#subscriptions.delete(id);
    return { ok: true };
  }

  /** A stream that ended by itself. */
  #forget(ended: Subscription): void {
    for (const [id, subscription] of this.#subscriptions)
      if (subscription === ended) this.#subscriptions.delete(id);
  }

  /** Notifications are never answered, not even with an error. */
  #answer(id: JsonValue | undefined, outcome: Outcome): void {
    if (id === undefined) return;
    this.#process.write(
      outcome instanceof RpcFailure ? { id, error: outcome.wire } : { id, result: outcome },
    );
  }
}
