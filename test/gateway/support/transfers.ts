// What the tests of transfers share: time that does not pass, a sink that keeps, and a failure as a value.
import { ClientError } from "../../../gateway/client/client-error.ts";
import type { AttachmentFacts } from "../../../gateway/client/attachment-shapes.ts";
import type { AttachmentsTarget } from "../../../gateway/client/bytes-ask.ts";
import type { DownloadSink } from "../../../gateway/client/download.ts";
import { TRANSFER_SILENCE_MS } from "../../../gateway/limits.ts";
import { bytesFetch } from "../../../gateway/node/bytes-fetch.ts";
import { httpFetch } from "../../../gateway/node/http-fetch.ts";
import { sha256 } from "../../../gateway/node/sha256.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { FilesRelay } from "./files-relay.ts";

/** Every wait takes a millisecond, but that for a sign of life. */
export const hurried: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms >= TRANSFER_SILENCE_MS ? ms : Math.min(ms, 1));
    return () => clearTimeout(timer);
  },
};

/** With Node's own means, which honour a proxy. */
export const nodeTarget = ({ target }: FilesRelay): AttachmentsTarget => ({
  ...target,
  fetch: httpFetch,
  bytesFetch,
  sha256,
  clock: hurried,
  random: () => 0,
});
/** With what every platform has. */
export const platformTarget = ({ target }: FilesRelay): AttachmentsTarget => ({
  ...target,
  clock: hurried,
  random: () => 0,
});
export const WAYS = [
  ["with Node's own means", nodeTarget],
  ["with what every platform has", platformTarget],
] as const;

export class Kept implements DownloadSink {
  readonly begun: AttachmentFacts[] = [];
  chunks: Uint8Array[] = [];
  isOneWay = false;

  begin(facts: AttachmentFacts): Promise<void> {
    this.begun.push(facts);
    this.chunks = [];
    return Promise.resolve();
  }

  write(bytes: Uint8Array): Promise<void> {
    this.chunks.push(bytes);
    return Promise.resolve();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

export async function failure(run: Promise<unknown>): Promise<ClientError> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClientError)) throw new Error("it did not fail as it should", { cause: error });
  return error;
}
