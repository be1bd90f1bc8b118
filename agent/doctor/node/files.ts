// Looks at files, and changes none.
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  statfsSync,
  statSync,
} from "node:fs";
import type { DoctorFiles } from "../ports.ts";

/** Enough for a script's first line and a program's header. */
const HEAD_BYTES = 512;

export const doctorFiles: DoctorFiles = {
  stat: (file) =>
    orUndefined(() => {
      const stat = statSync(file);
      const { mode, uid, size, birthtimeMs } = stat;
      return { isFile: stat.isFile(), isDirectory: stat.isDirectory(), mode, uid, size, bornAt: birthtimeMs };
    }),
  realPath: (file) => orUndefined(() => realpathSync(file)),
  head: (file) => {
    try {
      const fd = openSync(file, "r");
      try {
        const bytes = new Uint8Array(HEAD_BYTES);
        return { ok: true, bytes: bytes.subarray(0, readSync(fd, bytes, 0, HEAD_BYTES, 0)) };
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      return { ok: false, code: error instanceof Error && "code" in error ? String(error.code) : "unknown" };
    }
  },
  isExecutable: (file) => isAllowed(file, constants.X_OK),
  isWritable: (file) => isAllowed(file, constants.W_OK),
  free: (file) =>
    orUndefined(() => {
      const { bavail, bsize } = statfsSync(file);
      return bavail * bsize;
    }),
  readText: (file) => orUndefined(() => readFileSync(file, "utf8")),
};

const isAllowed = (file: string, mode: number): boolean =>
  orUndefined(() => {
    accessSync(file, mode);
    return true;
  }) ?? false;

function orUndefined<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
