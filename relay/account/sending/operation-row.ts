// The row of a mutation: what is written before the call leaves, and what can be told of it without asking anybody.
import { NOT_STARTED, refusal, unknownOutcome, type Answer, type RpcId } from "../../../shared/jsonrpc.ts";
import type { AccountPorts } from "../ports.ts";
import type { Operation } from "../store/operation.ts";
import type { StateStore } from "../store/state.ts";

export interface Mutation {
  readonly method: string;
  /** The params of each part; what comes through the tunnel has one. */
  readonly parts: readonly unknown[];
  /** What was asked, where `parts` were made of it: the same request may resolve otherwise tomorrow. */
  readonly request?: unknown;
  readonly deadlineMs: number;
  readonly idempotencyKey: string | null;
  readonly origin: Operation["origin"];
  readonly key: Operation["key"];
  /** The gateway socket to answer if the object slept meanwhile; null over HTTP. */
  readonly asked: { readonly gateway: string; readonly rpcId: RpcId } | null;
  /** How long it may wait for a Mac that is away; null = it must be connected. */
  readonly queueMs: number | null;
  /** Whether its chat was named by a row id; absent = as `parts` say. */
  readonly isById?: boolean;
}

/** One that waits for the Mac or its turn, and that nobody waits for. */
export const isInQueue = ({ journal }: Operation, { queueMs }: Pick<Mutation, "queueMs">): boolean =>
  journal === "" && queueMs !== null;

interface Described extends Pick<Operation, "chat" | "text_hash" | "by_id" | "turn"> {
  readonly hash: string;
}

/** As it is before it is given to any journal. */
export function operationOf(
  mutation: Mutation,
  { hash, turn, chat, text_hash, by_id }: Described,
  ports: Pick<AccountPorts, "clock" | "mint">,
  state: StateStore,
): Operation {
  const { method, parts, idempotencyKey, asked, origin, key, deadlineMs, queueMs, isById } = mutation;
  const { account, database } = state.current;
  const now = ports.clock.now();
  return {
    id: ports.mint("op", account),
    idempotency_key: idempotencyKey,
    request_hash: hash,
    method,
    params: JSON.stringify(parts.map((params) => params ?? {})),
    journal: "",
    gateway: asked?.gateway ?? null,
    rpc_id: asked === null ? null : JSON.stringify(asked.rpcId),
    chat,
    text_hash,
    created_at: now,
    deadline: now + (queueMs ?? deadlineMs),
    turn,
    origin,
    key,
    part: 0,
    parts: parts.length,
    guids: [],
    database,
    by_id: isById ?? by_id,
    begun_at: null,
    begun_seq: 0,
    given: [],
    unresolved: false,
    owed: false,
    states: [],
    look_at: null,
    looks: 0,
    settled: null,
  };
}

const never = (code: "deadline_exceeded" | "forbidden" | "gone", detail: string) =>
  refusal(code, { ...NOT_STARTED, detail });
export const TOO_LATE = never("deadline_exceeded", "its time was over before it was begun");
export const CANCELLED = never("gone", "cancelled before it was begun");
export const REVOKED = never(
  "forbidden",
  "its key was revoked, or its endpoint deleted, before it was begun",
);
export const VOID = never(
  "gone",
  "its chat was named by chat_id, and the Messages database was replaced since; name it by chat_guid",
);

/** It waited too long for the Mac, or for its turn. */
export const isOverdue = ({ journal, deadline }: Operation, now: number): boolean =>
  journal === "" && deadline <= now;

/** The channel's own calls name the chat itself, however it was asked for. */
export const isVoid = ({ origin, by_id, database }: Operation, today: number): boolean =>
  origin === "tunnel" && by_id && database !== today;

/** Whether a row may still tell what became of it; what names no one chat only stands in the way of others. */
export const mayBeTold = ({ unresolved, chat }: Operation): boolean => unresolved && chat !== null;

/** What a caller of the tunnel is answered. */
export const answerOf = ({ id, settled }: Operation): Answer => settled?.answer ?? unknownOutcome(id);

/** The params of each part. Rows of before there were parts hold an object. */
export function partsOf({ params }: Operation): unknown[] {
  const parts: unknown = JSON.parse(params ?? "[]");
  return Array.isArray(parts) ? parts : [parts];
}
