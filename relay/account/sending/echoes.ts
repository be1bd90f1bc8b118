// What was sent through this relay, remembered for a while, so that it is not taken for somebody's message when
// Messages shows it again: by guid, or by its text where no guid is known.
import * as z from "zod";
import { normalizeHandle } from "../../../shared/policy/handles.ts";
import { identifierOf, type Inbound } from "../../../shared/policy/inbound.ts";
import { chatKey, dateOf, sentSchema } from "../../../shared/imsg.ts";
import type { Answer } from "../../../shared/jsonrpc.ts";
import { ECHO_MS, ECHO_TEXT_MS, MAX_ECHOES, MUTATION_DEADLINE_MS } from "../../../shared/limits.ts";
import { outcomeOf } from "../../../shared/outcome.ts";
import { sha256 } from "../../secrets.ts";
import type { ChatList } from "../chats/chat-list.ts";
import type { AccountPorts } from "../ports.ts";
import type { OperationStore } from "../store/operations.ts";
import type { StateStore } from "../store/state.ts";

interface Echo {
  readonly operation: string;
  /** Key of the chat, or the normalised handle, it went to; null = neither was named. */
  readonly target: string | null;
  readonly textHash: string;
  readonly from: number;
  /** When its answer came; null = not yet. */
  until: number | null;
  guid: string | null;
}

const paramsSchema = z.looseObject({
  text: z.string(),
  to: z.string().optional(),
  chat_guid: z.string().optional(),
  chat_identifier: z.string().optional(),
  chat_id: z.int().optional(),
});

export class Echoes {
  readonly #ports: Pick<AccountPorts, "clock">;
  readonly #state: StateStore;
  readonly #store: OperationStore;
  readonly #chats: ChatList;
  /** Newest last; read once after the object woke. */
  #known: Echo[] | undefined;

  constructor(ports: Pick<AccountPorts, "clock">, state: StateStore, store: OperationStore, chats: ChatList) {
    this.#ports = ports;
    this.#state = state;
    this.#store = store;
    this.#chats = chats;
  }

  /** What is stored with the operation of a send; null = it sends no text. */
  describe(params: unknown): { chat: string | null; text_hash: string } | null {
    const sent = paramsSchema.safeParse(params);
    if (!sent.success || sent.data.text === "") return null;
    return { chat: this.#target(sent.data), text_hash: hashOf(sent.data.text) };
  }

  sent(operation: string, { chat, text_hash }: { chat: string | null; text_hash: string }): void {
    const echo = { operation, target: chat, textHash: text_hash, from: this.#ports.clock.now() };
    // The first time since the object woke, what is read has this one already.
    const others = this.#all().filter((known) => known.operation !== operation);
    this.#known = [...others, { ...echo, until: null, guid: null }].slice(-MAX_ECHOES);
  }

  settled(operation: string, answer: Answer): void {
    const echo = this.#all().find((candidate) => candidate.operation === operation);
    if (echo === undefined) return;
    // What Messages never had cannot come back.
    if (outcomeOf(answer) === "not_sent") this.#known = this.#all().filter((other) => other !== echo);
    echo.until = this.#ports.clock.now();
    echo.guid = guidOf(answer);
  }

  isOwnSend(guid: string): boolean {
    return this.#all().some((echo) => echo.guid === guid);
  }

  /** `mayBeSelfChat`: there the same text comes back under another guid. */
  isEchoOfText(inbound: Inbound, mayBeSelfChat: boolean): boolean {
    const now = this.#ports.clock.now();
    const at = dateOf(inbound) ?? now;
    const inTime = this.#all().filter(
      ({ from, until, guid }) =>
        (guid === null || mayBeSelfChat) &&
        at >= from - ECHO_TEXT_MS &&
        at <= (until ?? Math.min(now, from + MUTATION_DEADLINE_MS)) + ECHO_TEXT_MS,
    );
    if (inTime.length === 0 || inbound.text === "") return false;
    const hash = hashOf(inbound.text);
    const targets = new Set([chatKey(inbound.chat_guid), normalizeHandle(identifierOf(inbound))]);
    return inTime.some(
      ({ textHash, target }) => textHash === hash && (target === null || targets.has(target)),
    );
  }

  #target({ to, chat_guid, chat_identifier, chat_id }: z.infer<typeof paramsSchema>): string | null {
    if (chat_guid !== undefined) return chatKey(chat_guid);
    if (to !== undefined) return normalizeHandle(to);
    if (chat_identifier !== undefined) return normalizeHandle(chat_identifier);
    const guid =
      chat_id === undefined ? undefined : this.#chats.guidOf(chat_id, this.#state.current.database);
    return guid === undefined ? null : chatKey(guid);
  }

  #all(): Echo[] {
    this.#known ??= this.#store
      .recentTexts(this.#ports.clock.now() - ECHO_MS, MAX_ECHOES)
      .filter(({ settled }) => settled?.outcome !== "not_sent")
      .map(({ id, chat, text_hash, created_at, settled }) => ({
        operation: id,
        target: chat,
        textHash: text_hash,
        from: created_at,
        until: settled?.at ?? null,
        guid: settled === null ? null : guidOf(settled.answer),
      }));
    return this.#known;
  }
}

/** Messages may put a byte or two of its own before a text. */
const CORRUPTION = /^[\0\uFEFF\uFFFD-\uFFFF]+/;

const hashOf = (text: string): string => sha256(text.replace(CORRUPTION, "").replaceAll("\r\n", "\n").trim());

function guidOf(answer: Answer): string | null {
  const sent = "result" in answer ? sentSchema.safeParse(answer.result) : undefined;
  return sent?.data?.guid ?? null;
}
