// Nobody knows only where a fault has taken the answer; and what a row of the log proves is known in the end.
import type { Excuse } from "./excuse.ts";
import type { Case, Row } from "./findings.ts";

/** Clocks are read before and after what they time. */
const SLACK_MS = 60;

export function unexplained(cases: readonly Case[], excuses: readonly Excuse[]): string[] {
  const unknown = cases.filter(
    ({ told, final }) => final.outcome === "unknown" || told.some(({ outcome }) => outcome === "unknown"),
  );
  const without = unknown.filter((one) => !excuses.some((excuse) => mayExplain(excuse, one)));
  // One send is in imsg's hands at a time, so a fault that is not the journal's takes as many as it says.
  const rest = unknown.filter(
    (one) => !excuses.some((excuse) => excuse.covers === "all" && mayExplain(excuse, one)),
  );
  const covered = excuses.reduce((sum, { covers }) => sum + (covers === "all" ? 0 : covers), 0);
  return [
    ...without.map(
      ({ wish, from, until }) => `I6: no fault explains that ${wish.key} (${from} to ${until}) is unknown`,
    ),
    ...(rest.length > covered
      ? [
          `I6: ${rest.length} are unknown, and faults explain ${covered}: ${rest.map(({ wish }) => wish.key).join(", ")}`,
        ]
      : []),
  ];
}

const mayExplain = ({ at, until }: Excuse, one: Case): boolean =>
  one.from <= until + SLACK_MS && one.until >= at - SLACK_MS;

/** Unknown in the end, though the one row with its words in its chat can be no other's. */
export function provable(cases: readonly Case[], rows: readonly Row[]): Case[] {
  return cases.filter(({ wish, chat, final }) => {
    if (final.outcome !== "unknown" || wish.parts > 1) return false;
    const same = cases.filter((other) => other.chat === chat && other.wish.text === wish.text);
    const there = rows.filter((row) => row.chat === chat && row.text === wish.text);
    return same.length === 1 && there.length === 1 && there[0]?.by === "relay";
  });
}
