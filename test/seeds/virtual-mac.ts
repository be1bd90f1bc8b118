// A Mac under virtual time: the agent's real core, the simulated imsg, a journal that loses what was not synced,
// and everything that can happen to them.
import type { Agent } from "../../agent/core.ts";
import { createAgent } from "../../agent/core.ts";
import { DEFAULT_CONFIG, type AgentConfig } from "../../agent/config/config.ts";
import type { ChildHandlers, JournalFile, LineProcess, Ports } from "../../agent/ports.ts";
import { createEngine } from "../imsg-sim/engine.ts";
import { FaultBox, Faults } from "../imsg-sim/faults.ts";
import type { Dialect, EngineOptions } from "../imsg-sim/host.ts";
import { MemoryDatabase, MemoryWorld } from "../imsg-sim/memory-world.ts";
import { ORIGIN, virtualSignature, type VirtualRelay } from "./virtual-relay.ts";
import type { VirtualTime } from "./virtual-time.ts";
import type { VirtualWire } from "./virtual-wire.ts";

const FSYNC_MS = 3;
const PIPE_MS = 1;
const GUID = /"guid":"([0-9A-F-]{36})"/g;

/** A file whose last writes may be lost, or torn, when the process dies before they were synced. */
class VirtualJournal implements JournalFile {
  readonly #time: VirtualTime;
  readonly #random: () => number;
  text: string | undefined;
  #unsynced: string[] = [];
  #epoch = 0;

  constructor(time: VirtualTime, random: () => number) {
    this.#time = time;
    this.#random = random;
  }

  read(): string | undefined {
    return this.text;
  }

