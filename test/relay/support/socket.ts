// A WebSocket at the Worker's door whose frames are awaited one by one.
import { isHeard, noteSent } from "./heard.ts";
import { ORIGIN, worker, type Json } from "./http.ts";

/** Long, since the machine may be busy: only a test that fails waits for it. */
const PATIENCE_MS = 8_000;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export class Sock {
  readonly #ws: WebSocket;
  readonly #inbox: string[] = [];
  readonly #sent: string[] = [];
  readonly #waiting: ((text: string) => void)[] = [];
  readonly closed: Promise<Closed>;

  constructor(ws: WebSocket) {
    this.#ws = ws;
    // Half-open: a test may go on writing after the relay has closed, as a hostile peer does.
    ws.accept({ allowHalfOpen: true });
    ws.addEventListener("message", ({ data }) => {
      const text = typeof data === "string" ? data : "binary";
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#inbox.push(text);
      else waiting(text);
    });
    this.closed = new Promise((resolve) => {
      ws.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
  }

  send(frame: Json | string | ArrayBuffer): void {
    if (frame instanceof ArrayBuffer) return this.#ws.send(frame);
    const text = typeof frame === "string" ? frame : JSON.stringify(frame);
    if (text !== "ping") {
      this.#sent.push(text);
      noteSent(text);
    }
    return this.#ws.send(text);
  }

  /** Everything sent so far was handled, whatever came of it. */
  async handled(): Promise<void> {
    const until = realNow() + PATIENCE_MS;
    while (!this.#sent.every(isHeard)) {
      if (realNow() > until) throw new Error("not handled");
      await patience(1);
    }
    this.#sent.length = 0;
  }

  /** The next frame; fails after a while, or when the socket closes. */
  async text(): Promise<string> {
    const ready = this.#inbox.shift();
    if (ready !== undefined) return ready;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // Made here, so that its stack says who waited.
    const nothing = new Error("no frame came");
    const frame = new Promise<string>((resolve) => this.#waiting.push(resolve));
    const late = new Promise<never>((_resolve, reject) => {
      timer = realSetTimeout(() => reject(nothing), PATIENCE_MS);
    });
    const ended = this.closed.then(({ code, reason }): never => {
      throw new Error(`closed with ${code}: ${reason}`);
    });
    try {
      return await Promise.race([frame, late, ended]);
    } finally {
      if (timer !== undefined) realClearTimeout(timer);
    }
  }

  async next(): Promise<Json> {
    return JSON.parse(await this.text()) as Json;
  }

  /** Frames that came and nobody asked for. */
  get pending(): readonly string[] {
    return this.#inbox;
  }

  close(code = 1000): void {
    this.#ws.close(code, "");
  }
}

/** For what must come, where its absence would hang the test. */
export const patience = (ms: number): Promise<undefined> =>
  new Promise((resolve) => void realSetTimeout(() => resolve(undefined), ms));

// Tests that fake time fake it for the relay, not for this patience.
const realNow = Date.now;
const realSetTimeout = setTimeout;
const realClearTimeout = clearTimeout;

export const dial = (
  path: string,
  headers: Record<string, string> = {},
  origin = ORIGIN,
): Promise<Response> => worker.fetch(`${origin}${path}`, { headers: { upgrade: "websocket", ...headers } });

export async function open(path: string, headers: Record<string, string> = {}): Promise<Sock> {
  const response = await dial(path, headers);
  if (response.webSocket === null)
    throw new Error(`refused with ${response.status}: ${await response.text()}`);
  return new Sock(response.webSocket);
}
