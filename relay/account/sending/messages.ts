// Sending into a chat by where its messages said to answer: the text made into messages, the chat's name of today,
// and the guards, before anything is stored.
import { parseTarget } from "../../../shared/address.ts";
import type { Refused } from "../../../shared/errors.ts";
import { GUID_WAIT_MS, MAX_MESSAGE_PARTS, MUTATION_DEADLINE_MS } from "../../../shared/limits.ts";
import { STAGED_FILE } from "../../../shared/staged-file.ts";
import { compose, type Part } from "../../../shared/outbound/compose.ts";
import type { Service } from "../../../shared/policy/chat-target.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import { openStaged, type Sealing } from "../attachments/reference.ts";
import type { Claimant } from "../channel/claims.ts";
import type { Settings } from "../channel/settings.ts";
import type { ChatList } from "../chats/chat-list.ts";
import type { AccountPorts } from "../ports.ts";
import type { Operation } from "../store/operation.ts";
import type { StateStore } from "../store/state.ts";
import { refusedOf, refusalOf, viewOf, type OperationView } from "./operation-view.ts";
import { isInQueue, type Mutation } from "./operation-row.ts";
import type { Operations } from "./operations.ts";
import type { Outcomes } from "./outcomes.ts";
import { resolveTarget } from "./resolve-target.ts";
import { SWITCHED_OFF, type SendGuard } from "./send-guard.ts";

export interface MessageWish {
  readonly to: string;
  /** May be blank where there are attachments. */
  readonly text: string;
  /** References of staged files. */
  readonly attachments: readonly string[];
  readonly reply_to_guid: string | null;
  readonly service: Service | null;
  readonly format: "markdown" | "plain";
  readonly chunk_mode: "length" | "newline" | null;
  /** How long it may wait for a Mac that is away; null = not at all. */
  readonly queue_ms: number | null;
}

/** What is known of it now. */
export interface MessageSent extends Omit<OperationView, "outcome"> {
  /** null = it waits for the Mac (`state: queued`). One that the Mac has and has not answered in time is `unknown` (I6). */
  readonly outcome: "sent" | "unknown" | null;
}

interface FilePart extends Part {
  /** As the Mac's agent names it. */
  readonly file?: string;
}
const NO_TEXT: Part = { text: "", formatting: [] };

type SendParams = Readonly<Record<string, unknown>>;
type Made = Pick<Mutation, "parts" | "isById">;

export class Messages {
  readonly #ports: Pick<AccountPorts, "random">;
  readonly #state: StateStore;
  readonly #chats: ChatList;
  readonly #settings: Settings;
  readonly #guard: SendGuard;
  readonly #operations: Pick<Operations, "begin" | "find">;
  readonly #outcomes: Pick<Outcomes, "guidsOf">;
  readonly #sealing: Sealing;

  constructor(
    ports: Pick<AccountPorts, "random">,
    state: StateStore,
    chats: ChatList,
    settings: Settings,
    guard: SendGuard,
    operations: Pick<Operations, "begin" | "find">,
    outcomes: Pick<Outcomes, "guidsOf">,
    sealing: Sealing,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#chats = chats;
    this.#settings = settings;
    this.#guard = guard;
    this.#operations = operations;
    this.#outcomes = outcomes;
    this.#sealing = sealing;
  }

  /** The same key and request again: the same answer, whatever the chat resolves to by then (I7). */
  async send(
    wish: MessageWish,
    claimant: Claimant,
    idempotencyKey: string | null,
  ): Promise<Result<MessageSent, Refused>> {
    // A blank begins it: no caller's key can be the same (RPC6).
    const key = idempotencyKey ?? ` api ${this.#ports.random()}`;
    const isKnown = this.#operations.find(key) !== undefined;
    const made = isKnown ? ok({ parts: [], isById: false }) : this.#make(wish, claimant);
    if (!made.ok) return made;
    const asked = { origin: "channel", key: claimant.key, asked: null, idempotencyKey: key } as const;
    const times = { deadlineMs: MUTATION_DEADLINE_MS, queueMs: wish.queue_ms };
    const request = { method: "send", ...made.value, request: this.#identityOf(wish), ...times };
    const outcome = await this.#outcomeOf({ ...request, ...asked });
    if (!outcome.ok) return outcome;
    // An old engine does not say which message it made: its row does, a moment later.
    if (outcome.value.settled?.outcome === "sent")
      await this.#outcomes.guidsOf(outcome.value.id, GUID_WAIT_MS);
    const operation = this.#operations.find(key) ?? outcome.value;
    if (operation.settled?.outcome === "not_sent") return err(refusedOf(operation));
    const view = viewOf(operation);
    // The Mac has it, and has not answered in time: for its sender that is not to know.
    const said = view.outcome === "not_sent" ? null : view.outcome;
    return ok({ ...view, outcome: view.state === "open" ? "unknown" : said });
  }

  /** Until it is settled, or its time is over; one that waits for the Mac is not waited for. */
  #outcomeOf(mutation: Mutation): Promise<Result<Operation, Refused>> {
    return new Promise((resolve) => {
      const begun = this.#operations.begin(mutation, (operation) => resolve(ok(operation)));
      if (!begun.ok) return resolve(err(refusalOf(begun.error.error)));
      return isInQueue(begun.value, mutation) ? resolve(ok(begun.value)) : undefined;
    });
  }

