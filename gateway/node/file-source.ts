import type { FileHandle } from "node:fs/promises";

/** Bytes read from a disk at once. */
const CHUNK_BYTES = 256 * 1_024;

/** An open file as what an upload reads; whoever opened it closes it. */
export const fileSource = (file: FileHandle) => ({
  async *read(from: number, to: number): AsyncGenerator<Uint8Array, void> {
    let at = from;
    let next = readAhead(file, at, to);
    try {
      for (;;) {
        const chunk = await next;
        if (chunk.length === 0) return;
        at += chunk.length;
        next = readAhead(file, at, to);
        yield chunk;
      }
    } finally {
      // Nothing is read any more when the file is closed.
      await next.catch(() => undefined);
    }
  },
});

/** While the chunk before it is on its way. Empty at the end. */
function readAhead(file: FileHandle, at: number, to: number): Promise<Uint8Array> {
  const chunk = readChunk(file, at, to);
  // Whoever takes the next one hears of it.
  chunk.catch(() => undefined);
  return chunk;
}

async function readChunk(file: FileHandle, at: number, to: number): Promise<Uint8Array> {
  // Of its own each time: who takes a chunk may keep it while the next one is read.
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - at));
  if (buffer.length === 0) return buffer;
  const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
  return buffer.subarray(0, bytesRead);
}
