// The program at cliPath and the database it reads, as files.
import path from "node:path";
import { DOCTOR_PROGRAM_MS } from "../../limits.ts";
import type { DatabaseFacts, ProgramFacts, ProgramFile, RunResult } from "../facts.ts";
import type { DoctorFiles, DoctorPorts } from "../ports.ts";
import { architecturesOf, interpreterOf } from "../read/mach-o.ts";

/** As a shell would find it; undefined = it is nowhere. */
export function findProgram(
  name: string,
  searched: string | undefined,
  files: DoctorFiles,
): string | undefined {
  if (name.includes("/")) return files.stat(name) === undefined ? undefined : name;
  return (searched ?? "")
    .split(":")
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, name))
    .find((file) => files.stat(file)?.isFile === true && files.isExecutable(file));
}

/** Without starting it. */
export function lookAtProgramFile({ files, environment }: DoctorPorts, asked: string): ProgramFile {
  const path = findProgram(asked, environment["PATH"], files) ?? null;
  const isFile = path !== null && files.stat(path)?.isFile === true;
  const isExecutable = isFile && files.isExecutable(path);
  // Homebrew's are links, and quarantine is the file's own.
  const real = isExecutable ? (files.realPath(path) ?? path) : null;
  const head = real === null ? undefined : files.head(real);
  const bytes = head?.ok === true ? head.bytes : new Uint8Array();
  const [architectures, interpreter] = [architecturesOf(bytes), interpreterOf(bytes)];
  return { asked, path, real, isFile, isExecutable, architectures, interpreter };
}

export async function lookAtProgram(ports: DoctorPorts, file: ProgramFile): Promise<ProgramFacts> {
  const { path, real, isExecutable } = file;
  if (path === null || real === null || !isExecutable)
    return { ...file, isQuarantined: false, version: null };
  const version = await ports.run(path, ["--version"], DOCTOR_PROGRAM_MS);
  const isSuspect = ports.platform === "darwin" && (await isQuarantined(ports, real, version));
  return { ...file, isQuarantined: isSuspect, version };
}

/** Asked only where it did not start: one that was let through keeps the mark. */
async function isQuarantined(ports: DoctorPorts, file: string, version: RunResult): Promise<boolean> {
  if (version.kind === "ended" && version.signal === null) return false;
  const { kind, code } = await ports.run("xattr", ["-p", "com.apple.quarantine", file], DOCTOR_PROGRAM_MS);
  return kind === "ended" && code === 0;
}

export function lookAtDatabase({ files, uid }: DoctorPorts, file: string): DatabaseFacts {
  const stat = files.stat(file);
  const head = files.head(file);
  return {
    file,
    open: stat?.isDirectory === true ? "directory" : head.ok ? "ok" : (REFUSALS[head.code] ?? "failed"),
    size: stat?.size ?? 0,
    walSize: files.stat(`${file}-wal`)?.size ?? 0,
    bornAt: stat?.bornAt ?? null,
    isOwn: stat === undefined || stat.uid === uid,
  };
}

/** macOS says EPERM where its privacy settings forbid it, and EACCES where the file's mode does (believed). */
const REFUSALS: Readonly<Record<string, DatabaseFacts["open"]>> = {
  ENOENT: "missing",
  ENOTDIR: "missing",
  EPERM: "refused",
  EACCES: "forbidden",
  EISDIR: "directory",
};
