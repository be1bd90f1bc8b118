// Somebody who sends by the channel's HTTP door, as our client does: the same request under the same key until there
// is an answer.
import { ERRORS, type Refused } from "../../shared/errors.ts";
import { NOT_STARTED, refusal, unknownOutcome, type Answer } from "../../shared/jsonrpc.ts";
import type { Result } from "../../shared/result.ts";
import type { MessageSent, MessageWish } from "../../relay/account/sending/messages.ts";
import type { VirtualRelay } from "./virtual-relay.ts";
import type { VirtualTime } from "./virtual-time.ts";

export type Told = Result<MessageSent, Refused>;

/** What comes of one asking. */
export interface Asked {
  /** The relay has said it, whether or not it is heard. */
  readonly given?: (answer: Told) => void;
  readonly told: (answer: Told) => void;
  /** It asks no more. */
  readonly done?: () => void;
}

const RETRY_MS = 2_000;
/** Requests of one asking: then whoever asked has lost patience. */
const MAX_REQUESTS = 12;
/** Of those who are told that they may try again, so many do. */
const AGAIN_SHARE = 0.5;

export class ChannelSender {
  readonly #relay: VirtualRelay;
  readonly #time: VirtualTime;
  readonly #random: () => number;
  /** The key of its grant, by which it is known who was shown what. */
  readonly #key: string;

  constructor(relay: VirtualRelay, time: VirtualTime, random: () => number, key: string) {
    this.#relay = relay;
    this.#time = time;
    this.#random = random;
    this.#key = key;
  }

  /** `done`: what it was told last, as the tunnel would say it; not called where nothing was. */
  sendText(
    wish: Pick<MessageWish, "to" | "text" | "queue_ms">,
    idempotencyKey: string,
    done: (last: Answer) => void,
  ): void {
    let last: Told | undefined;
    this.send(plainWish(wish), idempotencyKey, {
      told: (answer) => (last = answer),
      done: () => {
        if (last !== undefined) done(answerOf(last));
      },
    });
  }

  send(wish: MessageWish, idempotencyKey: string, { given, told, done }: Asked): void {
    let left = MAX_REQUESTS;
    const again = (): void => {
      left -= 1;
      if (left > 0) this.#time.after(RETRY_MS * (0.5 + this.#random()), ask);
      else done?.();
    };
    const ask = (): void =>
      this.#relay.request(
        async (core) => {
          const asker = { key: this.#key, consumer: null };
          const answer = await core.parts.messages.send(wish, asker, idempotencyKey);
          given?.(answer);
          return answer;
        },
        (answer) => {
          if (answer === undefined) return again();
          told(answer);
          const mayRetry =
            !answer.ok && answer.error.operation === undefined && ERRORS[answer.error.code].retryable;
          return mayRetry && this.#random() < AGAIN_SHARE ? again() : done?.();
        },
      );
    ask();
  }
}

export const plainWish = (wish: Pick<MessageWish, "to" | "text" | "queue_ms">): MessageWish => ({
  ...wish,
  reply_to_guid: null,
  service: null,
  attachments: [],
  format: "plain",
  chunk_mode: null,
});

function answerOf(told: Told): Answer {
  if (!told.ok) return refusal(told.error.code, NOT_STARTED);
  return told.value.outcome === "sent" ? { result: {} } : unknownOutcome(told.value.operation);
}
