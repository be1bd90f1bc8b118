// A Mac under virtual time: the agent's real core, the simulated imsg, a journal that loses what was not synced,
// and everything that can happen to them.
import type { Agent } from "../../agent/core.ts";
import { createAgent } from "../../agent/core.ts";
import { DEFAULT_CONFIG, type AgentConfig } from "../../agent/config/config.ts";
import type { LogFields, Ports } from "../../agent/ports.ts";
import { ScriptedOwner } from "../agent/support/owner.ts";
import { noTransfers } from "../agent/support/no-transfers.ts";
import { FaultBox } from "../imsg-sim/faults.ts";
import type { Dialect, EngineOptions } from "../imsg-sim/host.ts";
import { MemoryDatabase, MemoryWorld } from "../imsg-sim/memory-world.ts";
import { VirtualImsg } from "./virtual-imsg.ts";
import { VirtualJournal } from "./virtual-journal.ts";
import { ORIGIN, virtualSignature, type VirtualRelay } from "./virtual-relay.ts";
import type { VirtualTime } from "./virtual-time.ts";
import type { VirtualWire } from "./virtual-wire.ts";

export class VirtualMac {
  readonly world: MemoryWorld;
  readonly faults = new FaultBox();
  readonly databases: MemoryDatabase[];
  readonly journal: VirtualJournal;
  /** What the agent says of itself; shown when one seed is looked at. */
  onLog: ((line: string, fields: LogFields) => void) | undefined;
  readonly imsg: VirtualImsg;
  readonly #time: VirtualTime;
  readonly #random: () => number;
  readonly #relay: VirtualRelay;
  readonly #config: AgentConfig;
  /** By so much its clock is before everybody else's. */
  readonly #skewMs: number;
  readonly #secret: string;
  readonly #install: string;
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
    skewMs = 0,
  ) {
    this.#relay = relay;
    this.#time = time;
    this.#random = random;
    this.#config = config;
    this.databases = [new MemoryDatabase("db0")];
    this.world = new MemoryWorld(this.databases[0]);
    const { world, faults } = this;
    this.#skewMs = skewMs;
    this.imsg = new VirtualImsg({ time, random, dialect, options: engineOptions, world, faults, skewMs });
    this.journal = new VirtualJournal(time, random);
    this.#secret = `secret ${random()}`;
    const { enrolment } = relay.core.parts;
    const { code } = enrolment.offer();
    const claimed = enrolment.claim({ code, public_key: this.#secret, name: "mac", takeover: false });
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
    this.#agent = createAgent(this.#ports(life), identity);
    this.#agent.start();
  }

  /** kill -9 of the agent: its children end at end of input, its sockets break. */
  crash(): void {
    this.#life += 1;
    this.#agent = undefined;
    this.journal.died();
    for (const wire of this.#relay.wires) if (wire.role === "agent") wire.cut();
    this.imsg.orphan();
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
        now: () => this.#time.now() + this.#skewMs,
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
      spawnImsg: (handlers) => this.imsg.spawn(handlers, isAlive),
      journal: this.journal,
      owner: new ScriptedOwner(this.#config),
      databaseStamp: () => {
        const { current } = this.world;
        return typeof current === "string" ? undefined : current.identity;
      },
      realPath: (path) => path,
      fileSize: () => 0,
      transfers: noTransfers,
      keys: {
        sign: (text) => virtualSignature(this.#secret, text),
        refused: () => false,
        accepted: () => undefined,
      },
      log: (level, event, fields) => this.onLog?.(`${level} ${event}`, fields ?? {}),
    };
  }
}
