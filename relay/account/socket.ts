import { fitReason } from "../../shared/close.ts";
import type { Socket } from "./ports.ts";

const ENDED = { role: "ended" };

/** A hibernating WebSocket behind the port. Holds nothing of its own: it is made anew at every callback. */
export class HibernatingSocket implements Socket {
  readonly #ws: WebSocket;
  readonly #ctx: DurableObjectState;

  constructor(ws: WebSocket, ctx: DurableObjectState) {
    this.#ws = ws;
    this.#ctx = ctx;
  }

  get attachment(): unknown {
    return this.#ws.deserializeAttachment();
  }

  attach(value: unknown): void {
    this.#ws.serializeAttachment(value);
  }

  lastPong(): number | null {
    return this.#ctx.getWebSocketAutoResponseTimestamp(this.#ws)?.getTime() ?? null;
  }

  /** A socket that is closing takes nothing any more; its close event says so, and nothing is lost by it. */
  send(text: string): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.send(text);
  }

  /**
   * Ends the socket for good. A peer need not answer the Close and may go on sending, so the attachment says that
   * it is nobody's any more.
   */
  close(code: number, reason: string): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    this.#ws.serializeAttachment(ENDED);
    this.#ws.close(code, fitReason(reason));
  }
}
