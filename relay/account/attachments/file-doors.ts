// What happens at the doors for bytes (docs/protocol.md, ATT rules): a gateway's request waits for the Mac, the Mac's
// request brings or fetches the bytes, and each is held until they are through.
import { isBelow, isPlainPath, readRoot } from "../../../shared/attachment-roots.ts";
import { writeContentDisposition } from "../../../shared/content-disposition.ts";
import type { Refused } from "../../../shared/errors.ts";
import { safeFileName } from "../../../shared/file-name.ts";
import { ATTACHMENT_PART_BYTES } from "../../../shared/limits.ts";
import type { Scope } from "../../../shared/grant.ts";
import { assertNever, err, ok, type Result } from "../../../shared/result.ts";
import { nextDayAt } from "../../../shared/usage.ts";
import type { AccountCore } from "../core.ts";
import { refusedResponse, type FileDoor } from "./file-door.ts";
import { nameStaged, openLinked, openShown, openStaged, type ShownFile } from "./reference.ts";
import { Streams } from "./streams.ts";
import type { Opened, Staged, Transfer } from "./transfer.ts";
import { BROKEN, type Asked } from "./transfers.ts";

type Door<N extends FileDoor["name"]> = Extract<FileDoor, { name: N }>;

const MIB = 1024 * 1024;
/** Counts beside whatever is configured, as in OpenClaw. */
const USUAL_ROOT = "/Users/*/Library/Messages/Attachments";
const OUTSIDE: Refused = { code: "forbidden", detail: "the file is outside attachmentRoots" };
const NOT_FOUND: Refused = { code: "not_found" };

/** `waitUntil`: what goes on after the response. */
interface Host {
  waitUntil(work: Promise<unknown>): void;
}

export class FileDoors {
  readonly #core: AccountCore;
  readonly #host: Host;
  readonly #streams = new Streams();

  constructor(core: AccountCore, host: Host) {
    this.#core = core;
    this.#host = host;
  }

  async handle(door: FileDoor, request: Request): Promise<Response> {
    switch (door.name) {
      case "download":
        return this.#download(door, request);
      case "upload":
        return this.#upload(door, request);
      case "bring":
        return this.#bring(door, request);
      case "fetch":
        return this.#fetch(door);
      default:
        return assertNever(door);
    }
  }

