import type { Database, OpenFailure, WorldSource } from "./host.ts";
import type { WorldOp } from "./world-op.ts";
import { World } from "./world.ts";

/** A database in memory, for engines in the test's own process; several engines may share it. */
export class MemoryDatabase implements Database {
  readonly identity: string;
  readonly state: Database["state"];
  readonly world = new World();
  /** Everything imsg did to it: the operations tagged `through`. */
  readonly effects: WorldOp[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(identity = "memory", state: Database["state"] = "ready") {
    this.identity = identity;
    this.state = state;
  }

  refresh(): void {
    // Nothing to catch up with: `append` applies at once.
  }

  append(ops: readonly WorldOp[]): void {
    for (const op of ops) {
      this.world.apply(op);
      if ("through" in op && op.through !== undefined) this.effects.push(op);
    }
    for (const changed of this.#listeners) changed();
  }

  onChange(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }
}

/** A path in memory: what is there can be replaced or be missing, as a file can. */
export class MemoryWorld implements WorldSource {
  readonly path: string;
  current: Database | OpenFailure;

  constructor(
    current: Database | OpenFailure = new MemoryDatabase(),
    path = "/Users/demo/Library/Messages/chat.db",
  ) {
    this.current = current;
    this.path = path;
  }

  open(): Database | OpenFailure {
    return this.current;
  }
}
