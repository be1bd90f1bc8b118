// An event as the channel's readers see it (EVT1). What was not decided to be shown is not shown.
import { eventId, MESSAGE_KINDS, type LoggedEvent } from "../../../shared/events.ts";
import { chatKey, dateOf } from "../../../shared/imsg.ts";
import { MAX_CONTEXT_CHARS, MAX_CONTEXT_TEXT_CHARS, ON_TIME_MS } from "../../../shared/limits.ts";
import { normalizeHandle } from "../../../shared/policy/handles.ts";
import type { Inbound } from "../../../shared/policy/inbound.ts";
import { replyTo, replyToGuid } from "../../../shared/policy/session.ts";
import type { Projected } from "../../../shared/projection.ts";
import { listAttachments } from "../attachments/listing.ts";
import type { Sealing } from "../attachments/reference.ts";
import type { ChatList } from "../chats/chat-list.ts";
import type { Appended } from "../log/event-log.ts";
import { readRecord } from "../log/log-pages.ts";
import type { EventRecord, EventStore } from "../store/events.ts";
import type { StateStore } from "../store/state.ts";
import type { Settings } from "./settings.ts";
import type { StoredDecision } from "./stored-decision.ts";

/** What is said before a message that answers to it. */
interface Quoted {
  readonly guid: string;
  /** Null = not known here. */
  readonly text: string | null;
  readonly sender: string | null;
  /** The log knows it, and did not show it. */
  readonly isWithheld?: true;
}

/** A group message that came before, as context. */
interface Pending {
  readonly id: string;
  readonly guid: string;
  readonly sender: string;
  readonly sender_name: string | null;
  readonly text: string;
  readonly created_at: string;
}

const WITHOUT_QUOTE = { reply_to_text: "", reply_to_sender: "" };

export class ChannelView {
  readonly #state: StateStore;
  readonly #store: EventStore;
  readonly #settings: Settings;
  readonly #chats: ChatList;
  readonly #sealing: Sealing;

  constructor(state: StateStore, store: EventStore, settings: Settings, chats: ChatList, sealing: Sealing) {
    this.#state = state;
    this.#store = store;
    this.#settings = settings;
    this.#chats = chats;
    this.#sealing = sealing;
  }

  show({ record, projected, decision }: Appended): LoggedEvent | undefined {
    if (!MESSAGE_KINDS.has(record.kind)) return this.#event(record, JSON.parse(record.body));
    if (projected === null || decision === null || decision.verdict !== "show") return undefined;
    const event = this.#event(record, this.#message(record, projected, decision));
    return { ...event, delayed: isLate(record, projected.facts) };
  }

  #event(record: EventRecord, data: unknown): LoggedEvent {
    const { log, account } = this.#state.current;
    const { seq, kind, logged_at, database, rowid, chat, delayed, backfilled } = record;
    return {
      id: eventId(log, seq),
      kind,
      account,
      logged_at,
      database,
      rowid,
      chat,
      delayed,
      backfilled,
      data,
    };
  }

  #message(
    record: EventRecord,
    { message, facts }: Projected,
    decision: StoredDecision,
  ): Record<string, unknown> {
    const { chat_type, sender, session_key, mentioned, self_chat, via, context } = decision;
    const kept = this.#context(context);
    const quoted = this.#quoted(facts);
    const isListed = this.#settings.config.includeAttachments;
    const attachments = isListed ? listAttachments(this.#sealing, facts.guid, message["attachments"]) : [];
    const unquoted = quoted?.isWithheld === true ? WITHOUT_QUOTE : {};
    return {
      message: { ...message, attachments, ...unquoted },
      chat_type,
      chat_name: facts.chat_name || (this.#chats.nameOf(chatKey(facts.chat_guid)) ?? null),
      sender,
      sender_name: nameOf(facts),
      session_key,
      reply_to: replyTo(facts),
      reply_to_guid: replyToGuid(facts),
      quoted: quoted === null ? null : { guid: quoted.guid, text: quoted.text, sender: quoted.sender },
      mentioned,
      self_chat,
      via,
      context: kept,
      context_missing: context.length - kept.length,
      ...(record.kind === "message.repaired" ? { previous: previousOf(record) } : {}),
    };
  }

  /** The newest that fit: what strangers to the bot wrote must not make an event that nobody can take. */
  #context(seqs: readonly number[]): Pending[] {
    const kept: Pending[] = [];
    let chars = 0;
    for (const seq of seqs.toReversed()) {
      const pending = this.#pending(seq);
      if (pending === undefined) continue;
      chars += pending.text.length;
      if (chars > MAX_CONTEXT_CHARS) break;
      kept.unshift(pending);
    }
    return kept;
  }

  /** A message kept as context; none where the log has it no more. */
  #pending(seq: number): Pending | undefined {
    const record = this.#store.at(seq);
    const read = record === undefined ? undefined : readRecord(record);
    const facts = read?.projected?.facts;
    if (facts === undefined) return undefined;
    const { guid, created_at } = facts;
    const text = facts.text.slice(0, MAX_CONTEXT_TEXT_CHARS);
    const id = eventId(this.#state.current.log, seq);
    const sender = normalizeHandle(facts.sender);
    return { id, guid, sender, sender_name: nameOf(facts), text, created_at };
  }

  /** As Messages says it, else as the log has it, if it is of the same chat and was not kept from readers. */
  #quoted(facts: Inbound): Quoted | null {
    const guid = replyToGuid(facts);
    if (guid === null) return null;
    const { reply_to_text, reply_to_sender } = facts;
    const record = this.#store.ofMessage(guid);
    const read = record === undefined ? undefined : readRecord(record);
    const isReadable = read?.decision?.verdict === "show" || read?.decision?.verdict === "hold";
    // What was kept from readers is not shown to them by somebody who answers to it.
    const isKnown = read !== undefined && read.decision !== null;
    if (isKnown && !isReadable) return { guid, text: null, sender: null, isWithheld: true };
    if (reply_to_text !== "") return { guid, text: reply_to_text, sender: reply_to_sender || null };
    const quoted = isReadable ? read?.projected : undefined;
    if (quoted?.chat !== chatKey(facts.chat_guid))
      return { guid, text: null, sender: reply_to_sender || null };
    return { guid, text: quoted.facts.text, sender: quoted.facts.sender || null };
  }
}

/** Whether our outage made a reader get it late: in the tunnel the mark says whose fault lateness would be. */
function isLate({ delayed, logged_at }: EventRecord, facts: Inbound): boolean {
  const date = dateOf(facts);
  return delayed && date !== undefined && logged_at - date > ON_TIME_MS;
}

const nameOf = ({ sender_name }: Inbound): string | null => (sender_name === "" ? null : sender_name);

function previousOf({ body }: EventRecord): unknown {
  const parsed: unknown = JSON.parse(body);
  return typeof parsed === "object" && parsed !== null && "previous" in parsed ? parsed.previous : null;
}
