import type { Channel } from "../../shared/channel.ts";
import type { ErrorCode } from "../../shared/errors.ts";

/** What the relay said when it refused an upgrade; `detail` undefined = the sentence of the code says all. */
export interface UpgradeRefusal {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
}

/** Why a socket, or the attempt to open one, ended. */
export interface SocketEnd {
  /** The WebSocket close code. */
  readonly code?: number;
  /** The HTTP status of a refused upgrade. */
  readonly status?: number;
  /** Its body, where the platform shows it. */
  readonly refusal?: UpgradeRefusal | undefined;
  /** This platform or that server can never do it: `reason` is for a human. */
  readonly never?: true;
  readonly reason: string;
}

export interface SocketHandlers {
  onOpen(): void;
  onText(text: string): void;
  /** Exactly once, whether it opened or not. */
  onEnd(end: SocketEnd): void;
}

export interface DialTarget {
  /** `http:` or `https:`; an adapter whose platform wants `ws:` changes the scheme. */
  readonly url: string;
  readonly protocol: string;
  /** Undefined where the URL carries a ticket instead. */
  readonly key: string | undefined;
}

/** Starts one attempt. Handlers never run before it returns; `close` also ends an attempt that has not opened. */
export type Dial = (target: DialTarget, handlers: SocketHandlers) => Channel;
