// Which message of Messages' is which send of ours, where no guid says so. Pure. One to one or not at all: what two
// assignments could explain is not decided, and a missing row proves nothing (I6).
import { ROW_EARLY_MS, ROW_LATE_MS } from "../../../shared/limits.ts";
import { isSameChat, mayBeChat } from "../chats/chat-name.ts";

/** One part of a send whose message is not known. */
export interface UnknownPart {
  readonly operation: string;
  readonly part: number;
  /** Null = any: its messages are not known by their chat, and another's may be its own. */
  readonly chat: string | null;
  readonly text_hash: string;
  /** Between which instants (ms) imsg may have had it; `until` null = it still has. */
  readonly from: number;
  readonly until: number | null;
  /** The log's last number when it was given to the Mac: an earlier row is another message. */
  readonly seq: number;
}

/** A message that this account sent, however. */
export interface OwnRow {
  readonly guid: string;
  readonly chat: string;
  /** Null = its text was not kept: it may be any. */
  readonly text_hash: string | null;
  readonly date: number;
  readonly seq: number;
}

export interface Match {
  readonly part: UnknownPart;
  readonly guid: string;
}

/** What is known whole: every row logged after `seq`, every send that may have had a row dated after `from` (ms). */
export interface Horizon {
  readonly seq: number;
  readonly from: number;
}

/** `rows`: none that is known to be another send's. Of what reaches beyond `known` nothing is decided. */
export function matchRows(parts: readonly UnknownPart[], rows: readonly OwnRow[], known: Horizon): Match[] {
  const matches: Match[] = [];
  const left = new Set(parts);
  for (const part of parts) {
    if (!left.has(part)) continue;
    const group = groupOf(part, left, rows);
    for (const member of group.parts) left.delete(member);
    matches.push(...decide(group, known));
  }
  return matches;
}

interface Group {
  readonly parts: readonly UnknownPart[];
  readonly rows: readonly OwnRow[];
}

/** Everything that hangs together by who could be whose. */
function groupOf(first: UnknownPart, parts: ReadonlySet<UnknownPart>, rows: readonly OwnRow[]): Group {
  const group = { parts: new Set([first]), rows: new Set<OwnRow>() };
  for (const part of group.parts) {
    for (const row of rows) {
      if (group.rows.has(row) || !mayBe(part, row)) continue;
      group.rows.add(row);
      // A set that grows while it is read shows what was added, too.
      for (const other of parts) if (mayBe(other, row)) group.parts.add(other);
    }
  }
  return { parts: [...group.parts], rows: [...group.rows] };
}

function decide({ parts, rows }: Group, known: Horizon): Match[] {
  // As many messages as sends: each has one. One still under way will say itself which is its own.
  if (parts.length !== rows.length || parts.some(({ until }) => until === null)) return [];
  // Where a row was forgotten, or another send was, what is left only looks unique.
  if (parts.some(({ seq, from }) => seq < known.seq || from - ROW_EARLY_MS < known.from)) return [];
  const inTime = rows.toSorted((a, b) => a.date - b.date || a.seq - b.seq);
  const inOrder = parts.toSorted((a, b) => a.from - b.from || a.part - b.part || untilOf(a) - untilOf(b));
  const pairs = inOrder.flatMap((part, at) => {
    const row = inTime[at];
    return row !== undefined && isPossible(part, row) ? [{ part, guid: row.guid }] : [];
  });
  return pairs.length === parts.length ? pairs : [];
}

const untilOf = ({ until }: UnknownPart): number => until ?? Number.POSITIVE_INFINITY;

const isPossible = (part: UnknownPart, row: OwnRow): boolean =>
  part.chat !== null && row.text_hash !== null && isSameChat(part.chat, row.chat) && mayBe(part, row);

/** Whether nothing says that it is not. */
const mayBe = (part: UnknownPart, row: OwnRow): boolean =>
  (row.text_hash === null || part.text_hash === row.text_hash) &&
  mayBeChat(part.chat, row.chat) &&
  row.seq > part.seq &&
  row.date >= part.from - ROW_EARLY_MS &&
  (part.until === null || row.date <= part.until + ROW_LATE_MS);
