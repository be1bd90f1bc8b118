// The launcher as a person starts it, with its children: in a folder of its own, on a port of its own.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createServer, type Server } from "node:net";
import * as z from "zod";
import { run, startProgram, type Finished, type RunningProgram } from "../../host/child.ts";
import { owned } from "./owned.ts";
import { DIST, PROGRAMS } from "./programs.ts";
import { Recording } from "./waiting.ts";

const HOST = path.join(DIST, "host", "host.cjs");
const lockSchema = z.object({ pid: z.int(), children: z.record(z.string(), z.int()) });
const memorySchema = z.looseObject({
  account: z.string(),
  tenant: z.string(),
  port: z.int(),
  credential: z.string(),
});

export class Launcher {
  readonly lines = new Recording<string>();
  readonly state: string;
  #running: RunningProgram | undefined;
  #children: Readonly<Record<string, number>> = {};

  private constructor(state: string) {
    this.state = state;
  }

  static async start(state: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Launcher> {
    const launcher = new Launcher(state);
    launcher.#running = await startProgram({
      command: process.execPath,
      args: [HOST, ...args, "--state", state],
      env: { ...environment(), ...env },
      onLine: (line) => launcher.lines.add(line),
    });
    owned.add(launcher.#running.pid);
    return launcher;
  }

  get pid(): number {
    return this.#running?.pid ?? 0;
  }

  says(text: string, ms = 15_000, from = 0): Promise<string> {
    return this.lines.find(
      (line) => line.includes(text),
      `“${text}” in\n${this.lines.all.join("\n")}`,
      ms,
      from,
    );
  }

  /** Processes of the launcher by name; owned from the moment they are looked at. */
  children(): Readonly<Record<string, number>> {
    const text = readFileSync(path.join(this.state, "running.json"), "utf8");
    this.#children = lockSchema.parse(JSON.parse(text)).children;
    for (const pid of Object.values(this.#children)) owned.add(pid);
    return this.#children;
  }

  memory(): z.infer<typeof memorySchema> {
    return memorySchema.parse(JSON.parse(readFileSync(path.join(this.state, "launcher.json"), "utf8")));
  }

  /** Ctrl-C; resolves with what ended it. */
  async interrupt(signal: NodeJS.Signals = "SIGINT"): Promise<string> {
    this.#running?.kill(signal);
    const how = (await this.#running?.exited) ?? "never started";
    owned.remove(this.pid);
    return how;
  }

  /** A line typed as it was printed, in the folder it was printed for. */
  async typed(line: string): Promise<Finished> {
    return run({ command: "sh", args: ["-c", line], env: process.env });
  }
}

export const runHost = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> =>
  run({ command: process.execPath, args: [HOST, ...args], env: { ...environment(), ...env } });

export const runSim = (...args: readonly string[]): Promise<Finished> =>
  run({ command: process.execPath, args: [PROGRAMS.sim, ...args], env: process.env });

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Everything whose command line names that folder. */
export function processesOf(folder: string): string[] {
  return execFileSync("ps", ["-A", "-o", "pid=,args="], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(folder) && !line.includes("ps -A"));
}

function environment(): NodeJS.ProcessEnv {
  const { PORT: _port, IMSG_RELAY_STATE: _state, RELAY_ORIGINS: _origins, ...others } = process.env;
  return others;
}

/** Somebody else on that port. */
export function occupy(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
