// The relay's side of transfers on a real port: takes the bytes of reads, has bodies for writes, and misbehaves on
// demand.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

interface Taken {
  readonly transfer: string;
  readonly offset: number;
  readonly length: number;
  bytes: number;
  /** The body came to its end. */
  whole: boolean;
  /** The other end broke it off. */
  broken: boolean;
}

export class TransferRelay {
  readonly posts: Taken[] = [];
  /** What every POST brought, in the order of their coming; empty where `keep` is off. */
  readonly received: Buffer[] = [];
  readonly gets: string[] = [];
  connections = 0;
  keep = true;
  /** Answer a POST with this instead of taking all of it … */
  refuse: { readonly status: number; readonly after: number } | undefined;
  /** … or cut the connection there. */
  cutAfter: number | undefined;
  /** Read nothing until this resolves. */
  gate: Promise<void> | undefined;
  /** Told at every piece. */
  onBytes: ((taken: Taken) => void) | undefined;
  /** Bodies of GETs, by transfer. */
  readonly bodies = new Map<
    string,
    { readonly bytes: Buffer; readonly says?: number; readonly cutAfter?: number; readonly holds?: boolean }
  >();
  /** Answer GETs with this. */
  refuseGet: number | undefined;
  #brought = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #hash = createHash("sha256");
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  constructor() {
    this.#server.on("connection", () => {
      this.connections += 1;
    });
  }

  get origin(): string {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "";
  }

  get bytes(): Buffer {
    return Buffer.concat(this.received);
  }

  /** Of everything that POSTs brought; once. */
  digest(): string {
    return this.#hash.digest("base64");
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => void this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://relay.test");
    const transfer = decodeURIComponent(pathname.split("/").at(-1) ?? "");
    if (!pathname.startsWith("/v1/accounts/acc_1/agent/transfers/")) response.writeHead(404).end();
    else if (request.method === "GET") this.#get(transfer, response);
    else await this.#post(transfer, Number(searchParams.get("offset")), request, response);
  }

  /** So many GETs have had all that they will get before they break off. */
  async brought(count: number): Promise<void> {
    while (this.#brought < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #get(transfer: string, response: ServerResponse): void {
    this.gets.push(transfer);
    const body = this.bodies.get(transfer);
    if (body === undefined || this.refuseGet !== undefined) {
      response.writeHead(this.refuseGet ?? 410).end();
      return;
    }
    const { bytes, says = bytes.length, cutAfter, holds = false } = body;
    response.writeHead(200, { "content-length": says });
    if (cutAfter === undefined) response.end(bytes);
    else {
      response.write(bytes.subarray(0, cutAfter), () => {
        this.#brought += 1;
        for (const one of this.#waiting.splice(0)) one();
        // Not before the other end has read it: a reset loses what it has not.
        if (!holds) setTimeout(() => response.destroy(), 50);
      });
    }
  }

  async #post(
    transfer: string,
    offset: number,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const length = Number(request.headers["content-length"]);
    const taken: Taken = { transfer, offset, length, bytes: 0, whole: false, broken: false };
    this.posts.push(taken);
    request.on("error", () => undefined);
    await this.gate;
    const { refuse } = this;
    if (refuse?.after === 0) {
      response.writeHead(refuse.status).end();
      return;
    }
    try {
      for await (const piece of request) {
        const bytes: Buffer = piece;
        taken.bytes += bytes.length;
        this.#hash.update(bytes);
        if (this.keep) this.received.push(bytes);
        this.onBytes?.(taken);
        if (this.cutAfter !== undefined && taken.bytes >= this.cutAfter) {
          request.socket.destroy();
          return;
        }
        if (refuse !== undefined && taken.bytes >= refuse.after) {
          response.writeHead(refuse.status).end();
          return;
        }
      }
    } catch {
      taken.broken = true;
      return;
    }
    taken.whole = request.complete && taken.bytes === length;
    response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}');
  }
}
