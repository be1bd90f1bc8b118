import { fitReason } from "../../../shared/close.ts";
import type { Socket } from "../ports.ts";

const ENDED = { role: "ended" };

/** What was read or written last, for as long as the object is awake: reading it anew costs a parse each time. */
const attachments = new WeakMap<WebSocket, object>();

/** A hibernating WebSocket behind the port. Holds nothing of its own: it is made anew at every callback. */
export class HibernatingSocket implements Socket {
  readonly #ws: WebSocket;
  readonly #ctx: DurableObjectState;

  constructor(ws: WebSocket, ctx: DurableObjectState) {
    this.#ws = ws;
    this.#ctx = ctx;
  }

  get attachment(): unknown {
    const known = attachments.get(this.#ws);
    if (known !== undefined) return known;
    const kept: unknown = this.#ws.deserializeAttachment();
    if (typeof kept === "object" && kept !== null) attachments.set(this.#ws, kept);
    return kept;
  }

  attach(value: object): void {
    this.#ws.serializeAttachment(value);
    attachments.set(this.#ws, value);
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
    this.attach(ENDED);
    this.#ws.close(code, fitReason(reason));
  }
}
