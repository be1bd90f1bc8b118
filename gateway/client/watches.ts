import * as z from "zod";
import type { Clock } from "../../shared/clock.ts";
import { subscribedSchema, watchErrorSchema } from "../../shared/imsg.ts";
import { RPC, rpcErrorSchema, type RpcError } from "../../shared/jsonrpc.ts";
import { READ_DEADLINE_MS } from "../../shared/limits.ts";
import type { Peer } from "../../shared/peer.ts";
import { SUBSCRIBE_RETRY_MS } from "../limits.ts";
import { neverLeft } from "./failures.ts";
import { gapSchema, Watch, watchedSchema, type Subscription, type WatchHandlers } from "./watch.ts";

const BROKEN: RpcError = { code: RPC.internal, message: "The subscription broke." };
const brokenSchema = z.looseObject({
  error: rpcErrorSchema.extend({ code: z.number().catch(RPC.internal) }),
});
/** Where it starts, said to clients of ours (RPC12). */
const startedSchema = subscribedSchema.extend({
  relay: z.looseObject({ id: z.string() }).optional().catch(undefined),
});
const verdictSchema = z.looseObject({ retryable: z.boolean() });
/** Errors that the same request meets again for ever. */
const FINAL: ReadonlySet<number> = new Set([RPC.invalid_request, RPC.method_not_found, RPC.invalid_params]);

interface WatchesParts {
  readonly clock: Clock;
  /** The socket is of no use: give it up. */
  readonly drop: (reason: string) => void;
}

/** All subscriptions of a tunnel: taken up again after every loss of the link, each behind what it saw last. */
export class Watches {
  readonly #parts: WatchesParts;
  readonly #watches = new Set<Watch>();
  readonly #byNumber = new Map<number, Watch>();
  #peer: Peer | undefined;

  constructor(parts: WatchesParts) {
    this.#parts = parts;
  }

  subscribe(params: Record<string, unknown>, handlers: WatchHandlers): Subscription {
    const watch = new Watch(params, handlers, this.#parts.clock);
    this.#watches.add(watch);
    if (this.#peer !== undefined) this.#establish(watch, this.#peer);
    return {
      established: watch.established,
      get lastId() {
        return watch.lastId;
      },
      anchor: (id) => watch.anchor(id),
      close: () => this.#close(watch),
    };
  }

  linkUp(peer: Peer): void {
    this.#peer = peer;
    for (const watch of this.#watches) this.#establish(watch, peer);
  }

  linkLost(): void {
    this.#peer = undefined;
    this.#byNumber.clear();
    for (const watch of this.#watches) watch.lost();
  }

  /** A notification for some subscription; of one that was closed meanwhile it is dropped. */
  notification(method: string, params: unknown): void {
    const named = watchErrorSchema.safeParse(params);
    const watch = named.success ? this.#byNumber.get(named.data.subscription) : undefined;
    if (watch === undefined) return;
    if (method === "message") {
      const watched = watchedSchema.safeParse(params);
      if (watched.success) watch.message(watched.data);
      return;
    }
    if (method === "relay.gap") {
      const gap = gapSchema.safeParse(params);
      if (gap.success) watch.gap(gap.data);
      return;
    }
    if (method !== "error") return;
    const broken = brokenSchema.safeParse(params);
    this.#broke(watch, broken.success ? broken.data.error : BROKEN);
  }

  close(): void {
    for (const watch of this.#watches) this.#close(watch);
  }

  #establish(watch: Watch, peer: Peer): void {
    peer.ask("watch.subscribe", watch.request(), READ_DEADLINE_MS, (outcome) => {
      if (!this.#isCurrent(watch, peer)) return;
      if (outcome.kind === "deadline") this.#parts.drop("a subscription was not answered");
      if (outcome.kind !== "answer") return;
      const { answer } = outcome;
      if ("error" in answer) {
        this.#refused(watch, peer, answer.error);
        return;
      }
      const result = startedSchema.safeParse(answer.result);
      if (!result.success) {
        this.#refused(watch, peer, BROKEN);
        return;
      }
      const { subscription, relay } = result.data;
      // A tail that is only a tail would lose its place with the link, as long as nothing was seen.
      if (relay !== undefined) watch.anchor(relay.id);
      this.#byNumber.set(subscription, watch);
      watch.subscribed(peer, subscription, answer);
    });
  }

  /** imsg never mends a stream that reported an error: leave it and take it up again behind what was seen. */
  #broke(watch: Watch, error: RpcError): void {
    const { number } = watch;
    if (number === undefined || this.#peer === undefined) return;
    this.#byNumber.delete(number);
    watch.lost();
    this.#peer.notify("watch.unsubscribe", { subscription: number });
    this.#refused(watch, this.#peer, error);
  }

  #refused(watch: Watch, peer: Peer, error: RpcError): void {
    if (isFinal(error) && !watch.wasEstablished) {
      this.#watches.delete(watch);
      watch.settle({ error });
      return;
    }
    watch.trouble(error);
    this.#parts.clock.after(SUBSCRIBE_RETRY_MS, () => {
      if (this.#isCurrent(watch, peer) && watch.number === undefined) this.#establish(watch, peer);
    });
  }

  #close(watch: Watch): void {
    if (!this.#watches.delete(watch)) return;
    const { number } = watch;
    watch.end();
    if (!watch.wasEstablished) watch.settle(neverLeft("The subscription was closed."));
    if (number === undefined || this.#peer === undefined) return;
    this.#byNumber.delete(number);
    this.#peer.notify("watch.unsubscribe", { subscription: number });
  }

  #isCurrent(watch: Watch, peer: Peer): boolean {
    return this.#peer === peer && this.#watches.has(watch);
  }
}

function isFinal(error: RpcError): boolean {
  const verdict = verdictSchema.safeParse(error.data);
  return FINAL.has(error.code) || (verdict.success && !verdict.data.retryable);
}
