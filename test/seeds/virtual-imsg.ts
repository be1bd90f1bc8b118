// imsg's processes on a Mac under virtual time: pipes with latency, and the ways in which a process can fail.
import type { ChildHandlers, LineProcess } from "../../agent/ports.ts";
import { createEngine } from "../imsg-sim/engine.ts";
import { Faults, type FaultBox } from "../imsg-sim/faults.ts";
import type { Database, Dialect, EngineOptions, OpenFailure, WorldSource } from "../imsg-sim/host.ts";
import type { WorldOp } from "../imsg-sim/world-op.ts";
import type { VirtualTime } from "./virtual-time.ts";

const PIPE_MS = 1;
/** What Messages had taken when imsg died is done within this … */
const LATE_MS = 40_000;
/** … and nothing of the dead process is left after this. */
const LAST_MS = LATE_MS + 20_000;
const GUID = /"guid":"([0-9A-F-]{36})"/g;

/** One process. */
export interface Child {
  readonly handlers: ChildHandlers;
  alive: boolean;
  /** Stopped: it neither reads nor writes nor ends by itself. */
  hung: boolean;
  /** Nobody hears of it any more, and what it has in hand is still done. */
  detached: boolean;
}

/** Who looks on. */
export interface ImsgWatcher {
  /** A line reaches a process, which has not read it yet; it was written while that database was there. */
  given(child: Child, line: string, database: string): void;
  wrote(child: Child, line: string): void;
  /** Messages did what that process asked for. */
  effect(child: Child, database: Database, op: WorldOp): void;
}

export interface ImsgParts {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly dialect: Dialect;
  readonly options: Partial<EngineOptions>;
  readonly world: WorldSource;
  readonly faults: FaultBox;
  readonly skewMs: number;
}

export class VirtualImsg {
  readonly #parts: ImsgParts;
  readonly #children = new Set<Child>();
  /** Every guid that a watch showed: nobody can be asked to deliver what imsg kept to itself. */
  readonly showed = new Set<string>();
  watcher: ImsgWatcher | undefined;

  constructor(parts: ImsgParts) {
    this.#parts = parts;
  }

  /** The agent is gone: at the end of their input all end. */
  orphan(): void {
    for (const child of this.#children) child.alive = false;
    this.#children.clear();
  }

  /** kill -9 of every process. */
  kill(): void {
    for (const child of this.#children) this.#die(child);
  }

  /** kill -STOP of every process that there is. */
  hang(): void {
    for (const child of this.#children) child.hung = true;
  }

  /** It dies with a line in hand that Messages has taken already, and does later. */
  detach(child: Child): void {
    if (!child.alive) return;
    this.#die(child);
    child.detached = true;
    this.#parts.time.after(LAST_MS, () => {
      child.detached = false;
    });
  }

  #die(child: Child): void {
    child.alive = false;
    this.#children.delete(child);
    this.#parts.time.after(PIPE_MS, () =>
      child.handlers.onExit({ code: null, signal: "SIGKILL", missing: false, stderr: "" }),
    );
  }

  spawn(handlers: ChildHandlers, isAlive: () => boolean): LineProcess {
    const { time, random, dialect, options, world, faults, skewMs } = this.#parts;
    const child: Child = { handlers, alive: true, hung: false, detached: false };
    this.#children.add(child);
    let waiting: string[] = [];
    const isUp = (): boolean => child.alive && !child.hung && isAlive();
    const exit = (code: number | null, signal: string | null): void => {
      if (!isUp()) return;
      child.alive = false;
      this.#children.delete(child);
      time.after(
        PIPE_MS,
        () => void (isAlive() && handlers.onExit({ code, signal, missing: false, stderr: "" })),
      );
    };
    const engine = createEngine(
      dialect,
      {
        clock: {
          now: () => time.now() + skewMs,
          setTimer: (ms, fire) => time.after(ms, () => void ((isUp() || child.detached) && fire())),
        },
        random,
        write: (line) => {
          if (!isUp()) return;
          if (line.includes('"method":"message"'))
            for (const [, guid = ""] of line.matchAll(GUID)) this.showed.add(guid);
          else this.watcher?.wrote(child, line);
          waiting.push(line);
          if (waiting.length > 1) return;
          time.after(random() * PIPE_MS, () => {
            const lines = waiting;
            waiting = [];
            if (isUp()) handlers.onLines(lines);
          });
        },
        exit: (code) => exit(code, null),
        kill: () => exit(null, "SIGKILL"),
        world:
          this.watcher === undefined
            ? world
            : new WatchedWorld(world, (...what) => this.watcher?.effect(child, ...what)),
        faults: new Faults(faults),
      },
      options,
    );
    return {
      write: (line) => {
        const there = world.open();
        const database = typeof there === "string" ? "" : there.identity;
        time.after(PIPE_MS, () => {
          if (!isUp()) return;
          this.watcher?.given(child, line, database);
          if (isUp()) engine.receive(line);
          else if (child.detached) time.after(random() * LATE_MS, () => engine.receive(line));
        });
      },
      kill: () => {
        child.alive = false;
        this.#children.delete(child);
      },
    };
  }
}

type OnEffect = (database: Database, op: WorldOp) => void;

/** The same world, and it is told what one process does to it. */
class WatchedWorld implements WorldSource {
  readonly #world: WorldSource;
  readonly #onEffect: OnEffect;
  readonly #known = new Map<Database, Database>();

  constructor(world: WorldSource, onEffect: OnEffect) {
    this.#world = world;
    this.#onEffect = onEffect;
  }

  get path(): string {
    return this.#world.path;
  }

  open(): Database | OpenFailure {
    const opened = this.#world.open();
    if (typeof opened === "string") return opened;
    const known = this.#known.get(opened) ?? watched(opened, this.#onEffect);
    this.#known.set(opened, known);
    return known;
  }
}

const watched = (database: Database, onEffect: OnEffect): Database => ({
  identity: database.identity,
  state: database.state,
  world: database.world,
  refresh: () => database.refresh(),
  append: (ops) => {
    database.append(ops);
    for (const op of ops) if ("through" in op && op.through !== undefined) onEffect(database, op);
  },
  onChange: (changed) => database.onChange(changed),
});
