import { createEngine, type Engine } from "./engine.ts";
import { FaultBox, Faults } from "./faults.ts";
import type { Dialect, EngineOptions, WorldSource } from "./host.ts";
import { MemoryDatabase, MemoryWorld } from "./memory-world.ts";
import { seededRandom } from "./random.ts";
import { Script } from "./script.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { parse, type Json } from "./wire-message.ts";

export interface InProcessOptions extends Partial<EngineOptions> {
  readonly seed?: number;
  readonly clock?: VirtualClock;
  readonly database?: MemoryDatabase;
  readonly world?: WorldSource;
  readonly faults?: FaultBox;
  readonly home?: string;
}

/**
 * An engine in the test's own process, under virtual time. Two of them may share clock, database and
 * faults, as two imsg processes share a Mac. The races of 0.9 are off unless asked for.
 */
export class InProcess {
  readonly clock: VirtualClock;
  readonly database: MemoryDatabase;
  readonly script: Script;
  readonly faults: FaultBox;
  readonly lines: string[] = [];
  readonly #parsed: Json[] = [];
  /** The exit code, or "killed". */
  ended: number | "killed" | undefined;
  readonly #engine: Engine;

  constructor(dialect: Dialect, options: InProcessOptions = {}) {
    const { seed = 1, clock, database, world, faults, home, ...engine } = options;
    const random = seededRandom(seed);
    this.clock = clock ?? new VirtualClock();
    this.database = database ?? new MemoryDatabase();
    this.faults = faults ?? new FaultBox();
    this.script = new Script({
      append: (ops) => this.database.append(ops),
      now: () => this.clock.now(),
      random: seededRandom(seed ^ 0x5eed),
    });
    this.#engine = createEngine(
      dialect,
      {
        clock: this.clock,
        random,
        write: (line) => this.lines.push(line),
        exit: (code) => (this.ended = code),
        kill: () => (this.ended = "killed"),
        world: world ?? new MemoryWorld(this.database),
        faults: new Faults(this.faults),
        ...(home === undefined ? {} : { home }),
      },
      { backlogFirst: 0, tailRace: 0, ...engine },
    );
  }

  /** The lines so far, each parsed once. */
  get messages(): readonly Json[] {
    for (const line of this.lines.slice(this.#parsed.length)) this.#parsed.push(parse(line));
    return this.#parsed;
  }

  receive(line: string): void {
    this.#engine.receive(line);
  }

  end(): void {
    this.#engine.end();
  }

  /** Sends a request; its answer, when there is one by now. */
  request(
    method: string,
    params: Json = {},
    id: string | number = this.lines.length + 1000,
  ): Json | undefined {
    this.receive(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return this.answer(id);
  }

  /** Ids of requests and numbers of subscriptions do not meet: a notification is no answer. */
  answer(id: string | number): Json | undefined {
    return this.messages.find((message) => message["id"] === id && !("method" in message));
  }

  /** The params of the notifications of one method, in order. */
  notifications(method = "message"): Json[] {
    return this.messages
      .filter((message) => message["method"] === method)
      .map((message) => message["params"] as Json);
  }

  /** The messages that watches have shown, as imsg describes them. */
  shown(): Json[] {
    return this.notifications().map((params) => params["message"] as Json);
  }
}
