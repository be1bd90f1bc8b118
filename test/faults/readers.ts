// Three gateways as they are in the field, each over a real socket that may break: our client library, a plain
// client that only knows imsg's JSON-RPC, and the drop-in program. Each also sends, and a fourth by POST.
import { WebSocket } from "ws";
import * as z from "zod";
import { connect } from "../../gateway/client/connect.ts";
import type { Subscription } from "../../gateway/client/watch.ts";
import { systemClock } from "../../gateway/client/system-clock.ts";
import type { Tunnel } from "../../gateway/client/tunnel.ts";
import { wsDial } from "../../gateway/node/ws-dial.ts";
import { ERRORS } from "../../shared/errors.ts";
import type { Answer } from "../../shared/jsonrpc.ts";
import { Peer } from "../../shared/peer.ts";
import type { System } from "../e2e/harness.ts";
import { Recording, until } from "../e2e/waiting.ts";
import { Shelf } from "../seeds/readers.ts";
import type { Proxy } from "./proxy.ts";
import { TIMES } from "./stage.ts";

/** Whoever asks for a send, and is told what became of it. */
export interface Asker {
  readonly name: string;
  ask(key: string, params: Readonly<Record<string, unknown>>): Promise<Answer>;
}

export interface Reader extends Asker {
  readonly shelf: Shelf;
  /** Guids, each when it came first. */
  readonly taken: Recording<string>;
  close(): Promise<void>;
}

export const WATCH = { attachments: true, include_reactions: true };
/** No answer within this is no answer. */
const ASK_MS = 30_000;

export class LibraryReader implements Reader {
  readonly name = "client library";
  readonly shelf = new Shelf();
  readonly taken = new Recording<string>();
  /** Every time its socket opened. */
  readonly opened = new Recording<number>();
  readonly #tunnel: Tunnel;
  readonly #subscription: Subscription;

  constructor({ account, key }: System, wire: Proxy) {
    this.#tunnel = connect({
      relay: wire.origin,
      account,
      key,
      dial: wsDial,
      times: TIMES,
      onState: ({ kind }) => {
        if (kind === "open") this.opened.add(Date.now());
      },
    });
    this.#subscription = this.#tunnel.subscribe(WATCH, {
      onMessage: ({ message }, taken) => {
        take(this, message);
        taken();
      },
    });
  }

  async ready(): Promise<void> {
    await this.#subscription.established;
  }

  ask(key: string, params: Readonly<Record<string, unknown>>): Promise<Answer> {
    return this.#tunnel.call("send", params, { idempotencyKey: key, timeoutMs: ASK_MS });
  }

  async close(): Promise<void> {
    this.#tunnel.close();
  }
}

interface Open {
  readonly params: unknown;
  /** Over this socket and those before. */
  asked: number;
  readonly settle: (answer: Answer) => void;
}

/** Goes on from the last row it took, as OpenClaw does, and asks again for what was not answered, by its key. */
export class PlainReader implements Reader {
  readonly name = "plain client";
  readonly shelf = new Shelf();
  readonly taken = new Recording<string>();
  readonly opened = new Recording<number>();
  readonly #url: string;
  readonly #key: string;
  readonly #open = new Map<string, Open>();
  #socket: WebSocket | undefined;
  #peer: Peer | undefined;
  #lastRow = -1;
  #isClosed = false;

  constructor({ account, key }: System, wire: Proxy) {
    this.#url = `${wire.origin.replace("http", "ws")}/v1/accounts/${account}/rpc`;
    this.#key = key;
    this.#connect();
  }

  async ready(): Promise<void> {
    await this.opened.count(1, () => true, "connection");
  }

  ask(key: string, params: Readonly<Record<string, unknown>>): Promise<Answer> {
    return new Promise((settle) => {
      this.#open.set(key, { params, asked: 0, settle });
      this.#request(key);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#socket?.terminate();
  }

  #connect(): void {
    if (this.#isClosed) return;
    const socket = new WebSocket(this.#url, [], {
      headers: { authorization: `Bearer ${this.#key}` },
      handshakeTimeout: TIMES.deadAfterMs,
      perMessageDeflate: false,
    });
    const peer: Peer = new Peer(systemClock, (text) => void (isUp(socket) && socket.send(text)), {
      onNotification: (_, params) => this.#notified(params),
      onRequest: ({ id }) => peer.reply(id, { result: {} }),
    });
    this.#socket = socket;
    this.#peer = peer;
    let heardAt = Date.now();
    const beat = setInterval(() => {
      if (Date.now() - heardAt > TIMES.deadAfterMs) socket.terminate();
      else if (isUp(socket)) socket.send("ping");
    }, TIMES.heartbeatMs);
    socket.on("open", () => {
      heardAt = Date.now();
      peer.ask("watch.subscribe", { ...WATCH, since_rowid: this.#lastRow }, ASK_MS, ({ kind }) => {
        if (kind === "answer") this.opened.add(Date.now());
      });
      for (const key of this.#open.keys()) this.#request(key);
    });
    socket.on("message", (data: Buffer) => {
      heardAt = Date.now();
      const text = data.toString("utf8");
      if (text !== "pong") peer.receive(text);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearInterval(beat);
      this.#peer = undefined;
      peer.close();
      setTimeout(() => this.#connect(), TIMES.heartbeatMs);
    });
  }

  #request(key: string): void {
    const entry = this.#open.get(key);
    if (entry === undefined || this.#socket === undefined || !isUp(this.#socket)) return;
    entry.asked += 1;
    const settle = (answer: Answer): void => {
      // RPC16: without a name, a copy that a dead socket took with it may still be done.
      if (entry.asked > 1 && isOffline(answer)) setTimeout(() => this.#request(key), TIMES.heartbeatMs);
      else if (this.#open.delete(key)) entry.settle(answer);
    };
    this.#peer?.ask(
      "send",
      entry.params,
      ASK_MS,
      (outcome) => {
        // What the socket took with it is asked again over the next one.
        if (outcome.kind === "answer") settle(outcome.answer);
      },
      { idempotency_key: key },
    );
  }

  #notified(params: unknown): void {
    const shown = shownSchema.safeParse(params);
    if (!shown.success) return;
    this.#lastRow = shown.data.message.id;
    take(this, shown.data.message);
  }
}

/** By POST, straight to the relay: again with the same key until there is an answer. */
export class PostAsker implements Asker {
  readonly name = "by POST";
  readonly #system: System;

  constructor(system: System) {
    this.#system = system;
  }

  ask(key: string, params: Readonly<Record<string, unknown>>): Promise<Answer> {
    const once = async (): Promise<Answer | false> => {
      try {
        const { result, error } = await this.#system.rpc("send", params, { "idempotency-key": key });
        return error === undefined ? { result } : { error };
      } catch {
        return false;
      }
    };
    return until(once, `an answer to ${key}`, ASK_MS);
  }
}

export const shownSchema = z.looseObject({ message: z.looseObject({ id: z.int(), guid: z.string() }) });

export function take(reader: Pick<Reader, "shelf" | "taken">, message: unknown): void {
  const { repeats } = reader.shelf;
  const taken = reader.shelf.take(message);
  if (taken !== undefined && reader.shelf.repeats === repeats) reader.taken.add(taken.guid);
}

const isOffline = (answer: Answer): boolean =>
  "error" in answer && answer.error.code === ERRORS.agent_offline.rpc;

const isUp = (socket: WebSocket): boolean => socket.readyState === WebSocket.OPEN;
