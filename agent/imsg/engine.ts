// imsg as the rest of the agent sees it: what it can do, how it is, and the ways to call it. Hides how many
// processes there are: an old, strictly sequential engine gets two, so that a slow send never holds up reading; and
// either gets more for a while where a slow send holds up other chats.
import type { Clock } from "../../shared/clock.ts";
import { HEALTHY, unhealthy, type Engine, type Health } from "../../shared/health.ts";
import { RPC, type Answer } from "../../shared/jsonrpc.ts";
import { CRASHES_TO_TELL, NEW_ENGINE_WIDTH } from "../limits.ts";
import type { Log, SpawnImsg } from "../ports.ts";
import { DatabaseLook } from "./database-look.ts";
import { isAutomationRefused, type Trouble } from "./diagnose.ts";
import type { LaneCall, LaneOutcome } from "./call-queue.ts";
import { Lane } from "./lane.ts";
import { UNKNOWN_ENGINE, type Probed } from "./probe.ts";
import { WritingLanes } from "./writing-lanes.ts";
import type { EngineTimes } from "./engine-times.ts";

export interface EngineHooks {
  /** imsg can be asked; after every start of it. */
  onReady(): void;
  /** Whatever was subscribed is gone. */
  onDown(): void;
  /** Health or capabilities are other than before. */
  onHealth(): void;
  /** More mutations may be given than before (`mutationRoom`). */
  onMutationRoom(): void;
  onNotification(method: string, params: unknown): void;
  onTurnEnd(): void;
}

interface EnginePorts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly spawnImsg: SpawnImsg;
  readonly databaseStamp: () => string | undefined;
  readonly log: Log;
}

const STARTING: Health = { state: "down", reason: null, remedy: null };
/** Of a process that only writes nothing else is heard. */
const DEAF = { onNotification: () => undefined, onTurnEnd: () => undefined };

export class ImsgEngine {
  readonly #hooks: EngineHooks;
  readonly #main: Lane;
  /** Mutations of an old engine; a new one runs them beside its reads. */
  readonly #second: Lane;
  readonly #writing: WritingLanes;
  readonly #look: DatabaseLook;
  #engine: Engine = UNKNOWN_ENGINE;
  #sequential = false;
  #everReady = false;
  #starts = 0;
  #known = false;
  #mainHealth: Health = STARTING;
  #secondHealth: Health = HEALTHY;
  #automation: Health = HEALTHY;
  #told = "";

