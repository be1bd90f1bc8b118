// The one socket to the relay (LINK1 to LINK7, LINK17): dial, prove who this is, heartbeat, and come back for
// ever. Knows frames, not what they mean.
import type { Channel } from "../shared/channel.ts";
import { retryDelay } from "../shared/backoff.ts";
import { CLOSE, fitReason, isFatalClose, isFatalStatus } from "../shared/close.ts";
import {
  decodeRelayFrame,
  encodeAgentFrame,
  helloText,
  LINK_PROTOCOL,
  PING,
  PONG,
  type AgentFrame,
  type RelayFrame,
} from "../shared/frames.ts";
import { isOver } from "../shared/json.ts";
import { HELLO_DEADLINE_MS, LINK_DIAL_MS, LINK_SHORT_UPTIME_MS, MAX_FRAME_BYTES } from "../shared/limits.ts";
import { HELLO_WAIT_MS } from "./limits.ts";
import type { DialFailure } from "./ports.ts";
import type { LinkHooks, LinkParts, Welcome } from "./link-parts.ts";
import { closeInWords, statusInWords } from "./link-words.ts";
import { unreachableInWords } from "./unreachable-words.ts";

export const SUBPROTOCOL = "imsg-relay.agent.v1";
const PROTOCOLS = [LINK_PROTOCOL];

type LinkState = "stopped" | "dialling" | "greeting" | "live" | "waiting";

interface Attempt {
  channel: Channel | undefined;
  nonce: string | undefined;
  greeted: boolean;
}

export class Link {
  readonly #parts: LinkParts;
  readonly #hooks: LinkHooks;
  #state: LinkState = "stopped";
  #attempt: Attempt | undefined;
  readonly #timers = new Set<() => void>();
  #heardAt = 0;
  #since = 0;
  #failures = 0;
  #flaps = 0;
  #downSince: number;
  #epoch = 0;
  #unknownFrames = 0;
  /** Only the first link takes over: two agents told to would do it for ever. */
  #takeover: boolean;
  #problem: string | null = null;

  constructor(parts: LinkParts, hooks: LinkHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#takeover = parts.identity.takeover;
    this.#downSince = parts.clock.now();
  }

