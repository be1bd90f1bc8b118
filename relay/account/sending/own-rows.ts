// The messages that this account sent lately, however, as the log has them: what a send without a guid is looked
// for among.
import * as z from "zod";
import { chatKey, dateOf, isAnchored } from "../../../shared/imsg.ts";
import { parseJson } from "../../../shared/json.ts";
import { LOG_PAGE_ROWS, MAX_OWN_ROWS, MAX_ROWS_READ_BACK } from "../../../shared/limits.ts";
import { chatOfGuid } from "../chats/chat-name.ts";
import type { EventStore } from "../store/events.ts";
import type { StateStore } from "../store/state.ts";
import type { OwnRow } from "./match.ts";
import { textHash } from "./text-hash.ts";

const shownSchema = z.object({
  guid: z.string(),
  chat_id: z.int().catch(0),
  chat_guid: z.string(),
  is_from_me: z.literal(true),
  is_reaction: z.boolean().catch(false),
  /** Of what the policy drops the log may keep no text (LOG7). */
  text: z.string().min(1).optional(),
  created_at: z.string(),
  /** A link's preview repeats the text of the message it belongs to. */
  balloon_bundle_id: z.string().nullish(),
});
const bodySchema = z.object({ message: shownSchema });

export class OwnRows {
  readonly #state: StateStore;
  readonly #events: EventStore;
  /** Every one with a greater number than `#from` is here, in the order of the log. */
  #rows: OwnRow[] = [];
  #from: number;
  /** Of those up to here some were forgotten: reading them back again would end as it did. */
  #forgotten = 0;

  constructor(state: StateStore, events: EventStore) {
    this.#state = state;
    this.#events = events;
    this.#from = state.current.last_seq;
    state.onRollback(() => {
      this.#rows = [];
      this.#from = state.current.last_seq;
      this.#forgotten = 0;
    });
  }

  /** A row that is being logged under that number. True = it may be a send's. */
  saw(message: unknown, seq: number): boolean {
    const row = rowOf(message, seq);
    if (row === undefined) return false;
    this.#rows.push(row);
    this.#forget();
    return true;
  }

  /** Those with a greater number, as far back as is looked. */
  since(seq: number): readonly OwnRow[] {
    const from = Math.max(seq, this.#forgotten);
    if (from < this.#from) this.#readBack(from);
    return this.#rows.filter((row) => row.seq > seq);
  }

  /** None with a greater number is missing. */
  get knownSince(): number {
    return this.#from;
  }

  #readBack(seq: number): void {
    let at = Math.max(seq, this.#state.current.last_seq - MAX_ROWS_READ_BACK);
    const found: OwnRow[] = [];
    const first = at;
    while (at < this.#from) {
      const page = this.#events.after(at, LOG_PAGE_ROWS);
      const last = page.at(-1);
      if (last === undefined) break;
      for (const { seq: logged, body } of page) {
        if (logged > this.#from) break;
        const json = parseJson(body);
        const row = bodySchema.safeParse(json.ok ? json.value : undefined);
        const own = row.success ? rowOf(row.data.message, logged) : undefined;
        if (own !== undefined) found.push(own);
      }
      at = last.seq;
    }
    this.#rows = [...found, ...this.#rows];
    this.#from = Math.min(this.#from, first);
    this.#forget();
  }

  #forget(): void {
    const over = this.#rows.length - MAX_OWN_ROWS;
    if (over <= 0) return;
    this.#from = this.#rows[over - 1]?.seq ?? this.#from;
    this.#forgotten = this.#from;
    this.#rows = this.#rows.slice(over);
  }
}

function rowOf(message: unknown, seq: number): OwnRow | undefined {
  const shown = shownSchema.safeParse(message);
  if (!shown.success || shown.data.is_reaction || (shown.data.balloon_bundle_id ?? "") !== "")
    return undefined;
  const { guid, chat_guid, text } = shown.data;
  const date = dateOf(shown.data);
  if (date === undefined || !isAnchored(shown.data) || chatKey(chat_guid) === "") return undefined;
  const hash = text === undefined ? null : textHash(text);
  return { guid, chat: chatOfGuid(chat_guid), text_hash: hash, date, seq };
}
