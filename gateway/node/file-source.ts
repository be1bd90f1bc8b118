import type { FileHandle } from "node:fs/promises";

/** Bytes read from a disk at once. */
const CHUNK_BYTES = 256 * 1_024;

/** An open file as what an upload reads; whoever opened it closes it. */
export const fileSource = (file: FileHandle) => ({
  async *read(from: number, to: number): AsyncGenerator<Uint8Array, void> {
    for (let at = from; at < to;) {
      // Of its own each time: who takes a chunk may keep it while the next one is read.
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - at));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  },
});
