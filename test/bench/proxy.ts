// A TCP proxy on loopback that can fall silent: connections stay open, new ones are accepted, no byte passes.
import { connect, createServer, type Server, type Socket } from "node:net";

const HOST = "127.0.0.1";

export class Proxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  #target: number | undefined;
  #isSilent = false;

  private constructor(server: Server, port: number, sockets: Set<Socket>) {
    this.#server = server;
    this.port = port;
    this.#sockets = sockets;
    server.on("connection", (near) => this.#join(near));
  }

  static async open(): Promise<Proxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return new Proxy(server, address.port, new Set());
  }

  get origin(): string {
    return `http://${HOST}:${this.port}`;
  }

  /** The port it leads to; until then nothing is accepted. */
  leadTo(port: number): void {
    this.#target = port;
  }

  silence(): void {
    this.#isSilent = true;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near: Socket): void {
    if (this.#target === undefined) {
      near.destroy();
      return;
    }
    const far = connect(this.#target, HOST);
    this.#pass(near, far);
    this.#pass(far, near);
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on("data", (bytes) => {
      if (!this.#isSilent) to.write(bytes);
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      this.#sockets.delete(from);
      if (!this.#isSilent) to.destroy();
    });
  }
}
