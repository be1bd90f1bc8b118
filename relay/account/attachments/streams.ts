// Where the bytes of a transfer meet: the body of one request becomes the body of another's response, in the runtime
// and not in JavaScript (I8). Each body has a length, so that one cut short is an error and never a short file.
import type { Transfer } from "./transfer.ts";

interface Meeting {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly over: AbortController;
}

export class Streams {
  readonly #meetings = new Map<string, Meeting>();

  /** Whoever comes first makes it; the other one finds it. Broken at both ends where the transfer fails. */
  of(transfer: Transfer, length: number): Meeting {
    const known = this.#meetings.get(transfer.id);
    if (known !== undefined) return known;
    const { readable, writable } = new FixedLengthStream(length);
    const meeting: Meeting = { readable, writable, over: new AbortController() };
    this.#meetings.set(transfer.id, meeting);
    void transfer.ended.then((result) => {
      this.#meetings.delete(transfer.id);
      // Also where all went well: a Mac that says so before it has read all of an upload reads no more of it.
      meeting.over.abort();
      if (result.ok) return undefined;
      // Locked while a body goes through it: that one was aborted by its signal.
      return writable.abort("the transfer failed").catch(() => undefined);
    });
    return meeting;
  }

  /** All of it, or false: either end broke. `isLast` = the other end is told that this was everything. */
  async pipe(
    body: ReadableStream<Uint8Array>,
    { writable, over }: Meeting,
    isLast: boolean,
  ): Promise<boolean> {
    try {
      await body.pipeTo(writable, { preventClose: !isLast, signal: over.signal });
      return true;
    } catch {
      return false;
    }
  }
}
