import * as z from "zod";
import { ERRORS, type ErrorCode } from "./errors.ts";
import type { JsonFault } from "./json.ts";
import { MAX_IDEMPOTENCY_KEY_CHARS, MAX_JSON_DEPTH } from "./limits.ts";

/**
 * JSON-RPC 2.0 as imsg speaks it: loose on receive. An integer beyond 2^53 is refused: it would come back
 * changed, and its caller would wait for ever.
 */
const rpcIdSchema = z.union([
  z.string().max(256),
  z.number().refine((id) => !Number.isInteger(id) || Number.isSafeInteger(id)),
  z.null(),
]);
export type RpcId = z.infer<typeof rpcIdSchema>;

export const rpcErrorSchema = z.object({
  code: z.number(),
  message: z.string().catch("Error"),
  data: z.unknown().optional(),
});
export type RpcError = z.infer<typeof rpcErrorSchema>;

const rpcRequestSchema = z.looseObject({
  id: rpcIdSchema.optional(),
  method: z.string().min(1).max(200),
  params: z.unknown().optional(),
  /** Read where it counts: whatever is wrong with it, this is still a request. */
  idempotency_key: z.unknown().optional(),
});
export type RpcRequest = z.infer<typeof rpcRequestSchema>;

const rpcResponseSchema = z.looseObject({
  id: rpcIdSchema,
  result: z.unknown().optional(),
  error: rpcErrorSchema.optional(),
});

/** Exactly one of a result and an error: what a call ends with. */
export type Answer = { readonly result: unknown } | Failure;
export interface Failure {
  readonly error: RpcError;
}
export const answerSchema = z.union([z.object({ error: rpcErrorSchema }), z.object({ result: z.unknown() })]);

export const RPC = {
  parse: -32700,
  invalid_request: -32600,
  method_not_found: -32601,
  invalid_params: -32602,
  internal: -32603,
  busy: -32000,
  may_have_completed: -32001,
  database_unavailable: -32002,
  no_bridge: -32003,
  mutation_lane_blocked: -32004,
} as const;

/** What is known of a mutation that has no result (imsg's own words). */
type Disposition = "not_started" | "may_have_completed" | "still_in_flight";

export const rpcError = (code: number, message: string, data?: unknown): Failure => ({
  error: data === undefined ? { code, message } : { code, message, data },
});

/** RPC6: what a caller may name a request by. */
export const idempotencyKeySchema = z
  .string()
  .min(1)
  .max(MAX_IDEMPOTENCY_KEY_CHARS)
  .regex(/^[\x21-\x7e]+$/);

/** A refusal of ours as JSON-RPC. `not_started` says that imsg never saw the call, so that it may be retried. */
export const refusal = (code: ErrorCode, data: Record<string, unknown> = {}): Failure =>
  rpcError(ERRORS[code].rpc, ERRORS[code].sentence, { code, retryable: ERRORS[code].retryable, ...data });

export const NOT_STARTED = { disposition: "not_started", retry_safe: true } as const;

/** I6: handed to the Mac, and nobody can say yet whether it went out. */
export const unknownOutcome = (operation: string): Answer =>
  rpcError(RPC.may_have_completed, "The operation may have completed.", {
    disposition: "may_have_completed" satisfies Disposition,
    retry_safe: false,
    operation,
  });

/** RPC3: the answer to a text that is not even a value of ours. */
export const unreadable = (fault: JsonFault): Answer =>
  fault === "not_json"
    ? rpcError(RPC.parse, "Parse error")
    : invalidRequest(`nested deeper than ${MAX_JSON_DEPTH}`);
export const invalidRequest = (why: string): Answer => rpcError(RPC.invalid_request, "Invalid Request", why);

export const encodeRequest = (
  id: RpcId,
  method: string,
  params: unknown,
  extra?: Record<string, unknown>,
): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }), ...extra });

export const encodeNotification = (method: string, params: unknown): string =>
  JSON.stringify({ jsonrpc: "2.0", method, params });

export const encodeAnswer = (id: RpcId, answer: Answer): string =>
  JSON.stringify({ jsonrpc: "2.0", id, ...answer });

type Incoming =
  | { readonly kind: "request"; readonly request: RpcRequest & { id: RpcId } }
  | { readonly kind: "notification"; readonly method: string; readonly params: unknown }
  | { readonly kind: "answer"; readonly id: RpcId; readonly answer: Answer }
  | { readonly kind: "invalid"; readonly id: RpcId; readonly why: string };

/** Sorts one parsed JSON value. An answer is told by having no method. */
export function readIncoming(value: unknown): Incoming {
  if (typeof value === "object" && value !== null && "method" in value) {
    const request = rpcRequestSchema.safeParse(value);
    if (!request.success) return { kind: "invalid", id: idOf(value), why: whyInvalid(value) };
    const { id, method, params } = request.data;
    if (id === undefined) return { kind: "notification", method, params };
    return { kind: "request", request: { ...request.data, id } };
  }
  const response = rpcResponseSchema.safeParse(value);
  if (response.success && ("result" in response.data || response.data.error !== undefined)) {
    const { id, result, error } = response.data;
    return { kind: "answer", id, answer: error === undefined ? { result } : { error } };
  }
  return { kind: "invalid", id: idOf(value), why: whyInvalid(value) };
}

const idSchema = z.looseObject({ id: rpcIdSchema });

function idOf(value: unknown): RpcId {
  const parsed = idSchema.safeParse(value);
  return parsed.success ? parsed.data.id : null;
}

function whyInvalid(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "request must be an object";
  if (!("method" in value) || typeof value.method !== "string" || value.method === "")
    return "method is required";
  if (value.method.length > 200) return "method is too long";
  return "id must be a string or a number";
}
