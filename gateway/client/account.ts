import * as z from "zod";
import { answerSchema, type Answer } from "../../shared/jsonrpc.ts";
import { READ_DEADLINE_MS } from "../../shared/limits.ts";
import { deadlineOf, methodOf } from "../../shared/methods.ts";
import { ClientError } from "./client-error.ts";
import { mayHaveLeft } from "./failures.ts";
import { request, type HttpTarget } from "./http.ts";
import { mintKey } from "./mint-key.ts";
import { statusSchema, type AccountStatus } from "./shapes.ts";

export interface AccountTarget extends HttpTarget {
  readonly account: string;
}

/** An HTTP request may wait a little longer than the relay does. */
const SLACK_MS = 5_000;

/** One account over plain HTTP: for scripts, and for callers that ask now and then. */
export class AccountHttp {
  readonly #target: AccountTarget;

  constructor(target: AccountTarget) {
    this.#target = target;
  }

  status(timeoutMs?: number): Promise<AccountStatus> {
    const path = accountPath(this.#target.account, "status");
    return request(this.#target, {
      method: "GET",
      path,
      schema: statusSchema,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  /**
   * One call of imsg's. Refusals of the relay are thrown, answers of imsg's are returned, errors too. A mutation
   * that got no answer is never `not sent`: its key is in the answer, and asking again with it is safe (RPC6).
   */
  async rpc(
    method: string,
    params?: unknown,
    options: { idempotencyKey?: string; timeoutMs?: number } = {},
  ): Promise<Answer> {
    const entry = methodOf(method);
    const isMutation = entry?.class === "mutation";
    const key = options.idempotencyKey ?? (isMutation ? mintKey() : undefined);
    try {
      return await request(this.#target, {
        method: "POST",
        path: accountPath(this.#target.account, "rpc?references=true"),
        body: { jsonrpc: "2.0", id: 1, method, ...(params === undefined ? {} : { params }) },
        headers: key === undefined ? {} : { "idempotency-key": key },
        timeoutMs:
          options.timeoutMs ?? (entry === undefined ? READ_DEADLINE_MS : deadlineOf(entry)) + SLACK_MS,
        schema: rpcAnswerSchema,
      });
    } catch (error) {
      const isUnsettled =
        error instanceof ClientError && (error.code === "unreachable" || error.code === "unexpected_answer");
      if (key !== undefined && isUnsettled) return mayHaveLeft(key);
      throw error;
    }
  }
}

const rpcAnswerSchema: z.ZodType<Answer> = z.looseObject({ id: z.unknown() }).transform((body, context) => {
  const answer = answerSchema.safeParse(body);
  if (answer.success) return answer.data;
  context.addIssue({ code: "custom", message: "neither a result nor an error" });
  return z.NEVER;
});

export const accountPath = (account: string, what: string): string =>
  `/v1/accounts/${encodeURIComponent(account)}/${what}`;
