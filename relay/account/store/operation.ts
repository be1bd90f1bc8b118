// One operation, as it is kept: the row of its table, and what may change of it.
import * as z from "zod";
import { answerSchema, type Answer } from "../../../shared/jsonrpc.ts";
import type { OperationId } from "../../../shared/ids.ts";
import type { SendOutcome } from "../../../shared/outcome.ts";
import type { SqlValue } from "../ports.ts";

/** What Messages says of a message that was sent; null = nothing yet. */
export const sendStateSchema = z.enum(["sent", "delivered", "failed"]).nullable();
export type SendState = z.infer<typeof sendStateSchema>;

const givenSchema = z.tuple([z.number(), z.number()]);
/** Time (ms) and number of the log. */
export type Given = z.infer<typeof givenSchema>;

/** A mutation: written before it is dispatched, so that its outcome survives everything (I6). */
export interface Operation {
  readonly id: OperationId;
  readonly idempotency_key: string | null;
  /** SHA-256 of method and params: the same key with another body is a conflict. */
  readonly request_hash: string;
  readonly method: string;
  /**
   * JSON: the params, or a list of the params of each part; null once settled, since it holds the message's text, and
   * where many are read at once.
   */
  readonly params: string | null;
  /** The journal it was first given to, and no other may run it; "" = given to none yet. */
  readonly journal: string;
  /** Whom to answer if nobody in memory waits. */
  readonly gateway: string | null;
  readonly rpc_id: string | null;
  /** The chat it goes to, by its one name; null where that is not known. */
  readonly chat: string | null;
  /** Of texts: the hash of each part's, with blanks between, by which their echoes are known. */
  readonly text_hash: string | null;
  readonly created_at: number;
  /** Until when the part under way may be begun. */
  readonly deadline: number;
  /** Grows with every operation. */
  readonly turn: number;
  /** Whose call it is. What comes through the tunnel keeps no order but its gateway's. */
  readonly origin: "tunnel" | "channel" | "relay";
  /** The key that asked for it; null = the relay itself, or not known (of before that was kept). */
  readonly key: string | null;
  /** The part that is under way, or to be begun next, counted from 0. */
  readonly part: number;
  readonly parts: number;
  /** Of the parts that went out; null = imsg did not say, and no row has told yet. */
  readonly guids: readonly (string | null)[];
  /** The generation of the Messages database in which it was asked for. */
  readonly database: number;
  /** Whether its chat was named by a row id, which means nothing in another database. */
  readonly by_id: boolean;
  /** When it was first given to the Mac, and the log's last number then. */
  readonly begun_at: number | null;
  readonly begun_seq: number;
  /** The same of each part after the first. */
  readonly given: readonly Given[];
  /** Whether rows of Messages may still tell more than is known. */
  readonly unresolved: boolean;
  /** Whether somebody was answered without its outcome, and is told by an event. */
  readonly owed: boolean;
  /** Of each of `guids`. */
  readonly states: readonly SendState[];
  /** When the states are asked for next; null = no more. */
  readonly look_at: number | null;
  readonly looks: number;
  readonly settled: { readonly at: number; readonly outcome: SendOutcome; readonly answer: Answer } | null;
}

const text = z.string().nullable();
const integer = z.number().nullable();
const flag = z.number().transform((value) => value === 1);
const listOf = <T>(list: z.ZodType<T[]>) =>
  z.string().transform((json): readonly T[] => list.parse(JSON.parse(json)));
export const operationSchema = z.object({
  id: z.string().transform((id) => id as OperationId),
  idempotency_key: text,
  request_hash: z.string(),
  method: z.string(),
  params: text,
  journal: z.string(),
  gateway: text,
  rpc_id: text,
  chat: text,
  text_hash: text,
  created_at: z.number(),
  deadline: z.number(),
  turn: z.number(),
  origin: z.enum(["tunnel", "channel", "relay"]),
  key: text,
  part: z.number(),
  parts: z.number(),
  guids: listOf(z.array(text)),
  database: z.number(),
  by_id: flag,
  begun_at: integer,
  begun_seq: z.number(),
  given: listOf(z.array(givenSchema)),
  unresolved: flag,
  owed: flag,
  states: listOf(z.array(sendStateSchema)),
  look_at: integer,
  looks: z.number(),
  settled_at: integer,
  outcome: z.enum(["sent", "not_sent", "unknown"]).nullable(),
  answer: text.transform((json) => (json === null ? null : answerSchema.parse(JSON.parse(json)))),
});

export const WITHOUT_PARAMS = Object.keys(operationSchema.shape)
  .map((name) => (name === "params" ? "NULL AS params" : name))
  .join(", ");

/** What may change of one, and how it is written. */
export interface OperationPatch {
  readonly params?: null;
  readonly journal?: string;
  readonly gateway?: null;
  readonly deadline?: number;
  readonly part?: number;
  readonly guids?: readonly (string | null)[];
  readonly begun_at?: number;
  readonly begun_seq?: number;
  readonly given?: readonly Given[];
  readonly unresolved?: boolean;
  readonly owed?: true;
  readonly states?: readonly SendState[];
  readonly look_at?: number | null;
  readonly looks?: number;
  readonly settled_at?: number;
  readonly outcome?: SendOutcome;
  readonly answer?: Answer;
}

export function asSql(value: OperationPatch[keyof OperationPatch]): SqlValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : (value ?? null);
}

export function toOperation({
  settled_at,
  outcome,
  answer,
  ...rest
}: z.infer<typeof operationSchema>): Operation {
  const settled =
    settled_at === null || outcome === null || answer === null ? null : { at: settled_at, outcome, answer };
  return { ...rest, settled };
}
