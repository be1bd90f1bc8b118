import { BUSY_MS, QUERY_FAILED, runCall, type Outcome } from "./call.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { Database, OpenFailure } from "./host.ts";
import type { JsonObject, JsonValue } from "./json-parse.ts";
import type { WireObject } from "./json-write.ts";
import { Mutations09 } from "./mutations-0.9.ts";
import { intOf, stringOf } from "./params-lenient.ts";
import type { PayloadContext } from "./payload.ts";
import { ChatCache, Reads09 } from "./reads-0.9.ts";
import { parseLenient } from "./request.ts";
import { internalError, invalidParams, methodNotFound, RpcFailure } from "./rpc-failure.ts";
import { BalloonMemory } from "./url-balloons.ts";
import { Watch09 } from "./watch-0.9.ts";

/** Schema probes at the start, each of which waits 5 s on a locked database [12]. */
const PROBES = 4;

/** Ten lines for a human, on the wire as `data` of every answer [12-db-missing]. */
const permissionError = (path: string): string => `unable to open database file (code: 14)

⚠️  Permission Error: Cannot access Messages database

The Messages database at ${path} requires Full Disk Access permission.

To fix:
1. Open System Settings → Privacy & Security → Full Disk Access
2. Add your terminal application and any parent launcher (VS Code, Node, gateway, etc.)
3. Also add the built-in Terminal.app if you normally use another terminal
4. Toggle stale entries off and on after terminal/Homebrew/app updates
5. Restart the terminal or parent app, then try again

Note: This is required because macOS protects the Messages database.
For more details, see: https://github.com/steipete/imsg#permissions-troubleshooting`;

type Handler = (params: JsonObject) => WireObject;

/** imsg 0.9.0: one request after the other, the database opened once, errors answered even to notifications. */
export class Engine09 {
  readonly #process: EngineProcess;
  /** Kept for the life of the process: a file that appears or is replaced later is never seen [12, 15]. */
  readonly #opened: Database | OpenFailure;
  readonly #methods: ReadonlyMap<string, Handler>;
  readonly #watches = new Map<number, Watch09>();
  #lastSubscription = 0;
  /** A slow request holds everything behind it, also an unsubscribe. */
  readonly #queue: string[] = [];
  #busy = false;
  #pumping = false;
  #ended = false;

  constructor(process: EngineProcess) {
    this.#process = process;
    this.#opened = process.host.world.open();
    this.#methods =
      typeof this.#opened === "string" ? new Map() : this.#methodsOn(this.#opened, this.#start());
  }

  receive(line: string): void {
    if (line.trim() === "") return;
    this.#queue.push(line);
    this.#pump();
  }

  end(): void {
    this.#ended = true;
    this.#pump();
  }

  /** True: the schema was probed while the database was locked, and that verdict stays [16]. */
  #start(): boolean {
    const fault = this.#process.host.faults?.strike("start", "");
    if (fault?.kind !== "locked_at_start") return fault?.kind === "empty_guids";
    this.#process.lock(fault.ms);
    this.#busy = true;
    this.#process.after(Math.min(fault.ms, PROBES * BUSY_MS), () => {
      this.#busy = false;
      this.#pump();
    });
    return true;
  }

  #methodsOn(database: Database, schemaUnread: boolean): ReadonlyMap<string, Handler> {
    const { host } = this.#process;
    const payload: PayloadContext = {
      dialect: "0.9",
      home: host.home ?? "/Users/demo",
      fileExists: host.fileExists ?? (() => true),
      schemaUnread,
    };
    const cache = new ChatCache();
    const reads = new Reads09(database, payload, cache);
    const watching = { process: this.#process, database, payload, cache, balloons: new BalloonMemory() };
    return new Map<string, Handler>([
      ["chats.list", (params) => reads.chatsList(params)],
      ["messages.history", (params) => reads.history(params)],
      [
        "watch.subscribe",
        (params) => {
          // Params are read first: a refused subscribe takes no number.
          const watch = new Watch09(watching, this.#lastSubscription + 1, params);
          const subscription = ++this.#lastSubscription;
          this.#watches.set(subscription, watch);
          watch.start();
          return { subscription };
        },
      ],
      ["watch.unsubscribe", (params) => this.#unsubscribe(params)],
      ...new Mutations09(this.#process, database).methods,
    ]);
  }

  /** An unknown or dead subscription is unsubscribed from just as well [08]. */
  #unsubscribe(params: JsonObject): WireObject {
    const subscription = intOf(params["subscription"]);
    if (subscription === undefined) throw invalidParams("subscription is required");
    this.#watches.get(subscription)?.close();
    this.#watches.delete(subscription);
    return { ok: true };
  }

  #pump(): void {
    // A call that ends at once comes back here; the loop below takes the next line then.
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.#busy && this.#process.alive) {
      const line = this.#queue.shift();
      if (line === undefined) break;
      this.#handle(line);
    }
    this.#pumping = false;
    // The code tells whether the database could be opened; live subscriptions end without a word [12, 13].
    if (this.#ended && !this.#busy) this.#process.exit(typeof this.#opened === "string" ? 1 : 0);
  }

  #handle(line: string): void {
    const request = parseLenient(line.trim());
    if ("failure" in request) return this.#answer(request.id, request.failure);
    this.#busy = true;
    return runCall(this.#process, {
      method: request.method,
      text: stringOf(request.params["text"]),
      queries: this.#methods.has(request.method) && !request.method.startsWith("watch."),
      locked: QUERY_FAILED,
      perform: () => this.#dispatch(request.method, request.params),
      answer: (outcome) => this.#answer(request.id, outcome),
      finished: () => {
        this.#busy = false;
        this.#pump();
      },
    });
  }

  #dispatch(method: string, params: JsonObject): WireObject {
    // Without a database not even the method is looked at [12].
    if (typeof this.#opened === "string") throw this.#unopened(this.#opened);
    const handler = this.#methods.get(method);
    if (handler === undefined) throw methodNotFound(method);
    return handler(params);
  }

  #unopened(failure: OpenFailure): RpcFailure {
    return internalError(
      failure === "directory" ? "disk I/O error (code: 10)" : permissionError(this.#process.host.world.path),
    );
  }

  /** Success of a notification is silent, its errors are answered with id null [03]. */
  #answer(id: JsonValue | undefined, outcome: Outcome): void {
    if (outcome instanceof RpcFailure) this.#process.write({ id: id ?? null, error: outcome.wire });
    else if (id !== undefined) this.#process.write({ id, result: outcome });
  }
}
