// Everybody who sends in one history: by the channel and by the tunnel, to chats under all their names, the same text
// twice, again under the same key, and some take back what waits. What each was told is kept for the judge.
import type { Answer } from "../../../shared/jsonrpc.ts";
import type { OperationView } from "../../../relay/account/sending/operation-view.ts";
import { ChannelSender, plainWish, type Told } from "../channel-sender.ts";
import type { Note } from "../diary.ts";
import { ClientReader } from "../readers.ts";
import type { VirtualRelay } from "../virtual-relay.ts";
import type { VirtualTime } from "../virtual-time.ts";
import type { MessageWish } from "../../../relay/account/sending/messages.ts";

/** Longest part of a text in these histories; each word is as long, and so a part. */
export const WORD = 12;
const SEND_TIMEOUT_MS = 120_000;
/** A few short words that everybody uses all the time. */
const COMMON = ["yes", "no", "on my way"];

/** As it was asked, to ask it again. */
type Request =
  | { readonly door: "channel"; readonly wish: MessageWish }
  | { readonly door: "tunnel"; readonly params: Readonly<Record<string, unknown>> };
type Door = Request["door"];

interface Moment<T> {
  readonly at: number;
  /** Which of those who ask, counted from 0. */
  readonly by: number;
  readonly answer: T;
}

/** One wish that a text goes to a chat, under one key. */
export interface Ask {
  readonly key: string;
  readonly request: Request;
  /** Guid of the chat that was meant. */
  readonly chat: string;
  readonly isById: boolean;
  /** What its parts are to be, in order. */
  readonly texts: readonly string[];
  readonly at: number;
  /** Those who ask, at once or one after the other. */
  askers: number;
  /** What the relay said, heard or not (channel only), and what was heard. */
  readonly given: Moment<Told>[];
  readonly told: Moment<Told>[];
  readonly answers: Moment<Answer>[];
  /** When it was taken back, and that it was. */
  takenBackAt: number | undefined;
}

interface SendersParts {
  readonly relay: VirtualRelay;
  readonly time: VirtualTime;
  readonly random: () => number;
  /** Guids of the chats in the order of their row ids, from 1 on. */
  readonly chats: readonly string[];
  /** Somebody to whom nobody has written yet. */
  readonly strangers: readonly string[];
  readonly note: Note;
  readonly onAsked: (ask: Ask) => void;
  readonly onQueued: (ask: Ask, operation: string) => void;
}

export class Senders {
  readonly asks: Ask[] = [];
  readonly #parts: SendersParts;
  readonly #channel: ChannelSender;
  /** One that watches, and one that only sends. */
  readonly clients: readonly [ClientReader, ClientReader];

  constructor(parts: SendersParts) {
    this.#parts = parts;
    const { relay, time, random } = parts;
    this.#channel = new ChannelSender(relay, time, random, "key_sender");
    this.clients = [
      new ClientReader(relay, time, random, "one"),
      new ClientReader(relay, time, random, "blind", relay.mintKey()),
    ];
  }

  send(): void {
    const { random, chats, strangers } = this.#parts;
    const chat =
      random() < 0.05 ? this.#pick(strangers) : (chats[Math.floor(random() ** 1.7 * chats.length)] ?? "");
    const door = random() < 0.6 ? "channel" : "tunnel";
    this.#ask(door, chat, this.#texts(door));
  }

  /** The same once more, by somebody else; all of it or only that part. */
  twin({ chat, texts, request }: Ask, text: string, door?: Door): void {
    const isWhole = this.#parts.random() < 0.5 && request.door === "channel" && door !== "tunnel";
    if (isWhole) this.#ask("channel", chat, texts);
    else this.#ask(door ?? (this.#parts.random() < 0.5 ? "channel" : "tunnel"), chat, [text]);
  }

  takeBack(ask: Ask, operation: string): void {
    const { relay, time, note } = this.#parts;
    note(`${ask.key} is to be taken back`);
    relay.request(
      (core) => {
        const cancelled = core.parts.operations.cancel(operation);
        if (cancelled.ok) ask.takenBackAt = time.now();
        return Promise.resolve(cancelled.ok);
      },
      (isCancelled) => note(`${ask.key}: taken back: ${isCancelled}`),
    );
  }

