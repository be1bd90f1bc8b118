// What became of a message, in words, as an exit code, and for programs.
import type { ClientError } from "../client/client-error.ts";
import type { Operation, SendOutcome } from "../client/operation-shapes.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import {
  adviceOf,
  exitOf,
  exitOfCode,
  failureJson,
  reasonOf,
  requestOf,
  sentenceOf,
} from "./failure-report.ts";
import { localTime } from "../../shared/terminal/local-time.ts";
import { harmless } from "./text-table.ts";

export interface Verdict {
  readonly exit: ExitCode;
  readonly says: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Of what was waited for in vain: it may still come, or nobody asks any more. */
export const DELIVERY_OPEN = " Messages has not said yet whether it was delivered.";
export const DELIVERY_UNTOLD = " Whether it was delivered cannot be said: it is an SMS, or imsg cannot tell.";

/** `delivery`: what to say of one that was sent, and of whose delivery nothing is known. */
export function verdictOn(outcome: SendOutcome, delivery = ""): Verdict {
  const [exit, says] = judge(outcome, delivery);
  return { exit, says: harmless(says), json: outcome };
}

function judge(outcome: SendOutcome, delivery: string): [ExitCode, string] {
  const { operation, idempotency_key: key, status, expires_at } = outcome;
  if (outcome.outcome === "sent") {
    if (status === "failed")
      return [EXIT.undelivered, `Sent, but Messages says that it failed${guidsOf(outcome)}.`];
    if (status === "delivered") return [EXIT.done, `Sent and delivered${guidsOf(outcome)}.`];
    return [EXIT.done, `Sent${guidsOf(outcome)}.${delivery}`];
  }
  if (outcome.outcome === "not_sent") return notSent(outcome);
  if (outcome.outcome === null && outcome.state === "queued") {
    const until = expires_at === null ? "" : `, until ${localTime(expires_at)}`;
    return [
      EXIT.queued,
      `Queued: it goes out when the Mac is back${until}. To take it back: imsg-relay cancel ${operation ?? ""}`,
    ];
  }
  const known =
    outcome.delivered > 0 ? ` ${outcome.delivered} of ${outcome.parts || "?"} parts certainly did.` : "";
  return [
    EXIT.unknown,
    `Unknown: it may have gone out.${known} What became of it: imsg-relay operations --key ${key}. ` +
      "Sending it again with that --key never sends it twice.",
  ];
}

/** Followed to its end, or the stored answer to the same key. */
function notSent({ delivered, parts, error }: SendOutcome): [ExitCode, string] {
  const why = error === null ? "" : reasonOf(error).replace(/[^.!?]$/, "$&.");
  if (delivered > 0) return [EXIT.partly, partly(delivered, parts, why)];
  return [error === null ? EXIT.failed : exitOfCode(error.code), `Not sent${why === "" ? "." : `: ${why}`}`];
}

/** The relay counts them as well. */
function partly(delivered: number, parts: number, why: string): string {
  const counted = `${delivered} of ${parts || "?"} parts went out`;
  const rest = why.startsWith(counted) ? why.slice(counted.length) : why === "" ? "." : `: ${why}`;
  return `Only ${counted}${rest} Do not send all of it again.`;
}

function guidsOf({ guids, guid, parts }: SendOutcome): string {
  const known = guids.length > 0 ? guids : [guid];
  const named = known.filter((one) => one !== null);
  const what = parts > 1 ? ` in ${parts} parts` : "";
  return named.length === 0 ? what : `${what} (guid ${named.join(", ")})`;
}

/** Nothing, or nothing more, goes out. */
export function refusalOf(error: ClientError, key: string): Verdict {
  const { code, sending } = error;
  const exit = exitOf(error);
  const why = `${sentenceOf(error)}${adviceOf(error, "send")}`;
  const json = { ...failureJson(error), outcome: "not_sent", idempotency_key: key };
  const delivered = sending?.delivered ?? 0;
  const hint = code === "agent_offline" ? " With --queue it waits for the Mac." : "";
  const says = delivered > 0 ? partly(delivered, sending?.parts ?? 0, why) : `Not sent: ${why}${hint}`;
  return { exit, says: `${says}${requestOf(error)}`, json };
}

/** What was followed, in the form of an answer to sending. */
export const asOutcome = (operation: Operation, key: string): SendOutcome => ({
  ...operation,
  idempotency_key: key,
});
