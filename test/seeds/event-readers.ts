// Bots that read the channel as they are in the field: our own client under a name and without one, a long poller,
// and a plain one that is slow. Each keeps everything that it was given; each may be killed, and then knows only what
// it had written down: its consumer's name, or the id of the last event it took.
import { readEvents } from "../../gateway/client/events.ts";
import { parseEventId } from "../../shared/events.ts";
import { READER_WINDOW_EVENTS } from "../../shared/limits.ts";
import type { Heard } from "./event-history.ts";
import { ORIGIN, type ReaderDoor, type VirtualRelay } from "./virtual-relay.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { dialer } from "./virtual-dial.ts";
import type { VirtualWire } from "./virtual-wire.ts";

export abstract class Bot {
  readonly name: string;
  readonly heard: Heard[] = [];
  readonly problems: string[] = [];
  /** The number after which it began; null = it does not know yet. */
  from: number | null = 0;
  protected readonly relay: VirtualRelay;
  protected readonly time: VirtualTime;
  protected readonly random: () => number;
  #life = 0;
  #isUp = false;

  constructor(name: string, relay: VirtualRelay, time: VirtualTime, random: () => number) {
    this.name = name;
    this.relay = relay;
    this.time = time;
    this.random = random;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  start(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    const life = this.#life;
    this.run(() => life === this.#life);
  }

  /** kill -9: what it had not written down is gone. */
  kill(): void {
    this.#life += 1;
    this.#isUp = false;
    this.died();
  }

  protected abstract run(isAlive: () => boolean): void;
  protected abstract died(): void;

  protected take({ id, kind, data }: Heard): void {
    this.heard.push({ id, kind, data });
  }
}

/** One event in so many takes the bot a moment. */
const SLOW_SHARE = 0.03;
const SLOW_MS = 400;

export class ClientBot extends Bot {
  readonly #isNamed: boolean;
  #wire: VirtualWire | undefined;
  #wasReady = false;

  constructor(
    name: string,
    relay: VirtualRelay,
    time: VirtualTime,
    random: () => number,
    options: { readonly isNamed: boolean },
  ) {
    super(name, relay, time, random);
    this.#isNamed = options.isNamed;
  }

  protected run(isAlive: () => boolean): void {
    const { relay, time, random } = this;
    // A named one that was ever served is known to the relay; the other goes on from what it took last.
    const known = this.#isNamed ? (this.#wasReady ? undefined : "beginning") : this.#lastId();
    const dial = dialer(relay, isAlive, {
      onWire: (wire) => (this.#wire = wire),
      onText: (text) => {
        if (text.startsWith('{"t":"ready"')) this.#wasReady = true;
      },
    });
    const reader = readEvents({
      relay: ORIGIN,
      account: relay.account,
      key: "key",
      ...(this.#isNamed ? { consumer: this.name } : {}),
      ...(known === undefined ? {} : { after: known }),
      clock: {
        now: () => time.now(),
        after: (ms, fire) => time.after(ms, () => void (isAlive() && fire())),
      },
      random,
      dial: ({ url }, handlers) => dial({ role: "reader", wish: wishOf(url) }, handlers),
    });
    const handled = reader.each((event) => {
      if (!isAlive()) return undefined;
      this.take(event);
      if (random() >= SLOW_SHARE) return undefined;
      return new Promise<void>((done) => time.after(random() * SLOW_MS, done));
    });
    handled.catch((error: unknown) => {
      if (isAlive()) this.problems.push(`it gave up: ${String(error)}`);
    });
  }

  protected died(): void {
    this.#wire?.cut();
  }

  #lastId(): string {
    return this.heard.at(-1)?.id ?? "beginning";
  }
}

/** A poll that nobody answers. */
const POLL_MS = 10_000;
/** Between two polls; doubled while nothing comes. */
const IDLE_MS = [1_000, 32_000] as const;
const MAX_LIMIT = 60;
/** In one page of so many it dies, and is back by itself. */
const DEATH_SHARE = 0.04;
const BACK_MS = 3_000;

/** Tells its consumer's place by `after`, once it has dealt with the page before. */
export class PollBot extends Bot {
  #wasServed = false;

  protected run(isAlive: () => boolean): void {
    let after: string | null = this.#wasServed ? null : "beginning";
    const [least, most] = IDLE_MS;
    let idle: number = least;
    const ask = (): void => {
      if (!isAlive()) return;
      let isOpen = true;
      const wish = {
        consumer: this.name,
        after,
        kinds: null,
        chats: null,
        fallback: "beginning",
        is_held: false,
      } as const;
      const limit = 1 + Math.floor(this.random() * MAX_LIMIT);
      const again = (ms: number): void => void this.time.after(ms, ask);
      this.relay.poll(wish, limit, (page) => {
        if (!isOpen || !isAlive()) return;
        isOpen = false;
        if (page === undefined) return again(least);
        this.#wasServed = true;
        const { events } = page;
        const dealtWith =
          this.random() < DEATH_SHARE ? Math.floor(this.random() * events.length) : events.length;
        for (const event of events.slice(0, dealtWith)) this.take(event);
        if (dealtWith < events.length) {
          this.kill();
          return void this.time.after(this.random() * BACK_MS, () => this.start());
        }
        after = page.next;
        idle = page.events.length > 0 ? least : Math.min(2 * idle, most);
        return again(page.more ? 0 : idle * (0.5 + this.random()));
      });
      this.time.after(POLL_MS, () => {
        if (!isOpen) return;
        isOpen = false;
        ask();
      });
    };
    ask();
  }

  protected died(): void {
    // Its request dies with it.
  }
}

const ACK_LATE_MS = 8_000;
const RECONNECT_MS = 1_000;
const HEARTBEAT_MS = 10_000;
const DEAD_AFTER_MS = 25_000;

/** Named, from the tail; acknowledges late, and not always everything. */
export class SlowBot extends Bot {
  override from: number | null = null;
  #wire: VirtualWire | undefined;

  protected run(isAlive: () => boolean): void {
    const door: ReaderDoor = {
      role: "reader",
      wish: { consumer: this.name, after: null, kinds: null, chats: null, fallback: "tail", is_held: false },
    };
    const again = (): void => {
      if (isAlive()) this.time.after(RECONNECT_MS, () => void (isAlive() && this.run(isAlive)));
    };
    let wire: VirtualWire | undefined;
    let heardAt = this.time.now();
    const unacked: string[] = [];
    const acknowledge = (id: string): void => {
      const at = unacked.indexOf(id);
      // A later ack said it already.
      if (at < 0 || wire === undefined || !isAlive()) return;
      unacked.splice(0, at + 1);
      wire.clientSend(JSON.stringify({ t: "ack", id }));
    };
    const heartbeat = (): void => {
      if (wire === undefined || !isAlive()) return;
      if (this.time.now() - heardAt > DEAD_AFTER_MS) {
        wire.clientClose();
        wire = undefined;
        return again();
      }
      wire.clientSend("ping");
      this.time.after(HEARTBEAT_MS, heartbeat);
      return undefined;
    };
    const client = {
      onText: (text: string): void => {
        heardAt = this.time.now();
        if (!isAlive() || text === "pong") return;
        const frame = JSON.parse(text) as { t: string; after?: string; events?: Heard[] };
        if (frame.t === "ready") this.from ??= parseEventId(frame.after ?? "")?.seq ?? null;
        const ids = (frame.events ?? []).map((event) => {
          this.take(event);
          return event.id;
        });
        unacked.push(...ids);
        if (unacked.length > READER_WINDOW_EVENTS)
          this.problems.push(`EVT7: ${unacked.length} events are unacknowledged`);
        // Now and then amid a frame; the rest of it with the next one.
        const id = this.random() < 0.3 ? ids[Math.floor(this.random() * ids.length)] : ids.at(-1);
        if (id === undefined) return;
        this.time.after(this.random() * ACK_LATE_MS, () => acknowledge(id));
        const last = ids.at(-1);
        if (last !== undefined) this.time.after(ACK_LATE_MS, () => acknowledge(last));
      },
      onClose: (code: number): void => {
        wire = undefined;
        if (code >= 4001 && code <= 4005) this.problems.push(`closed with ${code}`);
        again();
      },
    };
    this.relay.dial(door, client, (opened) => {
      if (!isAlive()) return opened?.clientClose();
      if (opened === undefined) return again();
      wire = opened;
      this.#wire = opened;
      heartbeat();
      return undefined;
    });
  }

  protected died(): void {
    this.#wire?.cut();
  }
}

/** What our client asks for, as it stands in the address. */
function wishOf(url: string): ReaderDoor["wish"] {
  const { searchParams } = new URL(url);
  const asked = { consumer: searchParams.get("consumer"), after: searchParams.get("after") };
  return { ...asked, kinds: null, chats: null, fallback: "tail", is_held: false };
}
