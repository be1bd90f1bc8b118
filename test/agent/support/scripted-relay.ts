// The relay's end of the link as a test writes it: no log, no policy, only what the agent must be told and what
// it must have said. The same brain answers over virtual wires and over real sockets.
import {
  decodeAgentFrame,
  encodeRelayFrame,
  PING,
  PONG,
  type AgentFrame,
  type FrameOf,
  type RelayFrame,
} from "../../../shared/frames.ts";
import { EVENT_WINDOW_FRAMES, MAX_IDENTITY_PAIRS, RESET_OVERLAP_MS } from "../../../shared/limits.ts";
import type { Answer } from "../../../shared/jsonrpc.ts";

export interface RelaySocket {
  send(text: string): void;
  close(code: number, reason: string): void;
}

export interface StoredRow {
  readonly database: number;
  readonly rowid: number;
  readonly guid: string;
  readonly chatGuid: string;
  readonly message: Record<string, unknown>;
}

type Welcome = FrameOf<RelayFrame, "welcome">;
type CallFrame = FrameOf<RelayFrame, "call">;

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

export class ScriptedRelay {
  /** What `welcome` says; moves with the events as the relay's log does. */
  database = 1;
  resume: number | null = null;
  reset: Welcome["reset"] = null;
  newest: number | null = null;
  settings: Record<string, unknown> = {};
  /** Every row in every frame, in order, repeats included. */
  readonly rows: StoredRow[] = [];
  readonly frames: AgentFrame[] = [];
  readonly hellos: FrameOf<AgentFrame, "hello">[] = [];
  readonly results: FrameOf<AgentFrame, "result">[] = [];
  /** Every `prove`; answered as by a relay that knows the Mac. */
  readonly proofs: FrameOf<AgentFrame, "prove">[] = [];
  /** Close them with this instead. */
  refuseProofs: { readonly code: number; readonly reason: string } | undefined;
  readonly violations: string[] = [];
  pings = 0;
  /** Acknowledge as frames come. */
  ackEvents = true;
  ackResults = true;
  /** Say nothing any more, as a black hole does. */
  silent = false;
  /** Close a hello with this code instead of welcoming it. */
  refuseWith: number | undefined;
  readonly #now: () => number;
  #socket: RelaySocket | undefined;
  #epoch = 0;
  #n = 0;
  #acked = 0;
  #calls = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get isLinked(): boolean {
    return this.#socket !== undefined && this.#epoch > 0;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get unackedFrames(): number {
    return this.#n - this.#acked;
  }

  /** The newest frame of events. */
  get lastN(): number {
    return this.#n;
  }

  /** Guids of the rows, repeats left out, in the order in which they first came. */
  guids(): string[] {
    return [...new Set(this.rows.map(({ guid }) => guid))];
  }

  /** A socket of the agent's has opened. */
  opened(socket: RelaySocket): void {
    this.#socket = socket;
    this.#n = 0;
    this.#acked = 0;
    this.#send({ t: "challenge", nonce: `nonce-${this.hellos.length}`, time: this.#now() });
  }

  closed(socket: RelaySocket): void {
    if (this.#socket === socket) this.#socket = undefined;
  }

  text(text: string): void {
    if (this.silent) return;
    if (text === PING) {
      this.pings += 1;
      this.#socket?.send(PONG);
      return;
    }
    const decoded = decodeAgentFrame(text);
    if (decoded.kind !== "frame") {
      this.violations.push(decoded.kind === "violation" ? decoded.why : decoded.t);
      return;
    }
    this.#frame(decoded.frame);
  }

  /** Gives a call; returns its id. */
  call(method: string, params: unknown, more: Partial<CallFrame> = {}): string {
    this.#calls += 1;
    const call = more.call ?? `call-${this.#calls}`;
    this.#send({ t: "call", call, method, params, deadline: 30_000, ...more });
    return call;
  }

  /** The answers to a call, in order. */
  answers(call: string): Answer[] {
    return this.results.filter((result) => result.call === call).map(({ answer }) => answer);
  }

  answersTo(operation: string): Answer[] {
    return this.results.filter((result) => result.operation === operation).map(({ answer }) => answer);
  }

  send(frame: RelayFrame): void {
    this.#send(frame);
  }

  sendText(text: string): void {
    this.#socket?.send(text);
  }

  ackUpTo(n: number): void {
    this.#acked = n;
    this.#send({ t: "ack", n });
  }

  cut(code = 1006, reason = ""): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(code, reason);
  }

  #frame(frame: AgentFrame): void {
    this.frames.push(frame);
    if (frame.t === "hello") {
      this.hellos.push(frame);
      if (this.refuseWith === undefined) this.#welcome();
      else this.cut(this.refuseWith, "refused");
    } else if (frame.t === "prove") {
      this.proofs.push(frame);
      if (this.refuseProofs !== undefined) this.cut(this.refuseProofs.code, this.refuseProofs.reason);
      else this.#send({ t: "proved", wish: frame.wish, name: "home", serves: false });
    } else if (frame.t === "events") this.#events(frame);
    else if (frame.t === "result") {
      this.results.push(frame);
      if (frame.operation !== undefined && this.ackResults)
        this.#send({ t: "ack", operations: [frame.operation] });
    }
  }

  #welcome(): void {
    this.#epoch += 1;
    const identity = this.rows
      .filter(({ database }) => database === this.database)
      .slice(-MAX_IDENTITY_PAIRS);
    this.#send({
      t: "welcome",
      epoch: this.#epoch,
      protocol: 1,
      database: this.database,
      resume: this.resume,
      identity: identity.map(({ rowid, guid }) => ({ rowid, guid })),
      newest: this.newest,
      reset: this.reset,
      settings: this.settings,
      time: this.#now(),
    });
  }

  #events(frame: FrameOf<AgentFrame, "events">): void {
    if (frame.n !== this.#n + 1) this.violations.push(`n ${frame.n} after ${this.#n}`);
    this.#n = frame.n;
    if (this.unackedFrames > EVENT_WINDOW_FRAMES)
      this.violations.push(`${this.unackedFrames} frames unacknowledged`);
    // What is not acknowledged was not stored.
    if (!this.ackEvents) return;
    this.store(frame);
    this.ackUpTo(frame.n);
  }

  store({ database, resume, until, rows }: FrameOf<AgentFrame, "events">): void {
    if (database !== this.database) {
      if (database !== this.database + 1 || until === undefined)
        this.violations.push(`database ${database} after ${this.database}`);
      this.database = database;
      this.reset = { floor: (this.newest ?? 0) - RESET_OVERLAP_MS, until: until ?? 0 };
    }
    this.resume = resume;
    for (const { rowid, message } of rows) {
      const date = Date.parse(textOf(message["created_at"]));
      if (!Number.isNaN(date)) this.newest = Math.max(this.newest ?? date, date);
      this.rows.push({
        database,
        rowid,
        guid: textOf(message["guid"]),
        chatGuid: textOf(message["chat_guid"]),
        message,
      });
    }
  }

  #send(frame: RelayFrame): void {
    if (!this.silent) this.#socket?.send(encodeRelayFrame(frame));
  }
}