  get state(): LinkState {
    return this.#state;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Since when it is live or down, and why it is down, for a human. */
  get status(): {
    state: LinkState;
    epoch: number;
    since: number;
    problem: string | null;
    unknown_frames: number;
  } {
    const since = this.#state === "live" ? this.#since : this.#downSince;
    return {
      state: this.#state,
      epoch: this.#epoch,
      since,
      problem: this.#problem,
      unknown_frames: this.#unknownFrames,
    };
  }

  start(): void {
    if (this.#state === "stopped") this.#dial();
  }

  stop(): void {
    const wasLive = this.#state === "live";
    this.#drop(CLOSE.goodbye, "the agent stops");
    this.#state = "stopped";
    if (wasLive) this.#hooks.onDown();
  }

  /** False where the frame is too large for the wire; without a link it is lost, and its owner knows. */
  send(frame: AgentFrame): boolean {
    const attempt = this.#attempt;
    if (this.#state !== "live" || attempt === undefined) return true;
    const text = encodeAgentFrame(frame);
    if (isOver(text, MAX_FRAME_BYTES)) return false;
    attempt.channel?.send(text);
    return true;
  }

  /** imsg is known now: a hello that waits for it goes out. */
  greet(): void {
    const attempt = this.#attempt;
    if (attempt?.nonce !== undefined && !attempt.greeted) this.#hello(attempt, attempt.nonce, false);
  }

  /** A live link ends and comes back at once, to be welcomed anew. */
  renew(reason: string): void {
    if (this.#state !== "live") return;
    this.#parts.log("info", "link_renewed", { reason });
    this.#drop(CLOSE.goodbye, reason);
    this.#wait(0, true);
  }

  /** What has come makes no sense: 4002, and later again. */
  violation(why: string): void {
    this.#end(CLOSE.protocol_violation, why, true);
  }

  #dial(): void {
    const { dial, identity } = this.#parts;
    this.#state = "dialling";
    const url = `${identity.relay.replace(/^http/, "ws")}/v1/accounts/${identity.account}/agent`;
    const attempt: Attempt = { channel: undefined, nonce: undefined, greeted: false };
    this.#attempt = attempt;
    const mine = (run: () => void): void => {
      if (this.#attempt === attempt) run();
    };
    this.#timer(LINK_DIAL_MS, () => this.#failed({ kind: "unreachable", why: "no answer in time" }));
    this.#parts.log("debug", "link_dial", {});
    const channel = dial(url, SUBPROTOCOL, {
      onOpen: () => mine(() => this.#opened()),
      onText: (text) => mine(() => this.#text(attempt, text)),
      onBinary: () => mine(() => this.violation("a binary frame")),
      onClose: (code, reason) => mine(() => this.#end(code, reason, false)),
      onFailed: (failure) => mine(() => this.#failed(failure)),
    });
    // A handler may have ended the attempt before it had a channel.
    if (this.#attempt === attempt) attempt.channel = channel;
    else channel.close(CLOSE.goodbye, "");
  }

  /** LINK1: the relay speaks first; what is not greeted in time is a proxy or a black hole. */
  #opened(): void {
    this.#state = "greeting";
    this.#clearTimers();
    this.#timer(HELLO_DEADLINE_MS, () => this.#end(CLOSE.heartbeat_lost, "no welcome in time", true));
  }

  /** Whatever comes proves that the other end lives, not the `pong` alone. */
  #text(attempt: Attempt, text: string): void {
    this.#heardAt = this.#parts.clock.now();
    if (text === PONG) return;
    if (isOver(text, MAX_FRAME_BYTES)) {
      this.violation("a frame over the limit");
      return;
    }
    const decoded = decodeRelayFrame(text);
    if (decoded.kind === "violation") this.violation(decoded.why);
    else if (decoded.kind === "unknown") this.#unknownFrames += 1;
    else this.#frame(attempt, decoded.frame);
  }

  #frame(attempt: Attempt, frame: RelayFrame): void {
    // In every state: a relay that restarts says so to those it has not greeted yet, too.
    if (frame.t === "goodbye") {
      this.#goodbye(frame.reconnect_in_ms, frame.reason);
      return;
    }
    if (this.#state !== "live") {
      if (frame.t === "challenge" && attempt.nonce === undefined) {
        attempt.nonce = frame.nonce;
        this.#hello(attempt, frame.nonce, false);
      } else if (frame.t === "welcome" && attempt.greeted) this.#welcome(frame);
      else this.violation(`${frame.t} before welcome`);
      return;
    }
    if (frame.t === "challenge" || frame.t === "welcome" || frame.t === "proved")
      this.violation(`${frame.t} after welcome`);
    else this.#hooks.onFrame(frame);
  }

  /** LINK2. Waits a moment for imsg, so that the relay's first word on its health is a true one. */
  #hello(attempt: Attempt, nonce: string, isLast: boolean): void {
    const { facts, ready } = this.#hooks.hello();
    if (!ready && !isLast) {
      this.#timer(HELLO_WAIT_MS, () => {
        if (attempt.nonce !== undefined) this.#hello(attempt, nonce, true);
      });
      return;
    }
    if (attempt.greeted) return;
    attempt.greeted = true;
    const { identity, keys } = this.#parts;
    const { relay: origin, account, install, agent } = identity;
    const signature = keys.sign(helloText({ origin, account, install, nonce, protocols: PROTOCOLS }));
    const takeover = this.#takeover ? { takeover: true } : {};
    const hello: AgentFrame = {
      t: "hello",
      install,
      protocols: PROTOCOLS,
      origin,
      signature,
      agent,
      ...facts,
      ...takeover,
    };
    attempt.channel?.send(encodeAgentFrame(hello));
  }

  #welcome(welcome: Welcome): void {
    if (!PROTOCOLS.includes(welcome.protocol)) {
      this.#end(CLOSE.version, "the relay chose a protocol that was not offered", true);
      return;
    }
    // From here on the heartbeat is the only deadline.
    this.#clearTimers();
    this.#state = "live";
    this.#epoch = welcome.epoch;
    this.#since = this.#parts.clock.now();
    this.#failures = 0;
    this.#takeover = false;
    this.#problem = null;
    this.#parts.keys.accepted();
    this.#parts.log("info", "link_up", { epoch: welcome.epoch, down_ms: this.#since - this.#downSince });
    this.#beat();
    this.#watchSilence();
    this.#hooks.onWelcome(welcome);
  }

  #beat(): void {
    this.#attempt?.channel?.send(PING);
    this.#timer(this.#parts.times.heartbeatMs, () => this.#beat());
  }

  /** LINK5. Also after the Mac slept: the clock has gone on, nothing was heard. */
  #watchSilence(): void {
    const { clock, times } = this.#parts;
    const left = this.#heardAt + times.deadAfterMs - clock.now();
    if (left <= 0) this.#end(CLOSE.heartbeat_lost, "nothing heard", true);
    else this.#timer(left, () => this.#watchSilence());
  }

