import * as z from "zod";
import { ERROR_CODES, ERRORS, type ErrorCode } from "../../shared/errors.ts";
import { RPC, type RpcError } from "../../shared/jsonrpc.ts";
import { AccountHttp, type AccountTarget } from "../client/account.ts";
import { ClientError } from "../client/client-error.ts";

const ourDataSchema = z.looseObject({ code: z.enum(ERROR_CODES), detail: z.string().optional() });
const detailSchema = z.looseObject({ detail: z.string() });

/** imsg's own errors that mean what one of the relay's does. */
const OF_IMSG: Readonly<Record<number, ErrorCode>> = {
  [RPC.busy]: "rate_limited",
  [RPC.database_unavailable]: "messages_unavailable",
  [RPC.method_not_found]: "unsupported",
};

/** One read of imsg's, through the relay. Whatever goes wrong is a ClientError. */
export async function readRpc<T>(
  target: AccountTarget,
  method: string,
  params: Readonly<Record<string, unknown>>,
  schema: z.ZodType<T>,
): Promise<T> {
  const answer = await new AccountHttp(target).rpc(method, params);
  if ("error" in answer) throw refused(answer.error);
  const parsed = schema.safeParse(answer.result);
  if (parsed.success) return parsed.data;
  throw new ClientError({ code: "unexpected_answer", status: 200, requestId: null });
}

function refused({ code: rpc, message, data }: RpcError): ClientError {
  const ours = ourDataSchema.safeParse(data);
  const code = ours.success ? ours.data.code : (OF_IMSG[rpc] ?? "internal");
  const detail = ours.success ? ours.data.detail : imsgsWords(message, data);
  const { retryable } = ERRORS[code];
  return new ClientError({ code, retryable, detail, status: 200, requestId: null });
}

/** The first line: some are ten lines of advice for whoever sits at the Mac. */
function imsgsWords(message: string, data: unknown): string {
  const text = typeof data === "string" ? data : (detailSchema.safeParse(data).data?.detail ?? message);
  return `imsg on the Mac says: ${text.split("\n")[0]}`;
}
