// What every stand-in for a relay is: an address on this machine that answers HTTP and WebSockets, goes away and comes
// back, and tells a waiting test that something happened.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { problem, type ErrorCode } from "../../../shared/errors.ts";

export const ACCOUNT = "acc_0123456789abcdef";
export const KEY = "key_0123456789abcdef.s3cr3ts3cr3t";

export abstract class LocalRelay {
  /** Refuses its doors with this. */
  refuse: ErrorCode | undefined;
  readonly #connections = new Set<Socket>();
  readonly #waiters = new Set<() => void>();
  #server: Server | undefined;
  #port = 0;

  static async start<R extends LocalRelay>(this: new () => R): Promise<R> {
    const relay = new this();
    await relay.listen();
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get connection(): string {
    return `${this.url}/v1/accounts/${ACCOUNT}#${KEY}`;
  }

  /** Also after `away`: on the same port. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.answer(request, response));
    const sockets = new WebSocketServer({ noServer: true });
    server.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.on("close", () => this.#connections.delete(socket));
    });
    server.on("upgrade", (request, socket, head) => {
      const opened = this.knocked(request);
      if (this.refuse !== undefined) {
        socket.end(`HTTP/1.1 ${problem(this.refuse, "r1").status} Refused\r\ncontent-length: 0\r\n\r\n`);
        return;
      }
      sockets.handleUpgrade(request, socket, head, opened);
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Nobody answers at this address any more. */
  async away(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.drop();
    server.close();
    await once(server, "close");
  }

  /** Every connection breaks, as by a lost network. */
  drop(): void {
    for (const socket of this.#connections) socket.destroy();
  }

  /** Resolves when `look` is true; looked at after everything that happens here. */
  async until(look: () => boolean): Promise<void> {
    while (!look()) await new Promise<void>((resolve) => this.#waiters.add(resolve));
  }

  protected changed(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }

  protected abstract answer(request: IncomingMessage, response: ServerResponse): Promise<void>;

  /** Somebody asks for a WebSocket; what is to be done with it, should it be opened. */
  protected knocked(_request: IncomingMessage): (socket: WebSocket) => void {
    return (socket) => socket.terminate();
  }
}

/** The JSON of a request's body; undefined = it has none. */
export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  if (request.headers["content-type"] === "application/x-ndjson") return text;
  return text === "" ? undefined : JSON.parse(text);
}
