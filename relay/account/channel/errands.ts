// What the relay itself says by message: a pairing code, the answer to an owner's command. Written in the
// transaction of the message that asked for it, done after it, and once: a crash in between repeats nothing.
import * as z from "zod";
import { eventId } from "../../../shared/events.ts";
import { ERRAND_MS, MAX_ERRANDS } from "../../../shared/limits.ts";
import type { Operations } from "../sending/operations.ts";
import type { AccountPorts } from "../ports.ts";
import type { Schedule } from "../schedule.ts";
import type { StateStore } from "../store/state.ts";

const errandSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("say"), chat_guid: z.string(), text: z.string() }),
  z.object({
    kind: z.literal("command"),
    chat_guid: z.string(),
    /** Normalised handle of who asked. */
    owner: z.string(),
    is_direct: z.boolean(),
    name: z.string(),
    args: z.string(),
  }),
]);
type Errand = z.infer<typeof errandSchema>;
export type CommandErrand = Extract<Errand, { kind: "command" }>;

export const errandRow = z.object({
  id: z.string(),
  body: z.string().transform((text) => errandSchema.parse(JSON.parse(text))),
});

export class Errands {
  readonly #ports: Pick<AccountPorts, "storage" | "clock" | "warn">;
  readonly #state: StateStore;
  readonly #schedule: Schedule;
  readonly #operations: Pick<Operations, "begin" | "find">;
  readonly #perform: (command: CommandErrand) => Promise<string>;
  #isPerforming = false;
  #isWaiting = true;

  constructor(
    ports: Pick<AccountPorts, "storage" | "clock" | "warn">,
    state: StateStore,
    schedule: Schedule,
    operations: Pick<Operations, "begin" | "find">,
    perform: (command: CommandErrand) => Promise<string>,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#schedule = schedule;
    this.#operations = operations;
    this.#perform = perform;
  }

  /** In the transaction of event `seq`. Beyond MAX_ERRANDS nothing is promised: strangers could fill the table. */
  add(errand: Errand, seq: number, now: number): void {
    const { sql } = this.#ports.storage;
    if (Number(sql.exec("SELECT count(*) AS n FROM errand").toArray()[0]?.["n"] ?? 0) >= MAX_ERRANDS) return;
    this.#put(eventId(this.#state.current.log, seq), errand, now + ERRAND_MS);
  }

  /** Does what can be done now: after every commit, and when the Mac is back. */
  run(): void {
    if (!this.#isWaiting) return;
    const rows = this.#ports.storage.sql
      .exec(
        "SELECT id, body FROM errand WHERE expires_at > ? ORDER BY length(id), id",
        this.#ports.clock.now(),
      )
      .toArray()
      .map((row) => errandRow.parse(row));
    this.#isWaiting = rows.length > 0;
    for (const { id, body } of rows) if (body.kind === "say") this.#say(id, body);
    // One at a time, in the order in which they came: what one sets, the next may unset.
    const next = rows.find(({ body }) => body.kind === "command");
    if (next?.body.kind === "command" && !this.#isPerforming) void this.#command(next.id, next.body);
  }

  /** The alarm's turn: what could not be done in time is not done any more. */
  prune(): void {
    const { sql } = this.#ports.storage;
    const now = this.#ports.clock.now();
    this.#state.transact(() => {
      sql.exec("DELETE FROM errand WHERE expires_at <= ?", now);
      const next = sql.exec("SELECT min(expires_at) AS at FROM errand").toArray()[0]?.["at"];
      if (typeof next === "number") this.#schedule.arm("errands", next);
    });
  }

  #say(id: string, { chat_guid, text }: Extract<Errand, { kind: "say" }>): void {
    // A blank begins it: no caller's key can be the same (RPC6).
    const idempotencyKey = ` say ${id}`;
    const parts = [{ chat_guid, text }];
    const asked = { idempotencyKey, asked: null, origin: "relay", key: null, queueMs: null } as const;
    // Should the link break now, it is still begun when the Mac is back within the hour (PAIR2).
    this.#operations.begin({ method: "send", parts, deadlineMs: ERRAND_MS, ...asked }, null);
    // Not taken: the Mac is away. It is tried again when it is back.
    if (this.#operations.find(idempotencyKey) === undefined) return;
    this.#state.transact(() => this.#drop(id));
  }

  async #command(id: string, command: CommandErrand): Promise<void> {
    this.#isPerforming = true;
    const text = await this.#perform(command).catch((error: unknown) => {
      const why = error instanceof Error ? error.name : "unknown";
      this.#ports.warn("a command failed", { name: command.name, why });
      return `I could not finish that. /${command.name} says how things are.`;
    });
    const { chat_guid } = command;
    this.#isPerforming = false;
    try {
      this.#state.transact(() =>
        this.#put(id, { kind: "say", chat_guid, text }, this.#ports.clock.now() + ERRAND_MS),
      );
    } catch {
      this.#ports.warn("an answer was not stored", { name: command.name });
      return;
    }
    this.run();
  }

  #put(id: string, errand: Errand, expiresAt: number): void {
    this.#isWaiting = true;
    this.#ports.storage.sql.exec(
      "INSERT INTO errand (id, body, expires_at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at",
      id,
      JSON.stringify(errand),
      expiresAt,
    );
    this.#schedule.arm("errands", expiresAt);
  }

  #drop(id: string): void {
    this.#ports.storage.sql.exec("DELETE FROM errand WHERE id = ?", id);
  }
}
