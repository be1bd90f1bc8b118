// Carries out the strikes of a plan on real processes, and says which of them can explain an unknown outcome.
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultKind } from "../../imsg-sim/faults.ts";
import { ME } from "../../imsg-sim/scenario.ts";
import { until } from "../../e2e/waiting.ts";
import type { Proxy } from "../../faults/proxy.ts";
import { killQuietly, type Stage } from "../../faults/stage.ts";
import { Turns } from "../turns.ts";
import type { Timeline } from "../timeline.ts";
import type { Excuse } from "./excuse.ts";
import { breakJournal, journalOf } from "./journal.ts";
import type { Place } from "./gateway.ts";
import { SEND_MS } from "./plan.ts";
import type { Aim, Strike, WireName } from "./strike-plan.ts";

const GONE_MS = 5_000;
const UP_MS = 15_000;
/** An imsg whose agent is gone does what it has been given, and ends. */
const ORPHAN_MS = 3_000;
/** Another process of this machine may have the relay's port for a moment. */
const START_TRIES = 5;
/** An answer that was on its way when its process died. */
const LATE_MS = 400;

/** A send that is aimed at is held that long; whoever aims waits no longer for one. */
const HELD_MS = 500;
const AIM_MS = 900;

type StrikeOf<W extends Strike["what"]> = Strike & { readonly what: W };

export class Strikes {
  readonly #stage: Stage;
  readonly #places: readonly Place[];
  readonly #timeline: Timeline;
  readonly #signal: AbortSignal;
  /** An agent is started again before it is killed again; so is the relay. */
  readonly #agentTurn = new Turns(1);
  readonly #relayTurn = new Turns(1);
  readonly #excuses: Excuse[] = [];
  readonly #faults = new Map<string, FaultKind>();
  readonly #orphans: number[] = [];
  /** How often a process was killed with -9. */
  kills = 0;
  /** Rows that the owner typed. */
  readonly typed = new Set<string>();

  constructor(stage: Stage, places: readonly Place[], timeline: Timeline, signal: AbortSignal) {
    this.#stage = stage;
    this.#places = places;
    this.#timeline = timeline;
    this.#signal = signal;
  }

