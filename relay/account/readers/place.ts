// Where a reader begins (EVT3), and what it is told when that place is not kept any more (EVT4).
import { eventId, parseEventId, type LoggedEvent } from "../../../shared/events.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { State } from "../store/state.ts";

/** A place in this log. `lost` = the place that was asked for, where that is in another log. */
export interface Place {
  readonly seq: number;
  readonly lost: string | null;
}

/** `after` as it came over a door; null = it was not said. `first` = the lowest number kept. */
export function readPlace(
  after: string | null,
  fallback: "tail" | "beginning",
  first: number,
  { log, last_seq }: Pick<State, "log" | "last_seq">,
): Result<Place, string> {
  const asked = after ?? fallback;
  if (asked === "tail") return ok({ seq: last_seq, lost: null });
  if (asked === "beginning") return ok({ seq: first - 1, lost: null });
  const id = parseEventId(asked);
  if (id === undefined) return err("after: an event id, tail or beginning");
  // Another log's place means nothing here: everything this one has, and the gap is said.
  return ok(
    id.log === log ? { seq: Math.min(id.seq, last_seq), lost: null } : { seq: first - 1, lost: asked },
  );
}

/** The event that says so, where events after `place` were lost to its reader. */
export function gapAfter(
  { seq, lost }: Place,
  first: number,
  { log, account, database }: Pick<State, "log" | "account" | "database">,
  now: number,
): LoggedEvent | undefined {
  const isMissing = seq + 1 < first;
  if (lost === null && !isMissing) return undefined;
  const to = eventId(log, first - 1);
  const data =
    lost === null
      ? { from: eventId(log, seq), to, count: first - 1 - seq, why: "retention" }
      : { from: lost, to, count: null, why: "another_log" };
  return {
    id: to,
    kind: "gap",
    account,
    logged_at: now,
    database,
    rowid: null,
    chat: null,
    delayed: false,
    backfilled: false,
    data,
  };
}
