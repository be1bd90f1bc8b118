// Rows on their way to the relay's log: kept until the relay has acknowledged them (I2), in frames that count
// from 1 on every link, within the window (LINK8). Knows rows and positions, nothing of how they were read.
import type { AgentFrame, EventRow, FrameOf } from "../shared/frames.ts";
import {
  EVENT_WINDOW_BYTES,
  EVENT_WINDOW_FRAMES,
  MAX_EVENT_FRAME_BYTES,
  MAX_EVENT_ROWS,
  MAX_IDENTITY_PAIRS,
} from "../shared/limits.ts";
import { hasRoom, type Unacked } from "../shared/window.ts";
import { BACKLOG_BYTES, BACKLOG_ROWS } from "./limits.ts";

export type EventsFrame = FrameOf<AgentFrame, "events">;

/** What goes into one frame: rows of one database, and where reading resumes once they are durable. */
interface Parcel {
  readonly database: number;
  resume: number | null;
  readonly until: number | undefined;
  readonly tail: EventsFrame["tail"];
  readonly rows: EventRow[];
  bytes: number;
}

/** What is remembered of rows that are on their way: by these the database is known again. */
export interface Digest {
  readonly database: number;
  /** The last few. */
  readonly pairs: readonly { readonly rowid: number; readonly guid: string }[];
  /** Date of the newest; null where none can be read. */
  readonly newest: number | null;
}

/** A frame without its rows: what is not acknowledged is read from imsg again. */
interface Sent {
  readonly n: number;
  readonly count: number;
  readonly bytes: number;
  readonly digest: Digest;
}

export interface OutboxHooks {
  send(frame: EventsFrame): void;
  /** These rows, or a position without any, are durable at the relay. */
  onAcked(digest: Digest): void;
  /** The backlog has shrunk enough for reading to go on. */
  onRoom(): void;
}

export class Outbox {
  readonly #hooks: OutboxHooks;
  #open = false;
  #waiting: Parcel[] = [];
  #sent: Sent[] = [];
  #n = 0;
  #unacked: Unacked = { items: 0, bytes: 0 };
  #rows = 0;
  #bytes = 0;
  #wasFull = false;

  constructor(hooks: OutboxHooks) {
    this.#hooks = hooks;
  }

  /** A new link: its frames count from 1, and everything unacknowledged is read again by whoever reads. */
  open(): void {
    this.close();
    this.#open = true;
  }

  close(): void {
    this.#open = false;
    this.#waiting = [];
    this.#sent = [];
    this.#n = 0;
    this.#unacked = { items: 0, bytes: 0 };
    this.#rows = 0;
    this.#bytes = 0;
    this.#wasFull = false;
  }

  /** Reading should pause: more is kept here than the relay takes. */
  get isFull(): boolean {
    return this.#rows >= BACKLOG_ROWS || this.#bytes >= BACKLOG_BYTES;
  }

  get backlog(): number {
    return this.#rows;
  }

  /** Everything given was acknowledged. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#sent.length === 0;
  }

  add(database: number, row: EventRow, bytes: number, resume: number | null): void {
    if (!this.#open) return;
    const last = this.#waiting.at(-1);
    const fits =
      last !== undefined &&
      last.database === database &&
      last.rows.length > 0 &&
      last.rows.length < MAX_EVENT_ROWS &&
      last.bytes + bytes <= MAX_EVENT_FRAME_BYTES;
    const parcel = fits ? last : { database, resume, until: undefined, tail: undefined, rows: [], bytes: 0 };
    if (!fits) this.#waiting.push(parcel);
    parcel.rows.push(row);
    parcel.bytes += bytes;
    parcel.resume = resume;
    this.#rows += 1;
    this.#bytes += bytes;
    if (this.isFull) this.#wasFull = true;
  }

  /** A position without a row: the first one of a log, another database, the end of a catch-up. */
  mark(database: number, resume: number | null, first: Pick<EventsFrame, "until" | "tail"> = {}): void {
    if (!this.#open) return;
    const { until, tail } = first;
    const last = this.#waiting.at(-1);
    const joins = last?.database === database && until === undefined && tail === undefined;
    if (last !== undefined && joins) last.resume = resume;
    else this.#waiting.push({ database, resume, until, tail, rows: [], bytes: 0 });
  }

  /** Sends what the window allows; called when a turn's rows are all in, so that they share a frame. */
  flush(): void {
    while (this.#open && hasRoom(this.#unacked, { items: EVENT_WINDOW_FRAMES, bytes: EVENT_WINDOW_BYTES })) {
      const parcel = this.#waiting.shift();
      if (parcel === undefined) return;
      this.#n += 1;
      const { rows: sent, bytes } = parcel;
      this.#sent.push({ n: this.#n, count: sent.length, bytes, digest: digestOf(parcel.database, sent) });
      this.#unacked = { items: this.#unacked.items + 1, bytes: this.#unacked.bytes + parcel.bytes };
      const { database, resume, until, tail, rows } = parcel;
      this.#hooks.send({
        t: "events",
        n: this.#n,
        database,
        resume,
        ...(until === undefined ? {} : { until }),
        ...(tail === undefined ? {} : { tail }),
        rows,
      });
    }
  }

  /** Cumulative. False for a frame that was never sent. */
  ack(n: number): boolean {
    if (n > this.#n) return false;
    while (this.#sent[0] !== undefined && this.#sent[0].n <= n) {
      const parcel = this.#sent.shift();
      if (parcel === undefined) break;
      this.#unacked = { items: this.#unacked.items - 1, bytes: this.#unacked.bytes - parcel.bytes };
      this.#rows -= parcel.count;
      this.#bytes -= parcel.bytes;
      this.#hooks.onAcked(parcel.digest);
    }
    this.flush();
    if (this.#wasFull && this.#rows < BACKLOG_ROWS / 2 && this.#bytes < BACKLOG_BYTES / 2) {
      this.#wasFull = false;
      this.#hooks.onRoom();
    }
    return true;
  }
}

function digestOf(database: number, rows: readonly EventRow[]): Digest {
  const pairs = rows.slice(-MAX_IDENTITY_PAIRS).flatMap(({ rowid, message }) => {
    const guid = message["guid"];
    return typeof guid === "string" ? [{ rowid, guid }] : [];
  });
  let newest: number | null = null;
  for (const { message } of rows) {
    const date = Date.parse(String(message["created_at"]));
    if (!Number.isNaN(date)) newest = Math.max(newest ?? date, date);
  }
  return { database, pairs, newest };
}
