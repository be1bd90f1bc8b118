// A whole agent under virtual time: the real core, simulated imsg processes, a scripted relay, a journal in memory.
import { createAgent, type Agent } from "../../../agent/core.ts";
import type { AgentConfig } from "../../../agent/config/config.ts";
import type { StagedMeta } from "../../../agent/transfers/ports.ts";
import type { ChildHandlers, DialHandlers, JournalFile, LogFields, Ports } from "../../../agent/ports.ts";
import { createEngine } from "../../imsg-sim/engine.ts";
import { FaultBox, Faults } from "../../imsg-sim/faults.ts";
import type { Dialect, EngineOptions } from "../../imsg-sim/host.ts";
import { MemoryDatabase, MemoryWorld } from "../../imsg-sim/memory-world.ts";
import { seededRandom } from "../../imsg-sim/random.ts";
import { Script } from "../../imsg-sim/script.ts";
import { VirtualClock } from "../../imsg-sim/virtual-clock.ts";
import { noTransfers } from "./no-transfers.ts";
import { ScriptedOwner } from "./owner.ts";
import { ScriptedRelay, type RelaySocket } from "./scripted-relay.ts";

const WIRE_MS = 1;

export class MemoryJournal implements JournalFile {
  text: string | undefined;
  aside = 0;
  /** The disk refuses. */
  failing = false;
  /** Writes wait for this many ms, as a disk does. */
  delayMs = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  read(): string | undefined {
    return this.text;
  }

  append(text: string, done: (ok: boolean) => void): void {
    this.#write((before) => before + text, done);
  }

  replace(text: string, done: (ok: boolean) => void): void {
    this.#write(() => text, done);
  }

  setAside(): void {
    this.aside += 1;
  }

  #write(change: (before: string) => string, done: (ok: boolean) => void): void {
    const write = (): void => {
      const before = this.text ?? "";
      const after = change(before);
      // A disk that is full takes a part.
      if (!this.failing) this.text = after;
      else if (after.startsWith(before))
        this.text = after.slice(0, Math.floor((before.length + after.length) / 2));
      done(!this.failing);
    };
    if (this.delayMs === 0) write();
    else this.#clock.setTimer(this.delayMs, write);
  }
}

export interface VirtualOptions {
  readonly dialect?: Dialect;
  readonly engine?: Partial<EngineOptions>;
  readonly config?: Partial<AgentConfig>;
  readonly seed?: number;
  readonly takeover?: boolean;
  /** Files that were staged in an earlier life; those without a digest are not whole. */
  readonly staged?: readonly StagedMeta[];
}

interface Child {
  readonly handlers: ChildHandlers;
  readonly received: string[];
  readonly wrote: string[];
  alive: boolean;
}

export class VirtualAgent {
  readonly clock = new VirtualClock();
  readonly relay: ScriptedRelay;
  readonly world: MemoryWorld;
  readonly faults = new FaultBox();
  readonly journal: MemoryJournal;
  readonly script: Script;
  readonly logged: { readonly event: string; readonly fields: LogFields }[] = [];
  readonly dialled: string[] = [];
  /** Every imsg started, oldest first. */
  readonly children: Child[] = [];
  /** Set: what a dial gets instead of a socket. */
  refuseDial: number | "unreachable" | undefined;
  /** The program is not there. */
  imsgMissing = false;
  /** Answers of the real path port; absent = no such file. */
  readonly realPaths = new Map<string, string>();
  /** Sizes of files, by real path; absent = 0. */
  readonly fileSizes = new Map<string, number>();
  /** agent.jsonc. */
  readonly owner: ScriptedOwner;
  readonly #options: VirtualOptions;
  readonly #random: () => number;
  #names = 0;
  #agent: Agent | undefined;
  /** What belongs to an earlier life of the agent is not heard. */
  #life = 0;

  constructor(options: VirtualOptions = {}) {
    this.#options = options;
    this.owner = new ScriptedOwner(options.config);
    this.#random = seededRandom(options.seed ?? 1);
    this.relay = new ScriptedRelay(() => this.clock.now());
    this.journal = new MemoryJournal(this.clock);
    this.world = new MemoryWorld(new MemoryDatabase("first"));
    this.script = new Script({
      append: (ops) => this.database.append(ops),
      now: () => this.clock.now(),
      random: seededRandom((options.seed ?? 1) ^ 0x5eed),
    });
  }

  get database(): MemoryDatabase {
    const { current } = this.world;
    if (!(current instanceof MemoryDatabase)) throw new Error("there is no database");
    return current;
  }

