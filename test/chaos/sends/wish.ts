// A message that somebody wants to be sent.

export type GatewayName = "A" | "B";
/** `tunnel`: over a WebSocket (gateway A) or one request by POST (gateway B). */
export type Door = "messages" | "tunnel";

export interface Ask {
  readonly by: GatewayName;
  /** Milliseconds after the wish's own time. */
  readonly after: number;
}

/** One message that somebody wants to be sent, once, however often and by whomever it is asked for. */
export interface Wish {
  readonly key: string;
  /** Milliseconds after the traffic began. */
  readonly at: number;
  readonly door: Door;
  /** Index of the chat it goes to. */
  readonly place: number;
  readonly text: string;
  /** The key of another that says the same in the same chat. */
  readonly twinOf: string | undefined;
  /** Paragraphs, each of which is a message of its own. */
  readonly parts: number;
  readonly queue: boolean;
  /** Seconds that it may wait; undefined = as long as the relay lets it. */
  readonly ttlS: number | undefined;
  /** Asks again while the Mac is away. */
  readonly isPatient: boolean;
  /** Cancelled that long after it was asked for; undefined = never. */
  readonly cancelAfter: number | undefined;
  readonly asks: readonly Ask[];
}
