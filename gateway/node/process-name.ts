// A name for a process that no other one ever has. Numbers are used again: in a container, the next start often has
// the very number of the last.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";
/** Of what follows the program's name in /proc/<pid>/stat: the state, and the start in ticks since boot. */
const STATE = 0;
const START = 19;

/** `<pid>-<hash of when it began>`; undefined = there is no such process any more. */
export function processName(pid: number): string | undefined {
  const began = process.platform === "linux" ? beganOnLinux(pid) : beganAsPsSays(pid);
  if (began === undefined) return undefined;
  return `${pid}-${createHash("sha256").update(began).digest("hex").slice(0, 12)}`;
}

let own: string | undefined;
/** Of this one; where nothing says when it began, its number has to do. */
export const ownName = (): string => (own ??= processName(process.pid) ?? `${process.pid}-unnamed`);

/** Whether the process that had this name is still there. */
export function isRunning(name: string): boolean {
  const pid = Number(/^\d+/.exec(name)?.[0] ?? 0);
  return pid > 0 && processName(pid) === name;
}

function beganOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state = "", start = ""] = [fields[STATE], fields[START]];
    // One that has ended and that nobody has asked after yet.
    return state === "Z" || state === "X" ? undefined : `${readFileSync(BOOT_ID, "utf8")} ${start}`;
  } catch {
    return undefined;
  }
}

function beganAsPsSays(pid: number): string | undefined {
  try {
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    const args = ["-o", "stat=", "-o", "lstart=", "-p", String(pid)];
    const said = execFileSync("ps", args, { encoding: "utf8", env, stdio: ["ignore", "pipe", "ignore"] });
    const [state = "", ...began] = said.trim().split(/\s+/);
    return began.length === 0 || state.startsWith("Z") ? undefined : began.join(" ");
  } catch {
    return undefined;
  }
}
