import type { Channel } from "../../shared/channel.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Answer } from "../../shared/jsonrpc.ts";
import { RPC, rpcError } from "../../shared/jsonrpc.ts";
import type { LinkTimes } from "../../shared/limits.ts";
import { Peer } from "../../shared/peer.ts";
import { UNSENT_PATIENCE_MS } from "../limits.ts";
import { Ledger, type CallOptions } from "./ledger.ts";
import { Link, type LinkState } from "./link.ts";
import type { SocketHandlers } from "./socket.ts";
import type { Subscription, WatchHandlers } from "./watch.ts";
import { Watches } from "./watches.ts";

interface TunnelParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly dial: (handlers: SocketHandlers) => Channel;
  /** A new idempotency key. */
  readonly mintKey: () => string;
  readonly onState?: (state: LinkState) => void;
  readonly times?: LinkTimes;
  readonly patienceMs?: number;
}

/** imsg's JSON-RPC through the relay, over one socket that is replaced whenever it dies. */
export class Tunnel {
  readonly #link: Link;
  readonly #ledger: Ledger;
  readonly #watches: Watches;
  readonly #parts: TunnelParts;
  #peer: Peer | undefined;

  constructor(parts: TunnelParts) {
    this.#parts = parts;
    const { clock, random, dial } = parts;
    this.#ledger = new Ledger(clock, parts.mintKey, parts.patienceMs ?? UNSENT_PATIENCE_MS);
    this.#watches = new Watches({
      clock,
      drop: (reason) => this.#link.drop(reason),
    });
    this.#link = new Link({
      clock,
      random,
      dial,
      ...(parts.times === undefined ? {} : { times: parts.times }),
      handlers: {
        onOpen: () => this.#opened(),
        onText: (text) => this.#peer?.receive(text),
        onLost: () => this.#lost(),
        onState: (state) => this.#changed(state),
      },
    });
  }

  start(): void {
    this.#link.start();
  }

  get state(): LinkState {
    return this.#link.state;
  }

  /** Calls that wait for an answer. */
  get pending(): number {
    return this.#ledger.size;
  }

  /** Never rejects: what went wrong is an error answer, and says whether it may be tried again (I6). */
  call(method: string, params?: unknown, options?: CallOptions): Promise<Answer> {
    return this.#ledger.call(method, params, options);
  }

  /** `params` as for `watch.subscribe` (RPC9); `relay_after` starts behind an event seen earlier. */
  subscribe(params: Record<string, unknown>, handlers: WatchHandlers): Subscription {
    return this.#watches.subscribe(params, handlers);
  }

  /** Ends for good; what is open is answered, see I6. */
  close(): void {
    this.#watches.close();
    this.#link.close();
    this.#ledger.close();
  }

  #opened(): void {
    const peer: Peer = new Peer(this.#parts.clock, (text) => this.#link.send(text), {
      onNotification: (method, params) => this.#watches.notification(method, params),
      // The relay asks plain clients only whether they still read (RPC13); whoever is asked answers.
      onRequest: ({ id, method }) =>
        peer.reply(
          id,
          method === "relay.probe"
            ? { result: {} }
            : rpcError(RPC.method_not_found, "Method not found", method),
        ),
    });
    this.#peer = peer;
    this.#ledger.linkUp(peer);
    this.#watches.linkUp(peer);
  }

  #lost(): void {
    const peer = this.#peer;
    this.#peer = undefined;
    this.#ledger.linkLost();
    this.#watches.linkLost();
    peer?.close();
  }

  #changed(state: LinkState): void {
    if (state.kind === "waiting") this.#ledger.attemptFailed(undefined);
    if (state.kind === "refused") this.#ledger.attemptFailed(state.refused);
    this.#parts.onState?.(state);
  }
}
