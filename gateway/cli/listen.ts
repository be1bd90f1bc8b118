import { eventSchema } from "../../shared/events.ts";
import { deliveryId, webhookId } from "../../shared/webhooks/delivery-id.ts";
import { webhookPayload } from "../../shared/webhooks/payload.ts";
import { parseSecret, type SigningSecret } from "../../shared/webhooks/secret.ts";
import { signatureHeader } from "../../shared/webhooks/signature.ts";
import { judge, type Verdict } from "../../shared/webhooks/verdict.ts";
import { readEvents } from "../client/events.ts";
import { pause } from "../client/events-retry.ts";
import type { ChannelEvent } from "../client/events-schema.ts";
import { systemClock } from "../client/system-clock.ts";
import { LISTEN_FIRST_RETRY_MS, LISTEN_MAX_RETRY_AFTER_MS, LISTEN_RETRY_MS } from "../limits.ts";
import { postWebhook, type PostEnd } from "../node/webhook-post.ts";
import { wsDial } from "../node/ws-dial.ts";
import type { Home } from "../profile/home.ts";
import { signingSecret } from "../profile/signing-secret.ts";
import { asking, type Asking } from "./asking.ts";
import { endSoon } from "./end-soon.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { Interrupted, interruptible } from "./interrupt.ts";
import { attemptJson, ListenLines } from "./listen-lines.ts";
import { reply } from "./listen-reply.ts";
import { readListenWish, type ListenWish } from "./listen-wish.ts";
import type { Run } from "./run.ts";
import { stateNotes } from "./state-notes.ts";

const SECOND = 1_000;

/** A receiver under development is sent what the relay would send it, until somebody ends it. */
export const listen: Run = (invocation, home) =>
  asking<ListenWish>("listen", {
    read: readListenWish,
    run: (wish, ask) => forward(wish, ask, home),
    scope: "read, and send for --replies",
  })(invocation, home);

async function forward(wish: ListenWish, ask: Asking, home: Home): Promise<ExitCode> {
  const found = wish.secret === undefined ? signingSecret(home) : { ok: true as const, value: wish.secret };
  const secret = found.ok ? parseSecret(found.value) : found;
  if (!found.ok || !secret.ok) {
    ask.note(`${secret.ok ? "there is no signing secret" : secret.error}.`);
    return EXIT.failed;
  }
  ask.note(`forwarding to ${wish.url}, signed with ${found.value}`);
  const { consumer, kinds, after } = wish;
  const onState = stateNotes(ask.note);
  const reader = readEvents({ ...ask.target, consumer, kinds, after, dial: wsDial, onState });
  const { signal } = interruptible();
  signal.addEventListener("abort", () => reader.close());
  const receiver = new Receiver(wish, ask, secret.value, signal);
  for await (const event of reader) {
    await receiver.deliver(event);
    // What is in hand was not taken: it comes again.
    if (signal.aborted) break;
  }
  const end = signal.reason instanceof Interrupted ? signal.reason.exit : EXIT.done;
  endSoon(end);
  return end;
}

class Receiver {
  readonly #wish: ListenWish;
  readonly #ask: Asking;
  readonly #secret: SigningSecret;
  readonly #signal: AbortSignal;
  readonly #lines: ListenLines;

  constructor(wish: ListenWish, ask: Asking, secret: SigningSecret, signal: AbortSignal) {
    this.#wish = wish;
    this.#ask = ask;
    this.#secret = secret;
    this.#signal = signal;
    this.#lines = new ListenLines(ask.columns !== undefined);
  }

  /** Resolves when it was taken, or everything is to end. */
  async deliver(event: ChannelEvent): Promise<void> {
    for (let attempt = 1; !this.#signal.aborted; attempt += 1) {
      const began = performance.now();
      const end = await this.#attempt(event);
      if (this.#signal.aborted) return;
      const verdict = judge(end, Date.now());
      const status = "status" in end ? end.status : null;
      this.#show({ event, attempt, verdict, status, tookMs: performance.now() - began });
      if (verdict.outcome === "delivered") {
        await this.#reply(event, end);
        return;
      }
      await pause(systemClock, pauseMs(attempt, verdict), this.#signal);
    }
  }

  async #attempt(event: ChannelEvent): Promise<PostEnd> {
    const body = JSON.stringify(payloadOf(event));
    const id = idOf(event);
    const timestamp = Math.floor(Date.now() / SECOND);
    const headers = {
      "content-type": "application/json",
      "user-agent": "imsg-relay",
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": await signatureHeader([this.#secret], { id, timestamp, body }),
    };
    return postWebhook(this.#wish.url, headers, body, this.#signal);
  }

  #show(made: Parameters<ListenLines["attempt"]>[0]): void {
    const { json, say } = this.#ask;
    if (json) say(JSON.stringify(attemptJson(made)));
    else for (const line of this.#lines.attempt(made)) say(line);
  }

  async #reply(event: ChannelEvent, { answer }: PostEnd): Promise<void> {
    if (!this.#wish.replies || answer === undefined) return;
    const { json, say, target } = this.#ask;
    const replied = await reply(target, event, answer, this.#signal);
    if (replied === undefined) return;
    say(json ? JSON.stringify({ event: event.id, reply: replied.json }) : `  reply: ${replied.says}`);
  }
}

const idOf = (event: ChannelEvent): string => {
  const logged = eventSchema.safeParse(event);
  return logged.success ? webhookId(logged.data) : deliveryId(event.id);
};

/** A kind that only a newer relay knows goes in the same form. */
function payloadOf(event: ChannelEvent): object {
  const logged = eventSchema.safeParse(event);
  if (logged.success) return webhookPayload(logged.data);
  return { type: event.kind, timestamp: new Date(event.logged_at).toISOString(), data: event };
}

function pauseMs(made: number, verdict: Verdict): number {
  const asked = verdict.outcome === "throttled" ? (verdict.retryAfterMs ?? 0) : 0;
  const own = Math.min(LISTEN_FIRST_RETRY_MS * 2 ** Math.min(made - 1, 10), LISTEN_RETRY_MS);
  return Math.max(own, Math.min(asked, LISTEN_MAX_RETRY_AFTER_MS));
}
