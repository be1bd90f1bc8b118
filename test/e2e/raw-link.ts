// An agent as raw as it gets: whatever a test wants to say at the agent's door, well signed or not.
import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { WebSocket } from "ws";
import * as z from "zod";
import { helloText } from "../../shared/frames.ts";
import { http } from "./http.ts";
import { opened } from "./opened.ts";
import { offerEnrolment } from "./owner.ts";
import { Recording } from "./waiting.ts";

export interface Identity {
  readonly account: string;
  readonly install: string;
  readonly key: KeyObject;
}

const claimedSchema = z.object({ account: z.string(), install: z.string() });
const frameSchema = z.looseObject({ t: z.string() });
type Frame = z.infer<typeof frameSchema>;

const OPEN_MS = 10_000;

export const publicKeyOf = (key: KeyObject): string =>
  key.export({ type: "spki", format: "der" }).subarray(-32).toString("base64");

/** Joins an account as a Mac would. */
export async function enrol(relay: string, account: string, name = "raw"): Promise<Identity> {
  const { code } = await offerEnrolment(relay, account);
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const body = { code, public_key: publicKeyOf(publicKey), name };
  const answer = await http(`${relay}/v1/enrolments/claim`, { method: "POST", body });
  if (answer.status !== 201) throw new Error(`HTTP ${answer.status}: ${answer.text}`);
  const { install } = claimedSchema.parse(answer.json());
  return { account, install, key: privateKey };
}

export class RawLink {
  readonly frames = new Recording<Frame>();
  /** For those that answer. */
  onFrame: (frame: Frame) => void = () => undefined;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #relay: string;
  readonly #socket: WebSocket;

  private constructor(relay: string, socket: WebSocket) {
    this.#relay = relay;
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      if (text === "pong") return;
      const frame = frameSchema.parse(JSON.parse(text));
      this.frames.add(frame);
      this.onFrame(frame);
    });
  }

  /** Rejects with `HTTP <status>` where the upgrade is refused. */
  static async open(relay: string, account: string): Promise<RawLink> {
    const url = `${relay.replace("http", "ws")}/v1/accounts/${account}/agent`;
    const socket = new WebSocket(url, ["imsg-relay.agent.v1"], {
      handshakeTimeout: OPEN_MS,
      perMessageDeflate: false,
    });
    const link = new RawLink(relay, socket);
    await opened(socket);
    return link;
  }

  frame(t: string, ms?: number): Promise<Frame> {
    return this.frames.find((frame) => frame.t === t, `a frame ${t}`, ms);
  }

  /** A `hello` that is right but for what is changed. */
  async hello(identity: Identity, changes: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const { nonce } = z.looseObject({ nonce: z.string() }).parse(await this.frame("challenge"));
    const said = {
      origin: this.#relay,
      account: identity.account,
      install: identity.install,
      protocols: [1],
    };
    const text = helloText({ ...said, nonce });
    const { origin, install, protocols } = said;
    return {
      t: "hello",
      origin,
      install,
      protocols,
      signature: sign(null, Buffer.from(text), identity.key).toString("base64"),
      journal_id: "raw",
      agent: "raw",
      engine: { version: null, methods: null, pages: false, bridge: null },
      health: { state: "ok", reason: null, remedy: null },
      ...changes,
    };
  }

  /** Opens a link and takes it through the handshake. */
  static async welcomed(
    relay: string,
    identity: Identity,
    changes?: Record<string, unknown>,
  ): Promise<RawLink> {
    const link = await RawLink.open(relay, identity.account);
    link.send(await link.hello(identity, changes));
    await link.frame("welcome");
    return link;
  }

  send(frame: unknown): void {
    this.raw(JSON.stringify(frame));
  }

  raw(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  close(): void {
    this.#socket.close();
  }

  /** Without a closing handshake, as when the agent is killed. */
  cut(): void {
    this.#socket.terminate();
  }
}
