// One WebSocket between a client and the relay, under virtual time: ordered in each direction, with latency, and
// able to be cut, to be cut on one side only, or to swallow everything while it stays open.
import type { Socket, SocketRole } from "../../relay/account/ports.ts";
import type { Clock } from "../../shared/clock.ts";
import { PING, PONG } from "../../shared/frames.ts";

export interface ClientEnd {
  onText(text: string): void;
  /** Once. 1006 = no close frame was seen. */
  onClose(code: number, reason: string): void;
}

export interface ServerEnd {
  onText(socket: Socket, text: string): void;
  onClose(socket: Socket): void;
}

const MAX_LATENCY_MS = 4;

export class VirtualWire implements Socket {
  readonly role: SocketRole;
  /** Everything that either end sends, when it does. */
  onFrame: (from: "relay" | "client", text: string) => void = () => undefined;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #client: ClientEnd;
  readonly #server: ServerEnd;
  #attachment: unknown;
  #lastPong: number | null = null;
  #clientOpen = true;
  #serverOpen = true;
  #swallows = false;
  #nextToClient = 0;
  #nextToServer = 0;

  constructor(role: SocketRole, clock: Clock, random: () => number, client: ClientEnd, server: ServerEnd) {
    this.role = role;
    this.#clock = clock;
    this.#random = random;
    this.#client = client;
    this.#server = server;
  }

  // The relay's end: what its modules know as a socket.

  get attachment(): unknown {
    return this.#attachment;
  }

  /** A copy, as the platform keeps one: what the object changes later of its own is not in it. */
  attach(value: object): void {
    this.#attachment = JSON.parse(JSON.stringify(value));
  }

  lastPong(): number | null {
    return this.#lastPong;
  }

  get isOpen(): boolean {
    return this.#serverOpen;
  }

  send(text: string): void {
    if (!this.#serverOpen) return;
    this.onFrame("relay", text);
    this.#toClient(() => this.#client.onText(text));
  }

  close(code: number, reason: string): void {
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    this.#toClient(() => this.#closeClient(code, reason));
  }

  // The client's end.

  clientSend(text: string): void {
    if (!this.#clientOpen) return;
    this.onFrame("client", text);
    this.#toServer(() => {
      // The runtime answers by itself; the object sleeps on.
      if (text !== PING) return this.#server.onText(this, text);
      this.#lastPong = this.#clock.now();
      return this.send(PONG);
    });
  }

  clientClose(): void {
    if (!this.#clientOpen) return;
    this.#clientOpen = false;
    this.#toServer(() => this.#closeServer());
  }

  // Faults.

  /** Both ends see it, each when it does. */
  cut(): void {
    this.#clock.after(this.#random() * 50, () => this.#closeClient(1006, ""));
    this.#clock.after(this.#random() * 50, () => this.#closeServer());
    this.#swallows = true;
  }

  /** The connection stays open, and nothing passes any more. */
  swallow(): void {
    this.#swallows = true;
  }

  /** Nothing passes for a while, and then everything that was sent meanwhile comes. */
  stall(ms: number): void {
    const until = this.#clock.now() + ms;
    this.#nextToClient = Math.max(this.#nextToClient, until);
    this.#nextToServer = Math.max(this.#nextToServer, until);
  }

  /** The relay's process is gone: its end knows nothing, the client sees the connection break. */
  serverDied(): void {
    this.#serverOpen = false;
    this.#clock.after(this.#random() * 20, () => this.#closeClient(1006, ""));
  }

  #toClient(deliver: () => void): void {
    this.#nextToClient = this.#arrival(this.#nextToClient);
    this.#clock.after(this.#nextToClient - this.#clock.now(), () => {
      if (this.#clientOpen && !this.#swallows) deliver();
    });
  }

  #toServer(deliver: () => void): void {
    this.#nextToServer = this.#arrival(this.#nextToServer);
    this.#clock.after(this.#nextToServer - this.#clock.now(), () => {
      if (this.#serverOpen && !this.#swallows) deliver();
    });
  }

  /** In order, whatever the latencies. */
  #arrival(previous: number): number {
    return Math.max(previous, this.#clock.now() + this.#random() * MAX_LATENCY_MS);
  }

  #closeClient(code: number, reason: string): void {
    if (!this.#clientOpen) return;
    this.#clientOpen = false;
    this.#client.onClose(code, reason);
  }

  #closeServer(): void {
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    this.#server.onClose(this);
  }
}
