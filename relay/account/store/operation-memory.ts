// What is asked of all operations again and again: which are open, when their states are looked at, whose guids they
// have. Kept in memory, since each question would read thousands of rows, and an index would write two a send.
import * as z from "zod";
import type { OperationId } from "../../../shared/ids.ts";
import type { Sql } from "../ports.ts";
import type { Operation, OperationPatch } from "./operation.ts";

const guidsSchema = z.array(z.string().nullable());
const rowSchema = z.object({
  id: z.string().transform((id) => id as OperationId),
  guids: z.string().transform((json) => guidsSchema.parse(JSON.parse(json))),
  look_at: z.number().nullable(),
  open: z.number(),
});

interface Known {
  readonly open: Set<OperationId>;
  readonly looks: Map<OperationId, number>;
  /** Some 100 bytes each, of at most MAX_OPERATIONS. */
  readonly guids: Set<string>;
}

export class OperationMemory {
  readonly #sql: Sql;
  /** Read when it is first asked for. */
  #known: Known | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** What was written is undone, or some are deleted. */
  forget(): void {
    this.#known = undefined;
  }

  inserted({ id, guids, look_at }: Operation): void {
    this.#known?.open.add(id);
    this.#take(id, { guids, look_at });
  }

  updated(id: OperationId, patch: OperationPatch): void {
    if (patch.settled_at !== undefined) this.#known?.open.delete(id);
    this.#take(id, patch);
  }

  get open(): readonly OperationId[] {
    return [...this.#all.open];
  }

  hasGuid(guid: string): boolean {
    return this.#all.guids.has(guid);
  }

  get hasLooks(): boolean {
    return this.#all.looks.size > 0;
  }

  /** Those due by `at`, the longest due first. */
  toLookAt(at: number, limit: number): OperationId[] {
    const due = [...this.#all.looks].filter(([, when]) => when <= at);
    return due
      .toSorted(([, a], [, b]) => a - b)
      .slice(0, limit)
      .map(([id]) => id);
  }

  /** When the next look after `at` is due; null = none. */
  nextLookAfter(at: number): number | null {
    let next: number | null = null;
    for (const when of this.#all.looks.values()) if (when > at && (next === null || when < next)) next = when;
    return next;
  }

  #take(id: OperationId, { guids, look_at }: Pick<OperationPatch, "guids" | "look_at">): void {
    const known = this.#known;
    if (known === undefined) return;
    for (const guid of guids ?? []) if (guid !== null) known.guids.add(guid);
    if (look_at === null) known.looks.delete(id);
    else if (look_at !== undefined) known.looks.set(id, look_at);
  }

  get #all(): Known {
    if (this.#known !== undefined) return this.#known;
    const known: Known = { open: new Set(), looks: new Map(), guids: new Set() };
    const rows = this.#sql
      .exec("SELECT id, guids, look_at, settled_at IS NULL AS open FROM operation")
      .toArray();
    for (const row of rows) {
      const { id, guids, look_at, open } = rowSchema.parse(row);
      if (open === 1) known.open.add(id);
      if (look_at !== null) known.looks.set(id, look_at);
      for (const guid of guids) if (guid !== null) known.guids.add(guid);
    }
    this.#known = known;
    return known;
  }
}
