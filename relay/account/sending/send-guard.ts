// Whether a mutation may go to the chat it names: claimed chats have one answerer (EVT11), and an id that meant
// another chat before reaches nobody.
import { chatKey } from "../../../shared/imsg.ts";
import { NOT_STARTED, refusal, RPC, rpcError, type Failure } from "../../../shared/jsonrpc.ts";
import { findRecipients, type ChatSelector } from "../../../shared/recipients.ts";
import { normalizeHandle } from "../../../shared/policy/handles.ts";
import type { Claimant, Claims } from "../channel/claims.ts";
import type { Settings } from "../channel/settings.ts";
import type { ChatIds } from "../chats/chat-ids.ts";
import type { ChatList } from "../chats/chat-list.ts";
import { chatOfCall } from "../chats/chat-name.ts";
import type { Operation } from "../store/operation.ts";
import type { StateStore } from "../store/state.ts";
import type { Pace } from "./pace.ts";

export const SWITCHED_OFF = "the account is switched off (enabled)";

export class SendGuard {
  readonly #state: StateStore;
  readonly #settings: Pick<Settings, "config">;
  readonly #chats: ChatList;
  readonly #ids: ChatIds;
  readonly #claims: Claims;
  readonly #pace: Pick<Pace, "refuse">;

  constructor(
    state: StateStore,
    settings: Pick<Settings, "config">,
    chats: ChatList,
    ids: ChatIds,
    claims: Claims,
    pace: Pick<Pace, "refuse">,
  ) {
    this.#state = state;
    this.#settings = settings;
    this.#chats = chats;
    this.#ids = ids;
    this.#claims = claims;
    this.#pace = pace;
  }

  /** Undefined = it may go. */
  refuse(method: string, params: unknown, claimant: Claimant): Failure | undefined {
    return this.#refuseChat(params, claimant) ?? this.#pace.refuse(method, this.#chatOf(params));
  }

  /** One that was taken before, and has waited: whether the channel is still on. */
  refuseNow({ origin }: Pick<Operation, "origin">): Failure | undefined {
    return origin === "channel" && !this.#settings.config.enabled
      ? refusal("forbidden", { ...NOT_STARTED, detail: SWITCHED_OFF })
      : undefined;
  }

  #chatOf(params: unknown): string | null {
    return chatOfCall(params, (id) => this.#chats.guidOf(id, this.#state.current.database));
  }

  #refuseChat(params: unknown, claimant: Claimant): Failure | undefined {
    const { handles, chats } = findRecipients(params);
    // Of all that is named: which of them imsg would take is its own business.
    for (const chat of chats) {
      if (chat.by !== "id") continue;
      if (!Number.isSafeInteger(chat.id))
        return rpcError(RPC.invalid_params, "Invalid params", "chat_id must be an integer");
      if (this.#ids.isDoubtful(chat.id, claimant.key ?? "")) {
        const detail = `chat_id ${chat.id} may be another chat than before the Messages database was replaced; name the chat by chat_guid`;
        return refusal("gone", { detail, ...NOT_STARTED });
      }
    }
    if (this.#claims.isEmpty) return undefined;
    // Without its country a number may be anybody's, also that of a claimed chat.
    const isVague = handles.some((handle) => /^\+?\d/.test(normalizeHandle(handle)) && !isFull(handle));
    const keys = [...handles.flatMap(keysOfHandle), ...chats.flatMap((chat) => this.#keysOf(chat))];
    const isFree = !isVague && keys.every((chat) => this.#claims.allows(chat, claimant));
    if (isFree) return undefined;
    const detail = "while chats are claimed, a number is written with + and its country";
    return refusal("chat_claimed", { ...(isVague ? { detail } : {}), ...NOT_STARTED });
  }

  /** The keys under which that chat may be claimed. */
  #keysOf(chat: ChatSelector): string[] {
    if (chat.by !== "id") return chat.by === "guid" ? [chatKey(chat.text)] : keysOfHandle(chat.text);
    const guid = this.#chats.guidOf(chat.id, this.#state.current.database);
    return guid === undefined ? [] : [chatKey(guid)];
  }
}

const keysOfHandle = (handle: string): string[] => [`-;${normalizeHandle(handle)}`, `+;${handle}`];

const isFull = (handle: string): boolean => /^(?:[a-z]+:)*\s*\+/i.test(handle.trim());
