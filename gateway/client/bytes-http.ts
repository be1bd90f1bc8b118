// HTTP whose bodies are files: never whole in memory, in neither direction. The platform's fetch does it where nobody
// brings another (../node/bytes-fetch.ts, which honours a proxy).

/** What is sent. `blob` where the platform has the bytes itself, and counts them. */
export interface BytesBody {
  readonly length: number;
  /** A chunk is its reader's until the next one is asked for. */
  readonly open: () => AsyncIterable<Uint8Array>;
  readonly blob?: Blob;
}
export interface BytesRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: BytesBody;
  readonly signal?: AbortSignal;
}
export interface BytesResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
  /** Read once, as fast as it is asked for; whoever stops early gives the rest up. */
  readonly body: AsyncIterable<Uint8Array>;
}
/** Throws `NeverLeft` (./http.ts) where that is certain. */
export type BytesFetch = (url: string, request: BytesRequest) => Promise<BytesResponse>;

export const platformBytes: BytesFetch = async (url, { method, headers, body, signal }) => {
  const response = await fetch(url, {
    method,
    headers: { ...headers },
    ...(signal === undefined ? {} : { signal }),
    ...(body === undefined ? {} : bodyOf(body, headers)),
  });
  return {
    status: response.status,
    headers: response.headers,
    text: () => response.text(),
    body: chunksOf(response.body),
  };
};

interface StreamedBody {
  readonly body: Blob | ReadableStream<Uint8Array>;
  readonly headers?: Record<string, string>;
  readonly duplex?: "half";
}

function bodyOf({ blob, length, open }: BytesBody, headers: Readonly<Record<string, string>>): StreamedBody {
  if (blob !== undefined) return { body: blob };
  // The relay takes nothing whose length is not said before (ATT). Browsers never say it of a stream: there it is blobs.
  return {
    body: streamOf(open()),
    headers: { ...headers, "content-length": String(length) },
    duplex: "half",
  };
}

function streamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await iterator.next();
      if (done === true) controller.close();
      // It waits in there while the next one is asked for.
      else controller.enqueue(value.slice());
    },
    cancel: async () => void (await iterator.return?.()),
  });
}

async function* chunksOf(stream: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array, void> {
  if (stream === null) return;
  const reader = stream.getReader();
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    isOver = true;
  } finally {
    // What is not wanted any more would else be buffered for nobody.
    if (!isOver) await reader.cancel().catch(() => undefined);
  }
}
