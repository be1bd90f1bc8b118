// The first questions to a new imsg: does it answer, what can it do. Capabilities come from `status`, or from
// what -32601 teaches; never from a version string.
import * as z from "zod";
import type { Outcome } from "../../shared/calls.ts";
import type { Engine } from "../../shared/health.ts";
import { chatsSchema, historySchema, statusSchema } from "../../shared/imsg.ts";
import { RPC } from "../../shared/jsonrpc.ts";
import { assertNever, err, ok, type Result } from "../../shared/result.ts";
import { troubleOf, type Trouble } from "./diagnose.ts";

export interface Probed {
  readonly engine: Engine;
  /** Old engines do one thing after the other: a slow send would hold up reading. */
  readonly sequential: boolean;
}
type ProbeResult = Result<Probed, Trouble>;

/** Asks one thing; `next` runs once. */
type Ask = (method: string, params: unknown, next: (outcome: Outcome) => void) => void;

/** Before anything is known. */
export const UNKNOWN_ENGINE: Engine = { version: null, methods: null, pages: false, bridge: null };

const databaseSchema = z.looseObject({ database: z.looseObject({ ready: z.boolean() }) });
const chatIdSchema = z.looseObject({ id: z.int() });
const guidSchema = z.looseObject({ guid: z.string() });

export function probe(ask: Ask, done: (result: ProbeResult) => void): void {
  ask("status", undefined, (outcome) => {
    const answer = answered(outcome, done);
    if (answer === undefined) return;
    if ("result" in answer) done(readStatus(answer.result));
    else if (answer.error.code === RPC.method_not_found) probeOld(ask, done);
    else done(err(troubleOf(answer.error)));
  });
}

function readStatus(result: unknown): ProbeResult {
  const status = statusSchema.safeParse(result);
  if (!status.success) return err({ kind: "unhealthy", reason: "imsg_too_old", why: "status is unreadable" });
  const database = databaseSchema.safeParse(result);
  if (database.success && !database.data.database.ready) {
    return err({
      kind: "unhealthy",
      reason: "full_disk_access_missing",
      why: "status says the database is not ready",
    });
  }
  const { version, methods, bridge } = status.data;
  const engine: Engine = {
    version: version?.slice(0, 100) ?? null,
    methods: methods?.filter((name) => name.length <= 100).slice(0, 500) ?? null,
    pages: methods?.includes("messages.after") ?? false,
    bridge: bridge?.ready ?? null,
  };
  return ok({ engine, sequential: false });
}

/**
 * An old engine whose first look at the schema met a locked database gives every guid as "" until it is
 * restarted, so one message is looked at before it is trusted.
 */
function probeOld(ask: Ask, done: (result: ProbeResult) => void): void {
  const fine = (): void => done(ok({ engine: UNKNOWN_ENGINE, sequential: true }));
  ask("chats.list", { limit: 1 }, (outcome) => {
    const answer = answered(outcome, done);
    if (answer === undefined) return;
    if ("error" in answer) {
      done(err(troubleOf(answer.error)));
      return;
    }
    const chats = chatsSchema.safeParse(answer.result);
    const chat = chats.success ? chatIdSchema.safeParse(chats.data.chats[0]) : undefined;
    if (chat?.success !== true) {
      fine();
      return;
    }
    ask("messages.history", { chat_id: chat.data.id, limit: 1 }, (outcome) => {
      const answer = answered(outcome, done);
      if (answer === undefined) return;
      const history = "result" in answer ? historySchema.safeParse(answer.result) : undefined;
      const newest = history?.success === true ? guidSchema.safeParse(history.data.messages[0]) : undefined;
      if (newest?.success === true && newest.data.guid === "") {
        done(err({ kind: "unhealthy", reason: "imsg_schema_unread", why: "messages have no guid" }));
      } else fine();
    });
  });
}

function answered(outcome: Outcome, done: (result: ProbeResult) => void) {
  switch (outcome.kind) {
    case "answer":
      return outcome.answer;
    case "deadline":
      done(err({ kind: "hung", reason: "imsg_hung", why: "no answer to the first question" }));
      return undefined;
    case "closed":
    case "cancelled":
      // Its end is told by the process itself.
      return undefined;
    default:
      return assertNever(outcome);
  }
}
