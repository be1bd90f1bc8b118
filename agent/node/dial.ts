// The WebSocket to the relay, through the proxy that the environment names.
import type { Agent } from "node:http";
import { getProxyForUrl } from "proxy-from-env";
import { WebSocket } from "ws";
import { LINK_DIAL_MS, MAX_FRAME_BYTES } from "../../shared/limits.ts";
import { KILL_AFTER_MS } from "../limits.ts";
import type { Dial, DialFailure } from "../ports.ts";
import { isLoopback } from "./origin.ts";

/** The proxy that the environment means for this address; "" = none. */
export const proxyFor = (url: string): string =>
  // The environment names proxies by http(s); `wss:` goes the way of `https:`.
  isLoopback(url) ? "" : getProxyForUrl(url.replace(/^ws/, "http"));

/** Undefined where no proxy is meant for this address. Loaded only where there is one: it costs start time. */
export async function proxyAgent(url: string): Promise<Agent | undefined> {
  const proxy = proxyFor(url);
  if (proxy === "") return undefined;
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  return new HttpsProxyAgent(proxy);
}

export const socketDial =
  (agent: Agent | undefined): Dial =>
  (url, subprotocol, handlers) => {
    let ended = false;
    const fail = (failure: DialFailure): void => {
      if (!ended) handlers.onFailed(failure);
      ended = true;
    };
    const socket = new WebSocket(url, [subprotocol], {
      handshakeTimeout: LINK_DIAL_MS,
      maxPayload: MAX_FRAME_BYTES,
      // Costs memory a connection and time a frame; rows are small.
      perMessageDeflate: false,
      followRedirects: false,
      ...(agent === undefined ? {} : { agent }),
    });
    // ws tells of one end up to three times (response, error, close); the handlers hear of it once.
    let open = false;
    socket.on("open", () => {
      open = true;
      handlers.onOpen();
    });
    socket.on("unexpected-response", (request, response) => {
      response.resume();
      fail({ kind: "refused", status: response.statusCode ?? 0 });
      request.destroy();
    });
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) handlers.onBinary();
      else handlers.onText(data.toString("utf8"));
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (!open) fail({ kind: "unreachable", why: error.code ?? "connection failed" });
    });
    socket.on("close", (code, reason) => {
      if (!ended && open) handlers.onClose(code, reason.toString("utf8"));
      else fail({ kind: "unreachable", why: "connection failed" });
      ended = true;
    });
    return {
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      close: (code, reason) => {
        if (socket.readyState === WebSocket.CONNECTING) {
          socket.terminate();
          return;
        }
        socket.close(code, reason);
        // A black-holed peer never answers a close.
        const killer = setTimeout(() => socket.terminate(), KILL_AFTER_MS);
        killer.unref();
        socket.once("close", () => clearTimeout(killer));
      },
    };
  };
