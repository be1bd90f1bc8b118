// The drop-in as a real process: lines in, lines out, and an end.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { LineSplitter } from "../../../gateway/lines/line-splitter.ts";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export type Json = Record<string, unknown>;

export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly lines: Json[] = [];
  out = "";
  err = "";
  readonly #waiters = new Set<() => void>();

  constructor(launcher: string, argv: readonly string[], env: Record<string, string>) {
    const { PATH = "" } = process.env;
    this.child = spawn(process.execPath, [launcher, ...argv], { env: { PATH, ...env }, stdio: "pipe" });
    const splitter = new LineSplitter(1e9);
    this.child.stdout?.on("data", (chunk: Buffer) => {
      this.out += chunk.toString();
      for (const line of splitter.push(chunk)) if (line.kind === "line") this.#line(line.text);
      this.#wake();
    });
    this.child.stderr?.on("data", (chunk: Buffer) => {
      this.err += chunk.toString();
      this.#wake();
    });
    this.child.stdin?.on("error", () => undefined);
    this.ended = new Promise((resolve) => {
      this.child.on("close", (code, signal) => resolve({ code, signal, out: this.out, err: this.err }));
    });
  }

  write(text: string | Buffer): void {
    this.child.stdin?.write(text);
  }

  ask(id: number | string, method: string, params?: unknown): void {
    this.write(
      `${JSON.stringify({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) })}\n`,
    );
  }

  end(): Promise<Ended> {
    this.child.stdin?.end();
    return this.ended;
  }

  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  answer(id: number | string): Promise<Json> {
    return this.find((line) => line["id"] === id);
  }

  /** The first line that matches, when it is there. */
  async find(matches: (line: Json) => boolean): Promise<Json> {
    for (;;) {
      const found = this.lines.find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  async outLine(text: string): Promise<void> {
    while (!this.out.includes(text)) await new Promise<void>((resolve) => this.#waiters.add(resolve));
  }

  async errorLine(text: string): Promise<void> {
    while (!this.err.includes(text)) await new Promise<void>((resolve) => this.#waiters.add(resolve));
  }

  get messages(): Json[] {
    return this.lines.filter((line) => line["method"] === "message");
  }

  #line(text: string): void {
    try {
      this.lines.push(JSON.parse(text) as Json);
    } catch {
      // Texts for humans are read from `out`.
    }
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }
}

/** A home of its own for each test, and whatever was started in it is gone afterwards. */
export class Place {
  readonly home = mkdtempSync(path.join(tmpdir(), "gw-"));
  readonly #launcher: string;
  readonly #programs: Program[] = [];

  constructor(launcher: string) {
    this.#launcher = launcher;
  }

  run(argv: readonly string[], env: Record<string, string> = {}): Program {
    const program = new Program(this.#launcher, argv, {
      IMSG_RELAY_HOME: this.home,
      HOME: this.home,
      ...env,
    });
    this.#programs.push(program);
    return program;
  }

  async clear(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill("SIGKILL")));
    await rm(this.home, { recursive: true, force: true });
  }
}
