// The built agent as a human or a script runs it: in a home of its own, with a scripted relay.
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Server } from "node:net";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { Mac } from "../../imsg-sim/scenario.ts";
import { Programs, RelayServer, Running, type Finished } from "./programs.ts";

export const CODE = `enr_${"0123456789abcdef".repeat(4)}`;
/** How long a program may take for what a test waits for, in ms. */
export const WAIT = { timeout: 8_000, interval: 20 };
const TERMINAL = path.join(import.meta.dirname, "terminal.cjs");

export const lines = (text: string): string[] => text.trimEnd().split("\n");
export const complaintOf = ({ stderr }: Finished): string =>
  stderr.replace("imsg-relay-agent: ", "").trimEnd();

type EnvironmentOf = (home: string) => NodeJS.ProcessEnv;

/** What a test has: the programs, a home, and what was started in it. */
export class AgentHome {
  programs!: Programs;
  server!: RelayServer;
  home!: string;
  readonly running: Running[] = [];
  readonly #environmentOf: EnvironmentOf;
  readonly #stops: (() => Promise<unknown>)[] = [];

  constructor(environmentOf: EnvironmentOf) {
    this.#environmentOf = environmentOf;
  }

  async open(): Promise<void> {
    this.server = new RelayServer();
    this.home = this.folder("home");
    await this.server.listen();
  }

  async close(): Promise<void> {
    for (const one of this.running) one.kill("SIGKILL");
    await Promise.all(this.running.splice(0).map(({ finished }) => finished));
    await this.server.close();
    for (const stop of this.#stops.splice(0)) await stop();
  }

  /** A new one, gone after the tests. */
  folder(name: string): string {
    return mkdtempSync(path.join(this.programs.folder, `${name}-`));
  }

  file(name: string, profile = "default"): string {
    return path.join(this.home, "agent", profile, name);
  }

  link(origin = this.server.origin): string {
    return `${origin}#${CODE}`;
  }

  begin(args: readonly string[], more: NodeJS.ProcessEnv = {}, input?: string): Running {
    const environment = { ...this.#environmentOf(this.home), ...more };
    const one = new Running(this.programs.agent, args, environment, input);
    this.running.push(one);
    return one;
  }

  run(args: readonly string[], more?: NodeJS.ProcessEnv): Promise<Finished> {
    return this.begin(args, more).finished;
  }

  /** Somebody at a terminal who answers this. */
  asked(args: readonly string[], answer: string): Promise<Finished> {
    return this.begin(args, { NODE_OPTIONS: `--require ${TERMINAL}` }, answer).finished;
  }

  enrol(...more: string[]): Promise<Finished> {
    return this.run(["enroll", this.link(), "--yes", ...more]);
  }

  /** A Mac with a simulated imsg, whose agent is enrolled and has these settings. */
  async enrolled(settings: Record<string, unknown> = {}): Promise<Mac> {
    const mac = new Mac({ folder: this.folder("mac") });
    const { code, stderr } = await this.enrol();
    if (code !== 0) throw new Error(stderr);
    const config = { cliPath: this.programs.imsg, dbPath: mac.dbPath, debounce_ms: 10, ...settings };
    writeFileSync(this.file("agent.jsonc"), JSON.stringify(config));
    return mac;
  }

  /** Something that answers in the place of a relay. */
  async listening(at: Server, scheme: string): Promise<string> {
    await new Promise<void>((resolve) => at.listen(0, "127.0.0.1", resolve));
    this.#stops.push(() => new Promise((resolve) => void at.close(resolve)));
    return `${scheme}://127.0.0.1:${(at.address() as AddressInfo).port}`;
  }

  answering(listener: RequestListener): Promise<string> {
    return this.listening(createServer(listener), "http");
  }
}

const allInOneFolder: EnvironmentOf = (home) => ({
  PATH: process.env["PATH"],
  HOME: home,
  IMSG_RELAY_HOME: home,
  TZ: "UTC",
});

/** One for the file that calls this; home, relay and what runs are new for each of its tests. */
export function useAgentHome(environmentOf: EnvironmentOf = allInOneFolder): AgentHome {
  const here = new AgentHome(environmentOf);
  beforeAll(() => {
    here.programs = new Programs();
  });
  afterAll(() => here.programs.dispose());
  beforeEach(() => here.open());
  afterEach(() => here.close());
  return here;
}
