// Every message that is logged is judged here, once, in the transaction that logs it: what readers of the channel
// may see was decided before anybody reads (DESIGN §8).
import * as z from "zod";
import type { EventKind } from "../../../shared/events.ts";
import { chatKey, dateOf } from "../../../shared/imsg.ts";
import { COMMAND_LATE_MS, PAIRING_LATE_MS } from "../../../shared/limits.ts";
import { decide } from "../../../shared/policy/decide.ts";
import type { Decision, PolicyContext } from "../../../shared/policy/decision.ts";
import { isGroupChat, type Inbound } from "../../../shared/policy/inbound.ts";
import { pairingText } from "../../../shared/policy/pairing.ts";
import { REASONS, type Reason } from "../../../shared/policy/reasons.ts";
import { sessionKey } from "../../../shared/policy/session.ts";
import type { ChatList } from "../chats/chat-list.ts";
import type { EventRecord, EventStore } from "../store/events.ts";
import type { PendingStore } from "../store/pending.ts";
import type { StateStore } from "../store/state.ts";
import type { Echoes } from "../sending/echoes.ts";
import type { Errands } from "./errands.ts";
import type { Pairing } from "./pairing.ts";
import type { Settings } from "./settings.ts";
import type { StoredDecision } from "./stored-decision.ts";
import { Twins } from "./twins.ts";

/** The row that is being logged. */
interface Candidate {
  readonly inbound: Inbound;
  /** imsg's own object and its JSON. */
  readonly json: string;
  readonly seq: number;
  readonly kind: EventKind;
  readonly chat: string | null;
  readonly backfilled: boolean;
  /** Another relay logged it before this account moved here. */
  readonly isAgain: boolean;
  readonly now: number;
}

interface Judged {
  readonly kind: EventKind;
  /** JSON of the message as it is kept. */
  readonly json: string;
  readonly decision: StoredDecision;
  /** An event that follows from it. */
  readonly pairing: { readonly handle: string; readonly code: string; readonly name: string | null } | null;
}

export class PolicyGate {
  readonly #state: StateStore;
  readonly #events: EventStore;
  readonly #settings: Settings;
  readonly #pairing: Pairing;
  readonly #pending: PendingStore;
  readonly #echoes: Echoes;
  readonly #errands: Errands;
  readonly #chats: ChatList;
  readonly #twins = new Twins();

  constructor(
    state: StateStore,
    events: EventStore,
    settings: Settings,
    pairing: Pairing,
    pending: PendingStore,
    echoes: Echoes,
    errands: Errands,
    chats: ChatList,
  ) {
    this.#state = state;
    this.#events = events;
    this.#settings = settings;
    this.#pairing = pairing;
    this.#pending = pending;
    this.#echoes = echoes;
    this.#errands = errands;
    this.#chats = chats;
  }

  judge(candidate: Candidate): Judged {
    const { inbound, seq, now, chat } = candidate;
    const decision = this.#trusted(inTime(decide(inbound, this.#context()), candidate), inbound);
    const { verdict, chat_type, self_chat, sender, mentioned } = decision;
    this.#twins.saw(inbound, now);
    let { reason } = decision;
    let pairing: Judged["pairing"] = null;
    let context: readonly number[] = [];
    const { historyLimit } = this.#settings.config;
    if (verdict === "hold" && chat !== null) this.#pending.add(chat, seq, historyLimit);
    if (verdict === "show" && reason === "allowed" && chat_type === "group" && chat !== null) {
      // The limit may be lower by now than when they were kept.
      context = historyLimit === 0 ? [] : this.#pending.of(chat).slice(-historyLimit);
      this.#pending.clear(chat);
    }
    if (verdict === "pair") {
      const asked = this.#pair(candidate, sender);
      pairing = asked.told;
      ({ reason } = asked);
    }
    if (verdict === "command") this.#command(candidate, decision);
    const isOurs = inbound.is_from_me && !self_chat;
    const withheld = isWithheld(decision) && !this.#settings.keepsDropped(now);
    const { account } = this.#state.current;
    return {
      // A note to oneself is a message to the bot, whoever's the row is.
      kind:
        self_chat && verdict === "show" && candidate.kind === "message.sent"
          ? "message.received"
          : candidate.kind,
      json: withheld ? JSON.stringify(namesOf(inbound)) : candidate.json,
      decision: {
        verdict,
        reason,
        chat_type,
        sender,
        mentioned,
        self_chat,
        session_key: sessionKey(this.#settings.config.dmScope, account, decision, inbound),
        via: isOurs ? this.#via(inbound) : null,
        context: [...context],
        withheld,
      },
      pairing,
    };
  }

  /** The sender of an SMS can be forged, and a command changes who may write: only iMessage names its sender. */
  #trusted(decision: Decision, { chat_guid }: Inbound): Decision {
    if (decision.verdict !== "command") return decision;
    const [service] = chat_guid.split(";", 1);
    const known = service === "any" ? this.#chats.serviceOf(chatKey(chat_guid)) : service;
    if (known?.toLowerCase() === "imessage") return decision;
    return { ...decision, verdict: "drop", reason: "command_unauthorised" };
  }

