// The one agent link of the account: hello, lease and epoch (LINK1 to LINK6), and what its frames lead to. Everything
// it must remember is in the socket's attachment and in `state`.
import { CLOSE, endedReason, type InstallEnd } from "../../../shared/close.ts";
import {
  decodeAgentFrame,
  encodeRelayFrame,
  helloText,
  LINK_PROTOCOL,
  type AgentFrame,
  type FrameOf,
  type RelayFrame,
} from "../../../shared/frames.ts";
import { isOver } from "../../../shared/json.ts";
import type { MacPolicy } from "../../../shared/mac-policy.ts";
import { MAX_FRAME_BYTES, MAX_HELLO_BYTES } from "../../../shared/limits.ts";
import { proofText } from "../../../shared/prove-frames.ts";
import { readAgentAttachment, type AgentAttachment, type LiveAttachment } from "../sockets/attachment.ts";
import { Handshake, type Verified } from "./handshake.ts";
import { welcomeOf } from "./welcome.ts";
import { mergeOutage } from "./outage.ts";
import type { EventLog, Appended } from "../log/event-log.ts";
import type { AccountPorts, Socket } from "../ports.ts";
import type { Install, InstallStore } from "../store/installs.ts";
import type { StateStore } from "../store/state.ts";

/** The link tells the rest of the object; it knows none of it. */
export interface LinkEvents {
  /** Stores what the frame carries; throws where that fails. */
  commit(frame: FrameOf<AgentFrame, "events">, newestBefore: number | null): Appended[];
  /** In the transaction of the lease: what the owner of the Mac forbids; null = its agent does not say. */
  onPolicy(policy: MacPolicy | null): void;
  /** Events were committed, in this order. */
  onAppended(events: readonly Appended[]): void;
  /** A link was accepted and `welcome` is on its way. */
  onLive(): void;
  onLost(): void;
  /** ENR7: its next key took the place of the one before; in the transaction in which it did. */
  onKeyChanged(install: Install): void;
  /** That transaction is over. */
  onKeyKept(): void;
  /** ENR8: the Mac ends its own enrolment. */
  leave(install: Install): void;
  onFrame(frame: FrameOf<AgentFrame, "result" | "note" | "health" | "transfer">): void;
  /** Why no Mac may come now; null = it may. `isStill`: nor may anything change, since all of it may be on its way to another relay. */
  held(): { readonly code: number; readonly words: string; readonly isStill: boolean } | null;
}

type Current = { readonly socket: Socket; readonly attachment: LiveAttachment };

type Hello = FrameOf<AgentFrame, "hello">;
type Prove = FrameOf<AgentFrame, "prove">;
type Waiting = AgentAttachment & { phase: "waiting" };

export class AgentLink {
  readonly #ports: AccountPorts;
  readonly #state: StateStore;
  readonly #installs: InstallStore;
  readonly #log: EventLog;
  readonly #events: LinkEvents;
  readonly #handshake: Handshake;
  /** When a frame last came over the live socket; dies with the object, when the pong's time takes over. */
  #heardAt = 0;
  /** The socket of the present epoch, once it was looked for: every call asks for it. */
  #known: Current | undefined;

  constructor(
    ports: AccountPorts,
    state: StateStore,
    installs: InstallStore,
    log: EventLog,
    events: LinkEvents,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#installs = installs;
    this.#log = log;
    this.#events = events;
    this.#handshake = new Handshake(ports, installs);
  }

  /** LINK1. False = too many strangers at the door. */
  hasRoom(): boolean {
    return this.#handshake.hasRoom();
  }

  opened(socket: Socket): void {
    this.#handshake.opened(socket);
  }

