// Tenants on one relay: one at work, whose things are looked at to the byte, and others that come with the names of
// those things.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { WebSocket } from "ws";
import * as z from "zod";
import { http, type HttpAnswer } from "../e2e/http.ts";
import { openChannel } from "../e2e/open-channel.ts";
import { opened } from "../e2e/opened.ts";
import { makeAccount, makeTenant, offerEnrolment, type Account } from "../e2e/owner.ts";
import { enrol, RawLink, type Identity } from "../e2e/raw-link.ts";
import { OPERATOR_KEY, RelayProcess } from "../e2e/relay-process.ts";
import { Tunnel } from "../e2e/tunnel.ts";
import { Recording, until } from "../e2e/waiting.ts";

export const FRIEND = "+15550100001";
const STRANGER = "+15550100002";
const OWNER = "+15550100003";
const CHAT = `any;-;${FRIEND}`;
const BYTES = "file of the victim's";

/** Names of things, by what they are of. */
export type Names = Readonly<Record<(typeof NAMES)[number], string>>;
const NAMES = [
  "account",
  "install",
  "operation",
  "call",
  "transfer",
  "code",
  "event",
  "guid",
  "chat",
  "staged",
  "reference",
  "key",
  "pairing",
  "ticket",
  "consumer",
] as const;

/** Names of the same make that were never given to anything. */
export const never = (names: Names): Names =>
  Object.assign({}, ...NAMES.map((name) => ({ [name]: changed(names[name]) })));

/** One letter is another of its kind, so that the whole is well formed. */
function changed(name: string): string {
  let at = Math.max(0, name.length - 2);
  while (at > 0 && !/[0-9a-z]/i.test(name[at] ?? "")) at -= 1;
  const letter = name[at] ?? "";
  const [first = "", second = ""] = /[0-9]/.test(letter) ? "12" : /[a-z]/.test(letter) ? "ab" : "AB";
  return `${name.slice(0, at)}${letter === first ? second : first}${name.slice(at + 1)}`;
}

/** The same words, whoever's name stands in them. */
export function withoutNames(text: string, ...all: readonly Names[]): string {
  let plain = text;
  for (const names of all) for (const name of NAMES) plain = plain.replaceAll(names[name], `<${name}>`);
  return plain.replaceAll(/(op|ins|acc)_[0-9a-z]+/g, "<$1>").replaceAll(/[0-9a-z]{16}(\.\d+)/g, "<log>$1");
}

const SETTINGS = {
  dmPolicy: "pairing",
  allowFrom: [FRIEND, OWNER],
  includeAttachments: true,
  commands: { ownerAllowFrom: [OWNER] },
  messagesPerMinute: 1_000,
} as const;

const row = (id: number, guid: string, sender: string, text: string, more: object = {}) => ({
  rowid: id,
  message: {
    id,
    chat_id: id,
    chat_guid: `any;-;${sender}`,
    guid,
    sender,
    text,
    is_from_me: false,
    created_at: new Date().toISOString(),
    ...more,
  },
});

const PHOTO = {
  filename: "~/a.heic",
  transfer_name: "a.heic",
  uti: "public.heic",
  mime_type: "image/heic",
  total_bytes: BYTES.length,
  is_sticker: false,
  original_path: "/Users/somebody/Library/Messages/Attachments/a.heic",
  missing: false,
};

const eventsSchema = z.object({
  events: z.array(z.looseObject({ id: z.string(), data: z.looseObject({ message: z.unknown() }) })),
});
const shownSchema = z.looseObject({ attachments: z.array(z.looseObject({ attachment: z.string() })) });
const pairingSchema = z.object({ requests: z.array(z.looseObject({ code: z.string() })) });
const ticketSchema = z.looseObject({ ticket: z.string() });
const stagedSchema = z.looseObject({ attachment: z.string() });
const welcomeSchema = z.looseObject({ epoch: z.int() });
const transferSchema = z.looseObject({ transfer: z.string() });
const callSchema = z.looseObject({ call: z.string(), operation: z.string().optional() });
const digest = createHash("sha256").update(BYTES).digest("base64");

/** An account of somebody's, and its Mac on the link. */
interface Side extends Account {
  readonly identity: Identity;
  readonly link: RawLink;
}

/** Of what stays while this and that is under way. */
type Lasting = Pick<Names, "code" | "event" | "guid" | "staged" | "reference" | "pairing" | "consumer">;

