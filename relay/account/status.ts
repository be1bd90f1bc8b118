import type { Engine, Health } from "../../shared/health.ts";
import type { MacPolicy } from "../../shared/mac-policy.ts";
import type { Counters } from "./ports.ts";
import type { State, Usage } from "./store/state.ts";

/** Progress of the Mac's catch-up, as it last said. `total` null = the engine cannot say. */
export interface CatchUp {
  readonly done: number;
  readonly total: number | null;
  readonly finished: boolean;
}

/** STAT1. Times in ms since the epoch. */
export interface AccountStatus {
  readonly account: string;
  readonly name: string;
  readonly agent: {
    readonly state: "online" | "offline";
    readonly install: string | null;
    readonly epoch: number;
    readonly since: number;
    readonly last_seen: number | null;
  };
  readonly health: Health | null;
  readonly engine: Engine | null;
  /** What the owner of the Mac forbids; null = its agent has not said. */
  readonly mac_policy: MacPolicy | null;
  readonly log: {
    readonly id: string;
    readonly last_seq: number;
    readonly database: number;
    readonly resume: number | null;
    /** The lowest number kept. */
    readonly first_seq: number;
  };
  readonly catch_up: CatchUp | null;
  readonly gateways: number;
  readonly subscriptions: number;
  /** Sockets of event readers, those that the Worker holds for streams and polls included. */
  readonly readers: number;
  readonly calls: number;
  readonly operations_open: number;
  /** `queued`: waiting for the Mac or their turn. `open`: the Mac has them. `unknown`: of the last 24 h. */
  readonly sends: { readonly queued: number; readonly open: number; readonly unknown: number };
  /** Files that are on their way, and those that wait for their turn. */
  readonly transfers: { readonly open: number; readonly waiting: number };
  readonly pairing: { readonly pending: number; readonly allowed: number };
  /** `enabled`: whether the channel takes anything (off until there is a configuration). `warnings`: how many; GET …/config says them. */
  readonly config: { readonly version: number; readonly enabled: boolean; readonly warnings: number };
  readonly usage: Usage & Counters;
  readonly time: number;
}

interface Live {
  readonly lastHeard: number | null;
  readonly macPolicy: MacPolicy | null;
  readonly catchUp: CatchUp | null;
  readonly counters: Counters;
  readonly gateways: number;
  readonly subscriptions: number;
  readonly calls: number;
  readonly sends: { readonly waiting: number; readonly open: number; readonly unknown: number };
  readonly readers: number;
  readonly firstSeq: number;
  readonly transfers: AccountStatus["transfers"];
  readonly pairing: AccountStatus["pairing"];
  readonly config: AccountStatus["config"];
  readonly now: number;
}

export function describeStatus(state: State, live: Live): AccountStatus {
  const {
    account,
    name,
    install,
    epoch,
    since,
    online,
    seen_at,
    health,
    engine,
    log,
    last_seq,
    database,
    resume,
  } = state;
  return {
    account,
    name,
    agent: {
      state: online ? "online" : "offline",
      install,
      epoch,
      since,
      last_seen: live.lastHeard ?? seen_at,
    },
    health,
    engine,
    mac_policy: live.macPolicy,
    log: { id: log, last_seq, database, resume, first_seq: live.firstSeq },
    catch_up: live.catchUp,
    gateways: live.gateways,
    subscriptions: live.subscriptions,
    calls: live.calls,
    operations_open: live.sends.waiting + live.sends.open,
    sends: { queued: live.sends.waiting, open: live.sends.open, unknown: live.sends.unknown },
    readers: live.readers,
    transfers: live.transfers,
    pairing: live.pairing,
    config: live.config,
    usage: { ...state.usage, ...live.counters },
    time: live.now,
  };
}
