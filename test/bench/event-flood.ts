// A Mac that has messages without end: a link that speaks the protocol and sends rows as fast as its window lets it,
// without imsg, so that nothing but the relay and its consumer is measured.
import { randomUUID } from "node:crypto";
import { EVENT_WINDOW_FRAMES } from "../../shared/limits.ts";
import { enrol, RawLink } from "../e2e/raw-link.ts";

const CHATS = 20;
/** Every fifth chat is a group of three. */
const IS_GROUP = (chat: number): boolean => chat % 5 === 4;
const ME = "+15550100000";
const TEXT = "Are we still on for tomorrow at the climbing hall? I can bring the rope and two harnesses.";
const ACK_MS = 60_000;

interface Frame {
  readonly n: number;
  readonly text: string;
}

export class EventFlood {
  readonly #link: RawLink;
  #made = 0;
  #rowid = 0;
  /** Guid of the newest row that was made. */
  last = "";

  private constructor(link: RawLink) {
    this.#link = link;
  }

  static async open(relay: string, account: string): Promise<EventFlood> {
    const flood = new EventFlood(await RawLink.welcomed(relay, await enrol(relay, account)));
    // The first position, as of a Mac on which nothing was logged yet.
    await flood.send([flood.#frame(0)]);
    return flood;
  }

  /** So many rows in frames of so many. Made beforehand: making them is not what is measured. */
  prepare(rows: number, aFrame: number): Frame[] {
    const frames = Math.ceil(rows / aFrame);
    return Array.from({ length: frames }, (_, at) => this.#frame(Math.min(aFrame, rows - at * aFrame)));
  }

  /** Resolves when all of them are acknowledged; no more than a window of them is on its way (LINK8). */
  async send(frames: readonly Frame[]): Promise<void> {
    for (const [at, { text }] of frames.entries()) {
      const before = frames[at - EVENT_WINDOW_FRAMES];
      if (before !== undefined) await this.#acknowledged(before);
      this.#link.raw(text);
    }
    const newest = frames.at(-1);
    if (newest !== undefined) await this.#acknowledged(newest);
  }

  close(): void {
    this.#link.close();
  }

  #acknowledged({ n }: Frame): Promise<unknown> {
    const isAck = (frame: { t: string; n?: unknown }): boolean => frame.t === "ack" && Number(frame.n) >= n;
    return this.#link.frames.find(isAck, `an ack of ${n}`, ACK_MS, this.#link.frames.all.length - 1);
  }

  #frame(count: number): Frame {
    this.#made += 1;
    const rows = Array.from({ length: count }, () => this.#row());
    const text = JSON.stringify({ t: "events", n: this.#made, database: 0, resume: this.#rowid, rows });
    return { n: this.#made, text };
  }

  /** As imsg 0.15 shows a message. */
  #row(): { readonly rowid: number; readonly message: unknown } {
    this.#rowid += 1;
    const rowid = this.#rowid;
    const chat = rowid % CHATS;
    const isGroup = IS_GROUP(chat);
    const friends = [0, 1, 2].map((at) => `+155501${String(chat * 3 + at).padStart(5, "0")}`);
    const [sender = ""] = friends;
    const identifier = isGroup ? `chat1000000000${chat}` : sender;
    this.last = randomUUID().toUpperCase();
    const message = {
      id: rowid,
      guid: this.last,
      chat_id: chat + 1,
      chat_identifier: identifier,
      chat_guid: `iMessage;${isGroup ? "+" : "-"};${identifier}`,
      chat_name: isGroup ? "Climbing" : "",
      participants: isGroup ? friends : [sender],
      is_group: isGroup,
      sender,
      is_from_me: false,
      text: `${rowid}: ${TEXT}`,
      created_at: new Date().toISOString(),
      destination_caller_id: ME,
      attachments: [],
      reactions: [],
      service: "iMessage",
    };
    return { rowid, message };
  }
}
