// One seed of sends: two gateways send through a relay, an agent and an imsg that are killed all the while; then
// everything is healed, and the judge looks at what Messages has and what everybody was told.
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { chatKey } from "../../../shared/imsg.ts";
import { until } from "../../e2e/waiting.ts";
import { openChannel, EVERYBODY } from "../../e2e/open-channel.ts";
import { makeKey } from "../../e2e/owner.ts";
import { ChannelReaders } from "../../faults/channel-readers.ts";
import { AGENT_CONFIG, Stage } from "../../faults/stage.ts";
import type { ChannelFindings } from "../../seeds/event-history.ts";
import { brokenPromises } from "../../seeds/history.ts";
import { keepEvidence } from "../evidence.ts";
import type { Kind, RunOptions, SeedResult } from "../kind.ts";
import { Timeline } from "../timeline.ts";
import { Courier } from "./courier.ts";
import { Ending, type Finals } from "./ending.ts";
import { casesOf, type Findings, type OutcomeEvent, type Row } from "./findings.ts";
import { SENDING, Gateway, type Place } from "./gateway.ts";
import { journalOf, neverBegunIn, unacknowledgedIn } from "./journal.ts";
import { countsOf, judge } from "./judge.ts";
import { provable } from "./judge-unknown.ts";
import { planOf, type Plan } from "./plan.ts";
import { Strikes } from "./strikes.ts";
import type { Told } from "./told.ts";

/** What imsg hangs over is given up after this: longer than any answer is held back. */
const MUTATION_MS = 1_500;
/** After every operation is at its end; the journal's write is waited for as well. */
const ACKED_MS = 2_000;
/** More rows than a seed can make. */
const ALL_ROWS = 10_000;

