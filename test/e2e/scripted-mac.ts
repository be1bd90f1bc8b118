// An account whose Mac says and brings only what the test tells it to, on a real relay: for moments that a real agent
// passes too quickly to meet.
import { randomUUID } from "node:crypto";
import * as z from "zod";
import { HEARTBEAT_MS } from "../../shared/limits.ts";
import { messageRow } from "./bystander.ts";
import { http } from "./http.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";
import { makeAccount, makeTenant, type Account } from "./owner.ts";
import { enrol, RawLink, type Identity } from "./raw-link.ts";
import { RawRequest, type RawAsk } from "./raw-request.ts";
import type { RelayProcess } from "./relay-process.ts";
import { firstReference, transfersOf, type TransferCounts } from "./transfer-facts.ts";

const FILE = "/Users/somebody/Library/Messages/Attachments/ab/00/a.bin";
const SHA256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

const askedSchema = z.looseObject({ t: z.enum(["read", "write"]), transfer: z.string() });
/** The name of the transfer that was asked for. */
type Asked = string;

export class ScriptedMac {
  readonly account: Account;
  readonly reference: string;
  link: RawLink;
  readonly #relay: RelayProcess;
  readonly #identity: Identity;
  #looked = 0;
  readonly #heart = setInterval(() => this.link.raw("ping"), HEARTBEAT_MS);

  private constructor(
    relay: RelayProcess,
    account: Account,
    identity: Identity,
    link: RawLink,
    reference: string,
  ) {
    this.#relay = relay;
    this.account = account;
    this.#identity = identity;
    this.link = link;
    this.reference = reference;
  }

  /** It has shown a message with a file. */
  static async start(relay: RelayProcess): Promise<ScriptedMac> {
    const account = await makeAccount(relay.url, await makeTenant(relay.url));
    const accountUrl = `${relay.url}/v1/accounts/${account.account}`;
    const { credential: key } = account;
    await openChannel({ accountUrl, key }, { ...EVERYBODY, includeAttachments: true });
    const identity = await enrol(relay.url, account.account);
    const link = await RawLink.welcomed(relay.url, identity);
    const attachments = [{ filename: FILE, original_path: FILE, transfer_name: "a.bin", missing: false }];
    const message = { ...messageRow(1, randomUUID()), attachments };
    link.send({ t: "events", n: 1, database: 0, resume: 1, rows: [{ rowid: 1, message }] });
    const reference = await firstReference(accountUrl, key);
    return new ScriptedMac(relay, account, identity, link, reference);
  }

  get url(): string {
    return `${this.#relay.url}/v1/accounts/${this.account.account}`;
  }

  /** A gateway asks for the file. */
  download(): Promise<RawRequest> {
    return this.#ask(`attachments/${this.reference}`);
  }

  /** A gateway begins to give one of so many bytes, and sends none yet. */
  upload(bytes: number): Promise<RawRequest> {
    return this.#ask("attachments?name=up.bin", {
      method: "POST",
      headers: { "content-length": String(bytes) },
    });
  }

  /** What the relay asks for next. */
  async asked(): Promise<Asked> {
    const frame = await this.link.frames.find(
      (one) => askedSchema.safeParse(one).success,
      "a transfer is asked for",
      5_000,
      this.#looked,
    );
    this.#looked = this.link.frames.all.indexOf(frame) + 1;
    return askedSchema.parse(frame).transfer;
  }

  opened(transfer: Asked, length: number): void {
    const facts = { status: 200, size: length, start: 0, length, etag: '"e"', modified: 0, digest: null };
    this.link.send({ t: "transfer", transfer, state: "opened", ...facts });
  }

  done(transfer: Asked, bytes: number): void {
    this.link.send({ t: "transfer", transfer, state: "done", bytes, sha256: SHA256 });
  }

  staged(transfer: Asked, size: number): void {
    const facts = { staged: "s1", name: "up.bin", size, offset: size, digest: SHA256, expires_at: 1 };
    this.link.send({ t: "transfer", transfer, state: "staged", ...facts });
  }

  /** Brings a body of so many bytes; those follow by `send`. */
  bring(transfer: Asked, bytes: number): Promise<RawRequest> {
    return this.#bytesOf(`${transfer}?offset=0`, {
      method: "POST",
      headers: { "content-length": String(bytes) },
    });
  }

  fetch(transfer: Asked): Promise<RawRequest> {
    return this.#bytesOf(transfer);
  }

  /** The relay has told it that nobody wants that one any more. */
  async aborted(transfer: Asked, ms?: number): Promise<void> {
    await this.link.frames.find(
      (frame) => frame.t === "abort" && frame["transfer"] === transfer,
      "abort",
      ms,
    );
  }

  counts(): Promise<TransferCounts> {
    return transfersOf(this.url, this.account.credential);
  }

  /** `open`, `done` or `failed`. */
  async stateOf(transfer: Asked): Promise<unknown> {
    const answer = await http(`${this.url}/transfers/${transfer}`, { key: this.account.credential });
    return z.looseObject({ state: z.string() }).parse(answer.json()).state;
  }

  /** Another file goes through, both ways. */
  async serves(): Promise<boolean> {
    const body = Buffer.from("hello there");
    const download = await this.download();
    const read = await this.asked();
    this.opened(read, body.length);
    const brought = await this.bring(read, body.length);
    await brought.send(body);
    const { isWhole, body: received } = await download.over;
    this.done(read, body.length);
    const upload = await this.upload(body.length);
    await upload.send(body);
    const write = await this.asked();
    const fetched = await (await this.fetch(write)).over;
    this.staged(write, body.length);
    const head = await upload.head;
    return isWhole && received.equals(body) && fetched.body.equals(body) && head?.status === 201;
  }

  /** The link is gone, as it is when the agent is killed. */
  async vanish(): Promise<void> {
    this.link.cut();
    await this.link.closed;
  }

  /** For good. */
  close(): void {
    clearInterval(this.#heart);
    this.link.cut();
  }

  async comeBack(): Promise<void> {
    this.link = await RawLink.welcomed(this.#relay.url, this.#identity);
    this.#looked = 0;
  }

  #ask(path: string, ask: RawAsk = {}): Promise<RawRequest> {
    return RawRequest.begin(`${this.url}/${path}`, { key: this.account.credential, ...ask });
  }

  #bytesOf(transfer: string, ask: RawAsk = {}): Promise<RawRequest> {
    return RawRequest.begin(`${this.url}/agent/transfers/${transfer}`, ask);
  }
}