  get agent(): Agent {
    if (this.#agent === undefined) throw new Error("the agent does not run");
    return this.#agent;
  }

  /** Starts it and lets it come to rest, live. */
  started(ms = 4_000): this {
    this.start();
    this.advance(ms);
    return this;
  }

  start(): void {
    this.#agent = createAgent(this.#ports(this.#life), {
      relay: "http://relay.test",
      account: "acc_1",
      install: "ins_1",
      agent: "test/1",
      takeover: this.#options.takeover ?? false,
    });
    this.#agent.start();
  }

  stop(): void {
    this.agent.stop();
    this.crash();
  }

  /** kill -9: nothing is said, timers and children are gone. */
  crash(): void {
    this.#life += 1;
    this.#agent = undefined;
    for (const child of this.children) child.alive = false;
    this.relay.cut();
  }

  advance(ms: number): void {
    this.clock.advance(ms);
  }

  events(name: string): LogFields[] {
    return this.logged.filter(({ event }) => event === name).map(({ fields }) => fields);
  }

  /** Requests that any imsg got, oldest first. */
  requests(method: string): Record<string, unknown>[] {
    return this.children
      .flatMap(({ received }) => received)
      .map((line): Record<string, unknown> => JSON.parse(line))
      .filter((request) => request["method"] === method);
  }

  #ports(life: number): Ports {
    const alive = (): boolean => life === this.#life;
    return {
      clock: {
        now: () => this.clock.now(),
        after: (ms, run) => this.clock.setTimer(ms, () => void (alive() && run())),
      },
      random: this.#random,
      randomName: () => {
        this.#names += 1;
        return `name-${this.#names}`;
      },
      dial: (url, _, handlers) => this.#dial(url, handlers, alive),
      spawnImsg: (handlers) => this.#spawn(handlers, alive),
      journal: this.journal,
      owner: this.owner,
      databaseStamp: () => (typeof this.world.current === "string" ? undefined : this.world.current.identity),
      realPath: (path) => this.realPaths.get(path),
      fileSize: (path) => this.fileSizes.get(path) ?? 0,
      transfers: {
        ...noTransfers,
        staging: {
          ...noTransfers.staging,
          list: () => (this.#options.staged ?? []).map((meta) => ({ meta, writtenAt: this.clock.now() })),
          locate: ({ id, name }) => this.realPaths.get(`staging/${id}/${name}`),
        },
      },
      keys: {
        sign: (text) => `signed ${text.split("\n").join("|")}`.slice(0, 200),
        refused: () => false,
        accepted: () => undefined,
      },
      log: (_, event, fields = {}) => void this.logged.push({ event, fields }),
    };
  }

  #later(run: () => void): void {
    this.clock.setTimer(WIRE_MS, run);
  }

  #dial(url: string, handlers: DialHandlers, alive: () => boolean) {
    this.dialled.push(url);
    let over = false;
    const socket: RelaySocket = {
      send: (text) => this.#later(() => void (alive() && !over && handlers.onText(text))),
      close: (code, reason) =>
        this.#later(() => {
          if (!alive() || over) return;
          over = true;
          handlers.onClose(code, reason);
        }),
    };
    this.#later(() => {
      if (!alive() || over) return;
      if (this.refuseDial === undefined) {
        handlers.onOpen();
        this.relay.opened(socket);
        return;
      }
      over = true;
      const status = this.refuseDial;
      handlers.onFailed(
        status === "unreachable" ? { kind: "unreachable", why: "ECONNREFUSED" } : { kind: "refused", status },
      );
    });
    return {
      send: (text: string) => this.#later(() => void (alive() && !over && this.relay.text(text))),
      close: () => {
        over = true;
        this.relay.closed(socket);
      },
    };
  }

  #spawn(handlers: ChildHandlers, alive: () => boolean) {
    const child: Child = { handlers, received: [], wrote: [], alive: true };
    this.children.push(child);
    const exit = (code: number | null, signal: string | null, missing = false): void =>
      this.#later(() => {
        if (!alive() || !child.alive) return;
        child.alive = false;
        handlers.onExit({ code, signal, missing, stderr: "" });
      });
    if (this.imsgMissing) {
      exit(null, null, true);
      return { write: () => undefined, kill: () => undefined };
    }
    let lines: string[] = [];
    const engine = createEngine(
      this.#options.dialect ?? "0.15",
      {
        // A process that was killed does nothing any more.
        clock: {
          now: () => this.clock.now(),
          setTimer: (ms, fire) => this.clock.setTimer(ms, () => void (child.alive && fire())),
        },
        random: this.#random,
        write: (line) => {
          lines.push(line);
          child.wrote.push(line);
          if (lines.length > 1) return;
          this.#later(() => {
            const batch = lines;
            lines = [];
            if (alive() && child.alive) handlers.onLines(batch);
          });
        },
        exit: (code) => exit(code, null),
        kill: () => exit(null, "SIGKILL"),
        world: this.world,
        faults: new Faults(this.faults),
      },
      { backlogFirst: 0, tailRace: 0, ...this.#options.engine },
    );
    return {
      write: (line: string) => {
        child.received.push(line);
        this.#later(() => void (child.alive && engine.receive(line)));
      },
      kill: () => {
        child.alive = false;
      },
    };
  }

  /** Replaces the database by another file. */
  replaceDatabase(identity: string): MemoryDatabase {
    const database = new MemoryDatabase(identity);
    this.world.current = database;
    return database;
  }
}