  append(text: string, done: (ok: boolean) => void): void {
    const epoch = this.#epoch;
    this.#unsynced.push(text);
    this.#time.after(this.#random() * FSYNC_MS, () => {
      if (epoch !== this.#epoch) return;
      this.text = (this.text ?? "") + this.#unsynced.splice(0).join("");
      done(true);
    });
  }

  replace(text: string, done: (ok: boolean) => void): void {
    const epoch = this.#epoch;
    this.#time.after(this.#random() * FSYNC_MS, () => {
      if (epoch !== this.#epoch) return;
      this.text = text;
      this.#unsynced = [];
      done(true);
    });
  }

  setAside(): void {
    // Nobody looks at it here.
  }

  /** The process is gone: what was not synced is there whole, in part, or not at all. */
  died(): void {
    this.#epoch += 1;
    const rest = this.#unsynced.splice(0).join("");
    this.text = (this.text ?? "") + rest.slice(0, Math.floor(this.#random() * (rest.length + 1)));
  }

  lose(): void {
    this.text = undefined;
  }

  tear(): void {
    this.text = this.text?.slice(0, -Math.floor(1 + this.#random() * 20));
  }
}

export class VirtualMac {
  readonly world: MemoryWorld;
  readonly faults = new FaultBox();
  readonly databases: MemoryDatabase[];
  readonly journal: VirtualJournal;
  /** What the agent says of itself; shown when one seed is looked at. */
  onLog: (line: string) => void = () => undefined;
  /** Every guid that a watch showed: nobody can be asked to deliver what imsg kept to itself. */
  readonly showed = new Set<string>();
  readonly #time: VirtualTime;
  readonly #random: () => number;
  readonly #relay: VirtualRelay;
  readonly #dialect: Dialect;
  readonly #engineOptions: Partial<EngineOptions>;
  readonly #config: AgentConfig;
  readonly #secret: string;
  readonly #install: string;
  readonly #children = new Set<{ handlers: ChildHandlers; alive: boolean }>();
  #agent: Agent | undefined;
  /** Raised at every death: what the dead agent's timers and sockets still do is ignored. */
  #life = 0;
  #names = 0;

  constructor(
    relay: VirtualRelay,
    time: VirtualTime,
    random: () => number,
    dialect: Dialect,
    engineOptions: Partial<EngineOptions> = {},
    config: AgentConfig = DEFAULT_CONFIG,
  ) {
    this.#relay = relay;
    this.#time = time;
    this.#random = random;
    this.#dialect = dialect;
    this.#engineOptions = engineOptions;
    this.#config = config;
    this.databases = [new MemoryDatabase("db0")];
    this.world = new MemoryWorld(this.databases[0]);
    this.journal = new VirtualJournal(time, random);
    this.#secret = `secret ${random()}`;
    const { enrolment } = relay.core.parts;
    const claimed = enrolment.claim(enrolment.offer().code, this.#secret, "mac");
    if (!claimed.ok) throw new Error(claimed.error);
    this.#install = claimed.value.install;
  }

  get database(): MemoryDatabase {
    const newest = this.databases.at(-1);
    if (newest === undefined) throw new Error("a Mac has a database");
    return newest;
  }

  get agent(): Agent | undefined {
    return this.#agent;
  }

  start(): void {
    const life = this.#life;
    const identity = {
      relay: ORIGIN,
      account: this.#relay.account,
      install: this.#install,
      agent: "seed",
      takeover: false,
    };
    this.#agent = createAgent(this.#ports(life), this.#config, identity);
    this.#agent.start();
  }

  /** kill -9 of the agent: its children end at end of input, its sockets break. */
  crash(): void {
    this.#life += 1;
    this.#agent = undefined;
    this.journal.died();
    for (const wire of this.#relay.wires) if (wire.role === "agent") wire.cut();
    for (const child of this.#children) child.alive = false;
    this.#children.clear();
  }

  /** kill -9 of every imsg. */
  killImsg(): void {
    for (const child of this.#children) {
      child.alive = false;
      this.#time.after(PIPE_MS, () =>
        child.handlers.onExit({ code: null, signal: "SIGKILL", missing: false, stderr: "" }),
      );
    }
    this.#children.clear();
  }

  replaceDatabase(): MemoryDatabase {
    const database = new MemoryDatabase(`db${this.databases.length}`);
    this.databases.push(database);
    this.world.current = database;
    return database;
  }

  #ports(life: number): Ports {
    const isAlive = (): boolean => life === this.#life;
    return {
      clock: {
        now: () => this.#time.now(),
        after: (ms, run) => this.#time.after(ms, () => void (isAlive() && run())),
      },
      random: this.#random,
      randomName: () => {
        this.#names += 1;
        return `n${this.#names}-${Math.floor(this.#random() * 1e9)}`;
      },
      dial: (_, __, handlers) => {
        let wire: VirtualWire | undefined;
        let isOver = false;
        const client = {
          onText: (text: string) => void (isAlive() && !isOver && handlers.onText(text)),
          onClose: (code: number, reason: string) => {
            if (!isAlive() || isOver) return;
            isOver = true;
            handlers.onClose(code, reason);
          },
        };
        this.#relay.dial({ role: "agent" }, client, (opened) => {
          if (!isAlive() || isOver) return opened?.clientClose();
          if (opened === undefined) {
            isOver = true;
            return handlers.onFailed({ kind: "unreachable", why: "nobody answers" });
          }
          wire = opened;
          return handlers.onOpen();
        });
        return {
          send: (text) => wire?.clientSend(text),
          close: () => {
            isOver = true;
            wire?.clientClose();
          },
        };
      },
      spawnImsg: (handlers) => this.#spawn(handlers, isAlive),
      journal: this.journal,
      databaseStamp: () => {
        const { current } = this.world;
        return typeof current === "string" ? undefined : current.identity;
      },
      realPath: (path) => path,
      sign: (text) => virtualSignature(this.#secret, text),
      log: (level, event, fields) => this.onLog(`${level} ${event} ${JSON.stringify(fields ?? {})}`),
    };
  }

  #spawn(handlers: ChildHandlers, isAlive: () => boolean): LineProcess {
    const child = { handlers, alive: true };
    this.#children.add(child);
    let waiting: string[] = [];
    const isUp = (): boolean => child.alive && isAlive();
    const exit = (code: number | null, signal: string | null): void => {
      if (!isUp()) return;
      child.alive = false;
      this.#children.delete(child);
      this.#time.after(
        PIPE_MS,
        () => void (isAlive() && handlers.onExit({ code, signal, missing: false, stderr: "" })),
      );
    };
    const engine = createEngine(
      this.#dialect,
      {
        clock: {
          now: () => this.#time.now(),
          setTimer: (ms, fire) => this.#time.after(ms, () => void (isUp() && fire())),
        },
        random: this.#random,
        write: (line) => {
          if (line.includes('"method":"message"')) {
            for (const [, guid = ""] of line.matchAll(GUID)) this.showed.add(guid);
          }
          waiting.push(line);
          if (waiting.length > 1) return;
          this.#time.after(this.#random() * PIPE_MS, () => {
            const lines = waiting;
            waiting = [];
            if (isUp()) handlers.onLines(lines);
          });
        },
        exit: (code) => exit(code, null),
        kill: () => exit(null, "SIGKILL"),
        world: this.world,
        faults: new Faults(this.faults),
      },
      this.#engineOptions,
    );
    return {
      write: (line) => this.#time.after(PIPE_MS, () => void (isUp() && engine.receive(line))),
      kill: () => {
        child.alive = false;
        this.#children.delete(child);
      },
    };
  }
}
