// What the numbers were measured on.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import os from "node:os";
import * as z from "zod";

export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memory_mb: number;
  /** Runnable processes over the last minute: over `cores`, somebody else was working too. */
  readonly load_before: number;
}

export function describeMachine(): Machine {
  return {
    platform: `${os.platform()} ${os.release()}`,
    arch: os.arch(),
    cpu: os.cpus()[0]?.model ?? "unknown",
    cores: os.availableParallelism(),
    memory_mb: Math.round(os.totalmem() / 2 ** 20),
    load_before: load(),
  };
}

export const load = (): number => Math.round((os.loadavg()[0] ?? 0) * 100) / 100;

export interface Versions {
  readonly node: string;
  readonly workerd: string;
  readonly ssh: string | null;
  /** Of the checkout; with `+` where files were changed. */
  readonly commit: string | null;
}

const packageSchema = z.looseObject({ version: z.string() });

export function describeVersions(): Versions {
  const requireHere = createRequire(import.meta.url);
  return {
    node: process.versions.node,
    workerd: packageSchema.parse(requireHere("workerd/package.json")).version,
    ssh: said("ssh", ["-V"]),
    commit: said("git", ["describe", "--always", "--dirty=+"]),
  };
}

function said(command: string, args: readonly string[]): string | null {
  try {
    // ssh says its version on stderr.
    const text = execFileSync("sh", ["-c", '"$@" 2>&1', "sh", command, ...args], { encoding: "utf8" });
    return text.trim().split("\n")[0] ?? null;
  } catch {
    return null;
  }
}
