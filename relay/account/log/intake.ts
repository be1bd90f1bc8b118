// Rows of Messages on their way into the log: classified, judged, numbered, and stored in one transaction with
// `resume` (LINK9), so that nothing is acknowledged that is not durable (I2, I5).
import { isBackfilled, isDelayed } from "../../../shared/events.ts";
import type { AgentFrame, EventRow, FrameOf } from "../../../shared/frames.ts";
import { chatKey, dateOf, isAnchored } from "../../../shared/imsg.ts";
import { inboundSchema } from "../../../shared/policy/inbound.ts";
import type { PolicyGate } from "../channel/policy-gate.ts";
import type { ChatIds } from "../chats/chat-ids.ts";
import type { ChatList } from "../chats/chat-list.ts";
import type { Outcomes } from "../sending/outcomes.ts";
import type { OwnRows } from "../sending/own-rows.ts";
import type { Appended, EventLog } from "./event-log.ts";
import { fitRow } from "./fit-row.ts";
import type { AccountPorts } from "../ports.ts";
import type { EventRecord, EventStore } from "../store/events.ts";
import type { StateStore } from "../store/state.ts";

type EventsFrame = FrameOf<AgentFrame, "events">;

export class Intake {
  readonly #ports: Pick<AccountPorts, "clock">;
  readonly #state: StateStore;
  readonly #store: EventStore;
  readonly #log: EventLog;
  readonly #gate: PolicyGate;
  readonly #chatIds: ChatIds;
  readonly #chats: ChatList;
  readonly #ownRows: Pick<OwnRows, "saw">;
  readonly #outcomes: Pick<Outcomes, "resolve">;

  constructor(
    ports: Pick<AccountPorts, "clock">,
    state: StateStore,
    store: EventStore,
    log: EventLog,
    gate: PolicyGate,
    chatIds: ChatIds,
    chats: ChatList,
    ownRows: Pick<OwnRows, "saw">,
    outcomes: Pick<Outcomes, "resolve">,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#store = store;
    this.#log = log;
    this.#gate = gate;
    this.#chatIds = chatIds;
    this.#chats = chats;
    this.#ownRows = ownRows;
    this.#outcomes = outcomes;
  }

  /** Throws where it cannot be stored; then nothing of it was. `newestBefore` = newest date logged before this link (LOG4). */
  commit(frame: EventsFrame, newestBefore: number | null): Appended[] {
    const now = this.#ports.clock.now();
    const replaced = frame.database > this.#state.current.database;
    return this.#state.transact(() => {
      const reset = replaced ? [this.#replace(frame, now)] : [];
      const { appended, hasOwn } = this.#appendRows(frame, now, newestBefore);
      return [...reset, ...appended, ...(hasOwn ? this.#outcomes.resolve() : [])];
    });
  }

  #replace({ database, until }: EventsFrame, now: number): Appended {
    this.#chatIds.replaced();
    return this.#log.replaceDatabase(database, until ?? 0, now);
  }

  /** `hasOwn`: one of them may be a send whose outcome was not known. */
  #appendRows(
    { rows, resume, tail }: EventsFrame,
    now: number,
    newestBefore: number | null,
  ): { appended: Appended[]; hasOwn: boolean } {
    const { usage, ...state } = this.#state.current;
    const appended: Appended[] = [];
    let { newest } = state;
    let { messages_in, messages_out } = usage;
    let hasOwn = false;
    for (const row of rows) {
      const seq = state.last_seq + appended.length + 1;
      const logged = this.#appendRow(row, seq, now, newestBefore);
      appended.push(...logged);
      if (logged.length > 0 && this.#ownRows.saw(row.message, seq)) hasOwn = true;
      const kind = logged[0]?.record.kind;
      // What is withheld is not projected, but its date counts like every other.
      const date = kind === undefined ? undefined : dateOf({ created_at: createdAt(row) });
      if (date !== undefined && date <= now) newest = Math.max(newest ?? date, date);
      if (kind === "message.received") messages_in += 1;
      if (kind === "message.sent") messages_out += 1;
    }
    this.#state.update({
      resume,
      ...(tail === undefined ? {} : { tail: { rowid: tail.rowid, guid: tail.guid } }),
      newest,
      last_seq: state.last_seq + appended.length,
      usage: { ...usage, events: usage.events + appended.length, messages_in, messages_out },
    });
    return { appended, hasOwn };
  }

  /** The row's event and what follows from it; nothing where the log has it already. */
  #appendRow(
    { rowid, message: shown }: EventRow,
    seq: number,
    now: number,
    newestBefore: number | null,
  ): Appended[] {
    const { message, json } = fitRow(shown);
    const facts = inboundSchema.safeParse(message);
    const classified = facts.success ? this.#log.classify(facts.data) : undefined;
    if (!facts.success || classified === undefined) return [];
    const inbound = facts.data;
    const date = dateOf(inbound);
    const backfilled = isBackfilled(date, now, newestBefore);
    const chat = isAnchored(inbound) ? chatKey(inbound.chat_guid) : null;
    const { kind, dedupe_key, previous } = classified;
    const isAgain = this.#store.isCarried(rowid);
    const judged = this.#gate.judge({ inbound, json, seq, kind, chat, backfilled, isAgain, now });
    const { database, outage } = this.#state.current;
    this.#chats.saw(inbound.chat_id, inbound.chat_guid, database);
    const delayed = !backfilled && isDelayed(date, now, outage);
    const repairs = previous === null ? "" : `,"previous":${JSON.stringify(previous)}`;
    const record: EventRecord = {
      seq,
      kind: judged.kind,
      dedupe_key,
      database,
      rowid,
      chat,
      logged_at: now,
      delayed,
      backfilled,
      body: `{"message":${judged.json}${repairs}}`,
      decision: JSON.stringify(judged.decision),
    };
    this.#store.insert(record);
    const projected = judged.decision.withheld ? null : { database, chat, message, facts: inbound };
    const event = { record, projected, decision: judged.decision };
    return judged.pairing === null ? [event] : [event, this.#follow(record, judged.pairing)];
  }

  /** A pairing request is an event of its own, right behind the message that made it. */
  #follow(
    { seq, database, logged_at }: EventRecord,
    pairing: { handle: string; code: string; name: string | null },
  ): Appended {
    const record: EventRecord = {
      seq: seq + 1,
      kind: "pairing.requested",
      dedupe_key: null,
      database,
      rowid: null,
      chat: null,
      logged_at,
      delayed: false,
      backfilled: false,
      body: JSON.stringify(pairing),
      decision: null,
    };
    this.#store.insert(record);
    return { record, projected: null, decision: null };
  }
}

const createdAt = ({ message }: EventRow): string =>
  typeof message["created_at"] === "string" ? message["created_at"] : "";
