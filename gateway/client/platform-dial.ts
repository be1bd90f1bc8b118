// How a WebSocket of ours reaches the relay: with its key in a header where the platform can, with one-use tickets in
// the URL where it cannot (EVT10).
import type { Channel } from "../../shared/channel.ts";
import { ClientError } from "./client-error.ts";
import { fetchDial, noDial, type UpgradeFetch } from "./fetch-dial.ts";
import { refusalOf } from "./refused-upgrade.ts";
import type { Dial, DialTarget, SocketEnd, SocketHandlers } from "./socket.ts";

/** The little of a WebSocket that is used, as browsers, workerd and newer Node have it. */
interface PlainSocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: { readonly data?: unknown; readonly code?: number; readonly reason?: string }) => void,
  ): void;
}
type WebSocketClass = new (url: string, protocols: string[]) => PlainSocket;

/**
 * The standard WebSocket, which can send no header: the URL carries a ticket. It tells nothing of a refused upgrade
 * either, so a ticket that is not accepted looks like any other loss; why it is not, the next ticket's refusal says.
 */
export function webSocketDial(Socket: WebSocketClass): Dial {
  return ({ url, protocol }, handlers) => {
    let isOver = false;
    const end = (why: SocketEnd): void => {
      if (isOver) return;
      isOver = true;
      handlers.onEnd(why);
    };
    const socket = new Socket(url.replace(/^http/, "ws"), [protocol]);
    socket.addEventListener("open", () => handlers.onOpen());
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") handlers.onText(data);
    });
    socket.addEventListener("error", () => end({ reason: "the connection broke" }));
    socket.addEventListener("close", ({ code, reason }) => {
      const why = reason === undefined || reason === "" ? "the connection was closed" : reason;
      end({ ...(code === undefined ? {} : { code }), reason: why });
    });
    return {
      // Before it is open, or after its end, there is nobody to hear it.
      send: (text) => attempt(() => socket.send(text)),
      close: (code, reason) => {
        attempt(() => socket.close(code, reason));
        // Not in the caller's turn: an end is never reported before `close` returns.
        void Promise.resolve().then(() => end({ code, reason }));
      },
    };
  };
}

function attempt(run: () => void): void {
  try {
    run();
  } catch {
    // Its end is told by the close event.
  }
}

/** What this platform has, for a key or for tickets. */
function platformDial(withTicket: boolean): Dial {
  if ("WebSocketPair" in globalThis) {
    const upgrade: UpgradeFetch = (url, init) => fetch(url, init);
    return fetchDial(upgrade);
  }
  const Socket: unknown = Reflect.get(globalThis, "WebSocket");
  return withTicket && isWebSocketClass(Socket) ? webSocketDial(Socket) : noDial;
}

const isWebSocketClass = (value: unknown): value is WebSocketClass => typeof value === "function";

/** A key, or for browsers whoever gives a new one-use ticket for the door in question (EVT10). */
export type Access = { readonly key: string } | { readonly ticket: () => Promise<string> };

/** The key, if that is how, and the way to the relay. */
export function dialFor(
  access: Access,
  dial: Dial | undefined,
): { readonly key: string | undefined; readonly dial: Dial } {
  if ("key" in access) return { key: access.key, dial: dial ?? platformDial(false) };
  return { key: undefined, dial: ticketDial(access.ticket, dial ?? platformDial(true)) };
}

/** Fetches a new ticket before every attempt, because each works once. */
export function ticketDial(ticket: () => Promise<string>, dial: Dial): Dial {
  return (target: DialTarget, handlers: SocketHandlers): Channel => {
    let channel: Channel | undefined;
    let isGivenUp = false;
    let isOver = false;
    const end = (why: SocketEnd): void => {
      if (isOver) return;
      isOver = true;
      handlers.onEnd(why);
    };
    void ticket().then(
      (text) => {
        if (isGivenUp) return;
        const separator = target.url.includes("?") ? "&" : "?";
        const url = `${target.url}${separator}ticket=${encodeURIComponent(text)}`;
        channel = dial({ ...target, url }, { ...handlers, onEnd: end });
      },
      (error: unknown) => end(noTicket(error)),
    );
    return {
      send: (text) => channel?.send(text),
      close: (code, reason) => {
        isGivenUp = true;
        channel?.close(code, reason);
        void Promise.resolve().then(() => end({ code, reason }));
      },
    };
  };
}

/** Whoever may not have a ticket may not read either; everything else may pass. */
function noTicket(error: unknown): SocketEnd {
  const reason = error instanceof Error ? error.message : "there is no ticket";
  const isFinal = error instanceof ClientError && !error.retryable && error.status !== null;
  return isFinal ? { status: error.status ?? 400, reason, refusal: refusalOf(error) } : { reason };
}