  askOf(operation: string): Ask | undefined {
    const { sql } = this.#parts.relay;
    const [row] = sql.exec("SELECT idempotency_key AS key FROM operation WHERE id = ?", operation).toArray();
    return this.asks.find(({ key }) => key === row?.["key"]);
  }

  close(): void {
    for (const client of this.clients) client.close();
  }

  #texts(door: Door): string[] {
    const { random } = this.#parts;
    if (random() < 0.15) return [this.#pick(COMMON)];
    const count = door === "tunnel" || random() < 0.55 ? 1 : 2 + Math.floor(random() * 2);
    const texts: string[] = [];
    for (let part = 0; part < count; part += 1) {
      const isSame = part > 0 && random() < 0.15;
      texts.push(isSame ? (texts[0] ?? "") : `t${this.asks.length}p${part}`.padEnd(WORD, "x"));
    }
    return texts;
  }

  #ask(door: Door, chat: string, texts: readonly string[]): void {
    const { random, time, onAsked, note } = this.#parts;
    const client = this.#pick(this.clients);
    const target = this.#target(chat, door, client);
    const isById = target.by === "id";
    const key = `key-${this.asks.length}`;
    const queue_ms = random() < 0.5 ? null : 3_000 + Math.ceil(random() * 60_000);
    const text = texts.join(" ");
    const request: Request =
      door === "channel"
        ? { door, wish: plainWish({ to: target.channel, text, queue_ms }) }
        : { door, params: { ...target.tunnel, text } };
    const base = { key, request, chat, isById, texts, at: time.now() };
    const ask: Ask = { ...base, askers: 0, given: [], told: [], answers: [], takenBackAt: undefined };
    this.asks.push(ask);
    note(`${key}:`, request);
    this.#give(ask, client);
    if (random() < 0.15) time.after(random() * 4_000, () => this.#give(ask, client));
    onAsked(ask);
  }

  #give(ask: Ask, client: ClientReader): void {
    const by = ask.askers;
    ask.askers += 1;
    if (ask.request.door === "channel") this.#giveChannel(ask, ask.request.wish, by);
    else void this.#giveTunnel(ask, ask.request.params, client, by);
  }

  async #giveTunnel(ask: Ask, params: unknown, client: ClientReader, by: number): Promise<void> {
    const answer = await client.call("send", params, ask.key, SEND_TIMEOUT_MS);
    ask.answers.push({ at: this.#parts.time.now(), by, answer });
    this.#parts.note(`${ask.key}:`, answer);
  }

  #giveChannel(ask: Ask, wish: MessageWish, by: number): void {
    const { time, random, note, onQueued } = this.#parts;
    let isFirst = true;
    this.#channel.send(wish, ask.key, {
      given: (answer) => ask.given.push({ at: time.now(), by, answer }),
      told: (answer) => {
        ask.told.push({ at: time.now(), by, answer });
        note(`${ask.key}:`, answer);
        const view: OperationView | undefined = answer.ok ? answer.value : undefined;
        if (view?.state !== "queued" || !isFirst) return;
        isFirst = false;
        onQueued(ask, view.operation);
        if (random() < 0.1) time.after(random() * 3_000, () => this.takeBack(ask, view.operation));
      },
    });
  }

  /** By its row id only for those who are shown nothing: whoever is shown a chat's new id means that one (RPC11). */
  #target(
    chat: string,
    door: Door,
    client: ClientReader,
  ): { by: "id" | "name"; channel: string; tunnel: Readonly<Record<string, unknown>> } {
    const { random, chats } = this.#parts;
    const id = chats.indexOf(chat) + 1;
    const identifier = chat.slice(chat.lastIndexOf(";") + 1);
    const isDirect = chat.includes(";-;");
    if (id > 0 && random() < 0.25 && (door === "channel" || client === this.clients[1]))
      return { by: "id", channel: `chat_id:${id}`, tunnel: { chat_id: id } };
    const names = [
      ...(id > 0 ? [{ channel: `chat_guid:${chat}`, tunnel: { chat_guid: chat } }] : []),
      ...(id > 0
        ? [{ channel: `chat_identifier:${identifier}`, tunnel: { chat_identifier: identifier } }]
        : []),
      ...(isDirect ? [{ channel: identifier, tunnel: { to: identifier } }] : []),
    ];
    return { by: "name", ...this.#pick(names) };
  }

  #pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.#parts.random() * from.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }
}
