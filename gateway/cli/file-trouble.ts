// What the system says of files, in words.
import { harmless } from "./text-table.ts";

const WORDS: Readonly<Record<string, string>> = {
  EACCES: "it is not allowed",
  EPERM: "it is not allowed",
  ENOENT: "there is no such file or folder",
  ENOTDIR: "part of the path is no folder",
  EISDIR: "it is a folder",
  EEXIST: "it has just come into being",
  ELOOP: "it is a symbolic link",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file is too large for the disk",
  EROFS: "the disk is read-only",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many files are open",
  EIO: "the disk failed",
  EPIPE: "nobody reads the output any more",
};

/** `cannot write a.jpg: the disk is full`; undefined where the error is none of the system's. */
export function fileTrouble(error: unknown, doing: string, file: string): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  const why = WORDS[error.code];
  return why === undefined ? undefined : `cannot ${doing} ${harmless(file)}: ${why}`;
}
