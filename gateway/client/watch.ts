import * as z from "zod";
import type { Clock } from "../../shared/clock.ts";
import { chatKey } from "../../shared/imsg.ts";
import type { Answer, RpcError } from "../../shared/jsonrpc.ts";
import type { Peer } from "../../shared/peer.ts";
import { SEEN_WINDOW } from "../limits.ts";
import { Acks } from "./acks.ts";
import { Seen } from "./seen.ts";

/** What the relay adds to a notification for clients of ours (RPC12). */
const relayNoteSchema = z.object({
  id: z.string(),
  logged_at: z.number(),
  delayed: z.boolean(),
  /** What each attachment of the message is asked for by; null = it is not on the Mac (ATT1). */
  attachments: z.array(z.string().nullable()).optional().catch(undefined),
});
export type RelayNote = z.infer<typeof relayNoteSchema>;

export const watchedSchema = z.looseObject({
  message: z.looseObject({}),
  relay: relayNoteSchema.optional().catch(undefined),
});
export type Watched = z.infer<typeof watchedSchema>;

/** What the log cannot show any more, or never had (LOG6, LOG7). `to` is the place to go on from. */
export const gapSchema = z.looseObject({
  from: z.string(),
  to: z.string(),
  count: z.int().nullable().catch(null),
  why: z.string(),
});
export type Gap = z.infer<typeof gapSchema>;

const identitySchema = z.looseObject({ guid: z.string().min(1), chat_guid: z.string().catch("") });

export interface WatchHandlers {
  /**
   * In the order of the log. `taken` says that the message is in safe hands: only then is it acknowledged, so a
   * reader that is slow holds the rest back at the relay.
   */
  onMessage(watched: Watched, taken: () => void): void;
  /** Some messages are lost to this reader. */
  onGap?(gap: Gap): void;
  /** The relay refused to take the subscription up (again), or says that it broke. */
  onTrouble?(error: RpcError): void;
}

/** One subscription as its caller sees it: it lives through losses of the link until it is closed. */
export interface Subscription {
  /** The first answer of the relay; an error answer means that there is no subscription. */
  readonly established: Promise<Answer>;
  /** The last event seen, from which a later subscription can go on (`relay_after`). */
  readonly lastId: string | undefined;
  /** Starts after that event instead of at the tail, if nothing was established or seen yet. */
  anchor(eventId: string): void;
  close(): void;
}

/** One subscription's memory: where it is, what it has shown, what it owes the relay. */
export class Watch {
  readonly params: Record<string, unknown>;
  readonly established: Promise<Answer>;
  readonly #handlers: WatchHandlers;
  readonly #seen = new Seen(SEEN_WINDOW);
  readonly #acks: Acks;
  #settle: (answer: Answer) => void = () => undefined;
  #settled = false;
  #lastId: string | undefined;
  /** Where it is subscribed now, and under what number. */
  #at: { readonly peer: Peer; readonly number: number } | undefined;

  constructor(params: Record<string, unknown>, handlers: WatchHandlers, clock: Clock) {
    this.params = params;
    this.#handlers = handlers;
    this.established = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#acks = new Acks(clock, (id) => {
      if (this.#at !== undefined) this.#at.peer.notify("relay.ack", { subscription: this.#at.number, id });
    });
  }

  get lastId(): string | undefined {
    return this.#lastId;
  }

  get number(): number | undefined {
    return this.#at?.number;
  }

  get wasEstablished(): boolean {
    return this.#settled;
  }

  /**
   * Where a watch from the tail is, before it has seen anything. One from a row keeps asking from that row: rows
   * older than the log come first and have no place in it.
   */
  anchor(eventId: string): void {
    const { since_rowid: since, relay_after: after } = this.params;
    const isTail = after === undefined && (since === undefined || since === 0);
    if (isTail && this.#lastId === undefined && this.#at === undefined) this.#lastId = eventId;
  }

  /** What to ask the relay now: as asked first, or after what was seen last (RPC12). */
  request(): Record<string, unknown> {
    return this.#lastId === undefined ? this.params : { ...this.params, relay_after: this.#lastId };
  }

  subscribed(peer: Peer, number: number, answer: Answer): void {
    this.#at = { peer, number };
    this.settle(answer);
  }

  settle(answer: Answer): void {
    this.#settled = true;
    this.#settle(answer);
  }

  lost(): void {
    this.#at = undefined;
    // What is owed goes with the socket: the next subscription starts behind it.
    this.#acks.stop();
  }

  message(watched: Watched): void {
    const { relay, message } = watched;
    if (relay !== undefined) this.#lastId = relay.id;
    const taken = (): void => {
      if (relay !== undefined) this.#acks.done(relay.id);
    };
    const identity = identitySchema.safeParse(message);
    // A restored log names its events anew and shows them from its beginning: the same message, another id.
    if (identity.success && !this.#seen.add(`${identity.data.guid} ${chatKey(identity.data.chat_guid)}`))
      taken();
    else this.#handlers.onMessage(watched, taken);
  }

  gap(gap: Gap): void {
    // Said once: the next subscription starts behind it.
    this.#lastId = gap.to;
    this.#handlers.onGap?.(gap);
  }

  trouble(error: RpcError): void {
    this.#handlers.onTrouble?.(error);
  }

  end(): void {
    this.#acks.flush();
    this.lost();
  }
}
