import { WebSocket } from "ws";
import { CLOSE, fitReason } from "../../shared/close.ts";
import { LINK_DIAL_MS, MAX_FRAME_BYTES } from "../../shared/limits.ts";
import { REFUSAL_BODY_MS } from "../limits.ts";
import { readUpgradeRefusal } from "../client/refused-upgrade.ts";
import type { Dial, DialTarget, SocketEnd } from "../client/socket.ts";
import { proxyAgent } from "./proxy.ts";

/** Node's way to the relay: `ws` sends the Authorization header, which no browser API can, and honours a proxy. */
export const wsDial: Dial = (target, handlers) => {
  let socket: WebSocket | undefined;
  let isOver = false;
  const end = (why: SocketEnd): void => {
    if (isOver) return;
    isOver = true;
    handlers.onEnd(why);
  };
  void open(target).then(
    (opened) => {
      socket = opened;
      opened.on("open", () => handlers.onOpen());
      opened.on("message", (data, isBinary) => {
        if (!isBinary) handlers.onText(textOf(data));
      });
      opened.on("unexpected-response", (request, response) => {
        const status = response.statusCode ?? 0;
        const late = setTimeout(() => response.destroy(), REFUSAL_BODY_MS);
        void readUpgradeRefusal(status, response).then((refusal) => {
          clearTimeout(late);
          request.destroy();
          end({ status, reason: `HTTP ${status}`, refusal });
        });
      });
      opened.on("error", (error) => end(readError(error)));
      opened.on("close", (code, reason) => end({ code, reason: reason.toString() || `closed with ${code}` }));
      if (isOver) opened.terminate();
    },
    () => end({ reason: "the proxy setting cannot be used" }),
  );
  return {
    send: (text) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: (code, reason) => {
      close(socket, code, reason);
      // Not in the caller's turn: an end is never reported before `close` returns.
      queueMicrotask(() => end({ code, reason }));
    },
  };
};

async function open({ url, protocol, key }: DialTarget): Promise<WebSocket> {
  const agent = await proxyAgent(url);
  return new WebSocket(url.replace(/^http/, "ws"), [protocol], {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    handshakeTimeout: LINK_DIAL_MS,
    maxPayload: MAX_FRAME_BYTES,
    // One line of JSON at a time: compression costs more latency and memory than it saves.
    perMessageDeflate: false,
    ...(agent === undefined ? {} : { agent }),
  });
}

function close(socket: WebSocket | undefined, code: number, reason: string): void {
  if (socket === undefined) return;
  // A dead peer answers no close frame: ws would wait 30 s for it.
  if (socket.readyState !== WebSocket.OPEN || code === CLOSE.heartbeat_lost) socket.terminate();
  else socket.close(code, fitReason(reason));
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
}

function readError(error: Error & { code?: string }): SocketEnd {
  // ws's own words for a server that accepted the upgrade and ignored our protocol: no relay of ours.
  if (error.message.includes("subprotocol"))
    return { never: true, reason: "The server at this address is no relay of this kind." };
  return { reason: error.code ?? "the connection broke" };
}