  /** The returned promise is that of a `hello` or `prove`; every other frame is done when this returns. */
  receive(socket: Socket, text: string | undefined): Promise<void> | undefined {
    const attachment = readAgentAttachment(socket.attachment);
    if (attachment === undefined) return this.#violation(socket, "unknown socket");
    if (text === undefined) return this.#violation(socket, "binary frame");
    const live = attachment.phase === "live";
    if (isOver(text, live ? MAX_FRAME_BYTES : MAX_HELLO_BYTES))
      return this.#violation(socket, "frame too large");
    const decoded = decodeAgentFrame(text);
    if (decoded.kind === "violation") return this.#violation(socket, decoded.why);
    if (decoded.kind === "unknown")
      return live ? this.#countUnknown() : this.#violation(socket, "frame before hello");
    const { frame } = decoded;
    if (attachment.phase === "waiting" && frame.t === "hello") return this.#hello(socket, attachment, frame);
    if (attachment.phase === "waiting" && frame.t === "prove") return this.#prove(socket, attachment, frame);
    if (attachment.phase !== "live" || frame.t === "hello" || frame.t === "prove")
      return this.#violation(socket, `${frame.t} out of turn`);
    if (attachment.epoch !== this.#state.current.epoch) return undefined;
    this.#heardAt = this.#ports.clock.now();
    if (frame.t === "events") return this.#commit(socket, attachment, frame);
    this.#events.onFrame(frame);
    return undefined;
  }

  /** LINK8, LINK9: rows, `resume` and what they change are one transaction; the ack leaves after it (I2, I5). */
  #commit(socket: Socket, link: LiveAttachment, frame: FrameOf<AgentFrame, "events">): undefined {
    const { database } = this.#state.current;
    const replaced = frame.database === database + 1;
    if (frame.n !== link.n + 1) return this.#violation(socket, "events out of order");
    if (frame.database !== database && !replaced)
      return this.#violation(socket, "events of another database");
    let appended: Appended[];
    try {
      appended = this.#events.commit(frame, link.newest_before);
    } catch (error) {
      // Acks are cumulative: after rows that were not stored no later frame may be, so the agent begins anew.
      this.#ports.warn("events were not stored", {
        n: frame.n,
        why: error instanceof Error ? error.name : "unknown",
      });
      this.closed(socket);
      socket.close(CLOSE.not_stored, "events could not be stored");
      return undefined;
    }
    socket.attach({ ...link, n: frame.n } satisfies AgentAttachment);
    socket.send(encodeRelayFrame({ t: "ack", n: frame.n }));
    this.#events.onAppended(appended);
    return undefined;
  }

  closed(socket: Socket): void {
    const attachment = readAgentAttachment(socket.attachment);
    if (attachment?.phase === "waiting") this.#handshake.stopWaiting(attachment.nonce);
    // Whatever is still being checked for it comes too late.
    if (attachment !== undefined && attachment.phase !== "live") socket.attach({ role: "ended" });
    const { online, epoch } = this.#state.current;
    if (attachment?.phase !== "live" || attachment.epoch !== epoch || !online) return;
    this.#offline("closed", this.#heard(socket, attachment));
  }

  /** The live socket, if it was heard in time; else it is closed and the account is offline (LINK5). */
  live(): Socket | undefined {
    const current = this.#current();
    if (current === undefined) {
      // The object died with the socket open, and no close was seen.
      if (this.#state.current.online)
        this.#offline("lost", this.#state.current.seen_at ?? this.#state.current.since);
      return undefined;
    }
    const heard = this.#heard(current.socket, current.attachment);
    if (this.#ports.clock.now() - heard <= this.#ports.times.deadAfterMs) return current.socket;
    this.#offline("heartbeat lost", heard);
    current.socket.close(CLOSE.heartbeat_lost, "no heartbeat");
    return undefined;
  }

  /** When the live link was last heard; null = there is none. */
  lastHeard(): number | null {
    const current = this.#current();
    return current === undefined ? null : this.#heard(current.socket, current.attachment);
  }

  /** False = there is no link, and nothing was sent. */
  send(frame: RelayFrame): boolean {
    const socket = this.live();
    if (socket === undefined) return false;
    socket.send(encodeRelayFrame(frame));
    return true;
  }

  /** The install is accepted no longer: its link closes, if it has one (ENR9). */
  end(install: string, why: InstallEnd, at: number): void {
    for (const socket of this.#ports.sockets("agent")) {
      const attachment = readAgentAttachment(socket.attachment);
      if (attachment?.phase !== "live" || attachment.install !== install) continue;
      if (attachment.epoch === this.#state.current.epoch) this.#offline(why, this.#heard(socket, attachment));
      socket.close(CLOSE.revoked, endedReason(why, at));
    }
  }

  /** Every agent's socket closes, whoever it is. */
  shutOut(code: number, words: string): void {
    const present = this.#current();
    if (present !== undefined) this.#offline(words, this.#heard(present.socket, present.attachment));
    for (const socket of this.#ports.sockets("agent")) {
      this.closed(socket);
      socket.close(code, words);
    }
  }

  async #hello(socket: Socket, waiting: Waiting, hello: Hello): Promise<void> {
    if (!hello.protocols.includes(LINK_PROTOCOL)) {
      this.#handshake.stopWaiting(waiting.nonce);
      return socket.close(CLOSE.version, "no common protocol: update the agent");
    }
    const { account } = this.#state.current;
    const verified = await this.#handshake.verified(socket, waiting, hello, (nonce) => {
      return { text: helloText({ ...hello, account, nonce }) };
    });
    if (verified === undefined) return undefined;
    const held = this.#events.held();
    if (held !== null) return socket.close(held.code, held.words);
    return this.#lease(socket, verified, hello, waiting.opened_at);
  }

  /** ENR6, ENR8: what an install wishes that is not, and does not become, the link. */
  async #prove(socket: Socket, waiting: Waiting, prove: Prove): Promise<void> {
    const { account, name } = this.#state.current;
    const announced = prove.wish === "rotate" ? prove : undefined;
    const next =
      announced === undefined
        ? {}
        : { next: { public_key: announced.public_key, signature: announced.next_signature } };
    const verified = await this.#handshake.verified(socket, waiting, prove, (nonce) => {
      return { text: proofText({ ...prove, public_key: announced?.public_key, account, nonce }), ...next };
    });
    if (verified === undefined) return;
    const { install } = verified.install;
    const held = this.#events.held();
    // The other relay would know the former key alone, and this Mac the new one.
    if (announced !== undefined && held?.isStill === true) return socket.close(held.code, held.words);
    this.#state.transact(() => {
      this.#keyUsed(verified);
      if (announced !== undefined) this.#installs.setNextKey(install, announced.public_key);
    });
    if (verified.isNextKey) this.#events.onKeyKept();
    const serves = this.live() !== undefined && this.#current()?.attachment.install === install;
    socket.send(encodeRelayFrame({ t: "proved", wish: prove.wish, name, serves }));
    socket.close(CLOSE.goodbye, "done");
    if (prove.wish === "leave") this.#events.leave(verified.install);
  }

  #keyUsed({ install, isNextKey }: Verified): void {
    if (!isNextKey) return;
    this.#installs.useNextKey(install.install, this.#ports.clock.now());
    this.#events.onKeyChanged(install);
  }

  /** LINK3, in one synchronous step. */
  #lease(socket: Socket, verified: Verified, hello: Hello, openedAt: number): void {
    const { install } = verified.install;
    const present = this.live() === undefined ? undefined : this.#current();
    const foreign = present !== undefined && present.attachment.install !== install;
    if (foreign && hello.takeover !== true) {
      return socket.close(
        CLOSE.replaced,
        "another Mac serves this account; start with --takeover to replace it",
      );
    }
    const now = this.#ports.clock.now();
    const { current } = this.#state;
    const appended: Appended[] = [];
    const epoch = current.epoch + 1;
    this.#state.transact(() => {
      this.#keyUsed(verified);
      if (present !== undefined) {
        const since = this.#heard(present.socket, present.attachment);
        appended.push(this.#log.append("account.offline", { reason: "replaced", since }, now));
      }
      this.#events.onPolicy(hello.policy ?? null);
      const outage = mergeOutage(this.#state.current, now);
      appended.push(
        this.#log.append("account.online", { install, epoch }, now, {
          install,
          epoch,
          journal: hello.journal_id,
          online: true,
          since: now,
          seen_at: now,
          outage,
          engine: hello.engine,
          health: hello.health,
        }),
      );
    });
    if (verified.isNextKey) this.#events.onKeyKept();
    this.#heardAt = now;
    const live = {
      role: "agent",
      phase: "live",
      opened_at: openedAt,
      install,
      epoch,
    } as const;
    socket.attach({ ...live, n: 0, newest_before: current.newest } satisfies AgentAttachment);
    present?.socket.close(CLOSE.replaced, foreign ? "another Mac took over" : "a newer link of the same Mac");
    // Before anything else goes to the new link: what is lost with the old one may be asked again at once.
    socket.send(encodeRelayFrame(welcomeOf(this.#state.current, this.#log.identity(), now)));
    if (present !== undefined) this.#events.onLost();
    this.#events.onAppended(appended);
    this.#events.onLive();
  }

  #offline(reason: string, since: number): void {
    const now = this.#ports.clock.now();
    const appended = this.#state.transact(() =>
      this.#log.append("account.offline", { reason, since }, now, {
        online: false,
        since: now,
        seen_at: since,
      }),
    );
    this.#events.onAppended([appended]);
    this.#events.onLost();
  }

  #current(): Current | undefined {
    const { online, epoch } = this.#state.current;
    if (!online) return undefined;
    if (this.#known?.attachment.epoch === epoch) return this.#known;
    for (const socket of this.#ports.sockets("agent")) {
      const attachment = readAgentAttachment(socket.attachment);
      if (attachment?.phase !== "live" || attachment.epoch !== epoch) continue;
      this.#known = { socket, attachment };
      return this.#known;
    }
    return undefined;
  }

  #heard(socket: Socket, attachment: LiveAttachment): number {
    const since = attachment.epoch === this.#state.current.epoch ? this.#heardAt : 0;
    return Math.max(attachment.opened_at, socket.lastPong() ?? 0, since);
  }

  #violation(socket: Socket, why: string): undefined {
    this.closed(socket);
    socket.close(CLOSE.protocol_violation, why);
    return undefined;
  }

  #countUnknown(): undefined {
    const { usage } = this.#state.current;
    this.#state.transact(() =>
      this.#state.update({ usage: { ...usage, unknown_frames: usage.unknown_frames + 1 } }),
    );
    return undefined;
  }
}
