// The built agent as a process of its own, with its imsg children.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { run, startProgram, type Finished, type RunningProgram } from "../../host/child.ts";
import { owned } from "./owned.ts";
import { PROGRAMS } from "./programs.ts";
import { Recording } from "./waiting.ts";

const eventSchema = z.looseObject({ at: z.string(), level: z.string(), event: z.string() });
/** One line of the agent's log. */
export type AgentEvent = z.infer<typeof eventSchema>;

export class AgentProcess {
  readonly home: string;
  readonly events = new Recording<AgentEvent>();
  /** What it said that is no line of its log: a bug, with its stack. */
  readonly noise: string[] = [];
  readonly #env: NodeJS.ProcessEnv;
  #running: RunningProgram | undefined;

  private constructor(home: string, env: NodeJS.ProcessEnv) {
    this.home = home;
    this.#env = { ...process.env, IMSG_RELAY_HOME: home, ...env };
  }

  /** Joins the account by its enrolment link; does not run yet. */
  static async enrol(
    home: string,
    link: string,
    config: Readonly<Record<string, unknown>>,
    env: NodeJS.ProcessEnv = {},
    more: readonly string[] = [],
  ): Promise<AgentProcess> {
    const agent = new AgentProcess(home, env);
    agent.configure(config);
    const args = [PROGRAMS.agent, "enroll", "-", "--yes", "--name", "mac", ...more];
    const done = await run({ command: process.execPath, args, env: agent.#env, input: `${link}\n` });
    if (done.code !== 0) throw new Error(`enroll: ${done.err || done.out}`);
    return agent;
  }

  /** Another command of it, to its end; the agent itself may run meanwhile. */
  command(...args: readonly string[]): Promise<Finished> {
    return run({ command: process.execPath, args: [PROGRAMS.agent, ...args], env: this.#env });
  }

  /** The same, for a test that ends it in the middle. */
  async begin(...args: readonly string[]): Promise<RunningProgram> {
    const command = { command: process.execPath, args: [PROGRAMS.agent, ...args], env: this.#env };
    const running = await startProgram({ ...command, onLine: () => undefined });
    owned.add(running.pid);
    void running.exited.then(() => owned.remove(running.pid));
    return running;
  }

  /** Of a home that is there already. */
  static at(home: string): AgentProcess {
    return new AgentProcess(home, {});
  }

  /** Writes agent.jsonc, for the next start. */
  configure(config: Readonly<Record<string, unknown>>): void {
    const folder = path.join(this.home, "agent", "default");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(folder, "agent.jsonc"), JSON.stringify(config, null, 2), { mode: 0o600 });
  }

  /** 0 = it does not run. */
  get pid(): number {
    return this.#running?.pid ?? 0;
  }

  async start(...args: readonly string[]): Promise<void> {
    if (this.#running !== undefined) throw new Error("the agent runs already");
    const running = await startProgram({
      command: process.execPath,
      args: [PROGRAMS.agent, "run", "--verbose", ...args],
      env: this.#env,
      onLine: (line) => this.#take(line),
    });
    this.#running = running;
    owned.add(running.pid);
    void running.exited.then(() => {
      owned.remove(running.pid);
      if (this.#running === running) this.#running = undefined;
    });
  }

  /** Resolves with what ended it. SIGSTOP and SIGCONT resolve at once. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<string> {
    const running = this.#running;
    if (running === undefined) return "not running";
    const children = this.imsgPids();
    running.kill(signal);
    if (signal === "SIGSTOP" || signal === "SIGCONT") return signal;
    const how = await running.exited;
    // An orphaned imsg ends with its stdin; a hung one would stay.
    for (const pid of children) endQuietly(pid);
    return how;
  }

  async restart(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    await this.kill(signal);
    await this.start();
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const children = this.imsgPids();
    running.kill("SIGCONT");
    await running.stop();
    for (const pid of children) endQuietly(pid);
  }

  /** The first event of that name from index `from` of `events.all` on. */
  waitFor(event: string, ms?: number, from?: number): Promise<AgentEvent> {
    return this.events.find((line) => line.event === event, `the agent's ${event}`, ms, from);
  }

  /** Its imsg processes: one, or two with the old engine; extra ones while a slow send holds others up. */
  imsgPids(): number[] {
    const { pid } = this;
    if (pid === 0) return [];
    return execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
      .split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number))
      .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
  }

  #take(line: string): void {
    const event = eventSchema.safeParse(tryParse(line));
    if (event.success) this.events.add(event.data);
    else this.noise.push(line);
  }
}

function tryParse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone with its parent.
  }
}
