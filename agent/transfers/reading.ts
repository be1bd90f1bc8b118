// One `read`: the Mac's file, in parts, to the relay. What is told is what the descriptor says, and what goes out is
// what was told: a file that changes meanwhile breaks the transfer off (I8).
import type { Clock } from "../../shared/clock.ts";
import type { FrameOf, RelayFrame } from "../../shared/frames.ts";
import { MAC_RULES } from "../../shared/mac-policy.ts";
import { selectBytes } from "../../shared/http-range.ts";
import type { TransferFailure } from "../../shared/transfer-frames.ts";
import {
  EMPTY_FILE_MS,
  FRESH_FILE_MS,
  GROWING_RETRY_S,
  MAX_REMEMBERED_DIGESTS,
  RECHECK_BYTES,
  STABLE_LOOK_MS,
  TRANSFER_CHUNK_BYTES,
} from "../limits.ts";
import { leastCap } from "./least-cap.ts";
import type { Job, JobEnd } from "./job.ts";
import type { Hasher, OpenedFile, OpenRefusal, PostEnd, TransferPorts } from "./ports.ts";

type Read = FrameOf<RelayFrame, "read">;

interface ReadingParts {
  readonly clock: Clock;
  readonly ports: Pick<TransferPorts, "open" | "wire" | "sha256">;
  /** The owner's; in bytes. */
  readonly capBytes: () => number;
  /** Of one POST. */
  readonly partBytes: number;
}

const REFUSALS: Readonly<Record<OpenRefusal, TransferFailure>> = {
  missing: { code: "missing" },
  // The same whatever there is: nobody learns what lies outside.
  forbidden: { code: "forbidden_by_mac", detail: MAC_RULES.attachment_roots, rule: "attachment_roots" },
  unreadable: { code: "internal", detail: "macOS does not let the agent read this file" },
};
const CHANGED: TransferFailure = { code: "changed" };

export class Reading {
  readonly #parts: ReadingParts;
  /** By etag, the one used last at the end. */
  readonly #digests = new Map<string, string>();
  /** What the relay wants besides the owner's roots. */
  #within: readonly string[] | undefined;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  narrow(within: readonly string[] | undefined): void {
    this.#within = within;
  }

  async run(frame: Read, job: Job): Promise<JobEnd> {
    const opened = await this.#parts.ports.open(frame.path, this.#within);
    if (!opened.ok) return REFUSALS[opened.error];
    try {
      return await this.#serve(frame, opened.value, job);
    } finally {
      await opened.value.close();
    }
  }

  async #serve(frame: Read, file: OpenedFile, job: Job): Promise<JobEnd> {
    const { transfer, head } = frame;
    const { size, modified } = file.facts;
    const cap = leastCap(frame.cap, this.#parts.capBytes());
    if (size > cap.cap) return { code: "too_large", size, ...cap };
    if (!(await this.#isSettled(file))) return { code: "growing", retry_after_s: GROWING_RETRY_S };
    const { etag } = file;
    const { range, if_range: ifRange, if_none_match: ifNoneMatch } = frame;
    const { status, start, length } = selectBytes({ size, etag }, { head, range, ifRange, ifNoneMatch });
    const sent = head ? 0 : length;
    const digest = this.#digests.get(etag) ?? null;
    job.tell({
      t: "transfer",
      transfer,
      state: "opened",
      status,
      size,
      start,
      length: sent,
      etag,
      modified,
      digest,
    });
    if (sent === 0 || job.signal.aborted) return undefined;
    const sha256 = this.#parts.ports.sha256();
    const fault = await this.#send({ transfer, file, start, length, sha256, job });
    if (fault !== undefined) return fault;
    const sum = sha256.digest();
    if (length === size) this.#remember(etag, sum);
    job.tell({ t: "transfer", transfer, state: "done", bytes: length, sha256: sum });
    return undefined;
  }

  /** Messages may still be writing it: what was touched just now is looked at twice. */
  async #isSettled(file: OpenedFile): Promise<boolean> {
    const { clock } = this.#parts;
    const { facts } = file;
    const age = Math.abs(clock.now() - facts.modified);
    if (facts.size === 0 && age < EMPTY_FILE_MS) return false;
    if (age >= FRESH_FILE_MS) return true;
    await new Promise<void>((resolve) => clock.after(STABLE_LOOK_MS, resolve));
    return (await file.look()).mark === facts.mark;
  }

  /** Part after part; each is taken before the next begins. */
  async #send(body: Body): Promise<JobEnd> {
    const { length } = body;
    const { partBytes } = this.#parts;
    // Two, so that one is read while the other goes out; memory stays the same whatever the size.
    const chunk = Math.min(TRANSFER_CHUNK_BYTES, length);
    const buffers = [Buffer.allocUnsafeSlow(chunk), Buffer.allocUnsafeSlow(chunk)] as const;
    for (let offset = 0; offset < length; offset += partBytes) {
      const fault = await this.#sendPart(body, offset, Math.min(partBytes, length - offset), buffers);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  async #sendPart(
    { transfer, file, start, sha256, job }: Body,
    offset: number,
    length: number,
    [first, second]: readonly [Uint8Array, Uint8Array],
  ): Promise<JobEnd> {
    const upload = this.#parts.ports.wire.post(transfer, offset, length, job.signal);
    try {
      let taken = Promise.resolve(true);
      let read = 0;
      let unchecked = 0;
      for (let turn = 0; read < length; turn += 1) {
        const buffer = turn % 2 === 0 ? first : second;
        const into = buffer.subarray(0, Math.min(buffer.length, length - read));
        const bytes = await file.read(into, start + offset + read);
        read += bytes;
        unchecked += bytes;
        // The last piece of a part stays here until it is known that nothing has changed: what was sent so far is
        // then a broken body and no file.
        if (unchecked >= RECHECK_BYTES || read === length || bytes === 0) {
          if (bytes === 0 || (await file.look()).mark !== file.facts.mark) return CHANGED;
          unchecked = 0;
        }
        const piece = into.subarray(0, bytes);
        sha256.update(piece);
        if (!(await taken)) return brokenOff(await upload.end());
        taken = upload.write(piece);
        job.bytes += bytes;
      }
      await taken;
      const end = await upload.end();
      return end.kind === "answered" && end.status === 200 ? undefined : brokenOff(end);
    } finally {
      upload.destroy();
    }
  }

  #remember(etag: string, digest: string): void {
    this.#digests.delete(etag);
    this.#digests.set(etag, digest);
    for (const oldest of this.#digests.keys()) {
      if (this.#digests.size <= MAX_REMEMBERED_DIGESTS) return;
      this.#digests.delete(oldest);
    }
  }
}

interface Body {
  readonly transfer: string;
  readonly file: OpenedFile;
  readonly start: number;
  readonly length: number;
  readonly sha256: Hasher;
  readonly job: Job;
}

/** The relay has stopped it, and knows why; said all the same, since a proxy may have. */
const brokenOff = (end: PostEnd): TransferFailure => ({
  code: "internal",
  detail:
    end.kind === "answered"
      ? `the transfer was answered with ${end.status}`
      : "the connection of the transfer broke",
});
