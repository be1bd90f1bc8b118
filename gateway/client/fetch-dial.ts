import { CLOSE } from "../../shared/close.ts";
import { readUpgradeRefusal } from "./refused-upgrade.ts";
import type { Dial, DialTarget, SocketEnd, SocketHandlers } from "./socket.ts";

/** What workerd answers to a fetch that upgrades: the little of it that is used here. */
interface UpgradedSocket {
  accept(): void;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(
    type: string,
    listener: (event: { data?: unknown; code?: number; reason?: string }) => void,
  ): void;
}
interface UpgradeAnswer {
  readonly status: number;
  /** Of a refusal. */
  readonly body?: AsyncIterable<Uint8Array> | null;
  readonly webSocket?: UpgradedSocket | null;
}
export type UpgradeFetch = (url: string, init: { headers: Record<string, string> }) => Promise<UpgradeAnswer>;

/** For workerd, whose fetch upgrades to a WebSocket and, unlike a browser's constructor, sends headers. */
export function fetchDial(upgrade: UpgradeFetch): Dial {
  return (target, handlers) => {
    let socket: UpgradedSocket | undefined;
    let isOver = false;
    const end = (why: SocketEnd): void => {
      if (isOver) return;
      isOver = true;
      handlers.onEnd(why);
    };
    void open(upgrade, target).then(
      (answer) => {
        const opened = answer.webSocket ?? undefined;
        if (opened === undefined) {
          const { status, body } = answer;
          void readUpgradeRefusal(status, body).then((refusal) =>
            end({ status, reason: `HTTP ${status}`, refusal }),
          );
          return;
        }
        if (isOver) {
          opened.accept();
          opened.close(CLOSE.goodbye, "too late");
          return;
        }
        socket = opened;
        listen(opened, handlers, end);
        opened.accept();
        handlers.onOpen();
      },
      () => end({ reason: "the relay cannot be reached" }),
    );
    return {
      send: (text) => socket?.send(text),
      close: (code, reason) => {
        socket?.close(code, reason);
        // Not in the caller's turn: an end is never reported before `close` returns.
        void Promise.resolve().then(() => end({ code, reason }));
      },
    };
  };
}

const open = (upgrade: UpgradeFetch, { url, protocol, key }: DialTarget): Promise<UpgradeAnswer> =>
  upgrade(url, {
    headers: {
      upgrade: "websocket",
      "sec-websocket-protocol": protocol,
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
  });

function listen(socket: UpgradedSocket, handlers: SocketHandlers, end: (why: SocketEnd) => void): void {
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") handlers.onText(data);
  });
  socket.addEventListener("close", ({ code, reason }) =>
    end({ ...(code === undefined ? {} : { code }), reason: reason ?? "closed" }),
  );
  socket.addEventListener("error", () => end({ reason: "the connection broke" }));
}

/**
 * A browser's WebSocket cannot carry the Authorization header, and the key must not travel in the URL, where logs
 * keep it. It takes one-use tickets instead (EVT10); Node brings `ws` along.
 */
export const noDial: Dial = (_target, handlers) => {
  void Promise.resolve().then(() =>
    handlers.onEnd({
      never: true,
      reason:
        "This platform cannot send headers with a WebSocket: in Node, pass the `dial` of gateway/node/ws-dial.ts; in a browser, connect with tickets.",
    }),
  );
  return { send: () => undefined, close: () => undefined };
};
