// What macOS says of itself, asked of its own programs.
import { DOCTOR_MESSAGES_MS, DOCTOR_PROGRAM_MS } from "../../limits.ts";
import type {
  LaunchdFacts,
  MessagesFacts,
  PowerFacts,
  RestartFacts,
  RunResult,
  SessionFacts,
} from "../facts.ts";
import { launchAgentOf } from "../../launchd/place.ts";
import type { DoctorPorts } from "../ports.ts";
import { readLaunchctl } from "../read/launchctl.ts";
import { isCaffeinated, readPmset } from "../read/pmset.ts";
import { readProcesses, type Processes } from "../read/processes.ts";
import { findProgram } from "./imsg.ts";

const askOf = (ports: DoctorPorts, program: string, ...args: readonly string[]): Promise<RunResult> =>
  ports.run(program, args, DOCTOR_PROGRAM_MS);

const said = ({ kind, code, stdout }: RunResult): string | null =>
  kind === "ended" && code === 0 && stdout.trim() !== "" ? stdout.trim() : null;

export const lookAtMacos = (ports: DoctorPorts): Promise<RunResult> =>
  askOf(ports, "sw_vers", "-productVersion");

export const lookAtProcesses = async (ports: DoctorPorts): Promise<Processes> =>
  readProcesses((await askOf(ports, "ps", "-axo", "pid=,ppid=,comm=")).stdout);

export async function lookAtSession(ports: DoctorPorts): Promise<SessionFacts> {
  const { environment } = ports;
  const isRemote = ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].some(
    (name) => environment[name] !== undefined,
  );
  // Believed: Aqua in a session of the screen, Background in one of ssh (launchctl(1), `managername`).
  const manager = said(await askOf(ports, "launchctl", "managername"));
  const user = said(await askOf(ports, "stat", "-f", "%Su", "/dev/console"));
  return { isRemote, manager, consoleUser: user === "root" || user === "loginwindow" ? null : user };
}

export async function lookAtLaunchd(
  ports: DoctorPorts,
  profile: string,
  cliPath: string,
): Promise<LaunchdFacts> {
  const { files, uid, home } = ports;
  const { label, plist } = launchAgentOf(profile, home);
  const known = { label, plist, uid, hasPlist: files.stat(plist) !== undefined };
  const printed = readLaunchctl(await askOf(ports, "launchctl", "print", `gui/${uid}/${label}`));
  if (printed.kind !== "loaded") return { ...known, kind: printed.kind };
  const { pid, program, lastExit, environment } = printed;
  const searched = environment["PATH"] ?? "/usr/bin:/bin:/usr/sbin:/sbin";
  const inPath = (folders: string | undefined): boolean => findProgram(cliPath, folders, files) !== undefined;
  return {
    ...known,
    kind: "loaded",
    pid,
    program,
    realProgram: program === null ? null : (files.realPath(program) ?? null),
    lastExit,
    path: environment["PATH"] ?? null,
    // One that is nowhere is another check's.
    findsImsg: inPath(searched) || !inPath(ports.environment["PATH"]),
  };
}

export async function lookAtPower(ports: DoctorPorts): Promise<PowerFacts> {
  const settings = readPmset((await askOf(ports, "pmset", "-g", "custom")).stdout);
  return { settings, isCaffeinated: isCaffeinated((await askOf(ports, "pmset", "-g", "assertions")).stdout) };
}

export async function lookAtRestart(ports: DoctorPorts, { settings }: PowerFacts): Promise<RestartFacts> {
  const vault = said(await askOf(ports, "fdesetup", "status"));
  const login = await askOf(
    ports,
    "defaults",
    "read",
    "/Library/Preferences/com.apple.loginwindow",
    "autoLoginUser",
  );
  const cut = settings["AC Power"]?.["autorestart"];
  return {
    fileVault: vault === null ? null : /\bis On\b/i.test(vault),
    // `defaults` ends with 1 where there is no such key.
    autoLogin: login.kind === "ended" ? said(login) !== null : null,
    restartsAfterPowerCut: cut === undefined ? null : cut === 1,
  };
}

/**
 * Opens nothing and sends nothing. Believed: asking whether an application runs needs no leave, and its accounts do
 * (Automation); `account` with `service type` and `enabled` is in Messages' dictionary since macOS 11.
 */
const SCRIPT = [
  'if application "Messages" is not running then return "not open"',
  'tell application "Messages" to return count of (every account whose service type is iMessage and enabled is true)',
];

/** -1743: not authorised to send Apple events; -600: no such process; -1712: no answer in time. */
export async function lookAtMessages(ports: DoctorPorts): Promise<MessagesFacts> {
  const args = SCRIPT.flatMap((line) => ["-e", line]);
  const { kind, code, stdout, stderr } = await ports.run("osascript", args, DOCTOR_MESSAGES_MS);
  if (kind === "late" || /-1712\b/.test(stderr)) return { kind: "silent" };
  if (/-1743\b/.test(stderr)) return { kind: "refused" };
  if (/-600\b/.test(stderr) || stdout.trim() === "not open") return { kind: "not_open" };
  const count = /^\d+$/.exec(stdout.trim())?.[0];
  return kind === "ended" && code === 0 && count !== undefined
    ? { kind: "accounts", count: Number(count) }
    : { kind: "unknown" };
}
