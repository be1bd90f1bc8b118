// The peer: an sshd of our own on loopback, with keys that live as long as the row. Never installed by us: where
// there is none, there is no peer.
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { startProgram } from "../../host/child.ts";
import { anyFreePort } from "../../host/ports.ts";
import { owned } from "../e2e/owned.ts";
import { tempFolder } from "../e2e/temp.ts";
import type { Bench } from "./row.ts";
import type { Command } from "./stdio-rpc.ts";

const HOST = "127.0.0.1";
const LISTEN_MS = 5_000;
/**
 * sshd as root refuses to start without it; Debian makes it when the service starts. Empty, and left there: a second
 * bench may be using it.
 */
const PRIVILEGE_FOLDER = "/run/sshd";

export interface Sshd {
  /** `ssh host <remote>`, over a connection of its own. */
  readonly ssh: (remote: string) => Command;
  /** One `scp` process, over a connection of its own; null where there is no scp. */
  readonly scp: { readonly from: Copy; readonly to: Copy } | null;
}

/** A file of the host's to one of ours, or the other way. */
export type Copy = (source: string, target: string) => Command;

/** Null where there is none, with the reason on stderr. */
export async function startSshd(bench: Bench): Promise<Sshd | null> {
  const sshd = find("sshd", ["/usr/sbin", "/usr/local/sbin", "/usr/bin"]);
  const ssh = find("ssh", []);
  if (sshd === undefined || ssh === undefined || find("ssh-keygen", []) === undefined) {
    bench.say("no sshd here: rows against ssh have no peer");
    return null;
  }
  try {
    return await start(bench, sshd, ssh);
  } catch (error) {
    bench.say(`no peer: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

async function start(bench: Bench, sshd: string, ssh: string): Promise<Sshd> {
  const folder = tempFolder("bench-sshd");
  bench.later(() => folder.remove());
  const at = (name: string): string => path.join(folder.path, name);
  for (const key of ["host", "user"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", at(key)]);
  const port = await anyFreePort(HOST);
  writeFileSync(at("authorized"), readFileSync(at("user.pub")));
  writeFileSync(at("known"), `[${HOST}]:${port} ${readFileSync(at("host.pub"), "utf8")}`);
  writeFileSync(
    at("config"),
    [
      `ListenAddress ${HOST}:${port}`,
      `HostKey ${at("host")}`,
      `AuthorizedKeysFile ${at("authorized")}`,
      "PidFile none",
      "PermitRootLogin prohibit-password",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "UsePAM no",
      "UseDNS no",
      "PrintMotd no",
      // What scp speaks.
      "Subsystem sftp internal-sftp",
      // The temporary folder is anybody's to list; the files are not.
      "StrictModes no",
      "",
    ].join("\n"),
  );
  makePrivilegeFolder();
  await listen(bench, sshd, at("config"));
  const options = ["BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "ControlMaster=no"];
  options.push("StrictHostKeyChecking=yes", `UserKnownHostsFile=${at("known")}`, "LogLevel=ERROR");
  const user = os.userInfo().username;
  const common = ["-F", "none", "-i", at("user"), ...options.flatMap((option) => ["-o", option])];
  const scp = find("scp", []);
  const there = (file: string): string => `${user}@${HOST}:${file}`;
  const copy = (command: string, source: string, target: string): Command => ({
    command,
    args: ["-q", ...common, "-P", String(port), source, target],
  });
  return {
    ssh: (remote) => ({
      command: ssh,
      args: ["-T", ...common, "-p", String(port), "-l", user, HOST, remote],
    }),
    scp:
      scp === undefined
        ? null
        : {
            from: (source, target) => copy(scp, there(source), target),
            to: (source, target) => copy(scp, source, there(target)),
          },
  };
}

async function listen(bench: Bench, sshd: string, config: string): Promise<void> {
  const said: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isUp: () => void = () => undefined;
  const up = new Promise<void>((resolve) => (isUp = resolve));
  const program = await startProgram({
    command: sshd,
    args: ["-D", "-e", "-f", config],
    env: process.env,
    onLine: (line) => {
      if (said.length < 5) said.push(line);
      if (line.startsWith("Server listening")) isUp();
    },
  });
  owned.add(program.pid);
  bench.later(async () => {
    program.kill("SIGKILL");
    await program.exited;
    owned.remove(program.pid);
  });
  const ended = program.exited.then((how) => {
    throw new Error(`sshd ended (${how}): ${said.join(" | ")}`);
  });
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("sshd did not start listening in time")), LISTEN_MS);
  });
  // It ends with the row, when nobody waits for it any more.
  ended.catch(() => undefined);
  await Promise.race([up, ended, late]).finally(() => clearTimeout(timer));
}

function makePrivilegeFolder(): void {
  if (process.platform !== "linux" || process.getuid?.() !== 0 || existsSync(PRIVILEGE_FOLDER)) return;
  mkdirSync(PRIVILEGE_FOLDER, { mode: 0o755 });
}

function find(name: string, more: readonly string[]): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(path.delimiter), ...more];
  return folders.map((folder) => path.join(folder, name)).find((file) => isExecutable(file));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
