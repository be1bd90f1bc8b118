// Between a command and its relay: TCP that stops right before the relay's answer of a kind is passed on, so that a test
// can end the command there.
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

const HOST = "127.0.0.1";

export class HeldWire {
  readonly origin: string;
  /** Port of the relay; known only after the relay was told this origin. */
  target = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #wanted: { readonly text: string; left: number; readonly held: () => void } | undefined;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.origin = `http://${HOST}:${port}`;
    server.on("connection", (caller) => this.#join(caller));
  }

  static start(): Promise<HeldWire> {
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, HOST, () => resolve(new HeldWire(server, (server.address() as AddressInfo).port)));
    });
  }

  /** Resolves when the relay has said this for the n-th time; nobody hears it, and that connection is dead. */
  hold(text: string, n: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = { text, left: n, held: resolve };
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #join(caller: Socket): void {
    const relay = connect({ host: HOST, port: this.target });
    let isHeld = false;
    relay.on("data", (chunk: Buffer) => {
      // What a server says in WebSocket frames is not masked; a frame of this size comes in one piece on loopback.
      isHeld ||= this.#isWanted(chunk.toString("latin1"));
      if (!isHeld) caller.write(chunk);
    });
    caller.on("data", (chunk: Buffer) => void (isHeld || relay.write(chunk)));
    for (const [one, other] of [
      [caller, relay],
      [relay, caller],
    ] as const) {
      this.#sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }

  #isWanted(said: string): boolean {
    const wanted = this.#wanted;
    if (wanted === undefined) return false;
    // However many come in one piece: how a stream is cut is the system's business.
    wanted.left -= said.split(wanted.text).length - 1;
    if (wanted.left > 0) return false;
    this.#wanted = undefined;
    wanted.held();
    return true;
  }
}