/** What a victim has under way while it is attacked. */
export interface Pending {
  readonly names: Names;
  /** Its Mac answers, and whoever asked gets the right answers. */
  finish(): Promise<unknown>;
}

export class FrameScene {
  readonly relay: RelayProcess;
  readonly #victim: Side;
  readonly #files: readonly string[];
  readonly #lasting: Lasting;
  /** Everything that came over the victim's sockets. */
  readonly #heard: () => readonly unknown[];

  private constructor(
    relay: RelayProcess,
    victim: Side,
    files: readonly string[],
    lasting: Lasting,
    heard: () => readonly unknown[],
  ) {
    this.relay = relay;
    this.#victim = victim;
    this.#files = files;
    this.#lasting = lasting;
    this.#heard = heard;
  }

  static async start(state: string): Promise<FrameScene> {
    const relay = await RelayProcess.start({ state });
    const before = new Set(relay.objectFiles());
    const victim = await makeSide(relay, await makeTenant(relay.url, "victim"));
    const files = relay.objectFiles().filter((name) => name.includes("account") && !before.has(name));
    if (files.filter((name) => !name.includes("metadata")).length !== 1)
      throw new Error("one account, one file");
    const { link, account, credential } = victim;
    const ask = (route: string, how: Parameters<typeof http>[1] = {}): Promise<HttpAnswer> =>
      http(`${relay.url}/v1/accounts/${account}/${route}`, { key: credential, ...how });
    const guid = "VICTIM-GUID-0001";
    const rows = [row(1, guid, FRIEND, "secret words", { attachments: [PHOTO] })];
    rows.push(row(2, "VICTIM-GUID-0002", STRANGER, "let me in"));
    link.send({ t: "events", n: 1, database: 0, resume: 2, rows });
    await link.frame("ack");
    const { events } = eventsSchema.parse((await ask("events?after=beginning&kinds=message.*")).json());
    const [event] = events;
    const [shown] = shownSchema.parse(event?.data.message).attachments;
    const { requests } = pairingSchema.parse((await ask("pairing")).json());
    const staged = ask("attachments?name=a.txt", { method: "POST", raw: BYTES });
    const { transfer } = transferSchema.parse(await link.frame("write"));
    await http(`${relay.url}/v1/accounts/${account}/agent/transfers/${transfer}`);
    const file = { staged: "s1", name: "a.txt", size: BYTES.length, offset: BYTES.length, digest };
    link.send({ t: "transfer", transfer, state: "staged", ...file, expires_at: Date.now() + 3_600_000 });
    const { code } = await offerEnrolment(relay.url, account);
    const tunnel = await Tunnel.open(
      `${relay.url.replace("http", "ws")}/v1/accounts/${account}/rpc`,
      credential,
    );
    await tunnel.subscribe();
    const reader = await readerOf(relay, victim, "consumer=victims-bot");
    // What the Mac has to say to the stranger.
    await link.frame("call");
    const lasting = {
      code,
      event: event?.id ?? "",
      guid,
      staged: stagedSchema.parse((await staged).json()).attachment,
      reference: shown?.attachment ?? "",
      pairing: requests[0]?.code ?? "",
      consumer: "victims-bot",
    };
    const heard = (): readonly unknown[] => [
      ...link.frames.all,
      ...tunnel.frames.all,
      ...tunnel.notifications.all,
      ...reader.frames.all,
    ];
    return new FrameScene(relay, victim, files, lasting, heard);
  }

  get victim(): Account {
    return this.#victim;
  }

