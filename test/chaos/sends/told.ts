// What somebody was told of a wish, by whichever door, read into one shape.
import * as z from "zod";
import { sentSchema } from "../../../shared/imsg.ts";
import { answerSchema, type Answer } from "../../../shared/jsonrpc.ts";
import { outcomeOf, type SendOutcome } from "../../../shared/outcome.ts";
import type { HttpAnswer } from "../../e2e/http.ts";
import type { GatewayName } from "./wish.ts";

/** `nothing`: the connection broke, or the time was over, and nobody said what became of it. */
export type ToldOutcome = SendOutcome | "queued" | "nothing";

/** One answer to one asking. */
export interface Told extends Saying {
  readonly by: GatewayName;
  /** Milliseconds since the start of the seed. */
  readonly askedAt: number;
  readonly at: number;
}

export interface Saying {
  readonly outcome: ToldOutcome;
  /** Null where no operation was made, or nobody named it. */
  readonly operation: string | null;
  readonly guids: readonly (string | null)[];
  /** Parts that went out; null where it was not said. */
  readonly delivered: number | null;
  /** Of a refusal. */
  readonly code: string | null;
  /** As it came. */
  readonly said: string;
}

const text = z.string().nullable().catch(null);
const guids = z.array(z.string().nullable()).optional().catch(undefined);
const count = z.int().nullable().catch(null);
const outcome = z.enum(["sent", "not_sent", "unknown"]);
const doneSchema = z.looseObject({
  outcome: outcome.nullable(),
  operation: text,
  guid: text,
  guids,
  delivered: count,
});
const refusedSchema = z.looseObject({
  code: z.string(),
  operation: text,
  outcome: outcome.optional().catch(undefined),
  guids,
  delivered: count,
});
const dataSchema = z.looseObject({ operation: z.string().startsWith("op_").nullable().catch(null) });
const rpcSchema = z.looseObject({}).pipe(answerSchema);

export const NOTHING: Saying = {
  outcome: "nothing",
  operation: null,
  guids: [],
  delivered: null,
  code: null,
  said: "",
};

const MAX_SAID = 400;
export const brief = (value: unknown): string =>
  (typeof value === "string" ? value : JSON.stringify(value)).slice(0, MAX_SAID);

/** Of `POST …/messages`. Throws where it is nothing that the protocol knows. */
export function readMessageAnswer({ status, text: said, json }: HttpAnswer): Saying {
  if (status === 200 || status === 202) {
    const { outcome, operation, guid, guids: all, delivered } = doneSchema.parse(json());
    const told = outcome ?? "queued";
    return {
      outcome: told,
      operation,
      guids: all ?? (told === "sent" ? [guid] : []),
      delivered,
      code: null,
      said: brief(`${status} ${said}`),
    };
  }
  const refused = refusedSchema.parse(json());
  // What broke in the relay, and what had no answer in time, says nothing of the message.
  const isOpen = refused.code === "internal" || refused.code === "deadline_exceeded";
  return {
    outcome: refused.outcome ?? (isOpen ? "nothing" : "not_sent"),
    operation: refused.operation,
    guids: refused.guids ?? [],
    delivered: refused.delivered,
    code: refused.code,
    said: brief(`${status} ${said}`),
  };
}

/** Of `send` through the tunnel, or of one request by POST. */
export function readRpcAnswer(answer: Answer): Saying {
  const told = outcomeOf(answer);
  const said = brief(answer);
  if ("result" in answer) {
    const { guid } = sentSchema.parse(answer.result);
    return { outcome: told, operation: null, guids: [guid ?? null], delivered: 1, code: null, said };
  }
  const { operation } = dataSchema.safeParse(answer.error.data).data ?? { operation: null };
  const code = String(answer.error.code);
  return { outcome: told, operation, guids: [], delivered: null, code, said };
}

/** The JSON-RPC answer in a body. */
export const rpcAnswerOf = (body: unknown): Answer => rpcSchema.parse(body);
