// Sending into a chat by where its messages said to answer: the chat's name, resolved when it is sent, since row
// ids are void after a replaced database or on a new Mac. It reaches the same people, or nobody.
import { parseTarget, type Target } from "../../../shared/address.ts";
import { ERROR_CODES, ERRORS, type ErrorCode, type Refused } from "../../../shared/errors.ts";
import { chatKey, sentSchema } from "../../../shared/imsg.ts";
import { RPC, type Answer, type RpcError } from "../../../shared/jsonrpc.ts";
import { rewriteTables } from "../../../shared/outbound/tables.ts";
import { MUTATION_DEADLINE_MS } from "../../../shared/limits.ts";
import { outcomeOf } from "../../../shared/outcome.ts";
import { assertNever, err, ok, type Result } from "../../../shared/result.ts";
import type { ChatList } from "../chats/chat-list.ts";
import type { Operations } from "./operations.ts";
import type { AccountPorts } from "../ports.ts";
import type { SendGuard } from "./send-guard.ts";
import type { StateStore } from "../store/state.ts";
import type { Claimant } from "../channel/claims.ts";
import type { Settings } from "../channel/settings.ts";

export interface MessageWish {
  readonly to: string;
  readonly text: string;
  readonly reply_to_guid: string | null;
}

/** I6. What was not sent is a refusal. */
export interface MessageSent {
  readonly outcome: "sent" | "unknown";
  readonly operation: string | null;
  readonly guid: string | null;
}

type SendParams = Readonly<Record<string, unknown>>;

export class Messages {
  readonly #ports: Pick<AccountPorts, "random">;
  readonly #state: StateStore;
  readonly #chats: ChatList;
  readonly #settings: Settings;
  readonly #guard: SendGuard;
  readonly #operations: Pick<Operations, "mutate" | "find">;

  constructor(
    ports: Pick<AccountPorts, "random">,
    state: StateStore,
    chats: ChatList,
    settings: Settings,
    guard: SendGuard,
    operations: Pick<Operations, "mutate" | "find">,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#chats = chats;
    this.#settings = settings;
    this.#guard = guard;
    this.#operations = operations;
  }