async function runSends(seed: number, { signal, keeps = false }: RunOptions): Promise<SeedResult> {
  const timeline = new Timeline();
  const plan = planOf(seed);
  const stage = await Stage.open(plan.dialect, {
    name: "chaos",
    imsg: plan.imsg,
    agentConfig: {
      ...AGENT_CONFIG,
      intervals: { ...AGENT_CONFIG.intervals, mutation_ms: MUTATION_MS },
    },
  });
  const over = new AbortController();
  // Everybody who waits listens to it.
  setMaxListeners(0, over.signal);
  const aborted = new Promise<never>((_, reject) => {
    over.signal.addEventListener("abort", () => reject(new Error("interrupted")));
  });
  aborted.catch(() => undefined);
  const abort = (): void => over.abort();
  signal.addEventListener("abort", abort);
  try {
    signal.throwIfAborted();
    return await Promise.race([new Seed(plan, stage, timeline, over.signal).run(keeps), aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
    // Whoever still waits for his time does nothing any more.
    abort();
    await stage.close();
  }
}

class Seed {
  readonly #plan: Plan;
  readonly #stage: Stage;
  readonly #timeline: Timeline;
  readonly #signal: AbortSignal;
  readonly #places: readonly Place[];
  readonly #broken: string[] = [];

  constructor(plan: Plan, stage: Stage, timeline: Timeline, signal: AbortSignal) {
    this.#plan = plan;
    this.#stage = stage;
    this.#timeline = timeline;
    this.#signal = signal;
    this.#places = stage.chats.map(placeOf);
  }

  async run(keeps: boolean): Promise<SeedResult> {
    const { system, wires } = this.#stage;
    const { seed, dialect, imsg, wishes, strikes: planned } = this.#plan;
    await openChannel(system, { ...EVERYBODY, ...SENDING });
    const { account, tenant, relayUrl, key } = system;
    const { credential } = await makeKey(relayUrl, tenant, { accounts: [account] });
    const keys = [key, credential] as const;
    const gateways = {
      A: new Gateway("A", wires.gateway.origin, account, keys[0]),
      B: new Gateway("B", wires.dropIn.origin, account, keys[1]),
    };
    this.#stage.atEnd(async () => gateways.A.close());
    const bots = await ChannelReaders.start(system, wires.gateway);
    this.#stage.atEnd(() => bots.close());
    const before = system.world.world().maxRowid;
    const courier = new Courier(gateways, this.#places, this.#timeline, this.#signal);
    const strikes = new Strikes(this.#stage, this.#places, this.#timeline, this.#signal);
    this.#timeline.note("the traffic begins");

    const asked = this.#orBroken(
      Promise.all(
        wishes.map(async (wish) => {
          await this.#sleep(wish.at);
          await courier.carryOut(wish);
        }),
      ),
    );
    const struck = planned.map(async (strike) => {
      await this.#sleep(strike.at);
      await strikes.carryOut(strike);
    });
    // Every one of them: what is healed must not be struck any more.
    await Promise.all(struck.map((strike) => this.#orBroken(strike)));
    await this.#orBroken(strikes.heal());
    courier.calm();
    await asked;
    this.#timeline.note("everybody was told");

    const ending = new Ending(system.accountUrl, keys, wishes, courier);
    await ending.settled();
    await bots.shown(this.#rows(before).map(({ guid }) => guid));
    this.#timeline.note("everybody was shown everything");
    const isResolved = (finals: Finals): boolean => {
      const now = this.#rows(before);
      const found = this.#findings(courier, strikes, finals, new Map(), now);
      return provable(casesOf(found), now).length === 0;
    };
    const finals = await ending.resolved(isResolved);
    const { repeats, broken } = await ending.repeat(finals);
    this.#broken.push(...broken);
    await this.#orBroken(this.#acknowledged());
    const rows = this.#rows(before);
    const channel = await bots.findings(rows.map(({ guid, chat }) => ({ guid, chat, late: false })));
    const outcomes = outcomesIn(channel);
    const found = { ...this.#findings(courier, strikes, finals, repeats, rows), outcomes };
    const none = new Map<string, never>();
    const nothing = { written: [], shown: [], sent: [], effects: none, settled: none };
    this.#broken.push(
      ...judge(found),
      ...brokenPromises({ ...nothing, channel }),
      ...courier.nonsense.map((line) => `no answer of the protocol: ${line}`),
      ...system.agent.noise.map((line) => `the agent complains: ${line}`),
    );
    for (const line of this.#broken) this.#timeline.note(`BROKEN ${line}`);
    return {
      kind: "sends",
      seed,
      label: [
        `imsg ${dialect}`,
        ...(imsg.bridgeReady === true ? ["bridge"] : []),
        ...(imsg.sending === "works" ? [] : ["no guids"]),
      ].join(", "),
      broken: this.#broken,
      counts: { ...countsOf(found), kills: strikes.kills, strikes: planned.length },
      timeline: this.#timeline.lines,
      evidence: this.#broken.length === 0 && !keeps ? null : this.#keep(found),
      ms: this.#timeline.now,
    };
  }

  /** LINK16: the Mac knows of every result that the relay has it. */
  async #acknowledged(): Promise<void> {
    const journal = journalOf(this.#stage.system.agent);
    const left = (): string[] => unacknowledgedIn(journal);
    await until(async () => left().length === 0, "every result is acknowledged", ACKED_MS).catch(() => {
      throw new Error(`LINK16: ${left().length} results were never acknowledged: ${left().join(", ")}`);
    });
  }

  #sleep(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#signal });
  }

  /** What cannot be done, or is not so in time, is a broken promise too. */
  async #orBroken(what: Promise<unknown>): Promise<void> {
    try {
      await what;
    } catch (error) {
      this.#broken.push(error instanceof Error ? error.message : String(error));
    }
  }

  #findings(
    { told, cancelled }: Courier,
    strikes: Strikes,
    finals: Finals,
    repeats: ReadonlyMap<string, readonly Told[]>,
    rows: readonly Row[],
  ): Findings {
    const { wishes } = this.#plan;
    const chats = this.#places.map(({ chat }) => chatKey(chat));
    return {
      wishes,
      chats,
      told,
      repeats,
      finals,
      cancelled,
      rows,
      outcomes: [],
      excuses: strikes.excuses(),
      neverBegun: neverBegunIn(journalOf(this.#stage.system.agent)),
    };
  }

  /** What this account has sent, however, since the traffic began. */
  #rows(before: number): Row[] {
    const { world: mac } = this.#stage;
    const ours = new Set(mac.sent().map(({ guid }) => guid));
    return mac
      .world()
      .after({ rowid: before, chatId: undefined, limit: ALL_ROWS, tapbacks: true })
      .map(({ message: { guid, text }, chat }) => ({
        guid,
        chat: chatKey(chat?.guid ?? ""),
        text,
        by: ours.has(guid) ? "relay" : "owner",
      }));
  }

  #keep(found: Findings): string {
    const { system } = this.#stage;
    const lines = (value: object): string[] => JSON.stringify(value, entries, 2).split("\n");
    return keepEvidence({
      name: `sends-seed-${this.#plan.seed}`,
      files: {
        "timeline.txt": this.#timeline.lines,
        "agent.log": [
          ...system.agent.events.all.map((event) => JSON.stringify(event)),
          ...system.agent.noise,
        ],
        "relay.log": system.relay.lines.all,
        "plan.json": lines(this.#plan),
        "findings.json": lines(found),
      },
      folders: { mac: system.folder, relay: system.relay.state },
    });
  }
}

const outcomeSchema = z.looseObject({
  operation: z.string(),
  outcome: z.enum(["sent", "not_sent", "unknown"]),
  final: z.boolean(),
  guids: z.array(z.string().nullable()),
});

/** As the first reader was told: that all were told the same is another check. */
function outcomesIn({ readers }: ChannelFindings): OutcomeEvent[] {
  const events = new Map(readers[0]?.heard.map((event) => [event.id, event]));
  return [...events.values()]
    .filter(({ kind }) => kind === "message.outcome")
    .map(({ data }) => outcomeSchema.parse(data));
}

const entries = (_: string, value: unknown): unknown => (value instanceof Map ? [...value] : value);

/** Direct chats by their handle or their chat, groups by their chat: as events say where to answer. */
function placeOf(chat: string, at: number): Place {
  const key = chatKey(chat);
  const isDirect = key.startsWith("-;") && at % 2 === 0;
  const to = isDirect ? key.slice(2) : `chat_guid:any;${key}`;
  return { chat, to, params: isDirect ? { to } : { chat_guid: chat } };
}

const percent = (part = 0, whole = 0): string =>
  whole === 0 ? "0 %" : `${((100 * part) / whole).toFixed(1)} %`;

export const SENDS: Kind = {
  name: "sends",
  says: "kill -9 of relay, agent and imsg while two gateways send: every send has one outcome and at most one effect",
  run: runSends,
  sumUp: ({
    sends = 0,
    sent = 0,
    not_sent = 0,
    unknown = 0,
    unresolved = 0,
    provable: left = 0,
    kills = 0,
  }) =>
    [
      `${kills} kill -9`,
      `${sends} sends: ${sent} sent, ${not_sent} not sent`,
      `${unknown} unknown at first, ${unresolved} for good (${percent(unresolved, sends)}), ${left} of them though their row is there`,
    ].join(", "),
};
