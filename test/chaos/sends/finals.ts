// What the relay holds of every key in the end, as both gateways are told by the channel API and by the tunnel.
import * as z from "zod";
import type { SendOutcome } from "../../../shared/outcome.ts";
import { http } from "../../e2e/http.ts";
import { brief } from "./told.ts";

export interface Final {
  /** `never seen`: the relay has no operation of that key. */
  readonly state: "never seen" | "queued" | "open" | "settled";
  readonly outcome: SendOutcome | null;
  readonly operation: string | null;
  readonly guids: readonly (string | null)[];
  readonly delivered: number;
  /** False where a row may still tell more. */
  readonly isFinal: boolean;
  /** Where `relay.outcome` says something else: what it says. */
  readonly otherwise: string | null;
  /** As it came, without what goes on to change. */
  readonly said: string;
}

interface Caller {
  readonly accountUrl: string;
  readonly key: string;
}

const outcome = z.enum(["sent", "not_sent", "unknown"]);
const foundSchema = z.discriminatedUnion("state", [
  z.looseObject({ state: z.literal("settled"), operation: z.string(), outcome }),
  z.looseObject({ state: z.literal("open"), operation: z.string() }),
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
});
const viewsSchema = z.looseObject({ operations: z.array(viewSchema) });

const NOT_FOUND = -32044;
const NEVER_SEEN: Final = {
  state: "never seen",
  outcome: null,
  operation: null,
  guids: [],
  delivered: 0,
  isFinal: false,
  otherwise: null,
  said: "never seen",
};

/** Of a send through the tunnel too. Throws where the relay says what the protocol does not know. */
export async function finalOf(caller: Caller, key: string): Promise<Final> {
  const view = await viewOf(caller, key);
  const told = await outcomeOf(caller, key);
  if (isSame(view, told)) return view;
  // A row may have settled it in between.
  const again = await viewOf(caller, key);
  return isSame(again, told) ? again : { ...again, otherwise: JSON.stringify(told) };
}

interface Told {
  readonly operation: string | null;
  readonly outcome: SendOutcome | null;
}

const isSame = (view: Final, told: Told): boolean =>
  view.outcome === told.outcome && view.operation === told.operation;

async function viewOf({ accountUrl, key }: Caller, idempotencyKey: string): Promise<Final> {
  const query = `idempotency_key=${encodeURIComponent(idempotencyKey)}`;
  const answer = await http(`${accountUrl}/operations?${query}`, { key });
  if (answer.status !== 200) throw new Error(`operations of ${idempotencyKey}: ${brief(answer.text)}`);
  const [view, ...others] = viewsSchema.parse(answer.json()).operations;
  if (view === undefined) return NEVER_SEEN;
  if (others.length > 0) throw new Error(`I7: ${idempotencyKey} has ${others.length + 1} operations`);
  const { state, outcome, operation, guids, delivered, final: isFinal } = view;
  // What Messages says of a message, and whether it is asked about it, goes on to change.
  const said = JSON.stringify({ ...view, status: undefined, followed: undefined });
  return { state, outcome, operation, guids, delivered, isFinal, otherwise: null, said };
}

async function outcomeOf({ accountUrl, key }: Caller, idempotency_key: string): Promise<Told> {
  const body = { jsonrpc: "2.0", id: 1, method: "relay.outcome", params: { idempotency_key } };
  const answer = await http(`${accountUrl}/rpc`, { method: "POST", key, body });
  if (answer.status !== 200) throw new Error(`relay.outcome of ${idempotency_key}: ${brief(answer.text)}`);
  const { result, error } = answeredSchema.parse(answer.json());
  if (result === undefined && error?.code !== NOT_FOUND)
    throw new Error(`relay.outcome of ${idempotency_key}: ${brief(answer.text)}`);
  if (result === undefined) return NEVER_SEEN;
  return { operation: result.operation, outcome: result.state === "settled" ? result.outcome : null };
}
