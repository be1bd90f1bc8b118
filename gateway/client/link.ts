import { retryDelay } from "../../shared/backoff.ts";
import type { Channel } from "../../shared/channel.ts";
import type { Clock } from "../../shared/clock.ts";
import { CLOSE } from "../../shared/close.ts";
import { LINK_DIAL_MS, LINK_SHORT_UPTIME_MS, LINK_TIMES, type LinkTimes } from "../../shared/limits.ts";
import { readRefusal, type Refused } from "./refusals.ts";
import type { SocketEnd, SocketHandlers } from "./socket.ts";

export type LinkState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  /** Down; the next attempt comes by itself. */
  | { readonly kind: "waiting"; readonly why: string; readonly inMs: number }
  /** Down until a human mends it; tried again rarely. */
  | { readonly kind: "refused"; readonly refused: Refused; readonly inMs: number }
  | { readonly kind: "closed" };

interface LinkHandlers {
  onOpen(): void;
  onText(text: string): void;
  /** The open socket is gone. */
  onLost(): void;
  onState(state: LinkState): void;
}

interface LinkParts {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly dial: (handlers: SocketHandlers) => Channel;
  readonly handlers: LinkHandlers;
  readonly times?: LinkTimes;
}

/** One attempt or open socket; whatever it says after its end is ignored. */
interface Attempt {
  channel: Channel | undefined;
  openedAt: number | undefined;
  heardAt: number;
  stopTimers: (() => void)[];
}

/** Keeps one socket to the relay for ever: dials, sees by heartbeats that it is dead (RPC15), waits, dials again. */
export class Link {
  readonly #parts: LinkParts;
  readonly #times: LinkTimes;
  #state: LinkState = { kind: "connecting" };
  #attempt: Attempt | undefined;
  #stopWaiting: (() => void) | undefined;
  #failures = 0;
  #flaps = 0;
  #downSince = 0;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#times = parts.times ?? LINK_TIMES;
  }

  get state(): LinkState {
    return this.#state;
  }

  start(): void {
    this.#downSince = this.#parts.clock.now();
    this.#dial();
  }

  send(text: string): void {
    if (this.#attempt?.openedAt !== undefined) this.#attempt.channel?.send(text);
  }

  /** Gives the present socket up; the next attempt follows as after any loss. */
  drop(reason: string): void {
    const attempt = this.#attempt;
    if (attempt !== undefined) this.#end(attempt, { code: CLOSE.heartbeat_lost, reason });
  }

  close(): void {
    this.#set({ kind: "closed" });
    this.#stopWaiting?.();
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#retire(attempt);
    attempt.channel?.close(CLOSE.goodbye, "goodbye");
    if (attempt.openedAt !== undefined) this.#parts.handlers.onLost();
  }

  #dial(): void {
    const { clock, dial } = this.#parts;
    const attempt: Attempt = {
      channel: undefined,
      openedAt: undefined,
      heardAt: clock.now(),
      stopTimers: [],
    };
    this.#attempt = attempt;
    this.#set({ kind: "connecting" });
    attempt.stopTimers.push(clock.after(LINK_DIAL_MS, () => this.#end(attempt, { reason: "no answer" })));
    attempt.channel = dial({
      onOpen: () => this.#opened(attempt),
      onText: (text) => this.#heard(attempt, text),
      onEnd: (end) => this.#end(attempt, end),
    });
  }

  #opened(attempt: Attempt): void {
    if (this.#attempt !== attempt || attempt.openedAt !== undefined) return;
    for (const stop of attempt.stopTimers.splice(0)) stop();
    attempt.openedAt = this.#parts.clock.now();
    attempt.heardAt = attempt.openedAt;
    this.#ping(attempt);
    this.#watchSilence(attempt);
    this.#set({ kind: "open" });
    this.#parts.handlers.onOpen();
  }

  #heard(attempt: Attempt, text: string): void {
    if (this.#attempt !== attempt) return;
    attempt.heardAt = this.#parts.clock.now();
    if (text !== "pong") this.#parts.handlers.onText(text);
  }

  #ping(attempt: Attempt): void {
    const stop = this.#parts.clock.after(this.#times.heartbeatMs, () => {
      attempt.stopTimers.splice(attempt.stopTimers.indexOf(stop), 1);
      attempt.channel?.send("ping");
      if (this.#attempt === attempt) this.#ping(attempt);
    });
    attempt.stopTimers.push(stop);
  }

  /** Wakes when the silence would be too long, and looks again if it was broken meanwhile. */
  #watchSilence(attempt: Attempt): void {
    const { clock } = this.#parts;
    const stop = clock.after(attempt.heardAt + this.#times.deadAfterMs - clock.now(), () => {
      attempt.stopTimers.splice(attempt.stopTimers.indexOf(stop), 1);
      if (clock.now() - attempt.heardAt < this.#times.deadAfterMs) this.#watchSilence(attempt);
      else this.#end(attempt, { code: CLOSE.heartbeat_lost, reason: "the relay fell silent" });
    });
    attempt.stopTimers.push(stop);
  }

  #retire(attempt: Attempt): void {
    this.#attempt = undefined;
    for (const stop of attempt.stopTimers.splice(0)) stop();
  }

  #end(attempt: Attempt, end: SocketEnd): void {
    if (this.#attempt !== attempt) return;
    this.#retire(attempt);
    attempt.channel?.close(CLOSE.heartbeat_lost, "given up");
    const { clock, random, handlers } = this.#parts;
    const uptimeMs = attempt.openedAt === undefined ? undefined : clock.now() - attempt.openedAt;
    this.#count(uptimeMs);
    const refused = readRefusal(end);
    const inMs = retryDelay(
      {
        fatal: refused !== undefined,
        uptimeMs,
        failures: this.#failures,
        flaps: this.#flaps,
        downMs: clock.now() - this.#downSince,
      },
      random(),
    );
    this.#stopWaiting = clock.after(inMs, () => this.#dial());
    if (uptimeMs !== undefined) handlers.onLost();
    // A handler may have closed the link meanwhile.
    if (this.#state.kind === "closed") return;
    if (refused === undefined) this.#set({ kind: "waiting", why: end.reason, inMs });
    else this.#set({ kind: "refused", refused, inMs });
  }

  #count(uptimeMs: number | undefined): void {
    if (uptimeMs === undefined) {
      this.#failures += 1;
      return;
    }
    this.#failures = 0;
    this.#flaps = uptimeMs < LINK_SHORT_UPTIME_MS ? this.#flaps + 1 : 0;
    this.#downSince = this.#parts.clock.now();
  }

  #set(state: LinkState): void {
    if (this.#state.kind === "closed") return;
    this.#state = state;
    this.#parts.handlers.onState(state);
  }
}
