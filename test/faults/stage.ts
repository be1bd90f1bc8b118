// One Mac, one relay, and a wire of our own before each who calls it. Independent of every other stage.
import type { Dialect } from "../imsg-sim/host.ts";
import type { Settings } from "../imsg-sim/settings.ts";
import type { Mac } from "../imsg-sim/scenario.ts";
import { QUICK, startSystem, type System } from "../e2e/harness.ts";
import { owned } from "../e2e/owned.ts";
import { RelayProcess } from "../e2e/relay-process.ts";
import { tempFolder } from "../e2e/temp.ts";
import { Proxy } from "./proxy.ts";

export const HANDLES = ["+15550100101", "+15550100102", "dee.field@example.com"] as const;

/** A heartbeat of a quarter of a second would be 10 s in service, two seconds of silence 25. */
export const TIMES = { heartbeatMs: 250, deadAfterMs: 2_000 };
/** What imsg loses, the agent gives up after this. */
const MUTATION_MS = 2_500;
/** A batch with a row that has no chat yet is looked at 20 times: long enough to be given one. */
const DEBOUNCE_MS = 40;

/** 15 s in service: time enough to read on in a file that is not the one in use any more. */
const DATABASE_LOOK_MS = 800;

export interface Wires {
  readonly agent: Proxy;
  /** Of the client library and of the plain client. */
  readonly gateway: Proxy;
  readonly dropIn: Proxy;
}

export const AGENT_CONFIG = {
  ...QUICK,
  debounce_ms: DEBOUNCE_MS,
  intervals: { ...QUICK.intervals, mutation_ms: MUTATION_MS, database_look_ms: DATABASE_LOOK_MS },
  link: { heartbeat_ms: TIMES.heartbeatMs, dead_after_ms: TIMES.deadAfterMs },
};

export interface StageOptions {
  /** `quick` by default: waits of seconds, so that a round takes no minutes. */
  readonly intervals?: "quick" | "in service";
  /** Of its temporary folder. */
  readonly name?: string;
  /** What kind of Mac it is, beside the dialect. */
  readonly imsg?: Settings;
  /** Instead of `AGENT_CONFIG`, where quick. */
  readonly agentConfig?: Readonly<Record<string, unknown>>;
}

export class Stage {
  readonly system: System;
  readonly wires: Wires;
  readonly chats: readonly string[];
  /** What is to be undone at the end, newest first. */
  readonly #undo: (() => Promise<void>)[];

  private constructor(system: System, wires: Wires, chats: readonly string[], undo: (() => Promise<void>)[]) {
    this.system = system;
    this.wires = wires;
    this.chats = chats;
    this.#undo = undo;
  }

  static async open(dialect: Dialect, options: StageOptions = {}): Promise<Stage> {
    const undo: (() => Promise<void>)[] = [];
    const isQuick = options.intervals !== "in service";
    try {
      const folder = tempFolder(`${options.name ?? "faults"}-${dialect}`);
      undo.push(async () => folder.remove());
      const [agent, gateway, dropIn] = await Promise.all([Proxy.start(), Proxy.start(), Proxy.start()]);
      const wires = { agent, gateway, dropIn };
      const all = [agent, gateway, dropIn];
      undo.push(async () => void (await Promise.all(all.map((wire) => wire.close()))));
      const relay = await RelayProcess.start({
        state: folder.path,
        // The only origin it knows: whoever enrols dials the wire.
        env: {
          RELAY_ORIGINS: agent.origin,
          ...(isQuick ? { LINK_DEAD_AFTER_MS: String(TIMES.deadAfterMs) } : {}),
        },
      });
      undo.push(() => relay.kill9());
      for (const wire of all) wire.target = relay.port;
      let chats: readonly string[] = [];
      const system = await startSystem({
        dialect,
        relay,
        world: (mac) => {
          // Without the seed: an imsg that starts again would give its sends the guids it has given before.
          mac.settings({ ...options.imsg, dialect });
          chats = populate(mac);
        },
        agentConfig: isQuick
          ? (options.agentConfig ?? AGENT_CONFIG)
          : { debounce_ms: undefined, intervals: undefined },
      });
      undo.push(() => system.stop());
      return new Stage(system, wires, chats, undo);
    } catch (error) {
      for (const step of undo.reverse()) await step();
      throw error;
    }
  }

  get world(): Mac {
    return this.system.world;
  }

  /** Runs before everything that is there already is taken down. */
  atEnd(step: () => Promise<void>): void {
    this.#undo.push(step);
  }

  /** A process that nobody waits for, and that is gone at the end at the latest. */
  keepAnEyeOn(pid: number): void {
    owned.add(pid);
    this.atEnd(async () => {
      owned.remove(pid);
      killQuietly(pid);
    });
  }

  async close(): Promise<void> {
    for (const step of this.#undo.splice(0).reverse()) await step();
  }
}

function populate(mac: Mac): string[] {
  const chats = [
    ...HANDLES.map((handle) => mac.dm(handle)),
    mac.group("chat100", HANDLES, "Friends"),
    mac.group("chat200", HANDLES.slice(0, 2), "Work"),
  ];
  for (const [at, chat] of chats.entries()) mac.appendText(chat, HANDLES[0], `before ${at}`);
  return chats;
}

export function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
