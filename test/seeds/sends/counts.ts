// What one history adds to the sums of a run.
import type { Counts } from "../seed-result.ts";
import type { SendFindings } from "./findings.ts";
import { casesOf } from "./judge.ts";
import { reasons } from "./proof.ts";

export function countsOf(found: SendFindings, struck: readonly string[]): Counts {
  const cases = casesOf(found);
  const counts: Record<string, number> = { sends: cases.length };
  const add = (name: string, by = 1): void => void (counts[name] = (counts[name] ?? 0) + by);
  const makers = new Map(found.rows.map(({ guid, call }) => [guid, call]));
  const unknown = new Map<string, number>();
  for (const { stored, outcomes, ask } of cases) {
    add(stored?.outcome ?? "refused");
    if (stored === undefined) continue;
    const { outcome, guids } = stored;
    if (outcome === "unknown" || outcomes.some((told) => told.outcome === "unknown")) {
      add("were unknown");
      const what = `${ask.chat} ${ask.texts.join(" ")}`;
      unknown.set(what, (unknown.get(what) ?? 0) + 1);
    }
    if (ask.texts.length > 1) add("in parts");
    if (guids.length > 0 && outcome === "not_sent") add("partly sent");
    if (ask.told.some(({ answer }) => answer.ok && answer.value.state === "queued")) add("queued");
    if (ask.takenBackAt !== undefined) add("taken back");
    if (ask.isById) add("by row id");
    if (ask.isById && found.resetAt !== null && stored.created_at < found.resetAt && outcome === "not_sent")
      add("void by another database");
    if (ask.askers > 1) add("asked twice at once");
    if (guids.some((guid) => guid !== null && makers.get(guid) === null)) add("taken for the owner's");
  }
  for (const count of unknown.values()) if (count > 1) add("unknown beside a twin", count);
  for (const [reason, count] of Object.entries(reasons(cases, found.rows)))
    add(`unresolved: ${reason}`, count);
  for (const cell of struck) add(`struck: ${cell}`);
  return counts;
}