  /** A call, a send and a download that wait for the victim's Mac. */
  async begins(key: string): Promise<Pending> {
    const { link, account, credential, install } = { ...this.#victim, ...this.#victim.identity };
    const { epoch } = welcomeSchema.parse(await link.frame("welcome"));
    const url = `${this.relay.url}/v1/accounts/${account}`;
    const from = link.frames.all.length;
    const next = async <T>(t: string, schema: z.ZodType<T>): Promise<T> =>
      schema.parse(
        await link.frames.find(
          (frame) => schema.safeParse(frame).success && frame.t === t,
          t,
          undefined,
          from,
        ),
      );
    const call = http(`${url}/rpc`, {
      method: "POST",
      key: credential,
      body: { jsonrpc: "2.0", id: 1, method: "chats.list" },
    });
    const asked = await next("call", callSchema);
    const sent = http(`${url}/messages`, {
      method: "POST",
      key: credential,
      headers: { "idempotency-key": key },
      body: { to: FRIEND, text: `text of ${key}` },
    });
    const send = await next("call", callSchema.extend({ operation: z.string() }));
    const download = http(`${url}/attachments/${this.#lasting.reference}`, { key: credential });
    const { transfer } = await next("read", transferSchema);
    const tickets = await http(`${url}/tickets`, { method: "POST", key: credential, body: { door: "rpc" } });
    const { ticket } = ticketSchema.parse(tickets.json());
    const names = { ...this.#lasting, account, install, chat: CHAT, key, transfer, ticket };
    const result = (to: z.infer<typeof callSchema>, answer: unknown): void =>
      link.send({ t: "result", call: to.call, operation: to.operation, epoch, answer });
    return {
      names: { ...names, call: asked.call, operation: send.operation },
      finish: async () => {
        result(asked, { result: { chats: [] } });
        result(send, { result: { guid: `GUID-OF-${key}` } });
        const etag = '"e"';
        const size = { status: 200, size: BYTES.length, start: 0, length: BYTES.length };
        link.send({ t: "transfer", transfer, state: "opened", ...size, etag, modified: 0, digest: null });
        await http(`${url}/agent/transfers/${transfer}?offset=0`, { method: "POST", raw: BYTES });
        link.send({ t: "transfer", transfer, state: "done", bytes: BYTES.length, sha256: digest });
        const answers = await Promise.all([call, sent, download]);
        // Nobody has used it.
        (await Tunnel.open(`${url.replace("http", "ws")}/rpc?ticket=${ticket}`, "")).cut();
        return answers.map(({ status, text }) => [status, text.includes("chats") || text]);
      },
    };
  }

  /** An account of another tenant's, both as new as every other one. */
  async attacker(): Promise<Side> {
    return makeSide(this.relay, await makeTenant(this.relay.url, "strangers"));
  }

  /**
   * Everything of the victim's: its account's file to the byte, what its tenant says of itself (whose object may end
   * meanwhile, which tidies up its file), and how much its sockets have heard.
   */
  async looks(): Promise<{
    readonly stored: string;
    readonly told: readonly string[];
    readonly heard: number;
  }> {
    const { tenant } = this.#victim;
    const paths = ["accounts", "keys", "config", "config/history", "audit", "endpoints", "usage"];
    const answers = await Promise.all(
      paths.map((name) => http(`${this.relay.url}/v1/tenants/${tenant}/${name}`, { key: OPERATOR_KEY })),
    );
    // What was asked of it before may still be written.
    let stored = "";
    const isStill = async (): Promise<boolean> => stored === (stored = this.#hash());
    await until(isStill, "the victim's account comes to rest", undefined, 5);
    return { stored, told: answers.map(({ text }) => text), heard: this.#heard().length };
  }

  /** While a call waits for its Mac, the object stays, and nothing but it changes its file. */
  #hash(): string {
    const sum = createHash("sha256");
    for (const name of this.#files.flatMap((file) => [file, `${file}-wal`])) {
      const file = path.join(this.relay.state, "objects", name);
      sum.update(existsSync(file) ? readFileSync(file) : "none");
    }
    return sum.digest("hex");
  }
}

async function makeSide(relay: RelayProcess, tenant: string): Promise<Side> {
  const account = await makeAccount(relay.url, tenant);
  const accountUrl = `${relay.url}/v1/accounts/${account.account}`;
  await openChannel({ accountUrl, key: account.credential }, SETTINGS);
  const identity = await enrol(relay.url, account.account);
  return { ...account, identity, link: await RawLink.welcomed(relay.url, identity) };
}

/** A reader's socket, as raw as it gets. */
export async function readerOf(
  relay: RelayProcess,
  { account, credential }: Account,
  query = "",
): Promise<{
  readonly frames: Recording<unknown>;
  readonly socket: WebSocket;
  readonly closed: Promise<string>;
}> {
  const url = `${relay.url.replace("http", "ws")}/v1/accounts/${account}/events?after=beginning&${query}`;
  const headers = { authorization: `Bearer ${credential}` };
  const socket = new WebSocket(url, ["imsg-relay.events.v1"], { headers, perMessageDeflate: false });
  const frames = new Recording<unknown>();
  socket.on("message", (data: Buffer) => frames.add(JSON.parse(data.toString())));
  const closed = new Promise<string>((resolve) => {
    socket.once("close", (code, reason) => resolve(`${code} ${reason.toString()}`));
  });
  await opened(socket);
  await frames.count(1, () => true, "ready");
  return { frames, socket, closed };
}
