/** `imsg-sim`: the simulated imsg as a program. `imsg-sim rpc [--db PATH] [--dialect 0.9|0.15]`. */
import { copyFileSync, existsSync, mkdirSync, statSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { attachmentOf } from "./effects.ts";
import { demoCommand, receiveCommand, SIM_HELP } from "./demo-command.ts";
import { createEngine } from "./engine.ts";
import { FaultFile } from "./fault-file.ts";
import { Faults } from "./faults.ts";
import { DEFAULT_OPTIONS, VERSIONS, type EngineOptions, type Host } from "./host.ts";
import { writeJson } from "./json-write.ts";
import { LineReader } from "./line-reader.ts";
import { seededRandom } from "./random.ts";
import { readCommandLine, type CommandLine } from "./settings.ts";
import { statusCommand } from "./status-command.ts";
import { WorldFile } from "./world-file.ts";
import type { AttachmentRow } from "./world-op.ts";

const STDOUT = 1;
/** A pipe shared with a non-blocking end says EAGAIN when it is full. */
const RETRY_MS = 1;
const DAY_MS = 86_400_000;

const commandLine = readCommandLine(process.argv.slice(2), process.env);
const dialect = commandLine.settings.dialect ?? "0.15";
const options: EngineOptions = { ...DEFAULT_OPTIONS, version: VERSIONS[dialect], ...commandLine.settings };
const random =
  commandLine.settings.seed === undefined ? Math.random : seededRandom(commandLine.settings.seed);

if (commandLine.flags.has("--version")) writeLine(options.version);
else if (isOurs(commandLine)) runOurs(commandLine);
else if (commandLine.command === "status") writeLine(writeJson(statusCommand(dialect, options), random));
else if (commandLine.command !== "rpc") {
  writeLine(`Unknown command ${commandLine.command}`);
  process.exitCode = 1;
} else if (commandLine.flags.has("--help")) writeLine("imsg rpc - Run JSON-RPC over stdin/stdout");
else serve(commandLine);

/** What imsg has not. Of its own `--help` there is no recording, and no gateway asks for it. */
function isOurs({ command, flags }: CommandLine): boolean {
  return command === "demo" || command === "receive" || (command === "" && flags.has("--help"));
}

function runOurs({ command, databasePath, flags }: CommandLine): void {
  const words = process.argv.slice(3);
  if (flags.has("--help")) return writeLine(SIM_HELP);
  try {
    writeLine(command === "demo" ? demoCommand(words) : receiveCommand(databasePath, words));
  } catch (error) {
    process.stderr.write(`imsg-sim: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}

/** Wires one engine to stdio, real time and the files beside the database. */
function serve({ databasePath }: CommandLine): void {
  const host: Host = {
    clock: {
      now: Date.now,
      setTimer(ms, fire) {
        const timer = setTimeout(fire, ms);
        return () => clearTimeout(timer);
      },
    },
    random,
    write: writeLine,
    exit: (code) => process.exit(code),
    kill: () => process.kill(process.pid, "SIGKILL"),
    world: new WorldFile(databasePath),
    faults: new Faults(new FaultFile(databasePath)),
    fileExists: existsSync,
    takeFile: (path, guid) => takeFile(databasePath, path, guid),
    home: process.env["HOME"] ?? "/",
  };
  const engine = createEngine(dialect, host, options);
  const lines = new LineReader((line) => engine.receive(line));
  process.stdin.on("data", (bytes: Buffer) => lines.push(bytes));
  process.stdin.on("end", () => {
    lines.end();
    engine.end();
  });
  // Only the engine ends the process: a hung one outlives its stdin, as a hung imsg does.
  setInterval(() => undefined, DAY_MS);
}

/** Blocks while the reader is slow, as imsg's own writes do; a reader that is gone is SIGPIPE [13]. */
function writeLine(line: string): void {
  let bytes: Uint8Array = Buffer.from(`${line}\n`, "utf8");
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(STDOUT, bytes));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE") return dieOfPipe();
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/** Node ignores SIGPIPE; taking a listener away again gives it its default action back. */
function dieOfPipe(): void {
  process.on("SIGPIPE", ignore);
  process.off("SIGPIPE", ignore);
  process.kill(process.pid, "SIGPIPE");
}

const ignore = (): void => undefined;

/** Messages keeps a sent file in a folder of its own, so the caller may delete his. */
function takeFile(databasePath: string, path: string, guid: string): AttachmentRow | undefined {
  const source = statSync(path, { throwIfNoEntry: false });
  if (source?.isFile() !== true) return undefined;
  const [first = "0", second = "0", third = "0", fourth = "0"] = guid.toLowerCase();
  const folder = join(dirname(databasePath), "Attachments", first + second, third + fourth, guid);
  mkdirSync(folder, { recursive: true });
  const kept = join(folder, basename(path));
  copyFileSync(path, kept);
  return attachmentOf(kept, source.size);
}