  /** What makes a request the same (I7): of a file its name and bytes, since whoever asks again uploads it again. */
  #identityOf({ attachments, ...wish }: MessageWish): unknown {
    const files = attachments.map((reference) => {
      const staged = openStaged(this.#sealing, reference);
      return staged === undefined || staged.digest === null
        ? reference
        : [staged.name, staged.size, staged.digest];
    });
    return files.length === 0 ? wish : { ...wish, attachments: files };
  }

  #filesOf({ attachments }: MessageWish): Result<string[], Refused> {
    const files: string[] = [];
    for (const [at, reference] of attachments.entries()) {
      const staged = openStaged(this.#sealing, reference);
      const detail = `attachments.${at}: not the reference of an upload to this account`;
      if (staged === undefined) return err({ code: "invalid_request", detail });
      files.push(`${STAGED_FILE}${staged.staged}`);
    }
    return ok(files);
  }

  /** imsg's parameters of each part, and whether the chat was named by a row id. */
  #make(wish: MessageWish, claimant: Claimant): Result<Made, Refused> {
    const { config } = this.#settings;
    if (!config.enabled) return err({ code: "forbidden", detail: SWITCHED_OFF });
    const target = parseTarget(wish.to);
    if (!target.ok) return err({ code: "invalid_request", detail: `to: ${target.error}` });
    const { engine, database } = this.#state.current;
    const wishes = { asked: wish.service, service: config.service, region: config.region };
    const where = resolveTarget(target.value, wishes, this.#chats, database);
    if (!where.ok) return where;
    const isBridged = engine?.bridge === true;
    if (wish.reply_to_guid !== null && !isBridged)
      return err({ code: "unsupported", detail: "reply_to_guid needs Messages' private bridge on the Mac" });
    const composed = compose(wish.text, {
      tables: config.markdown.tables,
      chunkMode: wish.chunk_mode ?? config.chunkMode,
      textChunkLimit: config.textChunkLimit,
      responsePrefix: config.responsePrefix === "" ? null : config.responsePrefix,
      format: wish.format,
    });
    if (!composed.ok)
      return err({ code: "too_large", detail: `text: more than ${MAX_MESSAGE_PARTS} messages` });
    const { parts: texts, replyToGuid } = composed.value;
    const files = this.#filesOf(wish);
    if (!files.ok) return files;
    const parts = withFiles(texts, files.value);
    if (parts.length === 0) return err({ code: "invalid_request", detail: "text: nothing is left to send" });
    if (parts.length > MAX_MESSAGE_PARTS)
      return err({ code: "too_large", detail: `more than ${MAX_MESSAGE_PARTS} messages` });
    const refused = this.#guard.refuse("send", { ...where.value }, claimant);
    if (refused !== undefined) return err(refusalOf(refused.error));
    // What the text itself asks to quote is left out where it cannot be quoted.
    const quoted = wish.reply_to_guid ?? (isBridged ? replyToGuid : null);
    // The guard has judged the id; what goes out is the name, which means the same in every database.
    const { chat_id: byId, ...named } = { chat_id: undefined, ...where.value };
    return ok({
      parts: parts.map((part, at) => paramsOf(part, named, at === 0 ? quoted : null, isBridged)),
      isById: byId !== undefined,
    });
  }
}

/** One message a file, with the text's first part on the first; what is left of the text comes before the other files. */
function withFiles(texts: readonly Part[], files: readonly string[]): FilePart[] {
  const [first, ...others] = files;
  if (first === undefined) return [...texts];
  const [caption, ...rest] = texts;
  return [
    { ...(caption ?? NO_TEXT), file: first },
    ...rest,
    ...others.map((file) => ({ text: "", formatting: [], file })),
  ];
}

/** imsg's own parameters: only those it needs, since a newer imsg refuses what it does not know. */
const paramsOf = (
  { text, formatting, file }: FilePart,
  where: SendParams,
  quoted: string | null,
  isBridged: boolean,
): SendParams => ({
  ...where,
  ...(text === "" ? {} : { text }),
  ...(file === undefined ? {} : { file }),
  ...(isBridged && formatting.length > 0 ? { text_formatting: formatting } : {}),
  ...(quoted === null ? {} : { reply_to: quoted }),
});
