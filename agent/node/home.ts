// Where the agent keeps its files: `<home>/agent/<profile>/`, private to the user.
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { identitySchema, type StoredIdentity } from "../identity.ts";
import { err, ok, type Result } from "../../shared/result.ts";

export interface ProfileFiles {
  readonly folder: string;
  readonly identity: string;
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
    const identity = identitySchema.safeParse(JSON.parse(text));
    return identity.success ? ok(identity.data) : err("unreadable");
  } catch {
    return err("unreadable");
  }
}
