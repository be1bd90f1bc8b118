// What transfers take from outside: files of the Mac's, HTTP to the relay, the folder of staged files.
import type { Result } from "../../shared/result.ts";

export interface FileFacts {
  readonly size: number;
  /** Milliseconds since the Unix epoch. */
  readonly modified: number;
  /** Another one when size, time of change or the file itself is another. */
  readonly mark: string;
}

/** A file that was opened and found to be one that may be read. */
export interface OpenedFile {
  readonly facts: FileFacts;
  /** Strong, with its quotes. */
  readonly etag: string;
  /** As it is now. */
  look(): Promise<FileFacts>;
  /** How many bytes came; 0 = there are none at that position. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

/** `unreadable`: it is there and allowed, and macOS does not let us. */
export type OpenRefusal = "missing" | "forbidden" | "unreadable";

/** `within`: further folders, all of which must allow it too; undefined = the owner's alone count. */
export type OpenAttachment = (
  path: string,
  within: readonly string[] | undefined,
) => Promise<Result<OpenedFile, OpenRefusal>>;

/** How a request ended. */
export type PostEnd =
  | { readonly kind: "answered"; readonly status: number }
  /** No answer: the connection broke, nothing moved for too long, or nobody wants it any more. */
  | { readonly kind: "cut" };

/** The body of one POST. */
export interface Upload {
  /** True when the bytes are gone and may be overwritten; false = it has ended, `end` says how. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Nothing more comes: how it was answered. */
  end(): Promise<PostEnd>;
  /** The relay sees a broken body. */
  destroy(): void;
}

export type FetchEnd = PostEnd | { readonly kind: "whole" };

export interface TransferWire {
  post(transfer: string, offset: number, length: number, signal: AbortSignal): Upload;
  /** `take` has every piece in order, and is done with it when it resolves: the buffer is used again. Another length than this counts as cut. */
  fetch(
    transfer: string,
    length: number,
    signal: AbortSignal,
    take: (bytes: Uint8Array) => Promise<void>,
  ): Promise<FetchEnd>;
}

/** SHA-256. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** Base64; the last call. */
  digest(): string;
}

/** What is kept beside a staged file. */
export interface StagedMeta {
  readonly id: string;
  /** A safe name. */
  readonly name: string;
  /** Of the whole. */
  readonly size: number;
  /** That are safely on disk. */
  readonly bytes: number;
  /** Of the whole, once it is there. */
  readonly digest: string | null;
}

export interface StagedWriter {
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** On disk, whatever happens. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** One private folder, in which every staged file has its own. */
export interface StagingFolder {
  /** What an earlier life left, with the time of its last byte; what cannot be used is removed. */
  list(): readonly { readonly meta: StagedMeta; readonly writtenAt: number }[];
  create(meta: StagedMeta): Promise<void>;
  /** All or nothing. */
  keep(meta: StagedMeta): Promise<void>;
  /** To write from `bytes` on; what stands behind that is cut off. */
  open(meta: StagedMeta): Promise<StagedWriter>;
  /** SHA-256 of what is there, base64. */
  digest(meta: StagedMeta): Promise<string>;
  remove(id: string): Promise<void>;
  /** The real path of a file that is there as a whole. */
  locate(meta: StagedMeta): string | undefined;
}

export interface TransferPorts {
  readonly open: OpenAttachment;
  readonly wire: TransferWire;
  readonly staging: StagingFolder;
  readonly sha256: () => Hasher;
}