  /** LINK17. */
  #goodbye(reconnectInMs: number, reason: string): void {
    this.#parts.log("info", "link_goodbye", { reconnect_in_ms: reconnectInMs, reason });
    const wasLive = this.#state === "live";
    this.#drop(CLOSE.goodbye, "");
    this.#wait(reconnectInMs, wasLive);
  }

  #failed(failure: DialFailure): void {
    const fatal = failure.kind === "refused" && isFatalStatus(failure.status);
    const words =
      failure.kind === "refused"
        ? statusInWords(failure.status)
        : `the relay cannot be reached: ${unreachableInWords(failure.why, this.#parts.identity.relay)}`;
    this.#retry(words, fatal);
  }

  /** `ours`: we close it; else it was closed. */
  #end(code: number, reason: string, ours: boolean): void {
    const isRefused = !ours && code === CLOSE.unauthenticated && this.#attempt?.greeted === true;
    if (isRefused && this.#parts.keys.refused()) {
      this.#retry("the relay does not know this key yet, or not any more; the other one is tried", false);
      return;
    }
    this.#retry(closeInWords(code, reason), !ours && isFatalClose(code), ours ? { code, reason } : undefined);
  }

  #retry(words: string, fatal: boolean, close?: { code: number; reason: string }): void {
    const now = this.#parts.clock.now();
    const wasLive = this.#state === "live";
    const uptimeMs = wasLive ? now - this.#since : undefined;
    this.#drop(close?.code ?? CLOSE.goodbye, close?.reason ?? "");
    // A link that was accepted begins a new outage; an attempt that failed goes on with the old one.
    if (uptimeMs !== undefined) {
      this.#downSince = now;
      this.#flaps = uptimeMs < LINK_SHORT_UPTIME_MS ? this.#flaps + 1 : 0;
    } else this.#failures += 1;
    const downMs = now - this.#downSince;
    const delay = retryDelay(
      { fatal, uptimeMs, failures: this.#failures, flaps: this.#flaps, downMs },
      this.#parts.random(),
    );
    this.#problem = words;
    this.#parts.log(fatal ? "error" : "warn", "link_down", { why: words, again_in_ms: Math.round(delay) });
    this.#wait(delay, wasLive);
  }

  #wait(delayMs: number, wasLive: boolean): void {
    this.#state = "waiting";
    if (wasLive) this.#downSince = this.#parts.clock.now();
    this.#timer(delayMs, () => {
      this.#clearTimers();
      this.#dial();
    });
    // Last: whoever is told may ask for the state, or stop the link.
    if (wasLive) this.#hooks.onDown();
  }

  /** From here on nothing of that socket is heard, whenever it really ends. */
  #drop(code: number, reason: string): void {
    this.#clearTimers();
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.channel?.close(code, fitReason(reason));
  }

  #timer(ms: number, run: () => void): void {
    const cancel = this.#parts.clock.after(ms, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }

  #clearTimers(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
