// Who started whom (`ps -axo pid=,ppid=,comm=`), and whom macOS holds responsible for a process.
import type { Responsible } from "../facts.ts";

interface Process {
  readonly parent: number;
  readonly path: string;
}
export type Processes = ReadonlyMap<number, Process>;

export function readProcesses(text: string): Processes {
  const found = new Map<number, Process>();
  for (const line of text.split("\n")) {
    const [, pid, parent, path] = /^\s*(\d+)\s+(\d+)\s+(\S.*?)\s*$/.exec(line) ?? [];
    if (path !== undefined) found.set(Number(pid), { parent: Number(parent), path });
  }
  return found;
}

const LAUNCHD = 1;
/** Remote logins are this to macOS (openclaw/openclaw#79289, May 2026). */
const REMOTE = "/usr/libexec/sshd-keygen-wrapper";

/**
 * Believed: what a terminal starts counts as the terminal, what launchd starts as the program its plist names
 * (openclaw/openclaw#43440, sweetrb/apple-photos-mcp#37), what sshd starts as sshd's. Undefined = not in the table.
 */
export function responsibleFor(pid: number, processes: Processes): Responsible | undefined {
  const line: string[] = [];
  for (let at = pid, steps = 0; at > LAUNCHD && steps < processes.size; steps += 1) {
    const process = processes.get(at);
    if (process === undefined) break;
    line.push(process.path);
    at = process.parent;
  }
  const top = line.at(-1);
  if (top === undefined) return undefined;
  if (line.some((path) => /(?:^|\/)sshd[\w-]*(?::|$)/.test(path))) return { kind: "remote", path: REMOTE };
  const app = line
    .map((path) => /^(.*?\.app)\/Contents\//.exec(path)?.[1])
    .findLast((path) => path !== undefined);
  return app === undefined ? { kind: "program", path: top } : { kind: "app", path: app };
}
