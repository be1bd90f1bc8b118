// What happens in the world of one seed, and what must be true of it in the end. The only judge of both tiers.
import { chatKey, type Message } from "../../shared/imsg.ts";
import type { Answer } from "../../shared/jsonrpc.ts";
import { outcomeOf, type SendOutcome } from "../../shared/outcome.ts";
import { brokenEventPromises, messagesOf, type ChannelFindings } from "./event-history.ts";

/** A row that Messages wrote after everybody was listening. */
export interface Written {
  readonly guid: string;
  /** Its chat's guid: empty until it is joined. */
  readonly chat: string;
  /** It had no chat at first: its place in the order is not asked. */
  readonly late: boolean;
}

export interface Sent {
  readonly key: string;
  readonly text: string;
  /** Callers with the same key; one that gave up before its request left was told the truth. */
  readonly askers: number;
  /** Everything that callers were told, in order. */
  readonly answers: Answer[];
}

/** What a reader was shown, once after de-duplication by guid, in the order of first sight. */
export interface Shown {
  readonly name: string;
  readonly messages: readonly Pick<Message, "guid" | "chat_guid">[];
}

export interface Findings {
  readonly written: readonly Written[];
  readonly shown: readonly Shown[];
  readonly sent: readonly Sent[];
  /** How often the text of each send is in Messages. */
  readonly effects: ReadonlyMap<string, number>;
  /** What the relay holds to be final, by idempotency key. */
  readonly settled: ReadonlyMap<string, SendOutcome | null>;
  readonly channel: ChannelFindings;
}

/** Every broken promise, in words; empty = all were kept. */
export function brokenPromises(found: Findings): string[] {
  return [
    ...found.shown.flatMap((reader) => missingOrDisordered(found.written, reader)),
    ...found.sent.flatMap((sent) => dishonest(sent, found)),
    ...found.channel.readers.flatMap((reader) =>
      missingOrDisordered(found.channel.written, { name: reader.name, messages: messagesOf(reader) }),
    ),
    ...brokenEventPromises(found.channel),
  ];
}

function missingOrDisordered(written: readonly Written[], { name, messages }: Shown): string[] {
  const place = new Map(messages.map(({ guid }, at) => [guid, at]));
  const broken: string[] = [];
  const last = new Map<string, { at: number; guid: string }>();
  for (const { guid, chat, late } of written) {
    if (chat === "") continue;
    const at = place.get(guid);
    if (at === undefined) {
      broken.push(`I2: ${name} never got ${guid}${late ? " (joined late)" : ""}`);
      continue;
    }
    if (late) continue;
    const before = last.get(chatKey(chat));
    if (before !== undefined && before.at > at)
      broken.push(`order: ${name} got ${guid} before ${before.guid}`);
    last.set(chatKey(chat), { at, guid });
  }
  if (place.size !== messages.length) broken.push(`${name} counts a message twice`);
  return broken;
}

function dishonest({ key, text, askers, answers }: Sent, { effects, settled }: Findings): string[] {
  const times = effects.get(text) ?? 0;
  const broken: string[] = [];
  if (times > 1) broken.push(`I7: ${key} was sent ${times} times`);
  if (answers.length !== askers)
    broken.push(`I6: ${key} was answered ${answers.length} times for ${askers} callers`);
  const others = new Set(answers.map(outcomeOf));
  for (const answer of answers) {
    const outcome = outcomeOf(answer);
    if (outcome === "sent" && times !== 1) broken.push(`I6: ${key} was said to be sent, and was not`);
    if (outcome === "not_sent" && times !== 0 && others.size === 1)
      broken.push(`I6: ${key} was said not to be sent, and was`);
  }
  const final = settled.get(key);
  const wasSent = answers.some((answer) => outcomeOf(answer) === "sent");
  if (final !== undefined && final !== "sent" && wasSent)
    broken.push(`I6: ${key} was said to be sent, and is settled as ${final}`);
  if (final === "sent" && times !== 1) broken.push(`I6: ${key} is settled as sent, and was not`);
  if (final === "not_sent" && times !== 0) broken.push(`I6: ${key} is settled as not sent, and was`);
  if (final === null) broken.push(`I6: ${key} has no outcome`);
  return broken;
}
