// A relay as the doctor meets it: /v1/health and the agent's door, behind http or TLS, with whatever is wrong with it.
import { verify, type KeyObject } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { WebSocketServer } from "ws";
import { decodeAgentFrame, encodeRelayFrame, LINK_PROTOCOL } from "../../../../shared/frames.ts";
import { proofText } from "../../../../shared/prove-frames.ts";
import type { Certificate } from "../../support/certificate.ts";

export class RelayDoor {
  /** What /v1/health answers; null = the default. */
  answer: {
    readonly status: number;
    readonly body: string;
    readonly headers?: Record<string, string>;
  } | null = null;
  protocols: readonly number[] | null = [LINK_PROTOCOL];
  /** The relay's clock less this one. */
  aheadMs = 0;
  /** An upgrade is refused with this status. */
  refuseUpgrade: number | undefined;
  /** It opens, and nothing is said. */
  isSilent = false;
  /** What a proof comes to: serves or not, or a close. */
  proof: boolean | { readonly code: number; readonly reason: string } = false;
  readonly account = "acc_test";
  readonly install = "ins_test";
  publicKey: KeyObject | undefined;
  /** Frames that came through the door, by type. */
  readonly heard: string[] = [];
  requests = 0;
  readonly #server: Server;
  readonly #scheme: string;
  readonly #sockets = new WebSocketServer({ noServer: true });

  constructor(tls?: Certificate) {
    const handle: RequestListener = (_request, response) => {
      this.requests += 1;
      const time = Date.now() + this.aheadMs;
      const health = {
        ok: true,
        version: "0.1.0",
        time,
        ...(this.protocols === null ? {} : { protocols: this.protocols }),
      };
      const { status, body, headers } = this.answer ?? {
        status: 200,
        body: JSON.stringify(health),
        headers: {},
      };
      response.writeHead(status, headers).end(body);
    };
    this.#scheme = tls === undefined ? "http" : "https";
    this.#server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
    this.#server.on("upgrade", (request, socket: Socket, head: Buffer) => {
      if (this.refuseUpgrade !== undefined) {
        socket.end(`HTTP/1.1 ${this.refuseUpgrade} No\r\ncontent-length: 0\r\n\r\n`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (open) => {
        if (this.isSilent) return;
        open.on("message", (data: Buffer) => {
          const decoded = decodeAgentFrame(data.toString("utf8"));
          const frame = decoded.kind === "frame" ? decoded.frame : undefined;
          this.heard.push(frame?.t ?? decoded.kind);
          if (frame?.t !== "prove" || !this.#isSigned(frame))
            open.close(4003, "unknown install or wrong signature");
          else if (typeof this.proof === "object") open.close(this.proof.code, this.proof.reason);
          else open.send(encodeRelayFrame({ t: "proved", wish: "look", name: "home", serves: this.proof }));
        });
        open.send(encodeRelayFrame({ t: "challenge", nonce: "nonce-1", time: Date.now() + this.aheadMs }));
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  origin(host = "127.0.0.1"): string {
    return `${this.#scheme}://${host}:${this.port}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    return new Promise((resolve) => void this.#server.close(() => resolve()));
  }

  #isSigned(frame: { install: string; origin: string; signature: string }): boolean {
    const { install, origin, signature } = frame;
    const text = proofText({ wish: "look", origin, account: this.account, install, nonce: "nonce-1" });
    return (
      install === this.install &&
      this.publicKey !== undefined &&
      verify(null, Buffer.from(text), this.publicKey, Buffer.from(signature, "base64"))
    );
  }
}
