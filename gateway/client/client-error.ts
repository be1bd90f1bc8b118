import * as z from "zod";
import type { ConfigProblem } from "../../shared/config/problem.ts";
import { ERRORS, type ErrorCode } from "../../shared/errors.ts";

/** A row of the relay's error table, or what only a caller can meet. */
export type ClientErrorCode = ErrorCode | keyof typeof OWN_SENTENCES;

const OWN_SENTENCES = {
  unreachable: "The relay cannot be reached.",
  unexpected_answer: "The answer is not that of a relay; is the address right?",
  damaged: "What arrived is not what was sent: the checksums differ.",
} as const;

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];
const configProblemSchema = z.looseObject({
  path: z.string(),
  problem: z.string(),
  value: z.string().default(""),
  nearest: z.string().exactOptional(),
});
const count = z.int().min(0).optional().catch(undefined);
const problemSchema = z.looseObject({
  code: z.enum(codes),
  retryable: z.boolean(),
  detail: z.string().optional(),
  request_id: z.string().optional(),
  /** Of a refused configuration. */
  problems: z.array(configProblemSchema).optional().catch(undefined),
  retry_after_s: z.number().min(0).optional().catch(undefined),
  /** Of a file that is too large, in bytes: it, and what is taken at most. */
  size: count,
  cap: count,
  /** Of the Mac's owner, by its name in agent.jsonc: what forbids it, or whose cap it is. */
  rule: z.string().optional().catch(undefined),
  /** Of an upload that goes on elsewhere: how many bytes are there. */
  offset: count,
});
/** What a refusal says of a message to send, where it had become an operation before. */
const sendingSchema = z.looseObject({
  operation: z.string(),
  /** I6: only that nothing more goes out is ever said here; absent, nobody knows. */
  outcome: z.literal("not_sent").optional().catch(undefined),
  /** Parts that had gone out before. */
  delivered: z.int().min(0).catch(0),
  /** Parts that the text was split into; 0 where that is not said. */
  parts: z.int().min(0).catch(0),
});
export type RefusedSending = z.infer<typeof sendingSchema>;
/** Of `Retry-After`, the form that counts seconds. */
const secondsSchema = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

interface ClientErrorParts {
  readonly code: ClientErrorCode;
  readonly retryable?: boolean;
  readonly detail?: string | undefined;
  /** Of the HTTP answer; null where there was none. */
  readonly status: number | null;
  /** Finds the request in the relay's log. */
  readonly requestId: string | null;
  readonly retryAfterMs?: number | undefined;
  readonly problems?: readonly ConfigProblem[] | undefined;
  readonly sending?: RefusedSending | undefined;
  readonly neverLeft?: boolean;
  readonly size?: number | undefined;
  readonly cap?: number | undefined;
  readonly offset?: number | undefined;
  readonly rule?: string | undefined;
}

/** Why an HTTP request to the relay gave nothing. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: ClientErrorCode;
  /** The same request may simply be made again. */
  readonly retryable: boolean;
  readonly status: number | null;
  readonly requestId: string | null;
  /** Before that it is refused again; undefined where nobody said. */
  readonly retryAfterMs: number | undefined;
  /** What is wrong with a configuration, place by place; empty where it was refused for something else. */
  readonly problems: readonly ConfigProblem[];
  /** Of a message to send that had become an operation; null elsewhere. */
  readonly sending: RefusedSending | null;
  /** No byte of the request left this machine. */
  readonly neverLeft: boolean;
  /** Of what was `too_large`, in bytes: the file, and the most that is taken. */
  readonly size: number | undefined;
  readonly cap: number | undefined;
  /** Of a `conflict` in an upload: the bytes that are there. */
  readonly offset: number | undefined;
  /** Of the Mac's owner, by its name in agent.jsonc: what forbids it, or whose cap it is. */
  readonly rule: string | undefined;

  constructor(parts: ClientErrorParts) {
    super(parts.detail ?? sentenceOf(parts.code));
    this.code = parts.code;
    this.retryable = parts.retryable ?? parts.code === "unreachable";
    this.status = parts.status;
    this.requestId = parts.requestId;
    this.retryAfterMs = parts.retryAfterMs;
    this.problems = parts.problems ?? [];
    this.sending = parts.sending ?? null;
    this.neverLeft = parts.neverLeft ?? false;
    this.size = parts.size;
    this.cap = parts.cap;
    this.offset = parts.offset;
    this.rule = parts.rule;
  }
}

/** A refusal's body; what is no problem of the relay's came from something between. */
export function readProblem(
  status: number,
  requestId: string | null,
  body: unknown,
  retryAfter: string | null = null,
): ClientError {
  const seconds = secondsSchema.safeParse(retryAfter).data;
  const parsed = problemSchema.safeParse(body);
  if (!parsed.success) {
    const retryable = status >= 500 || status === 429;
    const code = "unexpected_answer";
    return new ClientError({ code, status, requestId, retryable, retryAfterMs: inMs(seconds) });
  }
  const { code, retryable, detail, request_id, retry_after_s = seconds, problems } = parsed.data;
  const { size, cap, offset, rule } = parsed.data;
  return new ClientError({
    code,
    retryable,
    detail,
    status,
    requestId: requestId ?? request_id ?? null,
    retryAfterMs: inMs(retry_after_s),
    problems,
    sending: sendingSchema.safeParse(body).data,
    size,
    cap,
    offset,
    rule,
  });
}

const inMs = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1_000;

const sentenceOf = (code: ClientErrorCode): string =>
  isOwn(code) ? OWN_SENTENCES[code] : ERRORS[code].sentence;
const isOwn = (code: ClientErrorCode): code is keyof typeof OWN_SENTENCES =>
  Object.hasOwn(OWN_SENTENCES, code);
