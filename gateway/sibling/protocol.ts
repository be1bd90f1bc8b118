// What siblings on one machine say to each other over a Unix socket: lines. A request is `<key> <line of stdin>`, its
// answer `<key> <line for stdout>`, or `<key>` alone where there is nothing to say. The key is the sibling's own and
// goes to the relay as idempotency key, so that whoever answers in the end, the effect is one (RPC6). A lender that
// ends hangs up: what it has not answered is asked elsewhere.

/** In the name of the socket: programs that speak another version never meet. */
export const SIBLING_PROTOCOL = 1;

/** sibling → lender */
export const HELLO = { json: "!hello json", old: "!hello old" } as const;
/** A process that would lend itself and waits for this one to end. */
export const HEIR = "!heir";
export const PING = "!ping";

/** lender → sibling */
export const READY = "!ready";
export const PONG = "!pong";
/** `!same <key> <other key>`: that request was in flight already, under the other key; ask elsewhere with that one. */
export const SAME = "!same";

export interface Keyed {
  readonly key: string;
  /** "" = nothing. */
  readonly text: string;
}

export const writeKeyed = ({ key, text }: Keyed): string => (text === "" ? key : `${key} ${text}`);

export function readKeyed(line: string): Keyed {
  const at = line.indexOf(" ");
  return at < 0 ? { key: line, text: "" } : { key: line.slice(0, at), text: line.slice(at + 1) };
}
