import * as z from "zod";
import { ERRORS } from "./errors.ts";
import { RPC, type Answer, type RpcError } from "./jsonrpc.ts";

/** I6: what became of a send. */
export type SendOutcome = "sent" | "not_sent" | "unknown";

const NO_PROOF: ReadonlySet<number> = new Set([
  ERRORS.internal.rpc,
  ERRORS.deadline_exceeded.rpc,
  ERRORS.partly_sent.rpc,
]);

/** Errors by which imsg, the agent or the relay says that nothing was handed to Messages. */
const NEVER_HANDED_OVER: ReadonlySet<number> = new Set([
  RPC.parse,
  RPC.invalid_request,
  RPC.method_not_found,
  RPC.invalid_params,
  RPC.busy,
  RPC.database_unavailable,
  RPC.no_bridge,
  ...Object.values(ERRORS)
    .filter(({ rpc }) => !NO_PROOF.has(rpc))
    .map(({ rpc }) => rpc),
]);

const dispositionSchema = z.looseObject({ disposition: z.string() });

/**
 * What an answer says about the effect. Everything that is not certain is `unknown`: an error after the message
 * was handed to Messages is no proof that it did not go out.
 */
export function outcomeOf(answer: Answer): SendOutcome {
  if ("result" in answer) return "sent";
  return isNotStarted(answer.error) ? "not_sent" : "unknown";
}

function isNotStarted(error: RpcError): boolean {
  const said = dispositionSchema.safeParse(error.data);
  if (said.success) return said.data.disposition === "not_started";
  return NEVER_HANDED_OVER.has(error.code);
}
