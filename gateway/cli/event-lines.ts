// Events of the log as lines for whoever watches them.
import { NewestMap } from "../../shared/newest-map.ts";
import { isKnown, type ChannelEvent, type KnownEvent, type MessageData } from "../client/events-schema.ts";
import { MAX_RECENT_MESSAGES } from "../limits.ts";
import { Timeline } from "./local-time.ts";
import { layLines, linesOf, sentAt, shownMessageSchema, type Layout } from "./message-lines.ts";
import { cut } from "./text-cells.ts";
import { harmless } from "./text-table.ts";

/** Of a text that is quoted in a line of its own, in cells. */
const MAX_QUOTE_CELLS = 40;
/** Of data that this program knows nothing of, in cells. */
const MAX_DATA_CELLS = 200;

/** In the place of a name: nobody said it. */
const NOBODY = "*";

/** What is shown of one event. */
interface Shown {
  readonly at: number | undefined;
  readonly who: string;
  readonly lines: readonly string[];
}

export class EventLines {
  readonly #timeline: Timeline;
  readonly #layout: Layout;
  /** By guid: the first words of what went out, so that its status says more than a guid. */
  readonly #recent = new NewestMap<string, string>(MAX_RECENT_MESSAGES);

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#timeline = new Timeline(layout.columns !== undefined);
  }

  linesOf(event: ChannelEvent): string[] {
    const { at = event.logged_at, who, lines } = this.#shown(event);
    const { heading, time } = this.#timeline.mark(at);
    // What is of no chat has the whole line: its ids are long.
    const layout = who === NOBODY ? { ...this.#layout, whoCells: NOBODY.length } : this.#layout;
    const laid = layLines(time, who, lines, layout);
    return heading === undefined ? laid : ["", heading, ...laid];
  }

  #shown(event: ChannelEvent): Shown {
    if (!isKnown(event))
      return this.#note(`${event.kind} ${cut(JSON.stringify(event.data), MAX_DATA_CELLS)}`);
    switch (event.kind) {
      case "message.received":
      case "message.sent":
      case "message.reaction":
      case "message.repaired":
        return this.#message(event.data, event);
      default:
        return this.#note(this.#wordsOf(event));
    }
  }

  /** Nobody's words but the relay's. */
  #note(words: string): Shown {
    return { at: undefined, who: NOBODY, lines: [harmless(words)] };
  }

  #message(data: MessageData, { delayed, backfilled }: KnownEvent): Shown {
    const message = shownMessageSchema.parse(data.message);
    const lines = linesOf(message);
    if (message.is_from_me) this.#recent.set(message.guid, lines[0] ?? "");
    const chat = data.chat_name ?? message.chat_name ?? "";
    const person = data.sender_name ?? (data.sender || message.sender);
    const mark = backfilled ? "(old) " : delayed ? "(late) " : "";
    return {
      at: sentAt(message),
      who: whoOf(message.is_from_me, data.chat_type === "group", chat, person, message.chat_identifier ?? ""),
      lines: [`${mark}${lines[0] ?? ""}`, ...lines.slice(1)],
    };
  }

  #wordsOf(event: Exclude<KnownEvent, { data: MessageData }>): string {
    const { data } = event;
    switch (event.kind) {
      case "message.outcome":
        return outcomeWords(event.data);
      case "message.status": {
        const words = this.#recent.get(event.data.guid);
        const which = words === undefined ? event.data.guid : `“${cut(words, MAX_QUOTE_CELLS)}”`;
        return `${event.data.status === "failed" ? "FAILED" : event.data.status}: ${which}`;
      }
      case "pairing.requested":
        return `${event.data.handle} asks for access: imsg-relay pairing approve ${event.data.code}`;
      case "pairing.approved":
        return `${event.data.handle} was let in by ${shortened(event.data.by)}`;
      case "pairing.denied":
        return `${event.data.handle} was turned away by ${shortened(event.data.by)}`;
      case "pairing.revoked":
        return `${event.data.handle} was shut out by ${shortened(event.data.by)}`;
      case "account.online":
        return "the Mac is connected";
      case "account.offline":
        return `the Mac is away (${event.data.reason})`;
      case "account.health":
        return [`Messages on the Mac: ${event.data.state}`, event.data.reason, event.data.remedy]
          .filter((part) => part !== null)
          .join(", ");
      case "account.cursor_reset":
        return "the Messages database on the Mac was replaced";
      case "gap":
        return gapWords(event.data);
      case "endpoint.disabled":
        return `endpoint ${event.data.endpoint} was disabled: ${event.data.reason}`;
      case "config.changed":
        return `configuration ${event.data.version}, changed by ${shortened(event.data.by)}`;
      default:
        return JSON.stringify(data);
    }
  }
}

/** Ids of keys are longer than a line has room for; their end tells them apart. */
const shortened = (by: string): string => by.replace(/^key_[0-9a-z]{20,}([0-9a-z]{8})$/, "key_…$1");

const whoOf = (
  isFromMe: boolean,
  isGroup: boolean,
  chat: string,
  person: string,
  identifier: string,
): string => {
  if (isFromMe) return `me → ${chat || identifier || "?"}`;
  return isGroup && chat !== "" ? `${chat} · ${person}` : person || chat || "?";
};

function outcomeWords(data: Extract<KnownEvent, { kind: "message.outcome" }>["data"]): string {
  const { operation, idempotency_key, outcome, final, delivered, parts } = data;
  const which = idempotency_key ?? operation;
  const count = parts > 1 ? `, ${delivered} of ${parts} parts went out` : "";
  if (outcome === "sent") return `sent: ${which}${count}`;
  if (outcome === "not_sent") return `NOT SENT: ${which}${count}`;
  return `UNKNOWN: ${which}${count}, it may have gone out${final ? " and nobody will know" : ""}`;
}

function gapWords({ count, why, to }: Extract<KnownEvent, { kind: "gap" }>["data"]): string {
  const lost = count === null ? "an unknown number of events" : `${count} events`;
  const reason =
    why === "retention" ? "they were kept no longer" : why === "another_log" ? "it is another log" : why;
  return `GAP: ${lost} cannot be shown, ${reason}; it goes on after ${to}`;
}
