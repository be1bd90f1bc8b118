// LINK12: the list of chats, for when the Mac is away and to know a chat by its row id: once the database is known,
// and when a row names a chat that was not in it.
import * as z from "zod";
import type { Clock } from "../shared/clock.ts";
import type { AgentFrame, FrameOf } from "../shared/frames.ts";
import { chatKey, chatsSchema } from "../shared/imsg.ts";
import { byteLength } from "../shared/json.ts";
import { MAX_NOTED_CHATS, MAX_NOTED_CHATS_BYTES } from "../shared/limits.ts";
import type { ChatSelector } from "../shared/recipients.ts";
import type { ImsgEngine } from "./imsg/engine.ts";
import { CHATS_NOTE_MS } from "./limits.ts";

type Note = FrameOf<AgentFrame, "note">;
const noted = z.looseObject({ id: z.int() });
const named = z.object({ guid: z.string().catch(""), identifier: z.string().catch("") });

export interface ChatsNoteParts {
  readonly clock: Clock;
  readonly engine: Pick<ImsgEngine, "own">;
  readonly hangMs: number;
  /** Undefined while there is no link, or nobody can say which database is open. */
  readonly database: () => number | undefined;
  readonly send: (note: Note) => void;
}

export class ChatsNote {
  readonly #parts: ChatsNoteParts;
  /** By row id; all that one list names. */
  readonly #known = new Map<number, z.infer<typeof named>>();
  /** The generation whose row ids those are. */
  #listed: number | undefined;
  #cancel: (() => void) | undefined;
  #asking = false;
  #again = false;

  constructor(parts: ChatsNoteParts) {
    this.#parts = parts;
  }

  /** The link, imsg or the database is new: the list as it is now. */
  refresh(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    // Two lists in flight could arrive in the wrong order.
    if (this.#asking) {
      this.#again = true;
      return;
    }
    const asked = this.#parts.database();
    if (asked === undefined) return;
    this.#asking = true;
    this.#parts.engine.own("chats.list", { limit: MAX_NOTED_CHATS }, this.#parts.hangMs, (outcome) => {
      this.#asking = false;
      const isSame = this.#parts.database() === asked;
      if (isSame && outcome.kind === "answer" && "result" in outcome.answer)
        this.#tell(asked, outcome.answer.result);
      if (this.#again) {
        this.#again = false;
        this.refresh();
      }
    });
  }

  saw(chatId: number): void {
    if (this.#known.has(chatId) || this.#cancel !== undefined) return;
    this.#cancel = this.#parts.clock.after(CHATS_NOTE_MS, () => this.refresh());
  }

  /** Guids of the chats that a call may mean: empty where they are not in the list, or it is of another database. */
  guidsOf(selector: ChatSelector): readonly string[] {
    if (this.#listed === undefined || this.#parts.database() !== this.#listed) return [];
    if (selector.by === "id") {
      const chat = this.#known.get(selector.id);
      return chat === undefined ? [] : [chat.guid];
    }
    const key = chatKey(selector.text);
    return [...this.#known.values()]
      .filter(({ guid, identifier }) => identifier === selector.text || chatKey(guid) === key)
      .map(({ guid }) => guid);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#again = false;
  }

  #tell(database: number, result: unknown): void {
    const chats: z.infer<typeof noted>[] = [];
    let bytes = 0;
    this.#known.clear();
    this.#listed = database;
    for (const item of chatsSchema.safeParse(result).data?.chats ?? []) {
      const chat = noted.safeParse(item);
      if (!chat.success) continue;
      this.#known.set(chat.data.id, named.parse(chat.data));
      bytes += byteLength(JSON.stringify(chat.data)) + 1;
      // The list is newest first: what does not fit is the oldest.
      if (bytes <= MAX_NOTED_CHATS_BYTES && chats.length < MAX_NOTED_CHATS) chats.push(chat.data);
    }
    this.#parts.send({ t: "note", kind: "chats", database, chats });
  }
}
