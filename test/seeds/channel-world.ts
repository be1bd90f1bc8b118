// The channel of one seed: its configuration, the bots that read it, and what the judge is told of them.
import { DEFAULTS, type Overrides } from "../../shared/config/settings.ts";
import { MESSAGE_KINDS } from "../../shared/events.ts";
import { RETENTION_MS, RETENTION_SLACK_MS } from "../../shared/limits.ts";
import type { Note } from "./diary.ts";
import type { ChannelFindings, Logged } from "./event-history.ts";
import { ClientBot, PollBot, SlowBot, type Bot } from "./event-readers.ts";
import type { Written } from "./history.ts";
import type { VirtualRelay } from "./virtual-relay.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** A bot that was killed is back within this. */
const RESTART_MS = 6_000;
const AWAY_SHARE = 0.6;

const kinds: ReadonlySet<string> = MESSAGE_KINDS;

interface ChannelPlan {
  readonly seed: number;
  readonly handles: readonly string[];
  /** Other than this world's usual ones. */
  readonly settings?: Overrides;
  /** How many read; by default all. */
  readonly bots?: number;
}

export class ChannelWorld {
  /** Some bots are away while everything that was logged gets too old. */
  readonly isLong: boolean;
  readonly #relay: VirtualRelay;
  readonly #time: VirtualTime;
  readonly #random: () => number;
  /** Who is not let in. */
  readonly #stranger: string | undefined;
  readonly #bots: readonly Bot[];
  /** What was logged before it got too old. */
  readonly #early: Logged[] = [];
  /** Rows from before that, of which it cannot be asked who was shown them. */
  readonly #earlyRows = new Set<string>();

  constructor(
    relay: VirtualRelay,
    time: VirtualTime,
    random: () => number,
    { seed, handles, settings, bots }: ChannelPlan,
  ) {
    this.#relay = relay;
    this.#time = time;
    this.#random = random;
    // Of those that are about reading, one of each dialect in sixteen; a log that was forgotten cannot tell what a restored database repeats.
    this.isLong = bots === undefined && (seed % 32 === 1 || seed % 32 === 28) && seed % 5 !== 0;
    this.#stranger = seed % 3 === 1 ? handles.at(-1) : undefined;
    const allowFrom = handles.filter((handle) => handle !== this.#stranger);
    relay.core.inform({
      revision: 1,
      version: 1,
      changed_by: "seed",
      changed_at: time.now(),
      config: {
        ...DEFAULTS,
        dmPolicy: "allowlist",
        allowFrom,
        groupPolicy: this.#stranger === undefined ? "open" : "allowlist",
        groups: { "*": { requireMention: false } },
        reactionNotifications: "all",
        ...settings,
      },
      origin: {},
      chat_ids: [],
      rpc_until: null,
      endpoints: [],
    });
    const parts = [relay, time, random] as const;
    this.#bots = [
      new ClientBot("named", ...parts, { isNamed: true }),
      new ClientBot("unnamed", ...parts, { isNamed: false }),
      new PollBot("poller", ...parts),
      new SlowBot("slow", ...parts),
    ].slice(0, bots);
    for (const bot of this.#bots) bot.start();
  }

  /** kill -9 of one bot; it is back after a while. */
  restartOne(note: Note): void {
    const up = this.#bots.filter(({ isUp }) => isUp);
    const bot = up[Math.floor(this.#random() * up.length)];
    if (bot === undefined) return;
    note(`bot ${bot.name} killed`);
    bot.kill();
    this.#time.after(this.#random() * RESTART_MS, () => {
      note(`bot ${bot.name} starts`);
      bot.start();
    });
  }

  leave(): void {
    for (const bot of this.#bots) if (this.#random() < AWAY_SHARE) bot.kill();
  }

  comeBack(withinMs: number): void {
    for (const bot of this.#bots)
      if (!bot.isUp) this.#time.after(this.#random() * withinMs, () => bot.start());
  }

  /** Everything that is logged by now gets too old to be kept. */
  letAWeekPass(written: readonly Written[]): void {
    this.#early.push(...this.#logged());
    for (const { guid } of written) this.#earlyRows.add(guid);
    this.#time.leap(RETENTION_MS + 2 * RETENTION_SLACK_MS);
    this.#relay.leapt();
  }

  findings(written: readonly Written[], senders: ReadonlyMap<string, string>): ChannelFindings {
    const { state, retention } = this.#relay.core.parts;
    const first = retention.first();
    const isHidden = ({ guid }: Written): boolean =>
      this.#stranger !== undefined && senders.get(guid) === this.#stranger;
    const hidden = new Set(written.filter(isHidden).map(({ guid }) => guid));
    const late = this.#logged().filter(({ seq }) => seq > (this.#early.at(-1)?.seq ?? 0));
    return {
      log: state.current.log,
      logged: [...this.#early, ...late],
      first,
      readers: this.#bots.map(({ name, from, heard, problems }) => ({
        name,
        from: from ?? 0,
        heard,
        problems: from === null ? [...problems, "it was never served"] : problems,
      })),
      written: written.filter((row) => !isHidden(row) && !this.#earlyRows.has(row.guid)),
      hidden,
    };
  }

  /** What is in the log now. */
  #logged(): Logged[] {
    return this.#relay.sql
      .exec("SELECT seq, kind, json_extract(decision, '$.verdict') AS verdict FROM event ORDER BY seq")
      .toArray()
      .map(({ seq, kind, verdict }) => ({
        seq: Number(seq),
        isShown: typeof kind !== "string" || !kinds.has(kind) || verdict === "show",
      }));
  }
}
