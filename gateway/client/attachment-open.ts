// One request for a file: what it is, and its bytes as they come.
import {
  readFacts,
  type AttachmentFacts,
  type AttachmentSpan,
  type FileStatus,
} from "./attachment-shapes.ts";
import { askBytes, attachmentPath, brokenOff, refusalOf, type AttachmentsTarget } from "./bytes-ask.ts";
import type { BytesResponse } from "./bytes-http.ts";
import { ClientError } from "./client-error.ts";
import { Silence } from "./silence.ts";
import { systemClock } from "./system-clock.ts";

export interface OpenWish {
  /** As HTTP has it: `bytes=0-99`. */
  readonly range?: string;
  /** An ETag: the range only where it is still that file, else all of it. */
  readonly ifRange?: string;
  /** An ETag: no bytes where it is still that file. */
  readonly ifNoneMatch?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface OpenedAttachment {
  /** 304: unchanged; 416: there are no such bytes. */
  readonly status: FileStatus;
  readonly facts: AttachmentFacts;
  readonly span: AttachmentSpan;
  /**
   * Exactly `span.length` bytes, read once and as fast as they are asked for; ends in a ClientError where they do not
   * all come. Who does not read it calls `giveUp`.
   */
  readonly body: AsyncIterable<Uint8Array>;
  readonly giveUp: () => void;
}

export async function openAttachment(
  target: AttachmentsTarget,
  reference: string,
  { range, ifRange, ifNoneMatch, signal }: OpenWish = {},
  method: "GET" | "HEAD" = "GET",
): Promise<OpenedAttachment> {
  const silence = new Silence(target.clock ?? systemClock, signal);
  try {
    const headers = {
      // What is packed on the way has neither its length nor its ranges.
      "accept-encoding": "identity",
      ...(range === undefined ? {} : { range }),
      ...(ifRange === undefined ? {} : { "if-range": ifRange }),
      ...(ifNoneMatch === undefined ? {} : { "if-none-match": ifNoneMatch }),
    };
    const path = attachmentPath(target.account, reference);
    const response = await askBytes(target, path, { method, headers, signal: silence.signal }, signal);
    const read = readFacts(response.status, response.headers);
    if (read === undefined && method === "HEAD") throw await reasonOf(target, path, silence.signal, signal);
    if (read === undefined) throw await refusalOf(response);
    silence.pause();
    const { status, facts } = read;
    const span = method === "HEAD" ? { start: 0, length: 0 } : read.span;
    const body = wholeBody(response, span.length, silence, signal);
    return { status, facts, span, body, giveUp: () => silence.giveUp() };
  } catch (error) {
    silence.giveUp();
    throw error;
  }
}

/** An answer to HEAD has no body to say why it is none: one byte is asked for instead. */
async function reasonOf(
  target: AttachmentsTarget,
  path: string,
  signal: AbortSignal,
  outer: AbortSignal | undefined,
): Promise<ClientError> {
  const wish = { method: "GET", headers: { range: "bytes=0-0" }, signal } as const;
  const response = await askBytes(target, path, wish, outer);
  // By now it can be had.
  return response.status < 400 ? brokenOff(null) : refusalOf(response);
}

/** I8: never fewer bytes than were announced without an error. */
async function* wholeBody(
  { status, headers, body }: BytesResponse,
  length: number,
  silence: Silence,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  let left = length;
  try {
    silence.heard();
    for await (const chunk of body) {
      silence.pause();
      left -= chunk.length;
      if (left < 0)
        throw new ClientError({
          code: "unexpected_answer",
          status,
          requestId: headers.get("x-request-id"),
        });
      yield chunk;
      silence.heard();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof ClientError ? error : brokenOff(status);
  } finally {
    silence.end();
  }
  if (left > 0) throw brokenOff(status);
}
