// For receivers of webhooks: whether a request came from the relay, and what it says (Standard Webhooks 1.0). Runs
// wherever crypto.subtle does: Node, workerd, Deno, Bun.
import * as z from "zod";
import { parseJson } from "../../shared/json.ts";
import { SIGNATURE_TOLERANCE_S } from "../../shared/webhooks/limits.ts";
import { parseSecret, type SigningSecret } from "../../shared/webhooks/secret.ts";
import { isSignedBy } from "../../shared/webhooks/signature.ts";
import { readEvent, type ChannelEvent } from "./events-schema.ts";

/** `Headers`, Node's `request.headers`, or any record; names in any case. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

export interface WebhookRequest {
  readonly headers: WebhookHeaders;
  /** Exactly as it came, before any middleware parsed it. */
  readonly body: string | Uint8Array | ArrayBuffer;
  /** `whsec_…`; several while a rotation lasts, or where several endpoints end at one door. */
  readonly secrets: string | readonly string[];
  /** Milliseconds since the Unix epoch; the system's clock unless a test says otherwise. */
  readonly now?: number;
  /** How far the attempt's time may lie from `now`, either way. */
  readonly toleranceS?: number;
}

export interface WebhookEvent {
  /** The event's kind, also one that only a newer client knows. */
  readonly type: string;
  /** When it was logged, ISO 8601. */
  readonly timestamp: string;
  /** It was set aside for a while: later events of its chat came before it. */
  readonly late: boolean;
  /** As every reader gets it: `if (isKind(event.data, "message.received")) …` says what is in its own `data`. */
  readonly data: ChannelEvent;
}

export type WebhookRefusal = keyof typeof REFUSALS;

export type VerifiedWebhook =
  | {
      readonly ok: true;
      /** The same at every attempt and every resend: whoever keeps it deals with an event once. */
      readonly id: string;
      /** Of this attempt, seconds since the Unix epoch. */
      readonly timestamp: number;
      readonly event: WebhookEvent;
    }
  | { readonly ok: false; readonly why: WebhookRefusal; readonly detail: string };

const REFUSALS = {
  bad_secret: "a secret of this receiver is none",
  body_not_raw: "the body must be passed as it came, as text or bytes, before it is parsed",
  missing_header: "webhook-id, webhook-timestamp or webhook-signature is missing",
  bad_header: "webhook-id or webhook-timestamp is not what a relay sends",
  too_old: "the attempt is too old: it may have been recorded and played back, or a clock is wrong",
  too_new: "the attempt comes from the future: a clock is wrong",
  not_signed: "no signature is by any of the secrets, over this very body",
  not_an_event: "the body is signed and holds no event",
} as const;

const payloadSchema = z.looseObject({
  type: z.string().min(1),
  timestamp: z.string().catch(""),
  data: z.unknown(),
});
const lateSchema = z.looseObject({ late: z.literal(true) });

export async function verifyWebhook(request: WebhookRequest): Promise<VerifiedWebhook> {
  const { headers, now = Date.now(), toleranceS = SIGNATURE_TOLERANCE_S } = request;
  const secrets = readSecrets(request.secrets);
  if (typeof secrets === "string") return refused("bad_secret", secrets);
  const body = bytesOf(request.body);
  if (body === undefined) return refused("body_not_raw");
  const [id, time, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    headerOf(headers, name),
  );
  if (id === undefined || time === undefined || signatures === undefined) return refused("missing_header");
  // As the relay writes it and in no other way: what is signed is the text.
  if (!/^[^.,\s]+$/.test(id) || !/^(?:0|[1-9]\d{0,11})$/.test(time)) return refused("bad_header");
  const timestamp = Number(time);
  const ageS = Math.floor(now / 1_000) - timestamp;
  if (ageS > toleranceS) return refused("too_old");
  if (-ageS > toleranceS) return refused("too_new");
  if (!(await isSignedBy(secrets, { id, timestamp, body }, signatures))) return refused("not_signed");
  const event = eventOf(body, id);
  return event === undefined ? refused("not_an_event") : { ok: true, id, timestamp, event };
}

const refused = (why: WebhookRefusal, detail: string = REFUSALS[why]): VerifiedWebhook => ({
  ok: false,
  why,
  detail,
});

/** Or what is wrong with one of them. */
function readSecrets(texts: string | readonly string[]): SigningSecret[] | string {
  const secrets: SigningSecret[] = [];
  for (const text of typeof texts === "string" ? [texts] : texts) {
    const secret = parseSecret(text);
    if (!secret.ok) return secret.error;
    secrets.push(secret.value);
  }
  return secrets.length > 0 ? secrets : "no secret was given";
}

/** JavaScript passes what a middleware made of the body, and the signature would never fit. */
function bytesOf(body: unknown): Uint8Array | undefined {
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  return body instanceof ArrayBuffer ? new Uint8Array(body) : undefined;
}

/** Of several under one name the signatures are all looked at; two ids or two times are none. */
function headerOf(headers: WebhookHeaders, wanted: string): string | undefined {
  if (isHeaders(headers)) return headers.get(wanted) ?? undefined;
  const values = Object.entries(headers)
    .filter(([name]) => name.toLowerCase() === wanted)
    .flatMap(([, value]) => value ?? []);
  return values.length === 0 ? undefined : values.join(" ");
}

const isHeaders = (headers: WebhookHeaders): headers is { get(name: string): string | null } =>
  typeof headers["get"] === "function";

function eventOf(body: Uint8Array, id: string): WebhookEvent | undefined {
  const json = parseJson(new TextDecoder().decode(body));
  const payload = payloadSchema.safeParse(json.ok ? json.value : undefined);
  if (!payload.success) return undefined;
  const { type, timestamp, data } = payload.data;
  const late = lateSchema.safeParse(data).success;
  // What is in no log, a test for one, has no place of its own either.
  const event = readEvent(data) ?? readEvent({ id, kind: type, data });
  return event === undefined ? undefined : { type, timestamp, late, data: event };
}
