// One child process: its lines, its end, and how it is ended. Only ever by its own handle, never by name.
import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { eachLine } from "./lines.ts";

/** Something that runs until it ends or is stopped: a program, or the relay. */
export interface Running {
  readonly pid: number;
  /** Resolves with what ended it; never rejects. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly onLine: (line: string, from: "out" | "err") => void;
}

export interface RunningProgram extends Running {
  /** One line to its stdin. */
  write(line: string): void;
  endInput(): void;
  kill(signal: NodeJS.Signals): void;
}

/** Whatever ends this process, nothing it started is left: not after a second Ctrl-C, not after a bug. */
const live = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of live) child.kill("SIGKILL");
});

/** After SIGTERM; then SIGKILL. */
const STOP_GRACE_MS = 3_000;

/** Rejects where it cannot be started at all. */
export async function startProgram(program: Program): Promise<RunningProgram> {
  // A group of its own: Ctrl-C in the terminal is for us, and we end our children in order.
  const child = spawn(program.command, program.args, {
    env: program.env,
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  eachLine(child.stdout, (line) => program.onLine(line, "out"));
  eachLine(child.stderr, (line) => program.onLine(line, "err"));
  // It may end before it has read everything.
  child.stdin.on("error", () => undefined);
  const exited = exitOf(child);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return {
    pid: child.pid ?? 0,
    exited,
    write: (line) => void child.stdin.write(`${line}\n`),
    endInput: () => child.stdin.end(),
    kill: (signal) => void child.kill(signal),
    stop: () => stopChild(child, exited, STOP_GRACE_MS),
  };
}

/** Resolves when it is gone and its output was read. Until then it ends with this process. */
export function exitOf(child: ChildProcess): Promise<string> {
  live.add(child);
  return new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? `code ${code}`));
  }).finally(() => live.delete(child));
}

export async function stopChild(
  child: ChildProcess,
  exited: Promise<string>,
  graceMs: number,
): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(timer);
}

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end. */
export async function run(program: Omit<Program, "onLine"> & { readonly input?: string }): Promise<Finished> {
  const child = spawn(program.command, program.args, { env: program.env, detached: true });
  const texts = [collect(child.stdout), collect(child.stderr)];
  child.stdin.on("error", () => undefined);
  child.stdin.end(program.input ?? "");
  const how = await exitOf(child);
  const [out = "", err = ""] = texts.map((text) => text());
  return { code: child.exitCode, out, err: child.pid === undefined ? how : err };
}

function collect(stream: Readable): () => string {
  const chunks: string[] = [];
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => chunks.push(chunk));
  return () => chunks.join("");
}
