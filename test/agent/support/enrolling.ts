// Commands of the built agent, as a human or a script runs them, with a scripted relay.
import { mkdtempSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Server } from "node:net";
import path from "node:path";
import { RelayServer, Running, type Finished, type Programs } from "./programs.ts";

export const CODE = `enr_${"0123456789abcdef".repeat(4)}`;
const TERMINAL = path.join(import.meta.dirname, "terminal.cjs");

export const lines = (text: string): string[] => text.trimEnd().split("\n");
export const complaintOf = ({ stderr }: Finished): string =>
  stderr.replace("imsg-relay-agent: ", "").trimEnd();

/** A home of its own, and what happens in it. */
export class Enrolling {
  readonly server = new RelayServer();
  readonly home: string;
  readonly #programs: Programs;
  readonly #stops: (() => Promise<unknown>)[] = [];

  constructor(programs: Programs) {
    this.#programs = programs;
    this.home = mkdtempSync(path.join(programs.folder, "home-"));
  }

  file(name: string): string {
    return path.join(this.home, "agent", "default", name);
  }

  link(origin = this.server.origin): string {
    return `${origin}#${CODE}`;
  }

  start(args: readonly string[], more: NodeJS.ProcessEnv = {}, input?: string): Running {
    const env = {
      PATH: process.env["PATH"],
      HOME: this.home,
      IMSG_RELAY_HOME: this.home,
      TZ: "UTC",
      ...more,
    };
    return new Running(this.#programs.agent, args, env, input);
  }

  run(args: readonly string[], more?: NodeJS.ProcessEnv): Promise<Finished> {
    return this.start(args, more).finished;
  }

  /** Somebody at a terminal who answers this. */
  asked(args: readonly string[], answer: string): Promise<Finished> {
    return this.start(args, { NODE_OPTIONS: `--require ${TERMINAL}` }, answer).finished;
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

  async stop(): Promise<void> {
    await this.server.close();
    for (const stop of this.#stops) await stop();
  }
}