  get #cap(): number {
    return this.#core.parts.settings.config.mediaMaxMb * MIB;
  }

  /** What the account's configuration narrows the Mac's own roots to; the Mac looks at real paths besides. */
  #isInRoots(path: string): boolean {
    const { attachmentRoots, remoteAttachmentRoots } = this.#core.parts.settings.config;
    const patterns = [...attachmentRoots, ...remoteAttachmentRoots];
    if (patterns.length === 0) return true;
    const roots = [...patterns, USUAL_ROOT].map(readRoot).filter((root) => root !== undefined);
    return isPlainPath(path) && isBelow(path, roots);
  }

  async #download(door: Door<"download">, { signal }: Request): Promise<Response> {
    const asked = await this.#asked(door);
    if (!asked.ok) return refusedResponse(asked.error);
    const { file, by } = asked.value;
    if (!this.#isInRoots(file.path)) return refusedResponse(OUTSIDE);
    const { head, range, if_range, if_none_match } = door;
    const { transfers } = this.#core.parts;
    const wish = { path: file.path, head, range, if_range, if_none_match, cap: this.#cap };
    const begun = await transfers.begin((transfer) => ({ t: "read", transfer, ...wish }), by, signal);
    if (!begun.ok) return refusedResponse(begun.error);
    const transfer = begun.value;
    const opened = await transfers.within(transfer, transfer.opened);
    if (!opened.ok) return refusedResponse(opened.error);
    return this.#answer(transfer, opened.value, file, head);
  }

  /** Which file, and whose turn it takes: a key's, or that of the endpoint that was given the link. */
  async #asked({
    caller,
    reference,
  }: Door<"download">): Promise<Result<{ file: ShownFile; by: string }, Refused>> {
    const { sealing } = this.#core.parts;
    if (caller === null) {
      const linked = openLinked(sealing, reference, this.#core.now());
      return linked === undefined ? err(NOT_FOUND) : this.#withinQuota({ file: linked, by: linked.endpoint });
    }
    const admitted = await this.#admit(caller, ["read"]);
    if (!admitted.ok) return admitted;
    const file = openShown(sealing, reference);
    return file === undefined ? err(NOT_FOUND) : this.#withinQuota({ file, by: caller.key });
  }

  #answer(transfer: Transfer, opened: Opened, file: ShownFile, head: boolean): Response {
    const { transfers } = this.#core.parts;
    // The Mac's word, and looked at once more: what is over the cap of today is not passed on.
    if (opened.size > this.#cap) {
      const refused: Refused = { code: "too_large", size: opened.size, cap: this.#cap };
      transfers.giveUp(transfer, refused);
      return refusedResponse(refused);
    }
    const { status, length } = opened;
    const headers = headersOf(transfer, head ? { ...opened, length: opened.size } : opened, file);
    if (head || length === 0 || status === 304 || status === 416) {
      transfer.tell({ t: "transfer", transfer: transfer.id, state: "done", bytes: 0, sha256: EMPTY_SHA256 });
      return new Response(null, { status, headers });
    }
    const { readable } = this.#streams.of(transfer, length);
    // Nobody else notices a Mac that never brings it.
    this.#host.waitUntil(transfers.moves(transfer));
    return new Response(readable, { status, headers });
  }

  async #bring({ transfer: id, offset, length }: Door<"bring">, request: Request): Promise<Response> {
    const { transfers } = this.#core.parts;
    const transfer = transfers.find(id, "read");
    const { body } = request;
    if (transfer === undefined || body === null) return said(410);
    const opened = await transfers.within(transfer, transfer.opened);
    if (!opened.ok || transfer.result !== undefined) return said(410);
    const { left } = transfer;
    if (transfer.isMoving || offset !== transfer.moved) return said(409);
    if (length === 0 || length > left || length > ATTACHMENT_PART_BYTES) return said(413);
    transfer.begins();
    const isWhole = await this.#streams.pipe(
      body,
      this.#streams.of(transfer, opened.value.length),
      length === left,
    );
    if (!isWhole) {
      transfers.giveUp(transfer, BROKEN);
      return said(499);
    }
    transfer.ends(length);
    this.#host.waitUntil(
      length === left ? transfers.within(transfer, transfer.ended) : transfers.moves(transfer),
    );
    return said(200);
  }

  async #upload(door: Door<"upload">, { body, signal }: Request): Promise<Response> {
    const admitted = await this.#admit(door.caller, ["send"]);
    if (!admitted.ok) return refusedResponse(admitted.error);
    const over = this.#overQuota();
    if (over !== undefined) return refusedResponse(over);
    const known = door.reference === null ? undefined : openStaged(this.#core.parts.sealing, door.reference);
    if (door.reference !== null && known === undefined) return refusedResponse(NOT_FOUND);
    const size = known?.size ?? door.size;
    const cap = this.#cap;
    if (size > cap) return refusedResponse({ code: "too_large", size, cap });
    const { offset, length, file } = door;
    if (length !== null && offset + length > size)
      return refusedResponse({ code: "too_large", detail: "more than its size", size });
    const { transfers } = this.#core.parts;
    const wish = { staged: known?.staged ?? null, name: file, size, offset, length, cap };
    const asked: Asked = (transfer) => ({ t: "write", transfer, ...wish });
    const begun = await transfers.begin(asked, door.caller.key, signal);
    if (!begun.ok) return refusedResponse(begun.error);
    const staged = await this.#send(begun.value, length ?? 0, body);
    return staged.ok ? this.#staged(staged.value) : refusedResponse(staged.error);
  }

  /** Until the Mac has said what became of it. */
  async #send(transfer: Transfer, length: number, body: Request["body"]): Promise<Result<Staged, Refused>> {
    const { transfers } = this.#core.parts;
    if (length > 0 && body !== null) {
      const meeting = this.#streams.of(transfer, length);
      const isFetched = await transfers.moves(transfer);
      if (isFetched && (await this.#streams.pipe(body, meeting, true))) transfer.ends(length);
      else transfers.giveUp(transfer, BROKEN);
    }
    const ended = await transfers.within(transfer, transfer.ended);
    if (!ended.ok) return ended;
    return ended.value.state === "staged" ? ok(ended.value) : err({ code: "internal" });
  }

  #fetch({ transfer: id }: Door<"fetch">): Response {
    const transfer = this.#core.parts.transfers.find(id, "write");
    // Once: what was fetched is gone.
    if (transfer === undefined || transfer.isMoving || transfer.moved > 0) return said(410);
    transfer.begins();
    const { readable } = this.#streams.of(transfer, transfer.left);
    return new Response(readable, { headers: { "content-type": "application/octet-stream" } });
  }

  #staged({ staged, name, size, offset, digest, expires_at }: Staged): Response {
    const attachment = nameStaged(this.#core.parts.sealing, { staged, name, size, digest });
    const headers = {
      "upload-offset": String(offset),
      "upload-length": String(size),
      "upload-complete": offset === size ? "?1" : "?0",
    };
    const body = { attachment, name, size, offset, complete: offset === size, sha256: digest, expires_at };
    return Response.json(body, { headers });
  }

  #withinQuota<T>(asked: T): Result<T, Refused> {
    const over = this.#overQuota();
    return over === undefined ? ok(asked) : err(over);
  }

  /** What was begun goes on: the next one is refused. */
  #overQuota(): Refused | undefined {
    const { usage, standing } = this.#core.parts;
    const { bytes_a_day: limit } = standing.quotas;
    const used = usage.bytesToday();
    if (used < limit) return undefined;
    const now = this.#core.now();
    const detail = `the quota bytes_a_day of this account is ${limit}, and ${used} went today (UTC)`;
    const quota = { name: "bytes_a_day", limit, used };
    const retry_after_s = Math.ceil((nextDayAt(now) - now) / 1_000);
    return { code: "rate_limited", detail, retry_after_s, quota };
  }

  async #admit(caller: Door<"upload">["caller"], scopes: readonly Scope[]): Promise<Result<true, Refused>> {
    const admitted = await this.#core.parts.access.admit({ kind: "key", ...caller }, scopes);
    return admitted.ok ? ok(true) : admitted;
  }
}

