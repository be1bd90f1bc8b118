import { createParser, type EventSourceMessage } from "eventsource-parser";
import { MAX_STREAM_EVENT_CHARS } from "../limits.ts";
import { ClientError } from "./client-error.ts";

/** The little of a body's reader that is used, as every platform's fetch has it. */
export interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

interface SseOptions {
  /** The server says how long to wait before reconnecting, in milliseconds. */
  readonly onRetry: (ms: number) => void;
  /** Called before every read, and after it with false: whether the stream is being waited for. */
  readonly onWaiting: (isWaiting: boolean) => void;
}

const TOO_LONG = "The relay sent an event longer than this program takes.";

/**
 * The messages of an event stream, each taken before the next bytes are asked for, so that a slow reader holds the
 * server back. Ends with the stream; what was cut off in the middle is no message.
 */
export async function* readSse(
  body: ByteReader,
  options: SseOptions,
): AsyncGenerator<EventSourceMessage, void, undefined> {
  const messages: EventSourceMessage[] = [];
  let isTooLong = false;
  const parser = createParser({
    maxBufferSize: MAX_STREAM_EVENT_CHARS,
    onEvent: (message) => messages.push(message),
    onRetry: options.onRetry,
    // Fields of later standards are passed over.
    onError: ({ type }) => {
      isTooLong ||= type === "max-buffer-size-exceeded";
    },
  });
  // It takes a byte order mark at the start away, as the standard wants.
  const decoder = new TextDecoder();
  try {
    for (;;) {
      options.onWaiting(true);
      const { done, value } = await body.read();
      options.onWaiting(false);
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* messages.splice(0);
      if (isTooLong) {
        throw new ClientError({ code: "unexpected_answer", detail: TOO_LONG, status: 200, requestId: null });
      }
    }
  } finally {
    options.onWaiting(false);
    await body.cancel().catch(() => undefined);
  }
}
