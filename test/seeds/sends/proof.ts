// When Messages' rows prove what became of a send whose outcome is unknown, worked out from the world's own rows and
// without a word of the relay's: where as many rows as sends hang together by chat, text and time, each send has one.
// What is left unknown is counted by the reason why nobody can tell.
import { chatKey } from "../../../shared/imsg.ts";
import { ROW_EARLY_MS, ROW_LATE_MS } from "../../../shared/limits.ts";
import type { OwnRow } from "./findings.ts";
import type { Case } from "./judge.ts";

/** A part of which it is not known which message it became, if any. */
interface Open {
  readonly key: string;
  readonly part: number;
  readonly chat: string;
  readonly text: string;
  /** Between which instants imsg may have had it. */
  readonly from: number;
  readonly until: number;
  /** It may never have gone out. */
  readonly isUnknown: boolean;
}

interface Group {
  readonly parts: readonly Open[];
  readonly rows: readonly OwnRow[];
}

/** Everything that the rows prove and the relay does not know. */
export function provable(cases: readonly Case[], rows: readonly OwnRow[]): string[] {
  return groupsOf(cases, rows)
    .filter((group) => isProof(group))
    .flatMap(({ parts }) =>
      parts.map(({ key, part, isUnknown }) =>
        isUnknown
          ? `I6: ${key} is unknown at part ${part}, though its row is there and can be no other's`
          : `I6: part ${part} of ${key} has no guid, though its row is there and can be no other's`,
      ),
    );
}

/** Why those that are unknown are; each once. */
export function reasons(cases: readonly Case[], rows: readonly OwnRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  const count = (reason: string): void => void (counts[reason] = (counts[reason] ?? 0) + 1);
  const groups = groupsOf(cases, rows);
  for (const { ask, stored, effects } of cases) {
    if (stored?.outcome !== "unknown") continue;
    const group = groups.find(({ parts }) =>
      parts.some(({ key, isUnknown }) => key === ask.key && isUnknown),
    );
    const went = effects[stored.guids.length] ?? [];
    const seen = rows.find(({ guid }) => went.some((effect) => effect.guid === guid));
    if (group === undefined) count("without a chat");
    else if (group.rows.length > group.parts.length) count("more rows than sends");
    else if (group.rows.length > 0 && group.rows.length < group.parts.length) count("fewer rows than sends");
    else if (group.rows.length > 0) count("provable");
    else if (went.length === 0) count("no row, and it did not go out");
    else if (seen?.loggedAt === null) count("no row: lost with the old database");
    else count("its row is outside its time");
  }
  return counts;
}

function groupsOf(cases: readonly Case[], rows: readonly OwnRow[]): Group[] {
  const claimed = new Set(cases.flatMap(({ stored }) => stored?.guids ?? []));
  const free = rows.filter(({ guid, loggedAt }) => loggedAt !== null && !claimed.has(guid));
  const left = new Set(cases.flatMap(openParts));
  const groups: Group[] = [];
  for (const part of left) {
    const group = { parts: new Set([part]), rows: new Set<OwnRow>() };
    for (const member of group.parts) {
      left.delete(member);
      for (const row of free) {
        if (!mayBe(member, row) || group.rows.has(row)) continue;
        group.rows.add(row);
        for (const other of left) if (mayBe(other, row)) group.parts.add(other);
      }
    }
    groups.push({ parts: [...group.parts], rows: [...group.rows] });
  }
  return groups;
}

function openParts({ ask, stored, from }: Case): Open[] {
  if (stored === undefined || stored.settled_at === null) return [];
  const { guids, outcome, settled_at, part: stopped } = stored;
  const unnamed = guids.flatMap((guid, at) => (guid === null ? [{ part: at, isUnknown: false }] : []));
  const unknown =
    outcome === "unknown" && guids.length === stopped ? [{ part: stopped, isUnknown: true }] : [];
  return [...unnamed, ...unknown].flatMap(({ part, isUnknown }) => {
    const [text, begun] = [ask.texts[part], from[part]];
    if (text === undefined || begun === undefined) return [];
    // The next part is given to the Mac when this one is over.
    const until = from[part + 1] ?? settled_at;
    return [{ key: ask.key, part, chat: chatKey(ask.chat), text, from: begun, until, isUnknown }];
  });
}

const mayBe = (part: Open, row: OwnRow): boolean =>
  row.chat === part.chat &&
  row.text === part.text &&
  row.date >= part.from - ROW_EARLY_MS &&
  row.date <= part.until + ROW_LATE_MS &&
  // What was there before is another message.
  row.loggedAt !== null &&
  row.loggedAt >= part.from;

/** As many rows as parts, and each part can have one of its own. */
function isProof({ parts, rows }: Group): boolean {
  if (rows.length !== parts.length) return false;
  const holders = new Map<OwnRow, Open>();
  const place = (part: Open, tried: Set<OwnRow>): boolean => {
    for (const row of rows) {
      if (tried.has(row) || !mayBe(part, row)) continue;
      tried.add(row);
      const holder = holders.get(row);
      if (holder !== undefined && !place(holder, tried)) continue;
      holders.set(row, part);
      return true;
    }
    return false;
  };
  return parts.every((part) => place(part, new Set()));
}
