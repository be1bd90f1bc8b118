// The bytes of transfers over HTTP: one POST a part, one GET a body, through the proxy that the dial goes through.
import {
  Agent as HttpAgent,
  request as httpRequest,
  type Agent,
  type ClientRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { TRANSFER_CHUNK_BYTES, TRANSFER_IDLE_MS, TRANSFER_STALL_MS } from "../limits.ts";
import type { FetchEnd, PostEnd, TransferWire, Upload } from "../transfers/ports.ts";

interface Relay {
  readonly origin: string;
  readonly account: string;
  /** Undefined where no proxy is meant. */
  readonly proxy: Agent | undefined;
}

const CUT: PostEnd = { kind: "cut" };

export function transferHttp({ origin, account, proxy }: Relay, stallMs = TRANSFER_STALL_MS): TransferWire {
  const isSecure = origin.startsWith("https:");
  const options = { keepAlive: true, timeout: TRANSFER_IDLE_MS };
  const agent = proxy ?? (isSecure ? new HttpsAgent(options) : new HttpAgent(options));
  const request = isSecure ? httpsRequest : httpRequest;
  const urlOf = (transfer: string, query: string): string =>
    `${origin}/v1/accounts/${account}/agent/transfers/${encodeURIComponent(transfer)}${query}`;

  return {
    post: (transfer, offset, length, signal) => {
      const headers = { "content-length": length, "content-type": "application/octet-stream" };
      const url = urlOf(transfer, `?offset=${offset}`);
      return uploadOf(request(url, { method: "POST", agent, headers }), signal, stallMs);
    },
    fetch: async (transfer, length, signal, take) => {
      if (signal.aborted) return CUT;
      const get = request(urlOf(transfer, ""), { method: "GET", agent });
      const stall = stallTimer(get, stallMs);
      const stop = (): void => void get.destroy();
      signal.addEventListener("abort", stop);
      try {
        const response = await new Promise<IncomingMessage | undefined>((resolve) => {
          get.on("response", resolve);
          get.on("error", () => resolve(undefined));
          get.on("close", () => resolve(undefined));
          get.end();
        });
        if (response === undefined) return CUT;
        // Its end is told by the loop below, or to nobody.
        response.on("error", () => undefined);
        const { statusCode: status = 0 } = response;
        if (status !== 200) return { kind: "answered", status };
        if (response.headers["content-length"] !== String(length)) return CUT;
        return await receive(response, length, stall, take);
      } finally {
        stall.stop();
        signal.removeEventListener("abort", stop);
        // Nothing to do where it has come to its end: the connection is kept for the next one.
        get.destroy();
      }
    },
  };
}

function uploadOf(request: ClientRequest, signal: AbortSignal, stallMs: number): Upload {
  let isOver = false;
  /** Whoever waits for its piece to be gone. */
  let waiting: (() => void) | undefined;
  const stall = stallTimer(request, stallMs);
  const stop = (): void => void request.destroy();
  const ended = new Promise<PostEnd>((resolve) => {
    const settle = (end: PostEnd): void => {
      if (isOver) return;
      isOver = true;
      stall.stop();
      signal.removeEventListener("abort", stop);
      resolve(end);
      waiting?.();
    };
    request.on("response", (response) => {
      response.on("error", () => undefined);
      const { statusCode: status = 0 } = response;
      if (status === 200) {
        // To its end, so that the connection can be used again.
        response.resume();
        response.on("end", () => settle({ kind: "answered", status }));
      } else {
        // Perhaps long before the end of the body: not a byte more.
        settle({ kind: "answered", status });
        request.destroy();
      }
    });
    request.on("error", () => settle(CUT));
    request.on("close", () => settle(CUT));
  });
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        if (isOver) {
          resolve(false);
          return;
        }
        waiting = () => resolve(false);
        request.write(bytes, (error) => {
          stall.moved();
          resolve(!error);
        });
      }),
    end: () => {
      if (!isOver) request.end();
      return ended;
    },
    destroy: stop,
  };
}

async function receive(
  response: IncomingMessage,
  length: number,
  stall: Stall,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<FetchEnd> {
  const gather = new Gather(Math.min(TRANSFER_CHUNK_BYTES, length), take);
  const pieces = response.iterator({ destroyOnReturn: true });
  let left = length;
  for (;;) {
    let next: IteratorResult<unknown>;
    try {
      next = await pieces.next();
    } catch {
      await gather.flush();
      return CUT;
    }
    const { value } = next;
    if (next.done === true || !(value instanceof Uint8Array)) {
      await gather.flush();
      return left === 0 && response.complete ? { kind: "whole" } : CUT;
    }
    stall.moved();
    left -= value.length;
    await gather.add(value);
  }
}

/** Sockets give small pieces, and a disk wants large ones: one is filled while the other is taken. */
class Gather {
  readonly #take: (bytes: Uint8Array) => Promise<void>;
  #filling: Uint8Array;
  #other: Uint8Array;
  #filled = 0;
  /** Settles when the other one may be filled; a failure comes to whoever waits next. */
  #taken: Promise<void> = Promise.resolve();

  constructor(size: number, take: (bytes: Uint8Array) => Promise<void>) {
    this.#take = take;
    this.#filling = Buffer.allocUnsafeSlow(size);
    this.#other = Buffer.allocUnsafeSlow(size);
  }

  async add(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length;) {
      const some = piece.subarray(at, at + this.#filling.length - this.#filled);
      this.#filling.set(some, this.#filled);
      this.#filled += some.length;
      at += some.length;
      if (this.#filled === this.#filling.length) await this.#turn();
    }
  }

  /** All of it was taken. */
  async flush(): Promise<void> {
    await this.#turn();
    await this.#taken;
  }

  async #turn(): Promise<void> {
    await this.#taken;
    const full = this.#filling.subarray(0, this.#filled);
    [this.#filling, this.#other] = [this.#other, this.#filling];
    this.#filled = 0;
    if (full.length === 0) return;
    this.#taken = this.#take(full);
    // Until somebody waits for it, nobody else is to hear of its failure.
    this.#taken.catch(() => undefined);
  }
}

interface Stall {
  moved(): void;
  stop(): void;
}

/** A request in which nothing moves is ended; whoever waits for it hears that it was cut. */
function stallTimer(request: ClientRequest, ms: number): Stall {
  const timer = setTimeout(() => request.destroy(), ms);
  timer.unref();
  return { moved: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}
