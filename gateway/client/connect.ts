import type { Clock } from "../../shared/clock.ts";
import type { LinkTimes } from "../../shared/limits.ts";
import { accountPath } from "./account.ts";
import type { LinkState } from "./link.ts";
import { mintKey } from "./mint-key.ts";
import { dialFor, type Access } from "./platform-dial.ts";
import type { Dial } from "./socket.ts";
import { systemClock } from "./system-clock.ts";
import { Tunnel } from "./tunnel.ts";

/** What the tunnel of ours speaks (RPC12). */
const TUNNEL_PROTOCOL = "imsg-relay.v1";

export type ConnectOptions = Access & {
  /** Origin of the relay. */
  readonly relay: string;
  readonly account: string;
  /** How this platform opens a WebSocket; in Node with a key, `gateway/node/ws-dial.ts`. */
  readonly dial?: Dial;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Every change of the connection; `refused` says in plain words what a human must mend. */
  readonly onState?: (state: LinkState) => void;
  readonly times?: LinkTimes;
};

/** A tunnel to one account. It connects by itself, and again after every loss, until it is closed. */
export function connect(options: ConnectOptions): Tunnel {
  const { relay, account, onState, times } = options;
  const { key, dial } = dialFor(options, options.dial);
  // RPC16: one name for all sockets of this tunnel, so that the relay hears only the newest.
  const url = new URL(`${accountPath(account, "rpc")}?client=${mintKey()}`, relay).href;
  const target = { url, protocol: TUNNEL_PROTOCOL, key };
  const tunnel = new Tunnel({
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    mintKey,
    dial: (handlers) => dial(target, handlers),
    ...(onState === undefined ? {} : { onState }),
    ...(times === undefined ? {} : { times }),
  });
  tunnel.start();
  return tunnel;
}
