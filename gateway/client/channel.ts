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
  sentSchema,
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
import { request } from "./http.ts";
import { mintKey } from "./mint-key.ts";

export interface MessageToSend {
  /** `reply_to` of an event, or a target such as a phone number. */
  readonly to: string;
  readonly text: string;
  readonly reply_to_guid?: string;
  /** Whose claim this answer stands under (EVT11). */
  readonly consumer?: string;
}

/** `unknown`: it may have gone out (I6). Sending it again with the same `idempotency_key` never sends it twice (I7). */
export type SendOutcome = z.infer<typeof sentSchema> & { readonly idempotency_key: string };

/** Failures after which nobody here can say whether the message went out. */
const UNSETTLED: ReadonlySet<ClientErrorCode> = new Set([
  "unreachable",
  "unexpected_answer",
  "internal",
  "deadline_exceeded",
]);

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
   * Answers, or begins a conversation. A refusal is thrown and means that nothing was sent; an outcome that nobody
   * knows is a value.
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
        schema: sentSchema,
      });
      return { ...outcome, idempotency_key: key };
    } catch (error) {
      if (!(error instanceof ClientError) || !UNSETTLED.has(error.code)) throw error;
      return { outcome: "unknown", operation: null, idempotency_key: key };
    }
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

  #get<T>(what: string, schema: z.ZodType<T>): Promise<T> {
    return request(this.#target, { method: "GET", path: this.#path(what), schema });
  }

  #post<T>(what: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return request(this.#target, { method: "POST", path: this.#path(what), body, schema });
  }

  #delete<T>(what: string, schema: z.ZodType<T>): Promise<T> {
    return request(this.#target, { method: "DELETE", path: this.#path(what), schema });
  }
}
