// Whether a mutation may go to the chat it names: claimed chats have one answerer (EVT11), and an id that meant
// another chat before reaches nobody.
import * as z from "zod";
import { chatKey } from "../../shared/imsg.ts";
import { NOT_STARTED, refusal, type Failure } from "../../shared/jsonrpc.ts";
import { normalizeHandle } from "../../shared/policy/handles.ts";
import type { Claimant, Claims } from "./channel/claims.ts";
import type { ChatIds } from "./chat-ids.ts";
import type { ChatList } from "./chat-list.ts";
import type { StateStore } from "./store/state.ts";

const targetSchema = z.looseObject({
  chat_id: z.int().optional().catch(undefined),
  chat_guid: z.string().optional().catch(undefined),
  chat_identifier: z.string().optional().catch(undefined),
  chat: z.string().optional().catch(undefined),
  to: z.string().optional().catch(undefined),
});

export class SendGuard {
  readonly #state: StateStore;
  readonly #chats: ChatList;
  readonly #ids: ChatIds;
  readonly #claims: Claims;

  constructor(state: StateStore, chats: ChatList, ids: ChatIds, claims: Claims) {
    this.#state = state;
    this.#chats = chats;
    this.#ids = ids;
    this.#claims = claims;
  }

  /** Undefined = it may go. */
  refuse(params: unknown, claimant: Claimant): Failure | undefined {
    const target = targetSchema.safeParse(params ?? {});
    if (!target.success) return undefined;
    const { chat_id } = target.data;
    if (chat_id !== undefined && this.#ids.isDoubtful(chat_id, claimant.key ?? "")) {
      const detail = `chat_id ${chat_id} was another chat before the Messages database was replaced; name the chat by chat_guid`;
      return refusal("gone", { detail, ...NOT_STARTED });
    }
    const isFree = this.#keys(target.data).every((chat) => this.#claims.allows(chat, claimant));
    return isFree ? undefined : refusal("chat_claimed", NOT_STARTED);
  }

  /** The keys under which that chat may be claimed. */
  #keys({ chat_id, chat_guid, chat_identifier, chat, to }: z.infer<typeof targetSchema>): string[] {
    // Of all that is named: which of them imsg would take is its own business.
    const guids = [chat_guid, chat, this.#guidOf(chat_id)].filter((guid) => guid !== undefined);
    const handles = [to, chat_identifier].filter((handle) => handle !== undefined);
    const named = handles.flatMap((handle) => [`-;${normalizeHandle(handle)}`, `+;${handle}`]);
    return [...guids.map(chatKey), ...named];
  }

  #guidOf(id: number | undefined): string | undefined {
    return id === undefined ? undefined : this.#chats.guidOf(id, this.#state.current.database);
  }
}
