// One `write`: bytes that wait at the relay, appended to a staged file.
import type { FrameOf, RelayFrame } from "../../shared/frames.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { TransferFailure } from "../../shared/transfer-frames.ts";
import { leastCap } from "./least-cap.ts";
import type { Job, JobEnd } from "./job.ts";
import type { TransferPorts } from "./ports.ts";
import type { Staged, Staging } from "./staging.ts";

type Write = FrameOf<RelayFrame, "write">;

interface WritingParts {
  readonly staging: Staging;
  readonly wire: Pick<TransferPorts["wire"], "fetch">;
  /** The owner's; in bytes. */
  readonly capBytes: () => number;
}

export class Writing {
  readonly #parts: WritingParts;

  constructor(parts: WritingParts) {
    this.#parts = parts;
  }

  async run(frame: Write, job: Job): Promise<JobEnd> {
    const found = frame.staged === null ? await this.#create(frame) : this.#find(frame.staged);
    if (!found.ok) return found.error;
    const file = found.value;
    let isTold = false;
    try {
      await this.#parts.staging.settled(file);
      const fault = frame.length === null ? undefined : await this.#append(frame, frame.length, file, job);
      if (fault !== undefined) return fault;
      tell(frame.transfer, file, job);
      isTold = !job.signal.aborted;
      return undefined;
    } finally {
      // Nobody has learnt its name, so that nobody can go on with it: also where the disk failed.
      if (frame.staged === null && !isTold) await this.#parts.staging.remove(file);
    }
  }

  async #create({ name, size, offset, length, cap }: Write): Promise<Result<Staged, TransferFailure>> {
    // There is nothing yet of which to say how far it is.
    if (length === null) return err({ code: "not_found" });
    const least = leastCap(cap, this.#parts.capBytes());
    if (size > least.cap) return err({ code: "too_large", size, ...least });
    if (offset !== 0) return err({ code: "conflict", offset: 0 });
    if (length > size) return err({ code: "too_large", size: length, cap: size });
    return this.#parts.staging.create(name ?? "", size);
  }

  #find(id: string): Result<Staged, TransferFailure> {
    const file = this.#parts.staging.get(id);
    return file === undefined ? err({ code: "not_found" }) : ok(file);
  }

  async #append({ transfer, offset }: Write, length: number, file: Staged, job: Job): Promise<JobEnd> {
    const { bytes, size } = file.meta;
    // Two that write at once: one of them is where the file ends no more.
    if (offset !== bytes || file.writing !== undefined) return { code: "conflict", offset: bytes };
    if (offset + length > size) return { code: "too_large", size: offset + length, cap: size };
    // Nothing waits; the name of a new one will be told all the same, so that it has to be safe.
    if (length === 0) {
      if (bytes === 0) await this.#parts.staging.append(file, job.signal, () => Promise.resolve());
      return undefined;
    }
    const end = await this.#parts.staging.append(file, job.signal, (take) =>
      this.#parts.wire.fetch(transfer, length, job.signal, async (piece) => {
        await take(piece);
        job.bytes += piece.length;
      }),
    );
    if (end.kind === "whole") return undefined;
    const detail =
      end.kind === "answered"
        ? `the body was answered with ${end.status}`
        : "the connection of the transfer broke";
    return { code: "internal", detail, offset: file.meta.bytes };
  }
}

function tell(transfer: string, { meta, until }: Staged, job: Job): void {
  const { id, name, size, bytes, digest } = meta;
  job.tell({
    t: "transfer",
    transfer,
    state: "staged",
    staged: id,
    name,
    size,
    offset: bytes,
    digest,
    expires_at: until,
  });
}
