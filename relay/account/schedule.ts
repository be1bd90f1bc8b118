// Named deadlines over the one alarm that an object has.
import type { AccountPorts } from "./ports.ts";

const NAMES = [
  "operations",
  "queue",
  "states",
  "probe",
  "retention",
  "errands",
  "webhooks",
  "acts",
  "usage",
] as const;
export type DeadlineName = (typeof NAMES)[number];

/** A deadline is due at `at` (ms); the handler never throws, and a name that is re-armed during its run stays. */
export class Schedule {
  readonly #ports: Pick<AccountPorts, "storage" | "clock" | "setAlarm">;
  #wakesAt = 0;
  /** As this object set it last; null = unknown, or none. */
  #alarmAt: number | null = null;
  /** Of the alarm that rings now. */
  #rangAt = 0;

  constructor(ports: Pick<AccountPorts, "storage" | "clock" | "setAlarm">) {
    this.#ports = ports;
  }

  /** Keeps the earlier of the two where the name is armed already. */
  arm(name: DeadlineName, time: number): void {
    const { sql } = this.#ports.storage;
    const at = Math.ceil(time);
    const armed = sql.exec("SELECT at FROM deadline WHERE name = ?", name).toArray()[0];
    if (armed !== undefined && Number(armed["at"]) <= at) return;
    const before = this.#nearest();
    sql.exec(
      "INSERT INTO deadline (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at",
      name,
      at,
    );
    if (before === undefined || at < before) this.#setAlarm();
  }

  /**
   * The object is woken by then, whatever happens to it, with nothing due: for work under way that is remembered
   * anyhow. It costs no row.
   */
  wakeBy(time: number): void {
    const at = Math.ceil(time);
    if (this.#wakesAt > this.#ports.clock.now() && this.#wakesAt <= at) return;
    this.#wakesAt = at;
    this.#setAlarm();
  }

  disarm(name: DeadlineName): void {
    this.#ports.storage.sql.exec("DELETE FROM deadline WHERE name = ?", name);
  }

  /** The alarm went off: takes what is due and arms the next. */
  due(): DeadlineName[] {
    const { storage, clock } = this.#ports;
    this.#rangAt = this.#alarmAt ?? clock.now();
    const rows = storage.sql.exec("DELETE FROM deadline WHERE at <= ? RETURNING name", clock.now()).toArray();
    const due = new Set(rows.map(({ name }) => name));
    return NAMES.filter((name) => due.has(name));
  }

  /** The platform's alarm and the earliest deadline agree again, whatever happened between them. */
  rearm(): void {
    this.#setAlarm();
  }

  #setAlarm(): void {
    const wake = this.#wakesAt > this.#ports.clock.now() ? this.#wakesAt : Infinity;
    const at = Math.min(this.#nearest() ?? Infinity, wake);
    // While an alarm rings, the platform takes one for that same millisecond as the one that rings, and forgets both
    // when it is over (workerd 2026-04). One that rings early would be such a one.
    this.#alarmAt = at === Infinity ? null : Math.max(at, this.#rangAt + 1);
    this.#ports.setAlarm(this.#alarmAt);
  }

  #nearest(): number | undefined {
    const at = this.#ports.storage.sql.exec("SELECT min(at) AS at FROM deadline").toArray()[0]?.["at"];
    return typeof at === "number" ? at : undefined;
  }
}
