// A wire that can break: TCP on loopback between a caller and the relay. What it holds back stays in the kernel's
// buffers, so it needs no bound of its own.
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

const HOST = "127.0.0.1";

/** One connection of a caller and the one made for it. */
interface Pair {
  readonly ends: readonly [Socket, Socket];
  silent: boolean;
}

export class Proxy {
  readonly port: number;
  /** Port of the relay; known only after the relay was told this proxy's origin. */
  target = 0;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on("connection", (caller) => this.#join(caller));
  }

  static start(): Promise<Proxy> {
    const server = createServer({ allowHalfOpen: true });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, HOST, () => resolve(new Proxy(server, (server.address() as AddressInfo).port)));
    });
  }

  get origin(): string {
    return `http://${HOST}:${this.port}`;
  }

  /** Connections through it now, silent ones included. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Every present connection breaks at both ends: by a reset, or by an end that looks orderly. */
  cut(how: "reset" | "end"): void {
    for (const { ends } of this.#pairs) {
      for (const socket of ends) {
        if (how === "reset") socket.resetAndDestroy();
        else socket.destroy();
      }
    }
  }

  /** Of the present connections nothing passes any more, not even their end; both sides stay open. */
  silence(): void {
    for (const pair of this.#pairs) {
      pair.silent = true;
      for (const socket of pair.ends) socket.pause();
    }
  }

  /** What was held back passes now, late, with everything that has ended meanwhile. */
  heal(): void {
    for (const pair of this.#pairs) {
      if (!pair.silent) continue;
      pair.silent = false;
      for (const socket of pair.ends) socket.resume();
    }
  }

  async close(): Promise<void> {
    this.cut("end");
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #join(caller: Socket): void {
    const relay = connect({ host: HOST, port: this.target, allowHalfOpen: true });
    const pair: Pair = { ends: [caller, relay], silent: false };
    this.#pairs.add(pair);
    this.#pass(pair, caller, relay);
    this.#pass(pair, relay, caller);
  }

  #pass(pair: Pair, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on("drain", () => {
      if (!pair.silent) from.resume();
    });
    from.on("end", () => to.end());
    from.on("error", () => to.resetAndDestroy());
    from.on("close", () => {
      this.#pairs.delete(pair);
      to.destroySoon();
    });
  }
}
