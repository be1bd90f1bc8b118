// At most one effect a key and part, and as many as the outcomes say: counted in what Messages has.
import type { Case, Row } from "./findings.ts";
import { partMark } from "./plan.ts";

export function wrongEffects(cases: readonly Case[], rows: readonly Row[]): string[] {
  const whole = cases.filter(({ wish }) => wish.parts === 1);
  const inParts = cases.filter(({ wish }) => wish.parts > 1);
  const groups = new Map<string, Case[]>();
  for (const one of whole) {
    const name = `${one.chat} ${one.wish.text}`;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [
    ...[...groups.values()].flatMap((group) => ofOneText(group, rows)),
    ...inParts.flatMap((one) => ofParts(one, rows)),
    ...strangers(cases, rows),
    ...claimedTwice(cases),
  ];
}

/** Usually one send; several that say the same in the same chat cannot be told apart in Messages but by guid. */
function ofOneText(group: readonly Case[], rows: readonly Row[]): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const there = rows.filter(({ text, chat }) => text === first.wish.text && chat === first.chat);
  const effects = there.filter(({ by }) => by === "relay").length;
  const known = new Set(there.map(({ guid }) => guid));
  const sent = group.filter(({ final }) => final.outcome === "sent");
  const unknown = group.filter(({ final }) => final.outcome === "unknown");
  const keys = group.map(({ wish, final }) => `${wish.key} (${final.outcome ?? final.state})`).join(", ");
  const broken: string[] = [];
  if (effects > group.length) broken.push(`I7: ${keys}: ${effects} effects of ${group.length} sends`);
  if (effects > sent.length + unknown.length) broken.push(`I6: ${keys}: ${effects} effects`);
  // What the owner typed at the same moment may pass for the send that nobody could answer for.
  if (there.length < sent.length) broken.push(`I6: ${keys}: only ${there.length} rows`);
  const isAlone = there.length === effects;
  if (isAlone && effects < sent.length) broken.push(`I6: ${keys}: only ${effects} effects`);
  for (const { wish, final } of sent)
    for (const guid of final.guids)
      if (guid !== null && !known.has(guid))
        broken.push(`I6: ${wish.key} has guid ${guid}, which is no row of it`);
  return broken;
}

/** In order, each at most once, and none after one that did not go out. */
function ofParts({ wish, chat, final }: Case, rows: readonly Row[]): string[] {
  const { key, parts } = wish;
  const places = Array.from({ length: parts }, (_, part) => {
    const begins = partMark(key, part);
    return rows.flatMap((row, at) => (row.chat === chat && row.text.startsWith(begins) ? [{ at, row }] : []));
  });
  const broken: string[] = [];
  for (const [part, found] of places.entries()) {
    if (found.length > 1) broken.push(`I7: part ${part} of ${key} is there ${found.length} times`);
    const [here] = found;
    const [before] = places[part - 1] ?? [];
    if (here === undefined || part === 0) continue;
    if (before === undefined) broken.push(`I6: part ${part} of ${key} is there without the one before`);
    else if (before.at > here.at) broken.push(`order: part ${part} of ${key} is there before the one before`);
  }
  const effects = places.filter((found) => found.length > 0).length;
  const delivered = final.delivered;
  const says = `I6: ${key} is ${final.outcome ?? final.state} with ${delivered} of ${parts} delivered, and ${effects} are there`;
  const least = final.outcome === "sent" ? parts : delivered;
  const most = final.outcome === "unknown" ? delivered + 1 : least;
  if (effects < least || effects > most) broken.push(says);
  if (final.outcome === "sent" && delivered !== parts) broken.push(says);
  for (const [part, guid] of final.guids.entries())
    if (guid !== null && !(places[part] ?? []).some(({ row }) => row.guid === guid))
      broken.push(`I6: part ${part} of ${key} has guid ${guid}, which is no row of it`);
  return broken;
}

/** Nothing goes out that nobody asked for, nor into another chat. */
function strangers(cases: readonly Case[], rows: readonly Row[]): string[] {
  return rows.flatMap(({ by, chat, text, guid }) => {
    const isAsked = cases.some(
      ({ wish, chat: asked }) =>
        asked === chat && (wish.parts === 1 ? wish.text === text : text.startsWith(`${wish.key}p`)),
    );
    return by === "owner" || isAsked ? [] : [`nobody asked for ${guid} in ${chat}: ${text.slice(0, 60)}`];
  });
}

/** I6: a message is one send's. */
function claimedTwice(cases: readonly Case[]): string[] {
  const owners = new Map<string, string>();
  const broken: string[] = [];
  for (const { wish, final } of cases) {
    for (const guid of final.guids) {
      if (guid === null) continue;
      const other = owners.get(guid);
      if (other !== undefined) broken.push(`I6: ${guid} is said to be both ${other} and ${wish.key}`);
      owners.set(guid, wish.key);
    }
  }
  return broken;
}
