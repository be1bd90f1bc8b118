// How a call ends that has no answer from the relay (I6): what certainly never left may be tried again, of what may
// have left nobody here can say more.
import { ERRORS } from "../../shared/errors.ts";
import { NOT_STARTED, RPC, refusal, rpcError, type Answer } from "../../shared/jsonrpc.ts";
import type { Refused } from "./refusals.ts";

const { rpc: LATE, retryable } = ERRORS.deadline_exceeded;
const late = { code: "deadline_exceeded", retryable } as const;

export const neverLeft = (why = "The relay cannot be reached."): Answer =>
  rpcError(LATE, why, { ...late, ...NOT_STARTED });

/** Never left either, but trying the same again is no use. */
export const tooLarge = (limit: number): Answer =>
  refusal("too_large", { limit, disposition: "not_started", retry_safe: false });

export const refusedBeforeSending = (refused: Refused): Answer =>
  refusal(refused.code, { detail: refused.why, ...NOT_STARTED });

/** A read, or something harmless to repeat. */
export const noAnswer = (): Answer => refusal("deadline_exceeded");

/** The key is told, so that its holder can ask `relay.outcome` later. */
export const mayHaveLeft = (idempotencyKey: string): Answer =>
  rpcError(RPC.may_have_completed, "The operation may have completed.", {
    disposition: "may_have_completed",
    retry_safe: false,
    idempotency_key: idempotencyKey,
  });
