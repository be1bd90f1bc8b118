// A scripted Mac: enrols with a key of its own, speaks the link, and shows what the test tells it to.
import { helloText } from "../../../shared/frames.ts";
import { get, ORIGIN, type Account, type Json } from "./http.ts";
import { open, type Sock } from "./socket.ts";

export const ENGINE = {
  version: "0.15.0",
  methods: ["send", "chats.list", "messages.after"],
  pages: true,
  bridge: false,
};
export const OLD_ENGINE = { version: null, methods: null, pages: false, bridge: null };
export const HEALTHY = { state: "ok", reason: null, remedy: null };

const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));

export interface Install extends Account {
  readonly install: string;
  readonly keys: CryptoKeyPair;
}

export async function newPublicKey(): Promise<{ keys: CryptoKeyPair; public_key: string }> {
  const keys = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  if (!("publicKey" in keys)) throw new Error("no pair");
  const raw = await crypto.subtle.exportKey("raw", keys.publicKey);
  if (!(raw instanceof ArrayBuffer)) throw new Error("no raw key");
  return { keys, public_key: base64(raw) };
}

export async function enrol({ account, tenant }: Account): Promise<Install> {
  const { code } = await get(201, "POST", `/v1/accounts/${account}/enrolments`);
  const { keys, public_key } = await newPublicKey();
  const body = { code, public_key, name: "mini" };
  const { install } = await get(201, "POST", "/v1/enrolments/claim", { key: null, body });
  return { account, tenant, install: String(install), keys };
}

/** A `hello` that is right, but for what the test changes. */
export async function signedHello(of: Install, nonce: string, change: Json = {}): Promise<Json> {
  const { origin, protocols } = { origin: ORIGIN, protocols: [1], ...change };
  const fields = { account: of.account, install: of.install, nonce };
  const text = helloText({ ...fields, origin, protocols: protocols });
  const signature = await crypto.subtle.sign(
    { name: "Ed25519" },
    of.keys.privateKey,
    new TextEncoder().encode(text),
  );
  return {
    t: "hello",
    install: of.install,
    protocols,
    origin,
    signature: base64(signature),
    journal_id: "journal-1",
    agent: "test/1",
    engine: ENGINE,
    health: HEALTHY,
    ...change,
  };
}

export const knock = ({ account }: Account): Promise<Sock> => open(`/v1/accounts/${account}/agent`);

/** Says hello, with changes; `welcome` is not awaited. */
export async function greet(of: Install, change?: Json): Promise<Sock> {
  const sock = await knock(of);
  const { nonce } = await sock.next();
  sock.send(await signedHello(of, String(nonce), change));
  return sock;
}

export class Agent {
  readonly sock: Sock;
  readonly welcome: Json;
  readonly epoch: number;
  #n = 0;

  private constructor(sock: Sock, welcome: Json) {
    this.sock = sock;
    this.welcome = welcome;
    this.epoch = Number(welcome["epoch"]);
  }

  static async connect(of: Install, change?: Json): Promise<Agent> {
    const sock = await greet(of, change);
    const welcome = await sock.next();
    if (welcome["t"] !== "welcome") throw new Error(`no welcome, but ${JSON.stringify(welcome)}`);
    return new Agent(sock, welcome);
  }

  /** Sends rows and awaits their ack; other frames in between are a mistake of the test. */
  async show(rows: readonly Json[], fields: Json = {}): Promise<void> {
    this.push(rows, fields);
    const ack = await this.sock.next();
    if (ack["t"] !== "ack" || ack["n"] !== this.#n)
      throw new Error(`no ack of ${this.#n}, but ${JSON.stringify(ack)}`);
  }

  push(rows: readonly Json[], fields: Json = {}): void {
    this.#n += 1;
    const shown = rows.map((message) => ({ rowid: message["id"], message }));
    const resume = Number(rows.at(-1)?.["id"] ?? 0);
    this.sock.send({
      t: "events",
      n: this.#n,
      database: this.welcome["database"],
      resume,
      rows: shown,
      ...fields,
    });
  }

  /** The next call; answered when the test says so. */
  async call(): Promise<Json> {
    const frame = await this.sock.next();
    if (frame["t"] !== "call") throw new Error(`no call, but ${JSON.stringify(frame)}`);
    return frame;
  }

  answer({ call, operation }: Json, answer: Json): void {
    const of = operation === undefined ? {} : { operation };
    this.sock.send({ t: "result", call, ...of, epoch: this.epoch, answer });
  }

  /** Answers the next call, a mutation, and takes the ack of its result. */
  async run(answer: Json): Promise<Json> {
    const call = await this.call();
    this.answer(call, answer);
    const ack = await this.sock.next();
    if (JSON.stringify(ack["operations"]) !== JSON.stringify([call["operation"]]))
      throw new Error(`no ack of the operation, but ${JSON.stringify(ack)}`);
    return call;
  }

  /** Everything sent before this was handled, and nothing but an ack came for it. */
  async settled(): Promise<void> {
    await this.sock.handled();
    await this.show([]);
  }
}

/** Of a row: what no database takes. Cloudflare's limit is 2 MB, workerd's was (2026-04) and is some 10 (2026-10). */
export const UNSTORABLE: Json = { guid: "G".repeat(15_000_000) };

/** A row of Messages in chat 1, as imsg shows it. */
export const row = (id: number, change: Json = {}): Json => ({
  id,
  guid: `G-${id}`,
  chat_id: 1,
  chat_guid: "iMessage;-;+15550001",
  chat_identifier: "+15550001",
  sender: "+15550001",
  is_from_me: false,
  is_group: false,
  participants: ["+15550001"],
  text: `text ${id}`,
  created_at: new Date().toISOString(),
  attachments: [],
  reactions: [],
  ...change,
});

/** The same, not yet joined to its chat. */
export const unjoined = (id: number, change: Json = {}): Json =>
  row(id, { chat_id: 0, chat_guid: "", ...change });
