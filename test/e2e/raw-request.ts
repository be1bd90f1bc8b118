// One HTTP request over a bare socket, for ends that no HTTP client makes: a FIN or a RST, at the byte that is wanted.
import { connect, type Socket } from "node:net";

export interface RawHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface RawEnd {
  /** As many bytes as Content-Length says, or the connection broke before. */
  readonly isWhole: boolean;
  readonly body: Buffer;
}

export interface RawAsk {
  readonly method?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class RawRequest {
  /** Undefined = there was no answer. */
  readonly head: Promise<RawHead | undefined>;
  readonly over: Promise<RawEnd>;
  readonly #socket: Socket;
  #came = Buffer.alloc(0);
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #head: RawHead | undefined;
  #tellHead: (head: RawHead | undefined) => void = () => undefined;
  #tellOver: (end: RawEnd) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.head = new Promise((resolve) => {
      this.#tellHead = resolve;
    });
    this.over = new Promise((resolve) => {
      this.#tellOver = resolve;
    });
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("end", () => this.#end());
    socket.on("error", () => this.#end());
    socket.on("close", () => this.#end());
  }

  /** Resolves when its head is on the way; a body follows by `send`. */
  static async begin(
    address: string,
    { method = "GET", key, headers = {} }: RawAsk = {},
  ): Promise<RawRequest> {
    const { hostname, port, pathname, search } = new URL(address);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    socket.setNoDelay(true);
    const request = new RawRequest(socket);
    const fields = {
      host: `${hostname}:${port}`,
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    await request.send(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join("")}\r\n`);
    return request;
  }

  /** Resolves when the kernel has it, or the connection broke. */
  send(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.write(bytes, () => resolve());
    });
  }

  /** Resolves when so many bytes of the body are here. */
  has(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#bytes < bytes) return;
        this.#socket.off("data", look);
        resolve();
      };
      this.#socket.on("data", look);
      look();
    });
  }

  /** RST: whatever is on its way is lost, and the other end knows at once. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** FIN: says that nothing more comes, and reads on. */
  half(): void {
    this.#socket.end();
  }

  /** FIN, and nobody reads any more: what a process that ends in order leaves behind. */
  leave(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    if (this.#head === undefined) {
      this.#came = Buffer.concat([this.#came, bytes]);
      const at = this.#came.indexOf("\r\n\r\n");
      if (at < 0) return;
      this.#head = readHead(this.#came.subarray(0, at).toString("latin1"));
      this.#tellHead(this.#head);
      this.#keep(this.#came.subarray(at + 4));
    } else this.#keep(bytes);
    if (this.#bytes >= this.#length) this.#end();
  }

  #keep(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
  }

  get #length(): number {
    return Number(this.#head?.headers.get("content-length") ?? Number.NaN);
  }

  #end(): void {
    this.#tellHead(undefined);
    this.#tellOver({ isWhole: this.#bytes === this.#length, body: Buffer.concat(this.#pieces) });
  }
}

function readHead(text: string): RawHead {
  const [first = "", ...lines] = text.split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const at = line.indexOf(":");
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
  });
  return { status: Number(first.split(" ")[1]), headers: new Map(headers) };
}
