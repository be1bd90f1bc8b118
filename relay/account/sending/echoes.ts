// What was sent through this relay, remembered for a while, so that it is not taken for somebody's message when
// Messages shows it again: by guid, or by its text where no guid is known.
import * as z from "zod";
import type { Inbound } from "../../../shared/policy/inbound.ts";
import { dateOf } from "../../../shared/imsg.ts";
import type { Answer } from "../../../shared/jsonrpc.ts";
import { ECHO_MS, ECHO_TEXT_MS, MAX_ECHOES, MUTATION_DEADLINE_MS } from "../../../shared/limits.ts";
import { outcomeOf } from "../../../shared/outcome.ts";
import { findRecipients } from "../../../shared/recipients.ts";
import { chatOfCall, chatOfGuid, isSameChat } from "../chats/chat-name.ts";
import type { ChatList } from "../chats/chat-list.ts";
import type { AccountPorts } from "../ports.ts";
import type { Operation } from "../store/operation.ts";
import type { OperationStore } from "../store/operations.ts";
import type { StateStore } from "../store/state.ts";
import { callOf } from "./call-name.ts";
import type { Mutation } from "./operation-row.ts";
import { putsMessage } from "./puts-message.ts";
import { guidOf } from "./sent-guid.ts";
import { textHash } from "./text-hash.ts";

interface Echo {
  /** The call by which it went to the Mac. */
  readonly call: string;
  /** The chat it went to, by its one name; null = not known. */
  readonly chat: string | null;
  readonly hash: string;
  readonly from: number;
  /** When its answer came; null = not yet. */
  until: number | null;
  guid: string | null;
}

/** Stands for a part that is a file alone: no row is known by it. */
const NO_TEXT = "-";
const textSchema = z.looseObject({ text: z.string().min(1) });

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

  /** What is stored with a mutation: where it goes, and by what its texts are known again; null = not known, none. */
  describe({
    method,
    parts,
  }: Pick<Mutation, "method" | "parts">): Pick<Operation, "chat" | "text_hash" | "by_id"> {
    const { database } = this.#state.current;
    const hashes = (putsMessage(method) ? parts : []).map((params) => {
      const { data } = textSchema.safeParse(params);
      return data === undefined ? NO_TEXT : textHash(data.text);
    });
    return {
      chat: chatOfCall(parts[0], (id) => this.#chats.guidOf(id, database)),
      text_hash: hashes.every((hash) => hash === NO_TEXT) ? null : hashes.join(" "),
      by_id: findRecipients(parts[0]).chats.some(({ by }) => by === "id"),
    };
  }

  /** The part under way goes to the Mac. */
  sent(operation: Operation): void {
    // The first time since the object woke, what is read has this one already.
    const call = callOf(operation.id, operation.part);
    const others = this.#all().filter((known) => known.call !== call);
    const echo = echoOf(operation, operation.part, this.#ports.clock.now());
    if (echo !== undefined) this.#known = [...others, echo].slice(-MAX_ECHOES);
  }

  settled(call: string, answer: Answer): void {
    const echo = this.#all().find((candidate) => candidate.call === call);
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
    const hash = textHash(inbound.text);
    const shown = chatOfGuid(inbound.chat_guid);
    return inTime.some((echo) => echo.hash === hash && (echo.chat === null || isSameChat(echo.chat, shown)));
  }

  #all(): Echo[] {
    this.#known ??= this.#store
      .recentTexts(this.#ports.clock.now() - ECHO_MS, MAX_ECHOES)
      .flatMap((operation) => {
        // Its parts up to the one at which it stopped; what Messages never had cannot come back.
        const { part, guids, settled } = operation;
        const last = operation.journal === "" || settled?.outcome === "not_sent" ? guids.length - 1 : part;
        return Array.from({ length: last + 1 }, (_, at) => echoOf(operation, at)).filter(
          (echo) => echo !== undefined,
        );
      })
      .slice(-MAX_ECHOES);
    return this.#known;
  }
}

/** `from`: when the Mac was given that part, as far as it is known. */
function echoOf(operation: Operation, part: number, from?: number): Echo | undefined {
  const { id, chat, text_hash, begun_at, created_at, guids, settled } = operation;
  const hash = text_hash?.split(" ")[part];
  if (hash === undefined) return undefined;
  return {
    call: callOf(id, part),
    chat,
    hash,
    from: from ?? begun_at ?? created_at,
    until: settled?.at ?? null,
    guid: guids[part] ?? null,
  };
}
