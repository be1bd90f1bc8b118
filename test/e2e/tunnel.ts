// A gateway as raw as it gets: JSON-RPC over one WebSocket, everything that came recorded.
import { WebSocket } from "ws";
import * as z from "zod";
import { opened } from "./opened.ts";
import { Recording } from "./waiting.ts";

const messageSchema = z.looseObject({
  id: z.int(),
  guid: z.string(),
  chat_id: z.int(),
  chat_guid: z.string(),
  text: z.string(),
  is_from_me: z.boolean(),
});
export type ShownMessage = z.infer<typeof messageSchema>;

const notificationSchema = z.looseObject({
  method: z.literal("message"),
  params: z.looseObject({
    subscription: z.int(),
    message: messageSchema,
    relay: z.object({ id: z.string(), logged_at: z.number(), delayed: z.boolean() }).optional(),
  }),
});
const errorSchema = z.looseObject({ code: z.int(), message: z.string(), data: z.unknown().optional() });
export type TunnelError = z.infer<typeof errorSchema>;
const frameSchema = z.looseObject({
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: errorSchema.optional(),
});
export type TunnelFrame = z.infer<typeof frameSchema>;

export interface Notification {
  readonly subscription: number;
  readonly message: ShownMessage;
  readonly relay: { readonly id: string; readonly delayed: boolean } | undefined;
}

export interface TunnelOptions {
  readonly v1?: boolean;
  /** Whether `relay.probe` is answered (RPC13). */
  readonly answersProbes?: boolean;
}

const OPEN_MS = 10_000;
const CALL_MS = 30_000;

export class Tunnel {
  readonly frames = new Recording<TunnelFrame>();
  readonly notifications = new Recording<Notification>();
  readonly pongs = new Recording<number>();
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #socket: WebSocket;
  readonly #calls = new Map<string, (frame: TunnelFrame) => void>();
  #ids = 0;

  private constructor(socket: WebSocket, answersProbes: boolean) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) => this.#take(data.toString("utf8"), answersProbes));
  }

  /** Rejects with `HTTP <status>` where the upgrade is refused. */
  static async open(url: string, key: string, options: TunnelOptions = {}): Promise<Tunnel> {
    const { v1 = true, answersProbes = true } = options;
    const socket = new WebSocket(url, v1 ? ["imsg-relay.v1"] : [], {
      headers: { authorization: `Bearer ${key}` },
      handshakeTimeout: OPEN_MS,
      maxPayload: 64 * 1024 * 1024,
      perMessageDeflate: false,
    });
    const tunnel = new Tunnel(socket, answersProbes);
    await opened(socket);
    return tunnel;
  }

  /** The whole answer: a result or an error. */
  call(method: string, params?: unknown, extra: Record<string, unknown> = {}): Promise<TunnelFrame> {
    this.#ids += 1;
    const id = `call-${this.#ids}`;
    const answer = this.answer(id, `${method} was not answered`);
    this.send({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }), ...extra });
    return answer;
  }

  /** The answer to an id that is sent by hand. */
  answer(id: string, otherwise: string): Promise<TunnelFrame> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(otherwise)), CALL_MS);
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        this.#calls.delete(id);
        end();
      };
      this.#calls.set(id, (frame) => settle(() => resolve(frame)));
      void this.closed.then(({ code }) =>
        settle(() => reject(new Error(`${otherwise}: closed with ${code}`))),
      );
    });
  }

  /** The result; an error is a failure of the test. */
  async result(method: string, params?: unknown, extra?: Record<string, unknown>): Promise<unknown> {
    const { error, result } = await this.call(method, params, extra);
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  async error(method: string, params?: unknown, extra?: Record<string, unknown>): Promise<TunnelError> {
    const { error, result } = await this.call(method, params, extra);
    if (error === undefined)
      throw new Error(`${method} was not refused: ${JSON.stringify(result).slice(0, 200)}`);
    return error;
  }

  async subscribe(params: Record<string, unknown> = {}): Promise<number> {
    return z.object({ subscription: z.int() }).parse(await this.result("watch.subscribe", params))
      .subscription;
  }

  /** The first message that matches, shown to any subscription or to that one. */
  async message(
    matches: (message: ShownMessage) => boolean,
    what: string,
    ms?: number,
  ): Promise<ShownMessage> {
    return (await this.notifications.find(({ message }) => matches(message), what, ms)).message;
  }

  withText(text: string, ms?: number): Promise<ShownMessage> {
    return this.message((message) => message.text === text, `a message “${text}”`, ms);
  }

  /** Guids shown to one subscription, in order. */
  guids(subscription: number): string[] {
    return this.notifications.all
      .filter((notification) => notification.subscription === subscription)
      .map(({ message }) => message.guid);
  }

  send(frame: unknown): void {
    this.raw(JSON.stringify(frame));
  }

  raw(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  close(): void {
    this.#socket.close();
  }

  /** Without a closing handshake, as when a laptop lid falls. */
  cut(): void {
    this.#socket.terminate();
  }

  #take(text: string, answersProbes: boolean): void {
    if (text === "pong") {
      this.pongs.add(Date.now());
      return;
    }
    const json: unknown = JSON.parse(text);
    const notification = notificationSchema.safeParse(json);
    if (notification.success) {
      const { subscription, message, relay } = notification.data.params;
      this.notifications.add({ subscription, message, relay });
      return;
    }
    const frame = frameSchema.parse(json);
    this.frames.add(frame);
    if (frame.method === "relay.probe") {
      if (answersProbes) this.send({ jsonrpc: "2.0", id: frame.id, result: {} });
      return;
    }
    if (typeof frame.id === "string") this.#calls.get(frame.id)?.(frame);
  }
}
