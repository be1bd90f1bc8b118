import { MAX_HTTP_ANSWER_BYTES } from "../limits.ts";

/** An answer that is no file. */
export async function readText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_HTTP_ANSWER_BYTES) throw new Error("the answer is too long");
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString();
}
