// Where a message goes: the name of its chat in the database of today, since row ids are void after a replaced
// database or on a new Mac. It reaches the same people, or nobody.
import type { Target } from "../../../shared/address.ts";
import type { Refused } from "../../../shared/errors.ts";
import { chatKey } from "../../../shared/imsg.ts";
import type { Service } from "../../../shared/policy/chat-target.ts";
import { assertNever, err, ok, type Result } from "../../../shared/result.ts";
import type { ChatList } from "../chats/chat-list.ts";

/** imsg's own parameters. `chat_id` stands beside `chat_guid` for whoever judges it, and is not sent. */
export type Where =
  | { readonly to: string; readonly service: Service; readonly region: string }
  | { readonly chat_guid: string; readonly chat_id?: number }
  | { readonly chat_identifier: string };

export interface Wishes {
  /** What the request says, before the target's own prefix; null = nothing. */
  readonly asked: Service | null;
  /** What the configuration says, after it. */
  readonly service: Service;
  readonly region: string;
}

export function resolveTarget(
  target: Target,
  wishes: Wishes,
  chats: ChatList,
  database: number,
): Result<Where, Refused> {
  switch (target.kind) {
    case "chat_guid":
      return byGuid(target.guid, wishes, chats, database);
    case "chat_id": {
      const guid = chats.guidOf(target.id, database);
      return guid === undefined
        ? err(unknownChat(chats, database))
        : ok({ chat_id: target.id, chat_guid: guid });
    }
    case "chat_identifier":
      return byIdentifier(target.identifier, chats, database);
    case "handle": {
      const own = target.explicit && target.service !== "auto" ? target.service : wishes.service;
      return ok({ to: target.to, service: wishes.asked ?? own, region: wishes.region });
    }
    default:
      return assertNever(target);
  }
}

/** The chat's guid as this database has it; a direct chat that it does not have yet is its handle. */
function byGuid(
  asked: string,
  { asked: wish, service, region }: Wishes,
  chats: ChatList,
  database: number,
): Result<Where, Refused> {
  const key = chatKey(asked);
  const guid = chats.guidOfKey(key, database);
  if (guid !== undefined) return ok({ chat_guid: guid });
  if (key.startsWith("-;")) return ok({ to: key.slice(2), service: wish ?? service, region });
  // Not noted because there are more chats than are noted: its guid is the same everywhere, so imsg may look.
  return isBeyond(chats, database) ? ok({ chat_guid: asked }) : err(unknownChat(chats, database));
}

function byIdentifier(identifier: string, chats: ChatList, database: number): Result<Where, Refused> {
  const isKnown = ["+;", "-;"].some(
    (kind) => chats.guidOfKey(`${kind}${identifier}`, database) !== undefined,
  );
  return isKnown || isBeyond(chats, database)
    ? ok({ chat_identifier: identifier })
    : err(unknownChat(chats, database));
}

/** Such a chat may be there though it was not noted: there are more than are. */
const isBeyond = (chats: ChatList, database: number): boolean =>
  chats.isNoted(database) && chats.isCut(database);

const unknownChat = (chats: ChatList, database: number): Refused =>
  chats.isNoted(database)
    ? { code: "gone", detail: "Messages on this Mac has no such chat" }
    : {
        code: "not_ready",
        detail: "the Mac has not said which chats its Messages has",
        retry_after_s: 2,
      };
