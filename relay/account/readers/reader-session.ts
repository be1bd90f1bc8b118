// One event reader's socket (EVT7). Everything is in the attachment, so that a reader woken from hibernation goes
// on where it was.
import { READER_WINDOW_BYTES, READER_WINDOW_EVENTS } from "../../../shared/limits.ts";
import { hasRoom, NOTHING } from "../../../shared/window.ts";
import type { ReaderAttachment } from "../sockets/attachment.ts";
import type { Socket } from "../ports.ts";

const WINDOW = { items: READER_WINDOW_EVENTS, bytes: READER_WINDOW_BYTES };

export class ReaderSession {
  readonly #socket: Socket;
  #attachment: ReaderAttachment;
  /** Sizes of what was sent and not acknowledged; lost in hibernation, where the sum suffices. */
  #sizes: { seq: number; bytes: number }[] = [];

  constructor(socket: Socket, attachment: ReaderAttachment) {
    this.#socket = socket;
    this.#attachment = attachment;
  }

  get at(): Readonly<ReaderAttachment> {
    return this.#attachment;
  }

  /** A named consumer's place: everything up to here was dealt with, what was passed over included. */
  get place(): number {
    const { acked, shown, sent } = this.#attachment;
    return acked >= shown ? sent : acked;
  }

  /** When something came last; the runtime answers pings by itself. */
  get heardAt(): number {
    return Math.max(this.#attachment.opened_at, this.#socket.lastPong() ?? 0);
  }

  isExpired(now: number): boolean {
    return this.#attachment.expires_at !== null && this.#attachment.expires_at <= now;
  }

  hasRoom(): boolean {
    return hasRoom(this.#attachment.unacked, WINDOW);
  }

  /** Counts one event that is about to be sent. */
  count(seq: number, bytes: number): void {
    this.#sizes.push({ seq, bytes });
    const { unacked } = this.#attachment;
    this.#attachment = {
      ...this.#attachment,
      shown: seq,
      unacked: { items: unacked.items + 1, bytes: unacked.bytes + bytes },
    };
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Records how far the log was looked at, and writes the attachment: once a batch. */
  advance(sent: number): void {
    this.#save({ ...this.#attachment, sent });
  }

  /** Everything up to `seq` arrived. What was never sent cannot be acknowledged. */
  acknowledge(seq: number): void {
    const { shown, unacked, acked } = this.#attachment;
    const upTo = Math.min(seq, shown);
    // A gap stands where the reader was: acknowledging it moves nothing, and frees its room.
    if (upTo < acked || (upTo === acked && unacked.items === 0)) return;
    const left = this.#sizes.filter((sent) => sent.seq > upTo);
    const gone = this.#sizes.slice(0, this.#sizes.length - left.length);
    this.#sizes = left;
    this.#save({
      ...this.#attachment,
      acked: upTo,
      // After hibernation the sizes are gone: an ack of all that was sent clears it, one of less changes nothing.
      unacked:
        upTo >= shown
          ? NOTHING
          : {
              items: Math.max(0, unacked.items - gone.length),
              bytes: Math.max(0, unacked.bytes - gone.reduce((sum, { bytes }) => sum + bytes, 0)),
            },
    });
  }

  /** The consumer's place was written. */
  kept(cursor: number, at: number): void {
    this.#save({ ...this.#attachment, kept: { cursor, at } });
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #save(attachment: ReaderAttachment): void {
    this.#attachment = attachment;
    this.#socket.attach(attachment);
  }
}
