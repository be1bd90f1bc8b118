// What the relay holds of every key in the end, as both gateways are told.
import * as z from "zod";
import { sentSchema } from "../../../shared/imsg.ts";
import { answerSchema } from "../../../shared/jsonrpc.ts";
import type { SendOutcome } from "../../../shared/outcome.ts";
import { http } from "../../e2e/http.ts";
import { FEATURES } from "./features.ts";
import { brief } from "./told.ts";

export interface Final {
  /** `never seen`: the relay has no operation of that key. */
  readonly state: "never seen" | "queued" | "open" | "settled";
  readonly outcome: SendOutcome | null;
  readonly operation: string | null;
  readonly guids: readonly (string | null)[];
  /** Null where it is not said. */
  readonly delivered: number | null;
  readonly parts: number | null;
  /** Epoch milliseconds; null where it is not said. */
  readonly settledAt: number | null;
  /** False where a row may still tell more; null where it is not said. */
  readonly isFinal: boolean | null;
  readonly said: string;
}

interface Caller {
  readonly accountUrl: string;
  readonly key: string;
}

const outcome = z.enum(["sent", "not_sent", "unknown"]);
const foundSchema = z.discriminatedUnion("state", [
  z.looseObject({ state: z.literal("settled"), operation: z.string(), outcome, answer: answerSchema }),
  z.looseObject({ state: z.literal("open"), operation: z.string() }),
  z.looseObject({ state: z.literal("queued"), operation: z.string() }),
]);
const answeredSchema = z.looseObject({
  result: foundSchema.optional(),
  error: z.looseObject({ code: z.int() }).optional(),
});
const viewSchema = z.looseObject({
  operation: z.string(),
  state: z.enum(["queued", "open", "settled"]),
  outcome: outcome.nullable(),
  final: z.boolean(),
  guids: z.array(z.string().nullable()),
  delivered: z.int(),
  parts: z.int(),
  settled_at: z.number().nullable(),
});
const viewsSchema = z.looseObject({ operations: z.array(viewSchema) });

const NOT_FOUND = -32044;
const NEVER_SEEN: Final = {
  state: "never seen",
  outcome: null,
  operation: null,
  guids: [],
  delivered: null,
  parts: null,
  settledAt: null,
  isFinal: null,
  said: "never seen",
};

/** Of a send through the tunnel too. Throws where the relay says what the protocol does not know. */
export async function finalOf(caller: Caller, key: string): Promise<Final> {
  const told = await outcomeOf(caller, key);
  if (!FEATURES.operations) return told;
  const view = await viewOf(caller, key);
  const isSame = view.outcome === told.outcome && view.operation === told.operation;
  return isSame ? view : { ...view, said: `${view.said}, and by relay.outcome ${told.said}` };
}

async function viewOf({ accountUrl, key }: Caller, idempotencyKey: string): Promise<Final> {
  const query = `idempotency_key=${encodeURIComponent(idempotencyKey)}`;
  const answer = await http(`${accountUrl}/operations?${query}`, { key });
  if (answer.status !== 200) throw new Error(`operations of ${idempotencyKey}: ${brief(answer.text)}`);
  const [view, ...others] = viewsSchema.parse(answer.json()).operations;
  if (view === undefined) return NEVER_SEEN;
  if (others.length > 0) throw new Error(`I7: ${idempotencyKey} has ${others.length + 1} operations`);
  const { settled_at: settledAt, final: isFinal, ...rest } = view;
  // What Messages says of a message goes on to change.
  return {
    ...rest,
    settledAt,
    isFinal,
    said: JSON.stringify({ ...view, status: undefined, followed: undefined }),
  };
}

async function outcomeOf({ accountUrl, key }: Caller, idempotency_key: string): Promise<Final> {
  const body = { jsonrpc: "2.0", id: 1, method: "relay.outcome", params: { idempotency_key } };
  const answer = await http(`${accountUrl}/rpc`, { method: "POST", key, body });
  if (answer.status !== 200) throw new Error(`relay.outcome of ${idempotency_key}: ${brief(answer.text)}`);
  const { result, error } = answeredSchema.parse(answer.json());
  if (result === undefined) {
    if (error?.code !== NOT_FOUND) throw new Error(`relay.outcome: ${brief(answer.text)}`);
    return NEVER_SEEN;
  }
  const { operation } = result;
  const said = JSON.stringify(result);
  if (result.state !== "settled") return { ...NEVER_SEEN, state: result.state, operation, said };
  const { answer: stored } = result;
  const isSent = "result" in stored;
  const guid = isSent ? (sentSchema.parse(stored.result).guid ?? null) : null;
  return {
    state: result.state,
    outcome: result.outcome,
    operation,
    guids: isSent ? [guid] : [],
    delivered: isSent ? 1 : null,
    parts: 1,
    settledAt: null,
    isFinal: null,
    said,
  };
}
