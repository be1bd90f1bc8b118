// A socket of our client over a wire of this world: what `ws` and a network are in the field.
import type { SocketHandlers } from "../../gateway/client/socket.ts";
import type { Channel } from "../../shared/channel.ts";
import type { Door, VirtualRelay } from "./virtual-relay.ts";
import type { VirtualWire } from "./virtual-wire.ts";

export interface Watcher {
  readonly onWire: (wire: VirtualWire) => void;
  readonly onText: (text: string) => void;
}

const NOBODY: Watcher = { onWire: () => undefined, onText: () => undefined };

/** Of a caller that is not alive any more nothing is heard, and it hears nothing. */
export function dialer(
  relay: VirtualRelay,
  isAlive: () => boolean,
  watcher: Watcher = NOBODY,
): (door: Door, handlers: SocketHandlers) => Channel {
  return (door, handlers) => {
    let wire: VirtualWire | undefined;
    let isOver = false;
    const end = (code: number | undefined, reason: string): void => {
      if (isOver) return;
      isOver = true;
      if (isAlive()) handlers.onEnd(code === undefined ? { reason } : { code, reason });
    };
    const onText = (text: string): void => {
      if (!isAlive()) return;
      watcher.onText(text);
      handlers.onText(text);
    };
    relay.dial(door, { onText, onClose: end }, (opened) => {
      if (isOver || !isAlive()) return opened?.clientClose();
      wire = opened;
      if (opened === undefined) return end(undefined, "unreachable");
      watcher.onWire(opened);
      return handlers.onOpen();
    });
    return {
      send: (text) => wire?.clientSend(text),
      close: () => {
        wire?.clientClose();
        end(1000, "closed here");
      },
    };
  };
}
