import type * as z from "zod";
import { idempotencyKeySchema } from "../../shared/jsonrpc.ts";
import { SEND_TIMEOUT_MS } from "../limits.ts";
import { accountPath, type AccountTarget } from "./account.ts";
import {
  allowedSchema,
  claimSchema,
  claimsSchema,
  consumersSchema,
  decisionsSchema,
  handleSchema,
  pairingSchema,
  removedClaimSchema,
  removedConsumerSchema,
  ticketSchema,
  type Allowed,
  type Claim,
  type Consumer,
  type DecisionPage,
  type Pairing,
  type Ticket,
} from "./channel-shapes.ts";
import { ClientError, type ClientErrorCode } from "./client-error.ts";
import { withQuery } from "./events-query.ts";
import { followOperation, type FollowOptions, type Looking } from "./follow-operation.ts";
import { request } from "./http.ts";
import { mintKey } from "./mint-key.ts";
import { operationSchema, operationsSchema, type Operation, type SendOutcome } from "./operation-shapes.ts";

export type MessageToSend = Where & {
  /** May be absent where there are attachments. */
  readonly text?: string;
  /** References of uploads (./attachments.ts); 10 at most. */
  readonly attachments?: readonly string[];
  /** The message that is quoted. */
  readonly reply_to_guid?: string | null;
  /** Default: what the account's settings say. */
  readonly service?: "imessage" | "sms" | "auto";
  /** What the text is written in; default `markdown`. */
  readonly format?: "markdown" | "plain";
  /** Where a text that is too long for one message is split; default: what the account's settings say. */
  readonly chunk_mode?: "length" | "newline";
  /** Whose claim this answer stands under (EVT11). */
  readonly consumer?: string | null;
  /** Waits for the Mac where it is away, at most `ttl_s`, instead of being refused. */
  readonly queue?: boolean;
  /** Seconds, 1 to 86,400; default 3,600. */
  readonly ttl_s?: number;
};
/** Two names for one thing: `reply_to` of an event, or a target such as a phone number. */
type Where =
  | { readonly to: string; readonly reply_to?: never }
  | { readonly reply_to: string; readonly to?: never };

export interface OperationChoice {
  readonly state?: "queued" | "open" | "unknown" | "settled";
  readonly idempotencyKey?: string;
  /** 1 to 200. */
  readonly limit?: number;
}

/** Failures after which nobody here can say whether the message went out, unless the relay says it with them. */
const UNSETTLED: ReadonlySet<ClientErrorCode> = new Set([
  "unreachable",
  "unexpected_answer",
  "internal",
  "deadline_exceeded",
]);
const isUnsettled = ({ code, neverLeft, sending }: ClientError): boolean =>
  UNSETTLED.has(code) && !neverLeft && sending?.outcome !== "not_sent";

/** Of a request that ended without an answer: what was sent of it, `operationByKey` knows later. */
const unanswered = (key: string, error: ClientError): SendOutcome => ({
  operation: error.sending?.operation ?? null,
  idempotency_key: key,
  method: "send",
  state: "open",
  outcome: "unknown",
  final: false,
  guid: null,
  guids: [],
  delivered: error.sending?.delivered ?? 0,
  parts: error.sending?.parts ?? 0,
  status: null,
  followed: false,
  chat: null,
  error: null,
  created_at: null,
  expires_at: null,
  settled_at: null,
});

const badKey = (): ClientError =>
  new ClientError({
    code: "invalid_request",
    detail: "The idempotency key must be 1 to 128 visible ASCII characters.",
    status: null,
    requestId: null,
  });

/** The channel of one account over plain HTTP; the events themselves are read with `readEvents` and its like. */
export class ChannelHttp {
  readonly #target: AccountTarget;

  constructor(target: AccountTarget) {
    this.#target = target;
  }