  /** The same key and request again: the same answer, whatever the chat resolves to by then (I7). */
  async send(
    { to, text, reply_to_guid }: MessageWish,
    claimant: Claimant,
    idempotencyKey: string | null,
  ): Promise<Result<MessageSent, Refused>> {
    // A blank begins it: no caller's key can be the same (RPC6).
    const key = idempotencyKey ?? ` api ${this.#ports.random()}`;
    const request = { to, text, reply_to_guid };
    const isKnown = this.#operations.find(key) !== undefined;
    const params = isKnown ? ok({}) : this.#paramsOf(request, claimant);
    if (!params.ok) return params;
    const answer = await new Promise<Answer>((resolve) => {
      const mutation = { method: "send", params: params.value, request, deadlineMs: MUTATION_DEADLINE_MS };
      this.#operations.mutate({ ...mutation, idempotencyKey: key, asked: null }, resolve);
    });
    return resultOf(answer, this.#operations.find(key)?.id ?? null);
  }

  #paramsOf({ to, text, reply_to_guid }: MessageWish, claimant: Claimant): Result<SendParams, Refused> {
    if (!this.#settings.config.enabled)
      return err({ code: "forbidden", detail: "the account is switched off (enabled)" });
    const target = parseTarget(to);
    if (!target.ok) return err({ code: "invalid_request", detail: `to: ${target.error}` });
    const resolved = this.#resolve(target.value);
    if (!resolved.ok) return resolved;
    if (reply_to_guid !== null && this.#state.current.engine?.bridge !== true)
      return err({ code: "unsupported", detail: "reply_to_guid needs Messages' private bridge on the Mac" });
    const params: SendParams = {
      ...resolved.value,
      text: rewriteTables(text, this.#settings.config.markdown.tables),
      ...(reply_to_guid === null ? {} : { reply_to: reply_to_guid }),
    };
    const refused = this.#guard.refuse(params, claimant);
    if (refused !== undefined) return err(refusedOf(refused.error));
    // The guard has judged the id; what goes out is the name, which means the same in every database.
    const { chat_id: _, ...named } = params;
    return ok(named);
  }

  #resolve(target: Target): Result<SendParams, Refused> {
    const { service, region } = this.#settings.config;
    switch (target.kind) {
      case "chat_guid":
        return this.#chat(chatKey(target.guid), target.guid);
      case "chat_id": {
        const guid = this.#chats.guidOf(target.id, this.#state.current.database);
        return guid === undefined
          ? err(this.#unknown(this.#state.current.database))
          : ok({ chat_id: target.id, chat_guid: guid });
      }
      case "chat_identifier":
        return this.#byIdentifier(target.identifier);
      case "handle":
        return ok({ to: target.to, service: target.service === "auto" ? service : target.service, region });
      default:
        return assertNever(target);
    }
  }

  /** The chat's guid as this database has it; a direct chat that it does not have yet is its handle. */
  #chat(key: string, asked: string): Result<SendParams, Refused> {
    const guid = this.#chats.guidOfKey(key, this.#state.current.database);
    if (guid !== undefined) return ok({ chat_guid: guid });
    const { service, region } = this.#settings.config;
    if (key.startsWith("-;")) return ok({ to: key.slice(2), service, region });
    // Not noted because there are more chats than are noted: its guid is the same everywhere, so imsg may look.
    const { database } = this.#state.current;
    return this.#isBeyond(database) ? ok({ chat_guid: asked }) : err(this.#unknown(database));
  }

  /** Such a chat may be there though it was not noted: there are more than are. */
  #isBeyond(database: number): boolean {
    return this.#chats.isNoted(database) && this.#chats.isCut(database);
  }

  #unknown(database: number): Refused {
    return this.#chats.isNoted(database) ? noSuchChat : notYetKnown;
  }

  #byIdentifier(identifier: string): Result<SendParams, Refused> {
    const { database } = this.#state.current;
    const known = ["+;", "-;"].some(
      (kind) => this.#chats.guidOfKey(`${kind}${identifier}`, database) !== undefined,
    );
    return known || this.#isBeyond(database)
      ? ok({ chat_identifier: identifier })
      : err(this.#unknown(database));
  }
}

const notYetKnown: Refused = {
  code: "not_ready",
  detail: "the Mac has not said which chats its Messages has",
  retry_after_s: 2,
};
const noSuchChat: Refused = { code: "gone", detail: "Messages on this Mac has no such chat" };

const CODES = new Map<number, ErrorCode>([
  ...ERROR_CODES.map((code) => [ERRORS[code].rpc, code] as const),
  // imsg's own words for the same.
  [RPC.busy, "rate_limited"],
  [RPC.database_unavailable, "messages_unavailable"],
]);

function resultOf(answer: Answer, operation: string | null): Result<MessageSent, Refused> {
  if ("result" in answer) {
    const guid = sentSchema.safeParse(answer.result).data?.guid ?? null;
    return ok({ outcome: "sent", operation, guid });
  }
  if (outcomeOf(answer) === "unknown") return ok({ outcome: "unknown", operation, guid: null });
  return err(refusedOf(answer.error));
}

function refusedOf({ code, message, data }: RpcError): Refused {
  const known = CODES.get(code);
  const detail = detailOf(data);
  if (known !== undefined) return detail === undefined ? { code: known } : { code: known, detail };
  return {
    code: "unsupported",
    detail: `Messages refused it: ${message}${detail === undefined ? "" : ` (${detail})`}`,
  };
}

function detailOf(data: unknown): string | undefined {
  if (typeof data === "string") return data;
  if (typeof data !== "object" || data === null) return undefined;
  const said = "detail" in data ? data.detail : "reason" in data ? data.reason : undefined;
  return typeof said === "string" ? said : undefined;
}
