// LINK12: the list of chats, for when the Mac is away: once the database is known, and when a row names a chat that was not in it.
import * as z from "zod";
import type { Clock } from "../shared/clock.ts";
import type { AgentFrame, FrameOf } from "../shared/frames.ts";
import { chatsSchema } from "../shared/imsg.ts";
import { byteLength } from "../shared/json.ts";
import { MAX_NOTED_CHATS, MAX_NOTED_CHATS_BYTES } from "../shared/limits.ts";
import type { ImsgEngine } from "./imsg/engine.ts";
import { CHATS_NOTE_MS } from "./limits.ts";

type Note = FrameOf<AgentFrame, "note">;
const noted = z.looseObject({ id: z.int() });

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
  readonly #known = new Set<number>();
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

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#again = false;
  }

  #tell(database: number, result: unknown): void {
    const chats: z.infer<typeof noted>[] = [];
    let bytes = 0;
    this.#known.clear();
    for (const item of chatsSchema.safeParse(result).data?.chats ?? []) {
      const chat = noted.safeParse(item);
      if (!chat.success) continue;
      this.#known.add(chat.data.id);
      bytes += byteLength(JSON.stringify(chat.data)) + 1;
      // The list is newest first: what does not fit is the oldest.
      if (bytes <= MAX_NOTED_CHATS_BYTES && chats.length < MAX_NOTED_CHATS) chats.push(chat.data);
    }
    this.#parts.send({ t: "note", kind: "chats", database, chats });
  }
}
