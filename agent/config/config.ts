// The settings of one agent as the core needs them. What belongs to the Mac's owner alone (program, database,
// folders) is in them or with the adapters, never in anything that arrives from the relay (I1).
import {
  HEARTBEAT_MS,
  LINK_DEAD_AFTER_MS,
  MUTATION_DEADLINE_MS,
  READ_DEADLINE_MS,
  type LinkTimes,
} from "../../shared/limits.ts";
import type { HoldingTimes } from "../feed/holding.ts";
import type { EngineTimes } from "../imsg/engine-times.ts";
import {
  DATABASE_LOOK_MS,
  DEFAULT_MEDIA_MAX_MB,
  HOLD_MS,
  LIVENESS_MS,
  OLD_LOOK_MS,
  REPAIR_MS,
  RESTART_MAX_MS,
  RESTART_MS,
  SWEEP_MS,
} from "../limits.ts";
import type { Rules } from "../veto.ts";

interface AgentTimes extends LinkTimes, EngineTimes, HoldingTimes {
  /** imsg is taken to hang when a read, or a mutation, has no answer after this. */
  readonly readMs: number;
  readonly mutationMs: number;
  /** See `ReaderTimes`. */
  readonly quietMs: number;
  readonly oldLookMs: number;
  readonly sweepMs: number;
}

/** The owner's rules say it all: nothing of them is left to anybody else. */
export interface OwnerRules extends Rules {
  readonly sendRoots: readonly string[];
  readonly capBytes: number;
}

export interface AgentConfig {
  readonly debounceMs: number;
  readonly rules: OwnerRules;
  readonly times: AgentTimes;
}

export const MIB = 1024 * 1024;
export const DEFAULT_DEBOUNCE_MS = 250;
/** Silence after which an old engine has shown all of a subscription. */
const QUIET_MS = 1_000;

export const DEFAULT_TIMES: AgentTimes = {
  heartbeatMs: HEARTBEAT_MS,
  deadAfterMs: LINK_DEAD_AFTER_MS,
  livenessMs: LIVENESS_MS,
  restartMs: RESTART_MS,
  restartMaxMs: RESTART_MAX_MS,
  databaseLookMs: DATABASE_LOOK_MS,
  holdMs: HOLD_MS,
  repairMs: REPAIR_MS,
  readMs: READ_DEADLINE_MS,
  mutationMs: MUTATION_DEADLINE_MS,
  quietMs: QUIET_MS,
  oldLookMs: OLD_LOOK_MS,
  sweepMs: SWEEP_MS,
};

/** Nothing forbidden but files: those need a folder that the owner names. */
export const DEFAULT_RULES: OwnerRules = {
  paused: false,
  readOnly: false,
  methods: { allow: undefined, deny: [] },
  recipients: { allow: undefined, deny: [] },
  sendRoots: [],
  capBytes: DEFAULT_MEDIA_MAX_MB * MIB,
  sends: { perHour: undefined, perDay: undefined },
};

export const DEFAULT_CONFIG: AgentConfig = {
  debounceMs: DEFAULT_DEBOUNCE_MS,
  rules: DEFAULT_RULES,
  times: DEFAULT_TIMES,
};
