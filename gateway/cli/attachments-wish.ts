// What `imsg-relay attachments …` was asked to do.
import type { Invocation } from "./invocation.ts";
import { valueOf } from "./options.ts";

export interface GetWish {
  readonly action: "get";
  readonly reference: string;
  /** A file, a folder, or `-` for standard output; undefined = this folder. */
  readonly out: string | undefined;
  readonly force: boolean;
}
export interface PutWish {
  readonly action: "put";
  readonly files: readonly string[];
  /** As whoever receives it shall see it. */
  readonly name: string | undefined;
}

export function readAttachmentsWish(invocation: Invocation): GetWish | PutWish | string {
  const [action, ...words] = invocation.words;
  if (action === "get") return readGet(invocation, words);
  if (action === "put") return readPut(invocation, words);
  return "attachments needs an action: get or put";
}

function readGet(invocation: Invocation, [reference, ...others]: readonly string[]): GetWish | string {
  const out = valueOf(invocation, "--out");
  if (reference === undefined || others.length > 0)
    return "attachments get needs one reference, as events and messages name their attachments";
  if (invocation.name !== undefined) return "--name is for put; get takes --out";
  if (out === "") return "--out is a file, a folder, or - for standard output";
  if (out === "-" && invocation.json) return "--json and --out - would mix on standard output";
  return { action: "get", reference, out, force: invocation.options.has("--force") };
}

function readPut({ options, name }: Invocation, files: readonly string[]): PutWish | string {
  if (files.length === 0) return "attachments put needs a file";
  if (options.has("--out") || options.has("--force")) return "--out and --force are for get";
  if (name !== undefined && files.length > 1) return "--name is the name of one file";
  if (name === "") return "--name needs a name";
  return { action: "put", files, name };
}
