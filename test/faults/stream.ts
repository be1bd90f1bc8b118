// A thousand messages of a few seconds: several chats, tapbacks, words typed on the Mac itself, rows that get their
// chat late, and bursts of more than one poll of the old engine.
import { setTimeout as sleep } from "node:timers/promises";
import type { Dialect } from "../imsg-sim/host.ts";
import { pick } from "../imsg-sim/random.ts";
import { ACCOUNT, type Mac } from "../imsg-sim/scenario.ts";
import type { Script } from "../imsg-sim/script.ts";
import type { MessageOp, TapbackOp } from "../imsg-sim/world-op.ts";
import type { Written } from "../seeds/history.ts";
import { HANDLES } from "./stage.ts";

export const MESSAGES = 1_000;
const STREAM_MS = 3_000;
const TICK_MS = 20;
/** More than one poll shows. */
const BURST = 130;
const BURSTS = 2;
/** Rows of a restored database that were never in the one before. */
const NEW_ROWS = 20;
/** Rows of it that everybody has been shown already. */
export const KEPT_ROWS = 30;
/** imsg looks 20 times at a row without its chat; a join that a busy machine delays longer is no promise of imsg's. */
const JOIN_MS: Readonly<Record<Dialect, readonly [least: number, most: number, promised: number]>> = {
  "0.9": [100, 1_200, 5_000],
  "0.15": [40, 250, 500],
};

interface Row extends Written {
  readonly op: MessageOp | TapbackOp;
}

export interface StreamOptions {
  readonly dialect: Dialect;
  readonly random: () => number;
  readonly chats: readonly string[];
  /** Rows that get their chat late mean nothing in another database. */
  readonly unjoined: boolean;
}

export class Stream {
  readonly #mac: Mac;
  readonly #options: StreamOptions;
  readonly #rows: Row[] = [];
  readonly #excused = new Set<string>();
  readonly #joins: Promise<void>[] = [];
  #marks: { readonly at: number; readonly reached: () => void }[] = [];
  #count = 0;

  constructor(mac: Mac, options: StreamOptions) {
    this.#mac = mac;
    this.#options = options;
  }

  /** Everything that readers must be shown, in the order of the rows. */
  get promised(): Written[] {
    return this.#rows.filter(({ guid }) => !this.#excused.has(guid));
  }

  /** Resolves when that part of it, from 0 to 1, is written. */
  part(share: number): Promise<void> {
    return new Promise((reached) => this.#marks.push({ at: share * MESSAGES, reached }));
  }

  /** Resolves when everything is written, and joined. */
  async run(): Promise<void> {
    const { random } = this.#options;
    const began = Date.now();
    const bursts = new Set(Array.from({ length: BURSTS }, () => Math.floor(random() * MESSAGES)));
    while (this.#count < MESSAGES) {
      const due = Math.min(MESSAGES, Math.ceil(((Date.now() - began) / STREAM_MS) * MESSAGES));
      while (this.#count < due) {
        const together = bursts.has(this.#count) ? BURST : 1;
        for (let left = together; left > 0 && this.#count < MESSAGES; left -= 1) this.#one();
      }
      for (const { at, reached } of this.#marks) if (this.#count >= at) reached();
      this.#marks = this.#marks.filter(({ at }) => this.#count < at);
      await sleep(TICK_MS);
    }
    await Promise.all(this.#joins);
  }

  /** More than one poll shows, at once. */
  burst(): void {
    const { random, chats } = this.#options;
    for (let left = BURST; left > 0; left -= 1) this.#text(this.#mac, pick(random, chats), `burst ${left}`);
  }

  /** One more in every chat: whoever has the last of them was shown everything that was logged before. */
  end(): string {
    let last = "";
    for (const chat of this.#options.chats) last = this.#text(this.#mac, chat, "the last one");
    return last;
  }

  /** Once more for another database: what was not shown yet, the last of what was, and some that only this one has. */
  restore(script: Script, wasShown: (guid: string) => boolean): void {
    const { random, chats } = this.#options;
    const first = this.#rows.findIndex(({ guid }) => !wasShown(guid));
    const from = first < 0 ? this.#rows.length : first;
    script.append(...this.#rows.slice(Math.max(0, from - KEPT_ROWS)).map(({ op }) => op));
    for (let at = 0; at < NEW_ROWS; at += 1) this.#text(script, pick(random, chats), `new ${at}`);
  }

  /** Tapbacks that no reader can be promised, of those written up to now. */
  excuseTapbacks(unless: (guid: string) => boolean): void {
    for (const { guid, op } of this.#rows) if (op.op === "tapback" && !unless(guid)) this.#excused.add(guid);
  }

  #one(): void {
    const { random, chats, unjoined } = this.#options;
    this.#count += 1;
    const kind = random();
    const chat = pick(random, chats);
    if (kind < 0.03 && unjoined) this.#unjoined(chat);
    else if (kind < 0.1) this.#tapback(chat);
    else this.#text(this.#mac, chat, `text ${this.#count}`);
  }

  #text(script: Script, chat: string, text: string): string {
    const op = this.#message(text, chat);
    script.append(op);
    this.#rows.push({ guid: op.guid, chat, late: false, op });
    return op.guid;
  }

  #tapback(otherwise: string): void {
    const { random } = this.#options;
    const targets = this.#rows.filter(({ late, op }) => !late && op.op === "message");
    if (targets.length === 0) {
      this.#text(this.#mac, otherwise, "nothing to like yet");
      return;
    }
    const { guid: on, chat } = pick(random, targets);
    const guid = this.#mac.guid();
    const sender = pick(random, HANDLES);
    const op: TapbackOp = {
      op: "tapback",
      guid,
      chat,
      sender,
      on,
      kind: "love",
      date: Date.now(),
      destination: ACCOUNT,
    };
    this.#mac.append(op);
    this.#rows.push({ guid, chat, late: false, op });
  }

  #unjoined(chat: string): void {
    const { random, dialect } = this.#options;
    const [least, most, promised] = JOIN_MS[dialect];
    const op = this.#message(`late ${this.#count}`);
    this.#mac.append(op);
    const began = Date.now();
    const join = async (): Promise<void> => {
      await sleep(least + random() * (most - least));
      this.#mac.join(op.guid, chat);
      if (Date.now() - began <= promised) this.#rows.push({ guid: op.guid, chat, late: true, op });
    };
    this.#joins.push(join());
  }

  #message(text: string, chat?: string): MessageOp {
    const { random } = this.#options;
    const from = random() < 0.05 ? { is_from_me: true } : { sender: pick(random, HANDLES) };
    return {
      op: "message",
      guid: this.#mac.guid(),
      ...(chat === undefined ? {} : { chat }),
      ...from,
      text,
      date: Date.now(),
      destination: ACCOUNT,
    };
  }
}
