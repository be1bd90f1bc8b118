// One gateway socket: what it subscribed to and how much it may still be sent. Everything is in the attachment,
// so that a session woken from hibernation goes on where it was.
import { byteLength } from "../../../shared/json.ts";
import {
  encodeAnswer,
  encodeNotification,
  encodeRequest,
  type Answer,
  type RpcId,
} from "../../../shared/jsonrpc.ts";
import { MAX_ATTACHMENT_BYTES, READER_WINDOW_BYTES, READER_WINDOW_EVENTS } from "../../../shared/limits.ts";
import { hasRoom, NOTHING, type Unacked } from "../../../shared/window.ts";
import { clonedBytes, type GatewayAttachment, type Subscription } from "../sockets/attachment.ts";
import type { Socket } from "../ports.ts";

const WINDOW = { items: READER_WINDOW_EVENTS, bytes: READER_WINDOW_BYTES };

export class GatewaySession {
  readonly #socket: Socket;
  #attachment: GatewayAttachment;
  /** Sizes of what was sent and not acknowledged, by subscription; lost in hibernation, where the sums suffice. */
  readonly #sizes = new Map<number, { seq: number; bytes: number }[]>();
  /** Calls to the Mac that end with this socket. */
  readonly reads = new Set<() => void>();
  pendingCalls = 0;
  #isOver = false;

  constructor(socket: Socket, attachment: GatewayAttachment) {
    this.#socket = socket;
    this.#attachment = attachment;
  }

  get id(): string {
    return this.#attachment.id;
  }

  get key(): string {
    return this.#attachment.key;
  }

  get client(): string | null {
    return this.#attachment.client;
  }

  get v1(): boolean {
    return this.#attachment.v1;
  }

  get subscriptions(): readonly Subscription[] {
    return this.#attachment.subscriptions;
  }

  /** When the open probe was asked; null = none is open. */
  get probeAskedAt(): number | null {
    return this.#attachment.probe.asked_at;
  }

  /** Its socket ended: what goes on with it in a later turn stops (RPC16). */
  get isOver(): boolean {
    return this.#isOver;
  }

  isExpired(now: number): boolean {
    return this.#attachment.expires_at !== null && this.#attachment.expires_at <= now;
  }

  answer(id: RpcId, answer: Answer): void {
    this.#socket.send(encodeAnswer(id, answer));
  }

  /** A notification that is no message, and needs no room. */
  tell(method: string, params: Record<string, unknown>): void {
    this.#socket.send(encodeNotification(method, params));
  }

  close(code: number, reason: string): void {
    this.#isOver = true;
    this.#socket.close(code, reason);
  }

  /** The socket closed by itself. */
  closed(): void {
    this.#isOver = true;
  }

  /** Undefined = the socket's memory is full. */
  subscribe(fields: Pick<Subscription, "filter" | "sent" | "prelude">): number | undefined {
    const n = this.#attachment.next_subscription;
    const next: GatewayAttachment = {
      ...this.#attachment,
      next_subscription: n + 1,
      subscriptions: [...this.#attachment.subscriptions, { n, shown: 0, unacked: NOTHING, ...fields }],
    };
    if (clonedBytes(JSON.stringify(next)) > MAX_ATTACHMENT_BYTES) return undefined;
    this.#save(next);
    return n;
  }

  unsubscribe(n: number): void {
    this.#sizes.delete(n);
    this.#save({
      ...this.#attachment,
      subscriptions: this.#attachment.subscriptions.filter((subscription) => subscription.n !== n),
    });
  }

  /** Whether one more notification may go (RPC12, RPC13). */
  hasRoom(): boolean {
    if (this.#attachment.probe.asked_at !== null) return false;
    let items = 0;
    let bytes = 0;
    for (const { unacked } of this.#attachment.subscriptions) {
      items += unacked.items;
      bytes += unacked.bytes;
    }
    return hasRoom({ items, bytes }, WINDOW);
  }

  /** Sends one `message` notification. `seq` null = a row older than the log. */
  notify(n: number, params: Record<string, unknown>, seq: number | null): void {
    const text = encodeNotification("message", params);
    this.#socket.send(text);
    if (this.v1 && seq !== null) {
      const sizes = this.#sizes.get(n) ?? [];
      this.#sizes.set(n, sizes);
      const bytes = byteLength(text);
      sizes.push({ seq, bytes });
      this.#replace(n, ({ unacked }) => ({ shown: seq, unacked: add(unacked, bytes) }));
    } else {
      const { probe } = this.#attachment;
      this.#attachment = {
        ...this.#attachment,
        probe: { ...probe, sent: add(probe.sent, byteLength(text)) },
      };
    }
  }

  /** Records how far a subscription is, and writes the attachment: once a batch. */
  advance(n: number, patch: Partial<Pick<Subscription, "sent" | "prelude">>): void {
    this.#replace(n, () => patch);
    this.#save(this.#attachment);
  }

  /** RPC12: everything up to `seq` arrived. False = no such subscription. */
  acknowledge(n: number, seq: number): boolean {
    if (!this.subscriptions.some((subscription) => subscription.n === n)) return false;
    const sizes = this.#sizes.get(n) ?? [];
    const left = sizes.filter((sent) => sent.seq > seq);
    this.#replace(n, (subscription) => {
      // After hibernation the sizes are gone: an ack of all that was sent clears it, one of less changes nothing.
      if (seq >= subscription.shown) return { unacked: NOTHING };
      const items = sizes.length - left.length;
      const bytes = sizes.slice(0, items).reduce((sum, sent) => sum + sent.bytes, 0);
      const { unacked } = subscription;
      return {
        unacked: { items: Math.max(0, unacked.items - items), bytes: Math.max(0, unacked.bytes - bytes) },
      };
    });
    this.#sizes.set(n, left);
    this.#save(this.#attachment);
    return true;
  }

  /** Notifications that may go before the next probe. */
  get untilProbe(): number {
    return Math.max(1, READER_WINDOW_EVENTS - this.#attachment.probe.sent.items);
  }

  /** Whether so much was sent without an ack that the client must show that it is still reading. */
  isProbeDue(): boolean {
    return !hasRoom(this.#attachment.probe.sent, WINDOW);
  }

  /** RPC13: asks whether it is still reading. True = asked now. */
  probeIfFull(now: number): boolean {
    const { probe } = this.#attachment;
    if (probe.asked_at !== null || !this.isProbeDue()) return false;
    const k = probe.k + 1;
    this.#save({ ...this.#attachment, probe: { k, asked_at: now, sent: NOTHING } });
    this.#socket.send(encodeRequest(`relay:${k}`, "relay.probe", {}));
    return true;
  }

  /** True = this answers the open probe. */
  probeAnswered(id: RpcId): boolean {
    const { probe } = this.#attachment;
    if (probe.asked_at === null || id !== `relay:${probe.k}`) return false;
    this.#save({ ...this.#attachment, probe: { ...probe, asked_at: null } });
    return true;
  }

  #replace(n: number, change: (subscription: Subscription) => Partial<Subscription>): void {
    this.#attachment = {
      ...this.#attachment,
      subscriptions: this.#attachment.subscriptions.map((subscription) =>
        subscription.n === n ? { ...subscription, ...change(subscription) } : subscription,
      ),
    };
  }

  #save(attachment: GatewayAttachment): void {
    this.#attachment = attachment;
    this.#socket.attach(attachment);
  }
}

const add = (unacked: Unacked, bytes: number): Unacked => ({
  items: unacked.items + 1,
  bytes: unacked.bytes + bytes,
});
