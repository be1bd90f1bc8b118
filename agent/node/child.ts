// imsg as a child process. What is run, and with which database, is fixed here from the owner's file.
import { spawn } from "node:child_process";
import { KILL_AFTER_MS, STDERR_KEPT_CHARS } from "../limits.ts";
import type { ChildExit, LineProcess, SpawnImsg } from "../ports.ts";
import { LineReader } from "./lines.ts";

export function imsgSpawner(cliPath: string, dbPath: string | undefined): SpawnImsg {
  const args = ["rpc", ...(dbPath === undefined ? [] : ["--db", dbPath])];
  return (handlers): LineProcess => {
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
