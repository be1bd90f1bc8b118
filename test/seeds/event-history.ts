// What readers of the channel must have been shown, judged by the ids of events (EVT1 to EVT4).
import { MESSAGE_KINDS, parseEventId } from "../../shared/events.ts";
import type { Written } from "./history.ts";

/** An event that was logged. */
export interface Logged {
  readonly seq: number;
  /** Whether the policy shows it. */
  readonly isShown: boolean;
}

/** An event as it came to a reader. */
export interface Heard {
  readonly id: string;
  readonly kind: string;
  readonly data: unknown;
}

export interface EventReaderFound {
  readonly name: string;
  /** The number after which it began to read. */
  readonly from: number;
  /** Everything it was given, repeats included, in the order in which it came. */
  readonly heard: readonly Heard[];
  /** Where the judge cannot see it: what the reader itself found wrong. */
  readonly problems: readonly string[];
}

export interface ChannelFindings {
  readonly log: string;
  /** Everything that was ever logged, in the order of the log. */
  readonly logged: readonly Logged[];
  /** The lowest number that is still kept. */
  readonly first: number;
  readonly readers: readonly EventReaderFound[];
  /** Rows of Messages that every reader must be shown. */
  readonly written: readonly Written[];
  /** Guids of those that none may ever see. */
  readonly hidden: ReadonlySet<string>;
}

/** More broken promises of one reader than anybody reads. */
const MAX_SAID = 20;

export function brokenEventPromises(found: ChannelFindings): string[] {
  const shown = new Set(found.logged.filter(({ isShown }) => isShown).map(({ seq }) => seq));
  return found.readers.flatMap((reader) => judge(reader, found, shown).slice(0, MAX_SAID));
}

/** Guids of messages, each event once: what the judge of messages looks at. */
export function messagesOf({ heard }: EventReaderFound): { guid: string; chat_guid: string }[] {
  const events = new Map(heard.map((event) => [event.id, event]));
  return [...events.values()].flatMap((event) => messageOf(event) ?? []);
}

function judge(
  { name, from, heard, problems }: EventReaderFound,
  { log, logged, first, hidden }: ChannelFindings,
  shown: ReadonlySet<number>,
): string[] {
  const broken = problems.map((problem) => `${name}: ${problem}`);
  const taken = new Map<number, Heard>();
  /** Up to here everything was shown, or said to be lost. */
  let place = from;
  let gaps = 0;
  for (const event of heard) {
    const id = parseEventId(event.id);
    if (id === undefined || id.log !== log) {
      broken.push(`EVT1: ${name} got an event of no place of this log: ${event.id}`);
      continue;
    }
    const { seq } = id;
    if (event.kind === "gap") {
      if (seq <= place) continue;
      gaps += 1;
      broken.push(...wrongGap(name, event, place, first, shown));
      place = seq;
      continue;
    }
    const guid = messageOf(event)?.guid;
    if (guid !== undefined && hidden.has(guid)) broken.push(`policy: ${name} was shown ${guid}`);
    if (!shown.has(seq)) broken.push(`policy: ${name} was shown ${event.id}, which is for nobody`);
    const before = taken.get(seq);
    if (before !== undefined) {
      if (JSON.stringify(before) !== JSON.stringify(event))
        broken.push(`EVT2: ${name} got two events ${event.id}`);
      continue;
    }
    if (seq <= place) broken.push(`EVT2: ${name} got ${event.id} after ${place}`);
    else broken.push(...skipped(name, place, seq, shown));
    taken.set(seq, event);
    place = Math.max(place, seq);
  }
  const last = logged.at(-1)?.seq ?? 0;
  broken.push(...skipped(name, place, last + 1, shown));
  if (gaps > 1) broken.push(`EVT4: ${name} was told of ${gaps} gaps`);
  return broken;
}

function skipped(name: string, after: number, before: number, shown: ReadonlySet<number>): string[] {
  const broken: string[] = [];
  for (let seq = after + 1; seq < before; seq += 1)
    if (shown.has(seq)) broken.push(`EVT2: ${name} never got event ${seq}`);
  return broken;
}

/** Only what is not kept any more may be said to be lost, and all of it at once. */
function wrongGap(
  name: string,
  { id, data }: Heard,
  place: number,
  first: number,
  shown: ReadonlySet<number>,
): string[] {
  const broken: string[] = [];
  const to = parseEventId(id)?.seq ?? 0;
  if (to >= first) broken.push(`EVT4: ${name} was told that ${id} is lost, and it is kept`);
  const said = typeof data === "object" && data !== null ? { ...data } : {};
  const from = "from" in said && typeof said.from === "string" ? parseEventId(said.from)?.seq : undefined;
  // What was passed over because it is for nobody may lie between.
  if (from === undefined || skipped(name, place, from + 1, shown).length > 0)
    broken.push(`EVT4: ${name} lost more than its gap says: ${id}`);
  if (!("count" in said) || said.count !== to - (from ?? 0))
    broken.push(`EVT4: ${name}: a gap that cannot count`);
  return broken;
}

/** The message that an event is about; undefined where it is about none. */
export function messageOf({ kind, data }: Heard): { guid: string; chat_guid: string } | undefined {
  if (!isMessageKind(kind) || typeof data !== "object" || data === null || !("message" in data))
    return undefined;
  const { message } = data;
  if (typeof message !== "object" || message === null) return undefined;
  if (!("guid" in message) || !("chat_guid" in message)) return undefined;
  const { guid, chat_guid } = message;
  return typeof guid === "string" && typeof chat_guid === "string" ? { guid, chat_guid } : undefined;
}

const kinds: ReadonlySet<string> = MESSAGE_KINDS;
const isMessageKind = (kind: string): boolean => kinds.has(kind);
