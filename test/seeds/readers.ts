// Two gateways as they are in the field: our own client, and a plain one that only knows imsg's JSON-RPC and goes
// on from the last row it took, as OpenClaw does. Each keeps what it was shown, after de-duplication by guid.
import { Tunnel } from "../../gateway/client/tunnel.ts";
import { messageSchema, type Message } from "../../shared/imsg.ts";
import type { KeyId } from "../../shared/ids.ts";
import type { Answer } from "../../shared/jsonrpc.ts";
import { Peer } from "../../shared/peer.ts";
import { dialer } from "./virtual-dial.ts";
import type { VirtualRelay } from "./virtual-relay.ts";
import type { VirtualTime } from "./virtual-time.ts";
import type { VirtualWire } from "./virtual-wire.ts";

/** What a reader took, in the order in which it first came. */
export class Shelf {
  readonly messages: Message[] = [];
  readonly #guids = new Set<string>();
  repeats = 0;

  take(value: unknown): Message | undefined {
    const message = messageSchema.parse(value);
    if (this.#guids.has(message.guid)) {
      this.repeats += 1;
      return message;
    }
    this.#guids.add(message.guid);
    this.messages.push(message);
    return message;
  }

  has(guid: string): boolean {
    return this.#guids.has(guid);
  }
}

const WATCH = { attachments: true, include_reactions: true };

export class ClientReader {
  readonly shelf = new Shelf();
  readonly #tunnel: Tunnel;

  /** `blind`: a key of its own, and nothing is shown to it: it only sends. */
  constructor(relay: VirtualRelay, time: VirtualTime, random: () => number, name: string, blind?: KeyId) {
    let keys = 0;
    const dial = dialer(relay, () => true);
    this.#tunnel = new Tunnel({
      clock: time,
      random,
      mintKey: () => {
        keys += 1;
        return `${name}-${keys}`;
      },
      dial: (handlers) => dial({ role: "gateway", name, key: blind }, handlers),
    });
    this.#tunnel.start();
    if (blind !== undefined) return;
    this.#tunnel.subscribe(WATCH, {
      onMessage: ({ message }, taken) => {
        this.shelf.take(message);
        taken();
      },
    });
  }

  get pending(): number {
    return this.#tunnel.pending;
  }

  call(method: string, params: unknown, key: string, timeoutMs: number): Promise<Answer> {
    return this.#tunnel.call(method, params, { idempotencyKey: key, timeoutMs });
  }

  close(): void {
    this.#tunnel.close();
  }
}

const RECONNECT_MS = 1_000;
const ANSWER_MS = 10_000;

export class PlainReader {
  readonly shelf = new Shelf();
  readonly #relay: VirtualRelay;
  readonly #time: VirtualTime;
  #lastRow: number | undefined;
  #isClosed = false;

  constructor(relay: VirtualRelay, time: VirtualTime) {
    this.#relay = relay;
    this.#time = time;
    this.#connect();
  }

  close(): void {
    this.#isClosed = true;
  }

  #connect(): void {
    if (this.#isClosed) return;
    let wire: VirtualWire | undefined;
    let heardAt = this.#time.now();
    const peer = new Peer(this.#time, (text) => wire?.clientSend(text), {
      onNotification: (_, params) => this.#take(params),
      onRequest: ({ id }) => peer.reply(id, { result: {} }),
    });
    const again = (): void => {
      peer.close();
      this.#time.after(RECONNECT_MS, () => this.#connect());
    };
    const heartbeat = (): void => {
      if (wire === undefined || this.#isClosed) return;
      if (this.#time.now() - heardAt > 25_000) {
        wire.clientClose();
        wire = undefined;
        return again();
      }
      wire.clientSend("ping");
      this.#time.after(10_000, heartbeat);
      return undefined;
    };
    const client = {
      onText: (text: string): void => {
        heardAt = this.#time.now();
        if (text !== "pong") peer.receive(text);
      },
      onClose: (): void => {
        wire = undefined;
        again();
      },
    };
    this.#relay.dial({ role: "gateway", name: null }, client, (opened) => {
      if (opened === undefined) return again();
      wire = opened;
      heartbeat();
      void peer.call("watch.subscribe", { ...WATCH, since_rowid: this.#lastRow ?? -1 }, ANSWER_MS);
      return undefined;
    });
  }

  #take(params: unknown): void {
    if (typeof params !== "object" || params === null || !("message" in params)) return;
    this.#lastRow = this.shelf.take(params.message)?.id ?? this.#lastRow;
  }
}