  /**
   * Answers, or begins a conversation. A refusal is thrown and means that nothing was sent (`partly_sent`: nothing
   * more; `sending` of the error says how much); what is queued, and an outcome that nobody knows, are values.
   */
  async send(
    message: MessageToSend,
    options: { readonly idempotencyKey?: string; readonly timeoutMs?: number } = {},
  ): Promise<SendOutcome> {
    const key = options.idempotencyKey ?? mintKey();
    // Found out here: a request that cannot even be written would look like one that was lost.
    if (!idempotencyKeySchema.safeParse(key).success) throw badKey();
    try {
      const outcome = await request(this.#target, {
        method: "POST",
        path: this.#path("messages"),
        body: message,
        headers: { "idempotency-key": key },
        timeoutMs: options.timeoutMs ?? SEND_TIMEOUT_MS,
        schema: operationSchema,
      });
      return { ...outcome, idempotency_key: key };
    } catch (error) {
      if (!(error instanceof ClientError) || !isUnsettled(error)) throw error;
      return unanswered(key, error);
    }
  }

  operation(id: string, options: Looking = {}): Promise<Operation> {
    return this.#get(`operations/${encodeURIComponent(id)}`, operationSchema, options);
  }

  /** Newest first; those that are queued in the order in which they will go. */
  async operations(which: OperationChoice = {}, options: Looking = {}): Promise<readonly Operation[]> {
    const { state, idempotencyKey, limit } = which;
    const path = withQuery("operations", { state, idempotency_key: idempotencyKey, limit });
    return (await this.#get(path, operationsSchema, options)).operations;
  }

  /** What became of a request that ended without an answer; undefined where it never reached the relay. */
  async operationByKey(idempotencyKey: string, options: Looking = {}): Promise<Operation | undefined> {
    return (await this.operations({ idempotencyKey, limit: 1 }, options))[0];
  }

  /** Only while it is queued: what the Mac was given is `conflict`. */
  cancelOperation(id: string): Promise<Operation> {
    return this.#delete(`operations/${encodeURIComponent(id)}`, operationSchema);
  }

  /**
   * Asks until the outcome is final, or the time is over: then the last that is known, which may still be `unknown`;
   * undefined where the relay was never given anything under this key. Sending the same again with the same key is
   * safe either way (I7). Needs only the scope `send`.
   */
  settled(idempotencyKey: string, options: FollowOptions = {}): Promise<Operation | undefined> {
    return followOperation((looking) => this.operationByKey(idempotencyKey, looking), options);
  }

  /** Named readers and how far each is. */
  async consumers(): Promise<readonly Consumer[]> {
    return (await this.#get("consumers", consumersSchema)).consumers;
  }

  /** Forgets its place, and closes its socket. */
  removeConsumer(name: string): Promise<{ name: string }> {
    return this.#delete(`consumers/${encodeURIComponent(name)}`, removedConsumerSchema);
  }

  /** Why messages were not shown (`all`: or were), one page after `after`. */
  decisions(
    from: { readonly after?: string; readonly limit?: number; readonly all?: boolean } = {},
  ): Promise<DecisionPage> {
    const { after, limit, all } = from;
    const query = { after, limit, all: all === undefined ? undefined : String(all) };
    return this.#get(withQuery("decisions", query), decisionsSchema);
  }

  /** One use, 60 s: for whoever can send no header (EVT10). */
  ticket(door: "events" | "rpc"): Promise<Ticket> {
    return this.#post("tickets", { door }, ticketSchema);
  }

  async claims(): Promise<readonly Claim[]> {
    return (await this.#get("claims", claimsSchema)).claims;
  }

  /** Only this key (and consumer) may answer in that chat, for `ttl_s`; another's claim is `chat_claimed` (EVT11). */
  claim(wish: {
    readonly chat: string;
    readonly consumer?: string;
    readonly ttl_s?: number;
  }): Promise<Claim> {
    return this.#post("claims", wish, claimSchema);
  }

  unclaim(chat: string): Promise<{ chat: string }> {
    return this.#delete(withQuery("claims", { chat }), removedClaimSchema);
  }

  /** Strangers who ask for access, and those who were let in that way. */
  pairing(): Promise<Pairing> {
    return this.#get("pairing", pairingSchema);
  }

  approvePairing(code: string): Promise<Allowed> {
    return this.#post("pairing/approve", { code }, allowedSchema);
  }

  denyPairing(code: string): Promise<{ handle: string }> {
    return this.#post("pairing/deny", { code }, handleSchema);
  }

  revokePairing(handle: string): Promise<{ handle: string }> {
    return this.#post("pairing/revoke", { handle }, handleSchema);
  }

  #path(what: string): string {
    return accountPath(this.#target.account, what);
  }

  #get<T>(what: string, schema: z.ZodType<T>, options: Looking = {}): Promise<T> {
    return request(this.#target, { method: "GET", path: this.#path(what), schema, ...options });
  }

  #post<T>(what: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return request(this.#target, { method: "POST", path: this.#path(what), body, schema });
  }

  #delete<T>(what: string, schema: z.ZodType<T>): Promise<T> {
    return request(this.#target, { method: "DELETE", path: this.#path(what), schema });
  }
}
