// What waits goes before everything that was asked for after it, chat by chat (SEND3).
import type { Case, Row } from "./findings.ts";
import { partMark } from "./plan.ts";

export function wrongOrder(cases: readonly Case[], rows: readonly Row[]): string[] {
  const channel = cases.flatMap((one) => {
    const placed = one.wish.door === "messages" ? placeOf(one, rows) : undefined;
    return placed === undefined ? [] : [{ one, placed }];
  });
  return channel.flatMap(({ one, placed }) => {
    const at = one.told.find(({ outcome }) => outcome === "queued")?.at;
    // An imsg that outlives its agent may do late what nobody waits for any more.
    if (at === undefined || one.told.some(({ outcome }) => outcome === "unknown")) return [];
    return (
      channel
        // Asked for when the other one had been taken already: they cannot have changed places on their way.
        .filter((later) => later.one.chat === one.chat && later.one.from > at && later.placed < placed)
        .map(
          (later) => `order: ${later.one.wish.key} went out before ${one.wish.key}, which was queued before`,
        )
    );
  });
}

/** The place of its first message; undefined where there is none, or none that is surely its own. */
function placeOf({ wish, chat, final }: Case, rows: readonly Row[]): number | undefined {
  const [guid] = final.guids;
  const begins = wish.parts > 1 ? partMark(wish.key, 0) : wish.text;
  const isOwn = (row: Row): boolean =>
    typeof guid === "string"
      ? row.guid === guid
      : row.by === "relay" && row.chat === chat && row.text.startsWith(begins);
  const places = rows.flatMap((row, at) => (isOwn(row) ? [at] : []));
  return places.length === 1 ? places[0] : undefined;
}
