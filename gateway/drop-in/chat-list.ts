import * as z from "zod";
import type { Clock } from "../../shared/clock.ts";
import { ERRORS } from "../../shared/errors.ts";
import { chatsSchema } from "../../shared/imsg.ts";
import type { Answer } from "../../shared/jsonrpc.ts";
import type { CallOptions } from "../client/ledger.ts";
import { CHATS_PATIENCE_MS, MAX_CACHED_CHATS } from "../limits.ts";
import type { Cache } from "../profile/cache.ts";

const paramsSchema = z.looseObject({
  limit: z.number().catch(20),
  unread_only: z.boolean().catch(false),
});
const keptChatsSchema = z.array(z.looseObject({ id: z.int() }));
const keptSchema = z.object({ noted_at: z.number(), chats: keptChatsSchema });
const answerSchema = chatsSchema.extend({ stale: z.boolean().optional() });
type Kept = z.infer<typeof keptSchema>;

/** A chat with its keys in order: imsg writes them in another one each time. */
const faceOf = (chat: Record<string, unknown>): string => JSON.stringify(Object.entries(chat).sort(byKey));
const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

/** The relay or the Mac is away; any other refusal must be seen. */
const AWAY: ReadonlySet<number> = new Set([ERRORS.agent_offline.rpc, ERRORS.deadline_exceeded.rpc]);

interface ChatListParts {
  readonly clock: Clock;
  readonly cache: Cache;
  readonly call: (method: string, params: unknown, options: CallOptions) => Promise<Answer>;
}

/**
 * `chats.list` decides whether a gateway's channel starts at all: after 30 s of errors it gives up, after ten
 * restarts for good. So what was true last stands in while the relay is away, and says that it is stale.
 */
export class ChatList {
  readonly #parts: ChatListParts;
  #kept: Kept | undefined;
  #isRead = false;

  constructor(parts: ChatListParts) {
    this.#parts = parts;
  }

  async list(params: unknown): Promise<Answer> {
    const wish = paramsSchema.safeParse(params ?? {});
    const kept = wish.success && !wish.data.unread_only ? this.#read() : undefined;
    if (kept === undefined || !wish.success) return this.#ask(params, false);
    const standIn: Answer = {
      result: { chats: kept.chats.slice(0, clamp(wish.data.limit)), stale: true, noted_at: kept.noted_at },
    };
    const answer = await this.#inTime(this.#ask(params, true));
    if (answer === undefined) return standIn;
    return "error" in answer && AWAY.has(answer.error.code) ? standIn : answer;
  }

  async #ask(params: unknown, failFast: boolean): Promise<Answer> {
    const answer = await this.#parts.call("chats.list", params, { failFast });
    if ("result" in answer) this.#note(params, answer.result);
    return answer;
  }

  /** Undefined when the patience ends first; a late answer still freshens the cache. */
  #inTime(answer: Promise<Answer>): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const stop = this.#parts.clock.after(CHATS_PATIENCE_MS, () => resolve(undefined));
      void answer.then((value) => {
        stop();
        resolve(value);
      });
    });
  }

  /** An answer shorter than its limit is the whole list; of a longer list it is the newest part. */
  #note(params: unknown, result: unknown): void {
    const wish = paramsSchema.safeParse(params ?? {});
    const parsed = answerSchema.safeParse(result);
    if (!wish.success || wish.data.unread_only || !parsed.success || parsed.data.stale === true) return;
    const chats = keptChatsSchema.safeParse(parsed.data.chats);
    if (!chats.success) return;
    const before = this.#read();
    const fresh = new Set(chats.data.map(({ id }) => id));
    const rest =
      chats.data.length < clamp(wish.data.limit)
        ? []
        : (before?.chats ?? []).filter(({ id }) => !fresh.has(id));
    const merged = [...chats.data, ...rest].slice(0, MAX_CACHED_CHATS);
    const isSame =
      before?.chats.length === merged.length &&
      chats.data.every((chat, at) => faceOf(chat) === faceOf(before.chats[at] ?? {}));
    this.#kept = { noted_at: this.#parts.clock.now(), chats: merged };
    if (!isSame) this.#parts.cache.write("chats", this.#kept);
  }

  #read(): Kept | undefined {
    if (!this.#isRead) {
      this.#isRead = true;
      const parsed = keptSchema.safeParse(this.#parts.cache.read("chats"));
      if (parsed.success) this.#kept = parsed.data;
    }
    return this.#kept;
  }
}

/** As imsg reads a limit: at least one. */
const clamp = (limit: number): number => Math.max(1, Math.floor(limit));
