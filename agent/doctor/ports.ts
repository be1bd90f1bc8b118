// Everything the doctor takes from outside. Every wait in here is bounded, and ends when `signal` says so.
import type { StoredIdentity } from "../identity.ts";
import type { AskFacts, KnockFacts, ProofFacts, RunResult, TalkFacts } from "./facts.ts";

export interface FileFacts {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly size: number;
  readonly bornAt: number;
}

export interface DoctorFiles {
  /** Undefined = nothing is there, or it may not be looked at. */
  stat(file: string): FileFacts | undefined;
  realPath(file: string): string | undefined;
  /** The first bytes, or the code of what was refused (ENOENT, EPERM, …). */
  head(
    file: string,
  ): { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly code: string };
  isExecutable(file: string): boolean;
  isWritable(file: string): boolean;
  /** Bytes that are free where this is; undefined = unknown. */
  free(file: string): number | undefined;
  readText(file: string): string | undefined;
}

export interface DoctorNet {
  get(url: string): Promise<AskFacts>;
  /** Opens the agent's door, waits for the relay's first word, and leaves. */
  knock(identity: StoredIdentity): Promise<KnockFacts>;
  /** Shows who this is, without taking the lease. */
  show(identity: StoredIdentity): Promise<ProofFacts>;
}

export interface DoctorPorts {
  readonly platform: string;
  readonly architecture: string;
  readonly node: { readonly version: string; readonly path: string };
  readonly pid: number;
  readonly uid: number;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  readonly isAlive: (pid: number) => boolean;
  /** A program of macOS, by its name; ended after `ms`. */
  readonly run: (program: string, args: readonly string[], ms: number) => Promise<RunResult>;
  readonly talk: (cliPath: string, database: string | undefined) => Promise<TalkFacts>;
  readonly files: DoctorFiles;
  readonly net: DoctorNet;
}