  #context(): PolicyContext {
    return {
      config: this.#settings.config,
      rules: this.#settings.rules,
      isApproved: (handle) => this.#pairing.isApproved(handle),
      isChatOfId: (id, inbound) => this.#settings.isChatOfId(id, inbound),
      isOwnSend: (guid) => this.#echoes.isOwnSend(guid),
      isEchoOfText: (inbound, mayBeSelfChat) => this.#echoes.isEchoOfText(inbound, mayBeSelfChat),
      isOwnMessage: (guid) => isFromMe(this.#events.ofMessage(guid)),
      isTwin: (inbound) => this.#twins.isTwin(inbound),
    };
  }

  #via(inbound: Inbound): "relay" | "mac" {
    const isOurs = this.#echoes.isOwnSend(inbound.guid) || this.#echoes.isEchoOfText(inbound, false);
    return isOurs ? "relay" : "mac";
  }

  /** A stranger gets a code once; repeats are silent (reference §3). */
  #pair({ inbound, now, seq }: Candidate, handle: string): { reason: Reason; told: Judged["pairing"] } {
    const name = inbound.sender_name === "" ? null : inbound.sender_name;
    const asked = this.#pairing.ask(handle, name, inbound.chat_guid, now);
    if (asked === null) return { reason: "pairing_full", told: null };
    if (!asked.isNew) return { reason: "pairing", told: null };
    const { code } = asked.request;
    const text = pairingText(this.#settings.config.pairingMessage, {
      code,
      handle,
      name: name ?? handle,
    });
    this.#errands.add({ kind: "say", chat_guid: inbound.chat_guid, text }, seq, now);
    return { reason: "pairing", told: { handle, code, name } };
  }

  #command({ inbound, seq, now }: Candidate, { command, sender, chat_type }: Decision): void {
    if (command === null) return;
    const { chat_guid } = inbound;
    const isDirect = chat_type === "direct" && !isGroupChat(inbound);
    this.#errands.add(
      { kind: "command", chat_guid, owner: sender, is_direct: isDirect, ...command },
      seq,
      now,
    );
  }
}

const bodySchema = z.object({ message: z.object({ is_from_me: z.boolean() }) });

/** Whoever's kind it is logged under: a repaired one, a note to oneself. */
const isFromMe = (record: EventRecord | undefined): boolean =>
  record !== undefined && bodySchema.safeParse(JSON.parse(record.body)).data?.message.is_from_me === true;

/** A code, or a command's effect, long after the message would surprise more than help; a second time it would too. */
function inTime(decision: Decision, { inbound, backfilled, isAgain, now }: Candidate): Decision {
  const age = now - (dateOf(inbound) ?? now);
  const isOld = backfilled || isAgain;
  if (decision.verdict === "pair" && (isOld || age > PAIRING_LATE_MS))
    return { ...decision, verdict: "drop", reason: "pairing_late" };
  if (decision.verdict === "command" && (isOld || age > COMMAND_LATE_MS))
    return { ...decision, verdict: "drop", reason: "command_late" };
  return decision;
}

/** What is held is context. An unanchored row's repair brings its content again. */
const isWithheld = ({ verdict }: Decision): boolean => verdict === "drop" || verdict === "pair";

/** What names a message, without any of its content. */
const namesOf = (inbound: Inbound): Record<string, unknown> => {
  const { id, guid, chat_id, chat_guid, sender, is_from_me, is_reaction, created_at } = inbound;
  return { id, guid, chat_id, chat_guid, sender, is_from_me, is_reaction, created_at };
};

export const sentenceOf = (reason: string): string =>
  Object.hasOwn(REASONS, reason) ? REASONS[reason as Reason] : reason;
