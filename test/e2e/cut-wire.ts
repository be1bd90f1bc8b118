// Between an agent and its relay: TCP that can lose the connections of transfers, and of nothing else.
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Recording } from "./waiting.ts";

const HOST = "127.0.0.1";
/** The head of a request for bytes; a connection serves one after the other. */
const ASKED = /^(GET|POST) \S*\/agent\/transfers\//;

/** How bytes of a file go: brought to the relay, or fetched from there. */
export type Way = "POST" | "GET";

interface Pair {
  readonly caller: Socket;
  readonly relay: Socket;
  way: Way | undefined;
  isCut: boolean;
  isHeld: boolean;
}

export class CutWire {
  readonly origin: string;
  /** Port of the relay; known only after the relay was told this origin. */
  target = 0;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #passed: Recording<{ readonly way: Way; readonly bytes: number }> = new Recording();
  #bytes = 0;
  #holdAt = Infinity;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.origin = `http://${HOST}:${port}`;
    server.on("connection", (caller) => this.#join(caller));
  }

  static start(): Promise<CutWire> {
    const server = createServer({ allowHalfOpen: true });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, HOST, () => resolve(new CutWire(server, (server.address() as AddressInfo).port)));
    });
  }

  /** Counts from here on; with `holdAt`, hardly more than that passes until `goOn`. */
  begin(holdAt = Infinity): void {
    this.#passed = new Recording();
    this.#bytes = 0;
    this.#holdAt = holdAt;
  }

  goOn(): void {
    this.#holdAt = Infinity;
    for (const pair of this.#pairs) {
      pair.isHeld = false;
      for (const socket of [pair.caller, pair.relay]) socket.resume();
    }
  }

  /** Resolves when more than so many bytes have passed, of all transfers of that way since `begin`. */
  async passed(way: Way, bytes: number): Promise<void> {
    await this.#passed.find((seen) => seen.way === way && seen.bytes > bytes, `${bytes} bytes of a ${way}`);
  }

  /** Every connection with bytes of a transfer breaks at both ends: by RST, or by a FIN in the middle. */
  cut(how: "reset" | "end"): void {
    for (const pair of this.#pairs) {
      if (pair.way === undefined) continue;
      pair.isCut = true;
      for (const socket of [pair.caller, pair.relay])
        if (how === "reset") socket.resetAndDestroy();
        else socket.end();
    }
  }

  async close(): Promise<void> {
    for (const { caller, relay } of this.#pairs) {
      caller.destroy();
      relay.destroy();
    }
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #join(caller: Socket): void {
    const relay = connect({ host: HOST, port: this.target, allowHalfOpen: true });
    const pair: Pair = { caller, relay, way: undefined, isCut: false, isHeld: false };
    this.#pairs.add(pair);
    caller.on("data", (chunk: Buffer) => {
      const [, way] = ASKED.exec(chunk.subarray(0, 200).toString("latin1")) ?? [];
      if (way === "GET" || way === "POST") pair.way = way;
      if (pair.way === "POST") this.#count(pair, "POST", chunk.length);
    });
    relay.on("data", (chunk: Buffer) => {
      if (pair.way === "GET") this.#count(pair, "GET", chunk.length);
    });
    this.#pass(pair, caller, relay);
    this.#pass(pair, relay, caller);
  }

  #count(pair: Pair, way: Way, bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#holdAt) {
      pair.isHeld = true;
      for (const socket of [pair.caller, pair.relay]) socket.pause();
    }
    this.#passed.add({ way, bytes: this.#bytes });
  }

  #pass(pair: Pair, from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on("data", (chunk: Buffer) => {
      // What comes after a cut is lost; it is read all the same, so that no close becomes a RST.
      if (!pair.isCut && !to.write(chunk)) from.pause();
    });
    to.on("drain", () => {
      if (!pair.isHeld) from.resume();
    });
    from.on("end", () => to.end());
    from.on("error", () => to.resetAndDestroy());
    from.on("close", () => {
      this.#pairs.delete(pair);
      to.destroySoon();
    });
  }
}
