// Where the agent keeps its files: `<home>/agent/<profile>/`, private to the user.
import { createPrivateKey } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { identitySchema, leftSchema, type Left, type StoredIdentity } from "../identity.ts";
import { err, ok, type Result } from "../../shared/result.ts";

export interface ProfileFiles {
  readonly folder: string;
  readonly identity: string;
  /** In its place after `leave`. */
  readonly left: string;
  readonly config: string;
  readonly journal: string;
  readonly status: string;
  /** A folder. */
  readonly staging: string;
}

/** Undefined where the name is no safe name of a folder. */
export function profileFiles(environment: NodeJS.ProcessEnv, profile: string): ProfileFiles | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(profile)) return undefined;
  // Absolute: the working directory changes for moments (./attachment-file.ts).
  const home = path.resolve(environment["IMSG_RELAY_HOME"] ?? path.join(homedir(), ".imsg-relay"));
  const folder = path.join(home, "agent", profile);
  const at = (name: string): string => path.join(folder, name);
  return {
    folder,
    identity: at("identity.json"),
    left: at("left.json"),
    config: at("agent.jsonc"),
    journal: at("journal.jsonl"),
    status: at("status.json"),
    staging: at("staging"),
  };
}

export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // It may be older, and laxer.
  chmodSync(folder, 0o700);
}

/** All or nothing, and never readable by others in between. */
export function writePrivate(file: string, text: string): void {
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, file);
}

/** The same, and it outlives a power cut. */
export function writeDurable(file: string, text: string): void {
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, text, { mode: 0o600, flush: true });
  renameSync(fresh, file);
  // The rename itself is durable only with its folder.
  const folder = openSync(path.dirname(file), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

export const writeIdentity = (file: string, identity: StoredIdentity): void =>
  writeDurable(file, `${JSON.stringify(identity, null, 2)}\n`);

/** Undefined where there is none. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

export function readIdentity(file: string): Result<StoredIdentity, "missing" | "unreadable"> {
  const text = readText(file);
  if (text === undefined) return err("missing");
  try {
    const identity = identitySchema.parse(JSON.parse(text));
    // A key that cannot be used is found here, and not at the first connection.
    createPrivateKey(identity.private_key);
    if (identity.next_key !== undefined) createPrivateKey(identity.next_key);
    return ok(identity);
  } catch {
    return err("unreadable");
  }
}

/** Undefined where this Mac never left an account, or joined one since. */
export function readLeft(file: string): Left | undefined {
  try {
    return leftSchema.safeParse(JSON.parse(readText(file) ?? "null")).data;
  } catch {
    return undefined;
  }
}

/** What is changed of the identity as it is now; the same = nothing. */
export type IdentityEdit = (now: StoredIdentity) => StoredIdentity;

/**
 * Since it was read another command, or the agent that runs, may have written it: what they wrote stays. Undefined =
 * it is gone, or another install's.
 */
export function changeIdentity(
  file: string,
  install: string,
  edit: IdentityEdit,
): StoredIdentity | undefined {
  const read = readIdentity(file);
  if (!read.ok || read.value.install !== install) return undefined;
  const changed = edit(read.value);
  if (changed !== read.value) writeIdentity(file, changed);
  return changed;
}
