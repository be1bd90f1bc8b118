// A claimed chat is answered by one consumer alone (EVT11): two bots on one Mac do not answer twice.
import * as z from "zod";
import type { Refused } from "../../../shared/errors.ts";
import { MAX_CLAIMS } from "../../../shared/limits.ts";
import { normalizeHandle } from "../../../shared/policy/handles.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { AccountPorts } from "../ports.ts";
import type { StateStore } from "../store/state.ts";

const rowSchema = z.object({
  chat: z.string(),
  key: z.string(),
  consumer: z.string().nullable(),
  expires_at: z.number(),
});
type Row = z.infer<typeof rowSchema>;

const NO_CLAIM = 0;

/** A claim as it is shown: whose key it is, is nobody else's business. */
export interface Claim {
  readonly chat: string;
  readonly consumer: string | null;
  readonly mine: boolean;
  readonly expires_at: number;
}

/** Who wants to answer; `key` null = the operator, who owns no chat. */
export interface Claimant {
  readonly key: string | null;
  readonly consumer: string | null;
}

export class Claims {
  readonly #ports: Pick<AccountPorts, "storage" | "clock">;
  readonly #state: StateStore;
  /** The end of a claim that is live; undefined = to be looked up. Nearly always `NO_CLAIM`, and every send asks. */
  #until: number | undefined;

  constructor(ports: Pick<AccountPorts, "storage" | "clock">, state: StateStore) {
    this.#ports = ports;
    this.#state = state;
  }

  /** No chat is claimed now. Looked up once a claim's end, and where there was none not at all. */
  get isEmpty(): boolean {
    const now = this.#ports.clock.now();
    if (this.#until === undefined || (this.#until !== NO_CLAIM && this.#until <= now)) {
      const { sql } = this.#ports.storage;
      const live = sql.exec("SELECT expires_at FROM claim WHERE expires_at > ? LIMIT 1", now).toArray()[0];
      this.#until = Number(live?.["expires_at"] ?? NO_CLAIM);
    }
    return this.#until === NO_CLAIM;
  }

  list(key: string | null): Claim[] {
    return this.#ports.storage.sql
      .exec("SELECT * FROM claim WHERE expires_at > ? ORDER BY chat", this.#ports.clock.now())
      .toArray()
      .map((row) => shown(rowSchema.parse(row), key));
  }

  /** Makes the claim, or makes it anew. */
  claim(name: string, claimant: Claimant & { key: string }, forMs: number): Result<Claim, Refused> {
    const { sql } = this.#ports.storage;
    const chat = canonical(name);
    const now = this.#ports.clock.now();
    if (!this.allows(chat, claimant)) return err({ code: "chat_claimed" });
    const { key, consumer } = claimant;
    const row = { chat, key, consumer, expires_at: now + forMs };
    return this.#state.transact(() => {
      sql.exec("DELETE FROM claim WHERE expires_at <= ?", now);
      const others = sql.exec("SELECT count(*) AS n FROM claim WHERE chat <> ?", chat).toArray()[0]?.["n"];
      const count = Number(others ?? 0);
      if (count >= MAX_CLAIMS)
        return err({ code: "too_large", detail: `at most ${MAX_CLAIMS} chats are claimed` });
      sql.exec(
        `INSERT INTO claim (chat, key, consumer, expires_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (chat) DO UPDATE SET key = excluded.key, consumer = excluded.consumer, expires_at = excluded.expires_at`,
        chat,
        key,
        consumer,
        row.expires_at,
      );
      this.#until = row.expires_at;
      return ok(shown(row, key));
    });
  }

  /** `claimant` null = whoever administers the account. */
  release(name: string, claimant: Claimant | null): Result<{ chat: string }, Refused> {
    const chat = canonical(name);
    const row = this.#find(chat);
    if (row === undefined) return err({ code: "not_found" });
    if (claimant !== null && row.key !== claimant.key) return err({ code: "chat_claimed" });
    this.#state.transact(() => this.#ports.storage.sql.exec("DELETE FROM claim WHERE chat = ?", chat));
    this.#until = undefined;
    return ok({ chat });
  }

  /** Whether this one may answer there. A claim of a key without a consumer is every consumer's of that key. */
  allows(chat: string, { key, consumer }: Claimant): boolean {
    const row = this.#find(canonical(chat));
    if (row === undefined) return true;
    return row.key === key && (row.consumer === null || row.consumer === consumer);
  }

  #find(chat: string): Row | undefined {
    if (this.isEmpty) return undefined;
    const row = this.#ports.storage.sql
      .exec("SELECT * FROM claim WHERE chat = ? AND expires_at > ?", chat, this.#ports.clock.now())
      .toArray()[0];
    return row === undefined ? undefined : rowSchema.parse(row);
  }
}

const shown = ({ chat, key, consumer, expires_at }: Row, asker: string | null): Claim => ({
  chat,
  consumer,
  mine: key === asker,
  expires_at,
});

/** A direct chat's key as handles are compared, however its address was written. */
const canonical = (chat: string): string =>
  chat.startsWith("-;") ? `-;${normalizeHandle(chat.slice(2))}` : chat;
