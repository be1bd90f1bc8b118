import type { FileHandle } from "node:fs/promises";
import { GatheredWrites } from "../../shared/gathered-writes.ts";
import { GATHERED_BYTES } from "../limits.ts";

/** To an open file, from that position on; whoever opened it closes it, after a flush. */
export const gatheredWrites = (file: FileHandle, from: number): GatheredWrites =>
  new GatheredWrites(
    async (pieces, at) => (await file.writev(pieces, at)).bytesWritten,
    from,
    GATHERED_BYTES,
  );
