import type { EngineProcess } from "./engine-process.ts";
import type { Fault } from "./faults.ts";
import type { WireObject } from "./json-write.ts";
import { deliveryFailure, internalError, RpcFailure, type Delivery } from "./rpc-failure.ts";

/** SQLite's busy timeout in imsg: a locked database is waited for 5 s, then the query fails [12]. */
export const BUSY_MS = 5000;
export const LOCKED = "database is locked (code: 5)";
/** What 0.9 says of any query that fails: on a locked, empty or garbage database [12]. */
export const QUERY_FAILED = "The operation could not be completed. (SQLite.Result error 0.)";

export type Outcome = WireObject | RpcFailure;

export interface Call {
  readonly method: string;
  /** What it says; undefined where it says nothing. */
  readonly text: string | undefined;
  /** Does it ask the database? A watch.subscribe does not, its stream does [12-db-exclusive-locked]. */
  readonly queries: boolean;
  /** What a query says when the database is still locked after the wait. */
  readonly locked: string;
  /** Validation and effect in one step; throws RpcFailure. */
  readonly perform: () => WireObject;
  readonly answer: (outcome: Outcome) => void;
  /** The call is over and the next of its lane may start; `poison` blocks the lane. */
  readonly finished: (poison?: Delivery) => void;
}

/** Takes one request from its arrival to its answer, through whatever fault strikes it. */
export function runCall(process: EngineProcess, call: Call): void {
  const fault = process.host.faults?.strike("request", call.method, call.text);
  if (fault?.kind === "locked") process.lock(fault.ms);
  const stage = fault !== undefined && "at" in fault ? (fault.at ?? "before_effect") : "before_effect";
  const waits = fault?.kind === "hold" && stage === "before_effect" ? fault.ms : 0;
  const busy = call.queries ? Math.min(process.lockedFor, BUSY_MS) : 0;
  const [before, after] = call.method === "send" ? timesOfSend(process) : [0, 0];
  process.soon(Math.max(waits, busy) + before, () => {
    if (fault?.kind === "crash" && stage === "before_effect") return process.kill();
    if (fault?.kind === "hang" && stage === "before_effect") return process.hang();
    if (fault?.kind === "stuck") return stick(process, call, fault);
    const outcome = outcomeOf(process, call, fault);
    if (fault?.kind === "crash" && stage === "after_effect") return process.kill();
    if (fault?.kind === "hang") return process.hang();
    const held = fault?.kind === "hold" && stage === "after_effect" ? fault.ms : 0;
    return process.soon(held + after, () => {
      if (fault?.kind === "out_of_order") process.park(() => call.answer(outcome));
      else if (fault?.kind !== "lose_answer") {
        call.answer(outcome);
        process.unpark();
      }
      if (fault?.kind === "crash") return process.kill();
      return call.finished();
    });
  });
}

/** Before its effect, and between effect and answer. */
function timesOfSend({ options, host }: EngineProcess): [before: number, after: number] {
  const [least, most] = options.sendMs;
  // No number is drawn where there is nothing to decide: a seed gives the same as ever.
  if (most <= 0) return [0, 0];
  const ms = least + host.random() * (most - least);
  const before = host.random() * ms;
  return [before, ms - before];
}

function outcomeOf(process: EngineProcess, call: Call, fault: Fault | undefined): Outcome {
  if (fault?.kind === "fail") return new RpcFailure(fault.error.code, fault.error.message, fault.error.data);
  if (call.queries && process.lockedFor > 0) return internalError(call.locked);
  return attempt(call);
}

function attempt(call: Call): Outcome {
  try {
    return call.perform();
  } catch (error) {
    if (error instanceof RpcFailure) return error;
    throw error;
  }
}

function stick(process: EngineProcess, call: Call, fault: Extract<Fault, { kind: "stuck" }>): void {
  const delivery: Delivery = {
    disposition: "still_in_flight",
    transport: "bridge_v2",
    operation: call.method,
    detail: "The operation did not finish within its time limit and may still complete.",
  };
  if (fault.effect === "done") attempt(call);
  process.soon(fault.ms ?? 0, () => {
    if (fault.effect === "late") attempt(call);
    call.answer(deliveryFailure(delivery));
    process.unpark();
    call.finished(delivery);
  });
}