  constructor(ports: EnginePorts, times: EngineTimes, hooks: EngineHooks) {
    this.#hooks = hooks;
    this.#look = new DatabaseLook(ports.clock, ports.databaseStamp, times.databaseLookMs, () => {
      ports.log("warn", "database_replaced");
      this.restart("the database was replaced");
    });
    const spawnMain: SpawnImsg = (handlers) => {
      if (this.#look.note()) this.#leaveOldDatabase("the database was replaced");
      return ports.spawnImsg(handlers);
    };
    this.#main = new Lane("main", { ...ports, spawnImsg: spawnMain }, times, {
      onReady: (probed) => this.#mainReady(probed),
      onTrouble: (trouble) => this.#mainTrouble(trouble),
      onNotification: (method, params) => hooks.onNotification(method, params),
      onTurnEnd: () => hooks.onTurnEnd(),
    });
    this.#second = new Lane("mutations", ports, times, {
      ...DEAF,
      onReady: () => {
        this.#setSecond(HEALTHY);
        hooks.onMutationRoom();
      },
      onTrouble: (trouble) => this.#secondTrouble(trouble),
    });
    this.#writing = new WritingLanes({
      clock: ports.clock,
      log: ports.log,
      usual: () => (this.#sequential ? this.#second : this.#main),
      isDown: () => this.#isDown(this.#sequential ? this.#second : this.#main),
      // What ails an extra process is in the log and nowhere else: the account is as well as without it.
      open: (name, onReady) => new Lane(name, ports, times, { ...DEAF, onReady, onTrouble: () => undefined }),
      onAnswer: (lane, answer) => this.#judge(lane, answer),
      onRoom: () => hooks.onMutationRoom(),
    });
  }

  get engine(): Engine {
    return this.#engine;
  }

  /** An old engine: one thing after the other, and a process-wide memory of link previews. */
  get sequential(): boolean {
    return this.#sequential;
  }

  get ready(): boolean {
    return this.#main.ready;
  }

  /** Tells one process from the next: names that one gave mean something else in another. */
  get incarnation(): number {
    return this.#starts;
  }

  /** Whether the first attempt to start it has come to anything. */
  get known(): boolean {
    return this.#known;
  }

  get health(): Health {
    if (this.#mainHealth.state === "down") return this.#mainHealth;
    return this.#secondHealth.state === "ok" ? this.#automation : this.#secondHealth;
  }

  /** Stands for the file that imsg has open. */
  get databaseStamp(): string | undefined {
    return this.#look.known;
  }

  /**
   * Whether another file has just taken the database's place; imsg is restarted then. A new engine answers from
   * the new file at once, so its rows are asked about before they are taken for rows of the old one.
   */
  isDatabaseReplaced(): boolean {
    return this.#look.isReplaced();
  }

  start(): void {
    this.#main.start();
    this.#look.start();
  }

  stop(): void {
    this.#look.stop();
    this.#main.stop();
    this.#second.stop();
    this.#writing.stop();
  }

  /** Fresh processes: for another database, or an empty memory of link previews. */
  restart(why: string): void {
    this.#leaveOldDatabase(why);
    this.#main.restart(why);
    this.#hooks.onDown();
  }

  /** The owner names another program or database: fresh processes, once those that are have answered what they have. */
  exchange(why: string): void {
    this.#leaveOldDatabase(why);
    this.#main.restartWhenIdle(why);
    this.#hooks.onDown();
  }

  /** What writes beside the reading process finishes what it has. */
  #leaveOldDatabase(why: string): void {
    if (this.#sequential) this.#second.restartWhenIdle(why);
    this.#writing.retire();
  }

  /** A fresh process for reading only. */
  restartReading(why: string): void {
    this.#main.restart(why);
    this.#hooks.onDown();
  }

  /** What it shows cannot be used (guids missing): another start, after the backoff. */
  distrust(trouble: Trouble): void {
    this.#main.fail(trouble);
  }

  /** `messages.after` was answered -32601 after all. */
  learnNoPages(): void {
    this.#engine = { ...this.#engine, pages: false };
    this.#tell();
  }

  /** The agent's own reading: not queued, lost with its process. */
  own(method: string, params: unknown, hangMs: number, settle: (outcome: LaneOutcome) => void): () => void {
    return this.#main.call({ method, params, hangMs, patienceMs: hangMs, kind: "own", settle });
  }

  read(call: Omit<LaneCall, "kind">): () => void {
    return this.#give(this.#main, { ...call, kind: "read" });
  }

  /** Typing and read receipts drive Messages, so on an old engine they go where the sends go. */
  presence(call: Omit<LaneCall, "kind">): () => void {
    return this.#give(this.#writing.forPresence, { ...call, kind: "read" });
  }

  /** Mutations that may be under way at once, now. */
  get mutationRoom(): number {
    return this.#writing.room;
  }

  /** Whether a mutation waits for room: one whose chat none of those under way concerns. */
  wantMutationRoom(waits: boolean): void {
    this.#writing.want(waits);
  }

  /** The caller sees to it that there are no more than `mutationRoom`, and one a chat. */
  mutate(call: Omit<LaneCall, "kind">): void {
    this.#writing.mutate(call);
  }

  #give(lane: Lane, call: LaneCall): () => void {
    if (this.#isDown(lane)) {
      call.settle({ kind: "unsent", why: "unavailable" });
      return () => undefined;
    }
    return lane.call(call);
  }

  #isDown(lane: Lane): boolean {
    if (lane !== this.#main && lane !== this.#second) return false;
    const isTold =
      lane === this.#second ? this.#secondHealth.state !== "ok" : this.#mainHealth.state === "down";
    return isTold && !lane.ready && this.#known;
  }

  #judge(lane: Lane, answer: Answer): void {
    if ("result" in answer) this.#automation = HEALTHY;
    else if (isAutomationRefused(answer.error))
      this.#automation = unhealthy("degraded", "automation_missing");
    else if (answer.error.code === RPC.mutation_lane_blocked) {
      // Nothing but a restart frees the lane (imsg's own words).
      if (lane === this.#main) this.restartReading("the mutation lane is blocked");
      else lane.restart("the mutation lane is blocked");
    }
    this.#tell();
  }

  #mainReady({ engine, sequential }: Probed): void {
    this.#known = true;
    this.#everReady = true;
    this.#starts += 1;
    this.#engine = engine;
    this.#sequential = sequential;
    this.#main.width = sequential ? 1 : NEW_ENGINE_WIDTH;
    this.#mainHealth = HEALTHY;
    if (sequential) this.#second.start();
    else this.#second.stop();
    this.#tell();
    this.#hooks.onReady();
    this.#hooks.onMutationRoom();
  }

  #mainTrouble(trouble: Trouble): void {
    this.#known = true;
    const health = this.#healthOf(trouble, this.#main.failures);
    if (health !== undefined) {
      this.#mainHealth = health;
      this.#main.failQueued();
    }
    this.#hooks.onDown();
    this.#tell();
  }

  #secondTrouble(trouble: Trouble): void {
    const health = this.#healthOf(trouble, this.#second.failures);
    if (health === undefined) return;
    this.#second.failQueued();
    this.#setSecond({ ...health, state: "degraded" });
  }

  #setSecond(health: Health): void {
    this.#secondHealth = health;
    this.#tell();
  }

  /** Undefined while one more start may mend it: a single crash, or one call that hung, is nobody's business. */
  #healthOf({ kind, reason }: Trouble, failures: number): Health | undefined {
    if (reason === "rpc_unsupported" && this.#everReady) reason = null;
    if (reason !== null && reason !== "imsg_hung") return unhealthy("down", reason);
    if (failures < CRASHES_TO_TELL) return undefined;
    if (reason !== null) return unhealthy("down", reason);
    return kind === "ended" ? unhealthy("down", "imsg_crashing") : STARTING;
  }

  #tell(): void {
    const now = JSON.stringify([this.health, this.#engine]);
    if (now === this.#told) return;
    this.#told = now;
    this.#hooks.onHealth();
  }
}
