// Two guards of the Mac's good name: a loop between two bots is broken, and strangers are not written to by the
// hundred, for which Apple locks accounts. Both are settings, both are counted (SEND rules).
import * as z from "zod";
import { NOT_STARTED, refusal, type Failure } from "../../../shared/jsonrpc.ts";
import { LOOP_WINDOW_MS, MAX_LOOP_TEXTS } from "../../../shared/limits.ts";
import { dayOf, nextDayAt } from "../../../shared/usage.ts";
import type { ChatList } from "../chats/chat-list.ts";
import type { Settings } from "../channel/settings.ts";
import type { AccountPorts } from "../ports.ts";
import type { AccountStanding } from "../standing.ts";
import type { Operation } from "../store/operation.ts";
import type { OperationStore } from "../store/operations.ts";
import type { StateStore } from "../store/state.ts";
import { putsMessage } from "./puts-message.ts";

const HOUR_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * HOUR_MS;

const rowSchema = z.object({ chat: z.string(), at: z.number() });

export class Pace {
  readonly #ports: Pick<AccountPorts, "clock" | "storage">;
  readonly #state: StateStore;
  readonly #store: OperationStore;
  readonly #settings: Settings;
  readonly #chats: ChatList;
  readonly #standing: Pick<AccountStanding, "quotas">;
  /** When messages went to a chat within the window, oldest first; read when it is first asked for. */
  #recent: Map<string, number[]> | undefined;
  #sent: { readonly day: string; sends: number } | undefined;

  constructor(
    ports: Pick<AccountPorts, "clock" | "storage">,
    state: StateStore,
    store: OperationStore,
    settings: Settings,
    chats: ChatList,
    standing: Pick<AccountStanding, "quotas">,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#store = store;
    this.#settings = settings;
    this.#chats = chats;
    this.#standing = standing;
    state.onRollback(() => {
      this.#sent = undefined;
      this.#recent = undefined;
    });
  }

  /** Undefined = one more message may go there now. */
  refuse(method: string, chat: string | null): Failure | undefined {
    if (!putsMessage(method)) return undefined;
    return this.#refuseDay() ?? this.#refuseLoop(chat) ?? this.#refuseStranger(method, chat);
  }

  /** In the transaction that stores it. */
  count({ id, method, chat, parts, created_at }: Operation): void {
    if (!putsMessage(method)) return;
    this.#today(created_at).sends += parts;
    if (chat !== null) {
      const times = this.#times(chat, created_at);
      for (let part = 0; part < parts; part += 1) times.push(created_at);
    }
    if (!this.#isNew(method, chat)) return;
    const { sql } = this.#ports.storage;
    sql.exec("DELETE FROM new_chat WHERE at <= ?", created_at - DAY_MS);
    sql.exec("INSERT OR IGNORE INTO new_chat (chat, at) VALUES (?, ?)", chat ?? id, created_at);
  }

  /** The operator's quota, over all chats. */
  #refuseDay(): Failure | undefined {
    const { sends_a_day: limit } = this.#standing.quotas;
    const now = this.#ports.clock.now();
    const { sends: used } = this.#today(now);
    if (used < limit) return undefined;
    const detail = `the quota sends_a_day of this account is ${limit}, and ${used} were sent today (UTC)`;
    const retry_after_s = Math.ceil((nextDayAt(now) - now) / 1_000);
    return refusal("rate_limited", {
      ...NOT_STARTED,
      detail,
      retry_after_s,
      quota: { name: "sends_a_day", limit, used },
    });
  }

  /** Those that were accepted since the day began; read once, and counted along. */
  #today(now: number): { readonly day: string; sends: number } {
    const day = dayOf(now);
    if (this.#sent?.day === day) return this.#sent;
    const since = this.#store.partsSince(nextDayAt(now) - DAY_MS);
    const sends = since.reduce((sum, { method, parts }) => sum + (putsMessage(method) ? parts : 0), 0);
    this.#sent = { day, sends };
    return this.#sent;
  }

  #refuseLoop(chat: string | null): Failure | undefined {
    const { messagesPerMinute } = this.#settings.config;
    if (chat === null || messagesPerMinute === 0) return undefined;
    const now = this.#ports.clock.now();
    const times = this.#times(chat, now);
    if (times.length < messagesPerMinute) return undefined;
    this.#refused("refused_loop");
    const until = (times[times.length - messagesPerMinute] ?? now) + LOOP_WINDOW_MS;
    return limited(
      until - now,
      `at most ${messagesPerMinute} messages a minute to one chat (messagesPerMinute)`,
    );
  }

  #refuseStranger(method: string, chat: string | null): Failure | undefined {
    if (!this.#isNew(method, chat)) return undefined;
    const { newChatsPerHour, newChatsPerDay } = this.#settings.config;
    const now = this.#ports.clock.now();
    const begun = this.#ports.storage.sql
      .exec("SELECT chat, at FROM new_chat WHERE at > ? ORDER BY at", now - DAY_MS)
      .toArray()
      .map((row) => rowSchema.parse(row));
    if (begun.some((row) => row.chat === chat)) return undefined;
    const times = begun.map(({ at }) => at);
    const hour = waitOf(times, newChatsPerHour, HOUR_MS, now);
    const day = waitOf(times, newChatsPerDay, DAY_MS, now);
    const wait = Math.max(hour, day);
    if (wait === 0) return undefined;
    this.#refused("refused_new_chats");
    const said =
      day > 0 ? `${newChatsPerDay} a day (newChatsPerDay)` : `${newChatsPerHour} an hour (newChatsPerHour)`;
    return limited(wait, `at most ${said} conversations are begun`);
  }

  /** A direct chat that Messages does not have. Before the Mac has said which it has, nothing counts as new. */
  #isNew(method: string, chat: string | null): boolean {
    const { database } = this.#state.current;
    if (!this.#chats.isNoted(database)) return false;
    if (method === "chats.create") return true;
    return chat?.startsWith("-;") === true && this.#chats.guidOfKey(chat, database) === undefined;
  }

  #times(chat: string, now: number): number[] {
    const all = (this.#recent ??= this.#read(now));
    if (all.size > MAX_LOOP_TEXTS)
      for (const [name, known] of all) if ((known.at(-1) ?? 0) <= now - LOOP_WINDOW_MS) all.delete(name);
    const times = (all.get(chat) ?? []).filter((at) => at > now - LOOP_WINDOW_MS);
    all.set(chat, times);
    return times;
  }

  #read(now: number): Map<string, number[]> {
    const recent = new Map<string, number[]>();
    for (const { chat, parts, created_at } of this.#store.recentTexts(now - LOOP_WINDOW_MS, MAX_LOOP_TEXTS)) {
      if (chat === null) continue;
      const times = recent.get(chat) ?? [];
      for (let part = 0; part < parts; part += 1) times.push(created_at);
      recent.set(chat, times);
    }
    return recent;
  }

  #refused(name: "refused_loop" | "refused_new_chats"): void {
    this.#state.count({ [name]: 1 });
  }
}

/** How long until one more is within `most` in `windowMs`; 0 = now, also where `most` is 0, which means no limit. */
function waitOf(times: readonly number[], most: number, windowMs: number, now: number): number {
  const within = times.filter((at) => at > now - windowMs);
  const first = within[within.length - most];
  return most === 0 || first === undefined ? 0 : first + windowMs - now;
}

const limited = (waitMs: number, detail: string): Failure =>
  refusal("rate_limited", { ...NOT_STARTED, detail, retry_after_s: Math.max(1, Math.ceil(waitMs / 1_000)) });
