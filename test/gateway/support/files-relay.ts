// A relay's attachments (ATT rules) over real HTTP: one file to fetch, files that are staged, and what goes wrong on
// the way, as the test says. Everything else is as in the channel's stand-in.
import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { writeContentDisposition } from "../../../shared/content-disposition.ts";
import { problem, type ErrorCode } from "../../../shared/errors.ts";
import { ChannelRelay } from "./channel-relay.ts";
import { ACCOUNT } from "./local-relay.ts";

/** What becomes of one request for bytes. */
type Fault =
  | {
      readonly kind: "refuse";
      readonly code: ErrorCode;
      readonly more?: object;
      readonly retryAfter?: string;
    }
  /** The connection is gone before anything is answered. */
  | { readonly kind: "mute" }
  /** … or after so many bytes of the body. */
  | { readonly kind: "cut"; readonly after: number }
  /** … or it stays silent after them. */
  | { readonly kind: "hold"; readonly after: number }
  | { readonly kind: "damage" }
  /** Asked for a range of one file, it answers with that of another. */
  | { readonly kind: "wrong_file" }
  /** A range ends before the file does. */
  | { readonly kind: "half" };

class StagedFile {
  readonly name: string;
  readonly size: number;
  length = 0;
  #parts: Buffer[] = [];

  constructor(name: string, size: number) {
    this.name = name;
    this.size = size;
  }

  get bytes(): Buffer {
    const all = Buffer.concat(this.#parts);
    this.#parts = [all];
    return all;
  }

  set bytes(bytes: Uint8Array) {
    this.#parts = [Buffer.from(bytes)];
    this.length = bytes.length;
  }

  push(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.length += bytes.length;
  }
}

export const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");

export class FilesRelay extends ChannelRelay {
  bytes = randomBytes(100_000);
  etag = '"e1"';
  name = "photo.jpg";
  /** Says the file's digest beforehand. */
  knowsDigest = false;
  /** What is said of transfers; the digest of what was sent where it is "done". */
  transfers: "done" | "open" | "failed" | "unknown" = "done";
  /** Taken one a request for bytes, in order. */
  readonly faults: Fault[] = [];
  readonly staged = new Map<string, StagedFile>();
  /** `METHOD what` of requests for bytes, with what their headers ask and how long their bodies are. */
  readonly files: string[] = [];
  /** Bytes of bodies that have left here. */
  sent = 0;
  readonly #digests = new Map<string, string>();
  readonly #held = new Set<ServerResponse>();

  /** Those that were silent break. */
  release(): void {
    for (const response of this.#held) response.destroy();
    this.#held.clear();
  }

  protected override async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", this.url);
    const [what = "", reference = ""] = url.pathname.replace(`/v1/accounts/${ACCOUNT}/`, "").split("/");
    if (what === "transfers") this.#transfer(response, reference);
    else if (what === "attachments") await this.#file(request, response, url, reference);
    else await super.answer(request, response);
  }

  #transfer(response: ServerResponse, transfer: string): void {
    this.files.push(`GET transfers/${transfer}`);
    const sha256 = this.#digests.get(transfer) ?? null;
    if (this.transfers === "unknown") refuse(response, "not_found");
    else if (this.transfers !== "done")
      json(response, 200, { transfer, state: this.transfers, bytes: 0, sha256: null });
    else json(response, 200, { transfer, state: "done", bytes: 0, sha256 });
    this.changed();
  }

