// Before an agent's socket is a link (LINK1, LINK2): the challenge, and whose key answered it. A `hello` leads to the
// lease, a `prove` (ENR6) to one answer; both come here first.
import { CLOSE, endedReason } from "../../../shared/close.ts";
import { encodeRelayFrame } from "../../../shared/frames.ts";
import { HELLO_DEADLINE_MS, MAX_UNAUTHENTICATED_SOCKETS } from "../../../shared/limits.ts";
import { readAgentAttachment, type AgentAttachment } from "../sockets/attachment.ts";
import type { AccountPorts, Socket } from "../ports.ts";
import type { Install, InstallStore } from "../store/installs.ts";

type Waiting = AgentAttachment & { phase: "waiting" };

interface Claimed {
  readonly install: string;
  readonly origin: string;
  readonly signature: string;
}

/** What was signed, and, where a new key is announced, that key and its own signature. */
interface Signed {
  readonly text: string;
  readonly next?: { readonly public_key: string; readonly signature: string };
}

export interface Verified {
  readonly install: Install;
  /** It was signed by the key that was announced last: the one before counts no longer (ENR6). */
  readonly isNextKey: boolean;
}

export class Handshake {
  readonly #ports: AccountPorts;
  readonly #installs: InstallStore;
  /** Ends the wait for a hello, by nonce. */
  readonly #waiting = new Map<string, () => void>();

  constructor(ports: AccountPorts, installs: InstallStore) {
    this.#ports = ports;
    this.#installs = installs;
  }

  /** LINK1. False = too many strangers at the door. */
  hasRoom(): boolean {
    const now = this.#ports.clock.now();
    let waiting = 0;
    for (const socket of this.#ports.sockets("agent")) {
      const attachment = readAgentAttachment(socket.attachment);
      if (attachment === undefined || attachment.phase === "live") continue;
      if (now - attachment.opened_at > HELLO_DEADLINE_MS)
        socket.close(CLOSE.unauthenticated, "no hello in time");
      else waiting += 1;
    }
    return waiting < MAX_UNAUTHENTICATED_SOCKETS;
  }

  opened(socket: Socket): void {
    const nonce = this.#ports.random();
    const now = this.#ports.clock.now();
    socket.attach({ role: "agent", phase: "waiting", nonce, opened_at: now } satisfies AgentAttachment);
    socket.send(encodeRelayFrame({ t: "challenge", nonce, time: now }));
    // The timer keeps the object up until the hello only; should the object die, hasRoom() does the same.
    const cancel = this.#ports.clock.after(HELLO_DEADLINE_MS, () => {
      this.#waiting.delete(nonce);
      if (readAgentAttachment(socket.attachment)?.phase === "waiting") {
        socket.close(CLOSE.unauthenticated, "no hello in time");
      }
    });
    this.#waiting.set(nonce, cancel);
  }

  stopWaiting(nonce: string): void {
    this.#waiting.get(nonce)?.();
    this.#waiting.delete(nonce);
  }

  /** The install that signed; undefined = the socket is closed, for the reason that it says. */
  async verified(
    socket: Socket,
    { nonce, opened_at }: Waiting,
    { install, origin, signature }: Claimed,
    sign: (nonce: string) => Signed,
  ): Promise<Verified | undefined> {
    // The nonce is used up before anything is awaited: a second hello is out of turn.
    socket.attach({ role: "agent", phase: "verifying", opened_at } satisfies AgentAttachment);
    this.stopWaiting(nonce);
    const { origins } = this.#ports;
    const before = this.#installs.find(install);
    const { text, next } = sign(nonce);
    const key =
      before !== undefined && origins.includes(origin)
        ? await this.#signer(before, signature, text)
        : undefined;
    const isOwn =
      next === undefined ||
      key === undefined ||
      (await this.#ports.verify(next.public_key, next.signature, text));
    // Closed while its signature was checked: it gets nothing.
    if (readAgentAttachment(socket.attachment)?.phase !== "verifying") return undefined;
    if (!origins.includes(origin)) {
      socket.close(CLOSE.unauthenticated, `this relay is not ${origin}`);
      return undefined;
    }
    // Read again: it may have ended, or changed its key, while the signature was checked.
    const known = this.#installs.find(install);
    const counts = key !== undefined && (key === known?.public_key || key === known?.next_key);
    if (known === undefined || !counts || !isOwn) {
      socket.close(CLOSE.unauthenticated, "unknown install or wrong signature");
      return undefined;
    }
    if (known.revoked_at !== null) {
      socket.close(CLOSE.revoked, endedReason(known.ended ?? "revoked", known.revoked_at));
      return undefined;
    }
    return { install: known, isNextKey: key !== known.public_key };
  }

  /** Which of an install's keys it was. */
  async #signer(
    { public_key, next_key }: Install,
    signature: string,
    text: string,
  ): Promise<string | undefined> {
    if (await this.#ports.verify(public_key, signature, text)) return public_key;
    if (next_key !== null && (await this.#ports.verify(next_key, signature, text))) return next_key;
    return undefined;
  }
}