const EMPTY_SHA256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/** Longer names (UTF-16 units) are no file's, and would be a header that common readers refuse (16 KiB of them all). */
const MAX_SAID_NAME = 500;
const sayable = (name: string): string => (name.length > MAX_SAID_NAME ? safeFileName(name) : name);

const said = (status: number): Response => Response.json({ ok: status === 200 }, { status });

function headersOf({ id }: Transfer, opened: Opened, { name, type }: ShownFile): Headers {
  const { status, size, start, length, etag, modified, digest } = opened;
  const headers = new Headers({
    etag,
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    "x-transfer": id,
  });
  const time = new Date(modified);
  if (!Number.isNaN(time.getTime())) headers.set("last-modified", time.toUTCString());
  if (digest !== null) headers.set("repr-digest", `sha-256=:${digest}:`);
  if (status === 416) headers.set("content-range", `bytes */${size}`);
  if (status === 206) headers.set("content-range", `bytes ${start}-${start + length - 1}/${size}`);
  if (status === 200 || status === 206) {
    headers.set("content-length", String(length));
    headers.set("content-type", /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : "application/octet-stream");
    headers.set("content-disposition", writeContentDisposition(sayable(name)));
    // What somebody sent is never run by whoever looks at it.
    headers.set("x-content-type-options", "nosniff");
    headers.set("content-security-policy", "sandbox");
  }
  return headers;
}
