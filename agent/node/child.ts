// imsg as a child process. What is run, and with which database, is said here, by the owner's file as it is at that moment.
import { spawn } from "node:child_process";
import { KILL_AFTER_MS, STDERR_KEPT_CHARS } from "../limits.ts";
import type { ChildExit, LineProcess, SpawnImsg } from "../ports.ts";
import { LineReader } from "./lines.ts";

/** The program, and the database where it is another than imsg's own choice. */
interface ImsgCommand {
  readonly cliPath: string;
  readonly dbPath: string | undefined;
}

export function imsgSpawner(command: () => ImsgCommand): SpawnImsg {
  return (handlers): LineProcess => {
    const { cliPath, dbPath } = command();
    const args = ["rpc", ...(dbPath === undefined ? [] : ["--db", dbPath])];
    const child = spawn(cliPath, args, { stdio: ["pipe", "pipe", "pipe"] });
    // Kept for its size only: it may quote messages, and is never logged.
    let stderr = "";
    let ended = false;
    const end = (exit: Omit<ChildExit, "stderr">): void => {
      if (ended) return;
      ended = true;
      clearTimeout(killer);
      handlers.onExit({ ...exit, stderr });
    };
    let killer: ReturnType<typeof setTimeout> | undefined;
    const lines = new LineReader(handlers);
    child.stdout.on("data", (bytes: Buffer) => lines.push(bytes));
    child.stderr.on("data", (bytes: Buffer) => {
      stderr = (stderr + bytes.toString("utf8")).slice(-STDERR_KEPT_CHARS);
    });
    // A write to a child that has just ended: its exit says so.
    child.stdin.on("error", () => undefined);
    child.on("error", (error: NodeJS.ErrnoException) => {
      end({ code: null, signal: null, missing: error.code === "ENOENT" || error.code === "EACCES" });
    });
    // `close` and not `exit`: its last lines come first.
    child.on("close", (code, signal) => end({ code, signal, missing: false }));
    return {
      write: (line) => {
        if (child.stdin.writable) child.stdin.write(`${line}\n`);
      },
      kill: () => {
        if (ended || child.pid === undefined) return;
        child.kill("SIGTERM");
        killer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
        killer.unref();
      },
    };
  };
}
