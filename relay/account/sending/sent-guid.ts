import { sentSchema } from "../../../shared/imsg.ts";
import type { Answer } from "../../../shared/jsonrpc.ts";

/** What imsg says of the message that a send became; null = it does not. */
export function guidOf(answer: Answer): string | null {
  const sent = "result" in answer ? sentSchema.safeParse(answer.result) : undefined;
  return sent?.data?.guid ?? null;
}
