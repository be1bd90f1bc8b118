// A ticket stands for its key, once, at one door (EVT10): for browsers, which can send no header there.
import * as z from "zod";
import type { TicketId, KeyId } from "../../../shared/ids.ts";
import { MAX_TICKETS, TICKET_MS } from "../../../shared/limits.ts";
import type { Refused } from "../../../shared/errors.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import { sha256 } from "../../secrets.ts";
import type { AccountPorts, Door } from "../ports.ts";
import type { StateStore } from "../store/state.ts";

export interface Ticket {
  readonly ticket: TicketId;
  readonly door: Door;
  readonly expires_at: number;
}

/** What a ticket stands for: its key, as long as the secret by which it was asked for is good; null = without end. */
export interface Bearer {
  readonly key: KeyId;
  readonly until: number | null;
}

const rowSchema = z.object({
  key: z.string().transform((key) => key as KeyId),
  until: z.number().nullable(),
  door: z.string(),
  expires_at: z.number(),
});

export class Tickets {
  readonly #ports: Pick<AccountPorts, "storage" | "clock" | "mint">;
  readonly #state: StateStore;

  constructor(ports: Pick<AccountPorts, "storage" | "clock" | "mint">, state: StateStore) {
    this.#ports = ports;
    this.#state = state;
  }

  issue({ key, until }: Bearer, door: Door): Result<Ticket, Refused> {
    const { sql } = this.#ports.storage;
    const now = this.#ports.clock.now();
    const ticket = this.#ports.mint("tic", this.#state.current.account);
    const expires_at = now + TICKET_MS;
    return this.#state.transact(() => {
      sql.exec("DELETE FROM ticket WHERE expires_at <= ?", now);
      const unused = Number(sql.exec("SELECT count(*) AS n FROM ticket").toArray()[0]?.["n"] ?? 0);
      if (unused >= MAX_TICKETS) {
        const detail = `at most ${MAX_TICKETS} tickets may be unused`;
        return err({ code: "rate_limited", detail, retry_after_s: TICKET_MS / 1000 });
      }
      sql.exec(
        "INSERT INTO ticket (hash, key, until, door, expires_at) VALUES (?, ?, ?, ?, ?)",
        sha256(ticket),
        key,
        until,
        door,
        expires_at,
      );
      return ok({ ticket, door, expires_at });
    });
  }

  /** The key has another secret, or may less: whoever asked before asks again. */
  forget(key: KeyId): void {
    this.#state.transact(() => this.#ports.storage.sql.exec("DELETE FROM ticket WHERE key = ?", key));
  }

  /** Undefined = unknown, used, expired, or for another door. */
  use(ticket: string, door: Door): Bearer | undefined {
    const { sql } = this.#ports.storage;
    const row = this.#state.transact(
      () =>
        sql
          .exec("DELETE FROM ticket WHERE hash = ? RETURNING key, until, door, expires_at", sha256(ticket))
          .toArray()[0],
    );
    const found = rowSchema.safeParse(row);
    if (!found.success || found.data.door !== door) return undefined;
    const { key, until, expires_at } = found.data;
    return expires_at > this.#ports.clock.now() ? { key, until } : undefined;
  }
}
