import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { parse, type Json } from "./wire-message.ts";

let built: string | undefined;

/** The program as it is shipped: one file. Built once a test file. */
export function program(): string {
  if (built !== undefined) return built;
  const folder = mkdtempSync(join(tmpdir(), "imsg-sim-bin-"));
  built = join(folder, "imsg-sim.cjs");
  const entry = join(dirname(fileURLToPath(import.meta.url)), "main.ts");
  buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    outfile: built,
  });
  return built;
}

/** After the last test of a file. */
export function removeProgram(): void {
  if (built !== undefined) rmSync(dirname(built), { recursive: true, force: true });
  built = undefined;
}

/** A running imsg-sim with its lines. */
export class Child {
  readonly lines: string[] = [];
  readonly #parsed: Json[] = [];
  readonly process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Set<() => void>();
  readonly #exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  #partial = "";
  #ids = 0;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.process = spawn(process.execPath, [program(), ...args], { env: { ...process.env, ...env } });
    this.process.stdout.setEncoding("utf8");
    this.process.stdout.on("data", (text: string) => this.#take(text));
    this.process.stdin.on("error", () => undefined);
    this.#exited = once(this.process, "close").then(() => {
      this.#wake();
      return { code: this.process.exitCode, signal: this.process.signalCode };
    });
  }

  /** The lines so far, each parsed once. */
  get messages(): readonly Json[] {
    for (const line of this.lines.slice(this.#parsed.length)) this.#parsed.push(parse(line));
    return this.#parsed;
  }

  /** Bytes as they are: a test may write what is no text. */
  write(line: string | Uint8Array): void {
    this.process.stdin.write(line);
    this.process.stdin.write("\n");
  }

  /** Sends a request and resolves with its answer. */
  async request(method: string, params: Json = {}): Promise<Json> {
    const id = `request-${++this.#ids}`;
    this.write(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return this.answer(id);
  }

  async answer(id: string): Promise<Json> {
    return this.find((message) => message["id"] === id);
  }

  async notification(matches: (params: Json) => boolean, method = "message"): Promise<Json> {
    return this.find((message) => message["method"] === method && matches(message["params"] as Json));
  }

  /** Also among the lines that have come already. */
  async find(matches: (message: Json) => boolean): Promise<Json> {
    for (;;) {
      const found = this.messages.find(matches);
      if (found !== undefined) return found;
      await this.#more();
    }
  }

  async count(lines: number): Promise<void> {
    while (this.lines.length < lines) await this.#more();
  }

  async exit(): Promise<{ readonly code: number | null; readonly signal: string | null }> {
    return this.#exited;
  }

  /** Ends stdin and waits for the end of the process. */
  async end(): Promise<{ readonly code: number | null; readonly signal: string | null }> {
    this.process.stdin.end();
    return this.exit();
  }

  /** For what a test leaves behind. */
  kill(): void {
    this.process.kill("SIGKILL");
  }

  async #more(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null)
      throw new Error("imsg-sim is gone");
    await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  #take(text: string): void {
    const parts = (this.#partial + text).split("\n");
    this.#partial = parts.pop() ?? "";
    this.lines.push(...parts);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
