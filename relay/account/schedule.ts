// Named deadlines over the one alarm that an object has.
import type { AccountPorts } from "./ports.ts";

const NAMES = ["operations", "queue", "states", "probe", "retention", "errands"] as const;
export type DeadlineName = (typeof NAMES)[number];

/** A deadline is due at `at` (ms); the handler never throws, and a name that is re-armed during its run stays. */
export class Schedule {
  readonly #ports: Pick<AccountPorts, "storage" | "clock" | "setAlarm">;

  constructor(ports: Pick<AccountPorts, "storage" | "clock" | "setAlarm">) {
    this.#ports = ports;
  }

  /** Keeps the earlier of the two where the name is armed already. */
  arm(name: DeadlineName, at: number): void {
    const { sql } = this.#ports.storage;
    const armed = sql.exec("SELECT at FROM deadline WHERE name = ?", name).toArray()[0];
    if (armed !== undefined && Number(armed["at"]) <= at) return;
    const before = this.#nearest();
    sql.exec(
      "INSERT INTO deadline (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at",
      name,
      at,
    );
    if (before === undefined || at < before) this.#ports.setAlarm(at);
  }

  disarm(name: DeadlineName): void {
    this.#ports.storage.sql.exec("DELETE FROM deadline WHERE name = ?", name);
  }

  /** The alarm went off: takes what is due and arms the next. */
  due(): DeadlineName[] {
    const { storage, clock } = this.#ports;
    const rows = storage.sql.exec("DELETE FROM deadline WHERE at <= ? RETURNING name", clock.now()).toArray();
    const due = new Set(rows.map(({ name }) => name));
    return NAMES.filter((name) => due.has(name));
  }

  /** The platform's alarm and the earliest deadline agree again, whatever happened between them. */
  rearm(): void {
    this.#ports.setAlarm(this.#nearest() ?? null);
  }

  #nearest(): number | undefined {
    const at = this.#ports.storage.sql.exec("SELECT min(at) AS at FROM deadline").toArray()[0]?.["at"];
    return typeof at === "number" ? at : undefined;
  }
}