  /** Resolves when what it broke runs again. */
  async carryOut(strike: Strike): Promise<void> {
    switch (strike.what) {
      case "relay":
        return this.#relayTurn.take(() => this.#relay(strike));
      case "agent":
        return this.#agentTurn.take(() => this.#agent(strike));
      case "imsg":
        return this.#imsg(strike);
      case "cut":
        for (const wire of this.#wires(strike.wires)) wire.cut(strike.how);
        this.#note(`${strike.how} of wires ${strike.wires.join(", ")}`);
        return undefined;
      case "silence":
        return this.#silence(strike);
      case "fault":
        return this.#fault(strike);
      case "typed":
        return this.#type(strike);
    }
  }

  /** Nothing is broken any more, and nothing of what is set will break: then a send has no excuse. */
  async heal(): Promise<void> {
    const { system, wires } = this.#stage;
    for (const wire of Object.values(wires)) wire.heal();
    for (const [id, fault] of this.#faults)
      if (system.world.disarm(id)) this.#note(`never struck: ${JSON.stringify(fault)}`);
    await this.#endOrphans();
    await system.waitForOnline();
    await until(async () => (await system.status()).health?.state === "ok", "imsg is in order", UP_MS);
    this.#note("healed");
  }

  /** Complete when it is healed. */
  excuses(): Excuse[] {
    const { world } = this.#stage.system;
    const struck = [...this.#faults].flatMap(([id, fault]) => {
      const claimedAt = world.claimedAt(id);
      if (claimedAt === undefined) return [];
      const at = this.#timeline.since(claimedAt);
      return excusesOf(fault).map((covers) => {
        const ms = "ms" in fault ? (fault.ms ?? 0) : 0;
        return { at, until: at + ms + LATE_MS, what: JSON.stringify(fault), covers };
      });
    });
    return [...this.#excuses, ...struck].sort((a, b) => a.at - b.at);
  }

  async #relay({ aim, downMs }: StrikeOf<"relay">): Promise<void> {
    const { relay } = this.#stage.system;
    await this.#aim(aim);
    this.#note(`kill -9 of the relay (${relay.pid}), back in ${downMs} ms`);
    await relay.kill9();
    this.kills += 1;
    await sleep(downMs, undefined, { signal: this.#signal });
    for (let tries = 1; ; tries += 1) {
      try {
        await relay.start();
        break;
      } catch (error) {
        if (tries >= START_TRIES || !String(error).includes("EADDRINUSE")) throw error;
      }
    }
    this.#note("the relay is back");
  }

  async #agent({ aim, downMs, imsg, journal }: StrikeOf<"agent">): Promise<void> {
    const { agent } = this.#stage.system;
    await this.#aim(aim);
    const at = this.#timeline.now;
    this.#note(`kill -9 of the agent (${agent.pid}), its imsg ${imsg}, its journal ${journal}`);
    this.kills += 1;
    if (imsg === "killed") await agent.kill("SIGKILL");
    else {
      const children = agent.imsgPids();
      for (const pid of children) this.#stage.keepAnEyeOn(pid);
      this.#orphans.push(...children);
      killQuietly(agent.pid);
      await until(async () => agent.pid === 0, "the agent is gone", GONE_MS, 5);
    }
    if (journal !== "kept") breakJournal(journalOf(agent), journal);
    await sleep(downMs, undefined, { signal: this.#signal });
    await agent.start();
    const back = this.#timeline.now;
    this.#note("the agent is back");
    this.#excuses.push({ at, until: back, what: "the agent was killed", covers: 1 });
    if (journal !== "kept")
      this.#excuses.push({ at, until: back, what: `the journal was ${journal}`, covers: "all" });
  }

  async #imsg({ aim, which }: StrikeOf<"imsg">): Promise<void> {
    await this.#aim(aim);
    const all = this.#stage.system.agent.imsgPids();
    const some = which === "all" ? all : all.slice(-1);
    for (const pid of some) killQuietly(pid);
    this.kills += some.length;
    const at = this.#timeline.now;
    this.#note(`kill -9 of ${some.length} of ${all.length} imsg`);
    if (some.length > 0) this.#excuses.push({ at, until: at + LATE_MS, what: "imsg was killed", covers: 1 });
  }

  /** Resolves when a send is in imsg's hands, or none has come. */
  async #aim(aim: Aim): Promise<void> {
    if (aim === null) return;
    const { world } = this.#stage.system;
    const id = world.fault({ kind: "hold", ms: HELD_MS, at: aim, method: "send" });
    const held = await world.until((mac) => mac.claimed(id), AIM_MS).catch(() => false);
    if (!held) world.disarm(id);
    // Its effect comes a moment after it was held, where it is held after that.
    await sleep(SEND_MS[1], undefined, { signal: this.#signal });
    this.#note(held ? `a send is held ${aim.replace("_", " its ")}` : "no send to aim at");
  }

  async #silence({ wires, ms }: StrikeOf<"silence">): Promise<void> {
    const silent = this.#wires(wires);
    for (const wire of silent) wire.silence();
    this.#note(`silence on wires ${wires.join(", ")} for ${ms} ms`);
    await sleep(ms, undefined, { signal: this.#signal });
    for (const wire of silent) wire.heal();
  }

  async #fault({ fault, count, text }: StrikeOf<"fault">): Promise<void> {
    const said = text === undefined ? {} : { text };
    const id = this.#stage.system.world.fault({ ...fault, ...said, method: "send", count });
    this.#faults.set(id, fault);
    this.#note(`armed for send ${count} of ${text?.slice(0, 20) ?? "any"}: ${JSON.stringify(fault)}`);
  }

  async #type({ key, place, text }: StrikeOf<"typed">): Promise<void> {
    const chat = this.#places[place]?.chat ?? "";
    const guid = this.#stage.system.world.appendText(chat, ME, text);
    this.typed.add(guid);
    this.#note(`the owner types the text of ${key}: ${guid}`);
  }

  async #endOrphans(): Promise<void> {
    const left = (): number[] => this.#orphans.filter(isAlive);
    await until(async () => left().length === 0, "orphans are gone", ORPHAN_MS).catch(() => undefined);
    // What hangs does not notice that nobody listens.
    for (const pid of left()) killQuietly(pid);
    await until(async () => left().length === 0, "orphans are gone", GONE_MS);
  }

  #wires(names: readonly WireName[]): Proxy[] {
    const { agent, gateway, dropIn } = this.#stage.wires;
    const wires: Readonly<Record<WireName, Proxy>> = { agent, A: gateway, B: dropIn };
    return names.map((name) => wires[name]);
  }

  #note(what: string): void {
    this.#timeline.note(`  ${what}`);
  }
}

/** How many sends each strike of it may leave unknown; none where an answer always comes. */
function excusesOf(fault: FaultKind): number[] {
  switch (fault.kind) {
    case "hold":
    case "out_of_order":
      return [];
    // The next one is told that the lane is blocked, in the words of the one that blocks it.
    case "stuck":
      return [2];
    default:
      return [1];
  }
}

/** One that has ended and that nobody asks about is none, though it still has its number. */
function isAlive(pid: number): boolean {
  try {
    const state = execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return state !== "" && !state.startsWith("Z");
  } catch {
    return false;
  }
}