  async #file(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    reference: string,
  ): Promise<void> {
    const { method = "", headers } = request;
    const asked = [headers.range, headers["if-range"], headers["if-none-match"], headers["content-length"]];
    const query = [...url.searchParams].map(([name, value]) => `${name}=${value}`);
    this.files.push(
      [method, `attachments/${reference}`, ...query, ...asked.filter((text) => text)].join(" "),
    );
    this.changed();
    const fault = this.faults[0];
    // HEAD is refused as well, without saying why.
    if (method !== "HEAD") this.faults.shift();
    if (fault?.kind === "mute") request.socket.destroy();
    else if (fault?.kind === "refuse") {
      request.resume();
      const retryAfter = fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter };
      refuse(response, fault.code, fault.more, retryAfter);
    } else if (method === "POST") await this.#stage(request, response, url, fault);
    else if (method === "PUT") await this.#more(request, response, url, reference, fault);
    else if (this.staged.has(reference)) this.#howFar(response, reference);
    else await this.#send(request, response, fault);
  }

  async #send(request: IncomingMessage, response: ServerResponse, fault: Fault | undefined): Promise<void> {
    const { range, "if-range": ifRange, "if-none-match": ifNoneMatch } = request.headers;
    const etag = fault?.kind === "wrong_file" ? '"other"' : this.etag;
    const transfer = `tr_${this.files.length}`;
    const common = {
      etag,
      "x-transfer": transfer,
      "accept-ranges": "bytes",
      "last-modified": "Mon, 23 Nov 2026 03:00:00 GMT",
      ...(this.knowsDigest ? { "repr-digest": `sha-256=:${digestOf(this.bytes)}:` } : {}),
    };
    if (ifNoneMatch === this.etag) {
      response.writeHead(304, common).end();
      return;
    }
    const size = this.bytes.length;
    const isRange =
      range !== undefined && (ifRange === this.etag || ifRange === undefined || etag === '"other"');
    const [, first = "0", last = ""] = /^bytes=(\d+)-(\d*)$/.exec(isRange ? range : "") ?? [];
    const start = Number(first);
    if (isRange && start >= size) {
      response.writeHead(416, { ...common, "content-range": `bytes */${size}`, "content-length": 0 }).end();
      return;
    }
    const asked = last === "" ? size : Math.min(size, Number(last) + 1);
    const end = fault?.kind === "half" ? start + Math.ceil((asked - start) / 2) : asked;
    const body = Buffer.from(this.bytes.subarray(start, end));
    this.#digests.set(transfer, digestOf(body));
    if (fault?.kind === "damage") body[0] = (body[0] ?? 0) ^ 1;
    response.writeHead(isRange ? 206 : 200, {
      ...common,
      ...(isRange ? { "content-range": `bytes ${start}-${end - 1}/${size}` } : {}),
      "content-length": end - start,
      "content-type": "image/jpeg",
      "content-disposition": writeContentDisposition(this.name),
    });
    if (request.method === "HEAD") response.end();
    else await this.#pour(response, body, fault);
  }

  async #pour(response: ServerResponse, body: Buffer, fault: Fault | undefined): Promise<void> {
    const most = fault?.kind === "cut" || fault?.kind === "hold" ? fault.after : body.length;
    for (let at = 0; at < most && !response.destroyed;) {
      const chunk = body.subarray(at, Math.min(at + 65_536, most));
      at += chunk.length;
      const isTaken = response.write(chunk);
      this.sent += chunk.length;
      this.changed();
      if (!isTaken) await drained(response);
    }
    if (fault?.kind === "hold") {
      this.#held.add(response);
      this.changed();
    } else if (fault?.kind === "cut") response.socket?.end(() => response.destroy());
    else response.end();
  }

  async #stage(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    fault: Fault | undefined,
  ): Promise<void> {
    const name = url.searchParams.get("name") ?? "attachment";
    const size = Number(url.searchParams.get("size") ?? request.headers["content-length"]);
    const reference = `stg_${this.staged.size + 1}`;
    const file = new StagedFile(name, size);
    if (!(await this.#take(request, file, fault))) return;
    this.staged.set(reference, file);
    this.#told(response, 201, reference);
  }

  async #more(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    reference: string,
    fault: Fault | undefined,
  ): Promise<void> {
    const file = this.staged.get(reference);
    const offset = Number(url.searchParams.get("offset"));
    if (file !== undefined && offset === file.length) {
      if (await this.#take(request, file, fault)) this.#told(response, 200, reference);
      return;
    }
    request.resume();
    if (file === undefined) refuse(response, "not_found");
    else refuse(response, "conflict", { offset: file.length });
  }

  /** False where it broke off. */
  async #take(request: IncomingMessage, file: StagedFile, fault: Fault | undefined): Promise<boolean> {
    const most = fault?.kind === "cut" || fault?.kind === "hold" ? fault.after : Infinity;
    let taken = 0;
    for await (const chunk of untilCut(request)) {
      const bytes = chunk.subarray(0, most - taken);
      taken += bytes.length;
      file.push(bytes);
      this.changed();
      if (taken < most) continue;
      if (fault?.kind === "hold") await new Promise<void>(() => undefined);
      request.destroy();
      return false;
    }
    if (!request.complete) return false;
    if (fault?.kind === "damage") file.bytes = file.bytes.map((byte) => byte ^ 1);
    return true;
  }

  #told(response: ServerResponse, status: number, reference: string): void {
    const file = this.staged.get(reference);
    if (file === undefined) return;
    const { name, size, bytes } = file;
    const complete = bytes.length === size;
    const sha256 = complete ? digestOf(bytes) : null;
    const expires_at = 1_800_000_000_000;
    json(response, status, {
      attachment: reference,
      name,
      size,
      offset: bytes.length,
      complete,
      sha256,
      expires_at,
    });
  }

  #howFar(response: ServerResponse, reference: string): void {
    const { size = 0, bytes = Buffer.alloc(0) } = this.staged.get(reference) ?? {};
    response.writeHead(200, {
      "upload-offset": bytes.length,
      "upload-length": size,
      "upload-complete": bytes.length === size ? "?1" : "?0",
    });
    response.end();
  }
}

function json(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { "content-type": "application/json", "x-request-id": "req-1", ...headers });
  response.end(JSON.stringify(body));
}

const refuse = (response: ServerResponse, code: ErrorCode, more: object = {}, headers: object = {}): void =>
  json(response, problem(code, "req-1").status, { ...problem(code, "req-1"), ...more }, headers);

async function* untilCut(request: IncomingMessage): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of request) yield Buffer.from(chunk);
  } catch {
    // As far as it came.
  }
}

/** Or gone. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
