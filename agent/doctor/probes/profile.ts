// What the files of this profile say: identity, settings, the running agent, and the disk under them.
import path from "node:path";
import { HEALTH_REASONS, type HealthReason } from "../../../shared/health.ts";
import { leftInWords } from "../../commands/profile.ts";
import { OwnerFileOnDisk } from "../../node/owner-file.ts";
import { isSafeOrigin } from "../../node/origin.ts";
import type { StoredIdentity } from "../../identity.ts";
import { readIdentity, type ProfileFiles } from "../../node/home.ts";
import { DEFAULT_DATABASE } from "../../node/machine.ts";
import { isAlive, readStored } from "../../node/status-file.ts";
import type { AgentFacts, ConfigFacts, DiskFacts, IdentityFacts, Responsible } from "../facts.ts";
import type { DoctorPorts } from "../ports.ts";
import type { Processes } from "../read/processes.ts";

/** Undefined where it cannot be used. */
export function readStoredIdentity(files: ProfileFiles): StoredIdentity | undefined {
  try {
    const identity = readIdentity(files.identity);
    return identity.ok ? identity.value : undefined;
  } catch {
    return undefined;
  }
}

export function lookAtIdentity({ files: look, uid }: DoctorPorts, files: ProfileFiles): IdentityFacts {
  const { identity: file, folder } = files;
  const stat = look.stat(file);
  if (stat === undefined) return { kind: "missing", file, left: leftInWords(files) };
  const stored = readStoredIdentity(files);
  if (stored === undefined) {
    const head = look.head(file);
    return {
      kind: "unreadable",
      file,
      why: head.ok ? "It is damaged." : `This user may not read it (${head.code}).`,
    };
  }
  const createdAt = Date.parse(stored.created_at);
  return {
    kind: "present",
    file,
    folder,
    fileMode: stat.mode,
    folderMode: look.stat(folder)?.mode ?? 0,
    isOwn: stat.uid === uid,
    isRoot: uid === 0,
    isSafeRelay: URL.canParse(stored.relay) && isSafeOrigin(stored.relay),
    relay: stored.relay,
    createdAt: Number.isNaN(createdAt) ? null : createdAt,
  };
}

/** `~` is the home of the doctor's user, as it is the agent's. */
const expand = (file: string, home: string): string =>
  file === "~" || file.startsWith("~/") ? path.join(home, file.slice(1)) : file;

export type LookedAtConfig = ConfigFacts & { readonly given: string | undefined };

/** `given`: the database that imsg is told of; undefined = its own default. */
export function lookAtConfig(
  { files: look, home }: DoctorPorts,
  { config: file }: ProfileFiles,
): LookedAtConfig {
  // As `run` opens it: the same file is refused for the same reason.
  const owner = OwnerFileOnDisk.open(file);
  if (!owner.ok) {
    const { line, message } = owner.error;
    return { kind: "broken", file, line, message, given: undefined };
  }
  const { cliPath, dbPath } = owner.value.look().file;
  const given = dbPath === undefined ? undefined : expand(dbPath, home);
  const database = given ?? expand(DEFAULT_DATABASE, home);
  const exists = look.stat(file) !== undefined;
  return { kind: "read", file, exists, cliPath: expand(cliPath, home), database, given };
}

/** `whose`: whom macOS asks on behalf of a process. */
export function lookAtAgent(
  ports: DoctorPorts,
  files: ProfileFiles,
  processes: Processes,
  whose: (pid: number) => Responsible | null,
): AgentFacts {
  const stored = ports.files.stat(files.status) === undefined ? undefined : readStored(files.status);
  if (stored === undefined) return { kind: "absent" };
  const { pid, link, health } = stored;
  const writtenAt = stored.written_at;
  if (isAlive(stored)) {
    const reason = isReason(health.reason) ? health.reason : null;
    return { kind: "running", pid, link, reason, reads: health.state !== "down", responsible: whose(pid) };
  }
  // Its number may be another program's by now.
  const path = processes.get(pid)?.path;
  const isNode = path === undefined || /(?:^|\/)node[^/]*$/.test(path);
  return { kind: ports.isAlive(pid) && isNode ? "silent" : "left", pid, writtenAt };
}

const isReason = (text: string | null): text is HealthReason =>
  text !== null && Object.hasOwn(HEALTH_REASONS, text);

export function lookAtDisk(
  { files: look }: DoctorPorts,
  files: ProfileFiles,
  database: string | undefined,
): DiskFacts {
  const own = nearest(look, files.folder);
  const folders = [{ path: own, free: look.free(own) ?? null, isWritable: look.isWritable(own) }];
  const elsewhere = database === undefined ? undefined : nearest(look, path.dirname(database));
  if (elsewhere !== undefined)
    folders.push({ path: elsewhere, free: look.free(elsewhere) ?? null, isWritable: true });
  return { folders };
}

/** The folder itself, or the one in which it would be made. */
function nearest(look: DoctorPorts["files"], folder: string): string {
  return look.stat(folder) !== undefined || path.dirname(folder) === folder
    ? folder
    : nearest(look, path.dirname(folder));
}
