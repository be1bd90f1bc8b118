// A program of the system, run for what it says: bounded in time and in output, and ended with the doctor.
import { spawn } from "node:child_process";
import { DOCTOR_ANSWER_BYTES } from "../../limits.ts";
import type { RunResult } from "../facts.ts";

/** Where macOS has its own, for a PATH without them. */
const SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin";

export function runProgram(
  program: string,
  args: readonly string[],
  ms: number,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<RunResult> {
  const { PATH } = environment;
  // In English, whatever language this Mac speaks.
  const env = {
    ...environment,
    LC_ALL: "C",
    PATH: PATH === undefined ? SYSTEM_PATH : `${PATH}:${SYSTEM_PATH}`,
  };
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env });
    let stdout = "";
    let stderr = "";
    let isLate = false;
    const add = (text: string, bytes: Buffer): string =>
      (text + bytes.toString("utf8")).slice(0, DOCTOR_ANSWER_BYTES);
    const kill = (): void => void child.kill("SIGKILL");
    const timer = setTimeout(() => {
      isLate = true;
      kill();
    }, ms);
    if (signal.aborted) kill();
    else signal.addEventListener("abort", kill);
    let ended = false;
    const end = (result: Pick<RunResult, "kind" | "code" | "signal" | "errno">): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", kill);
      // What it started itself may hold the pipes; nobody waits for that.
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ ...result, stdout, stderr });
    };
    child.stdout.on("data", (bytes: Buffer) => (stdout = add(stdout, bytes)));
    child.stderr.on("data", (bytes: Buffer) => (stderr = add(stderr, bytes)));
    child.on("error", (error: NodeJS.ErrnoException) =>
      end({ kind: "failed", code: null, signal: null, errno: error.code ?? "unknown" }),
    );
    child.on("exit", (code, name) => {
      if (isLate) end({ kind: "late", code, signal: name, errno: null });
    });
    child.on("close", (code, name) => end({ kind: "ended", code, signal: name, errno: null }));
  });
}
