// The real parts that the tour goes through, in a folder of its own that is removed at the end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as z from "zod";
import { run, startProgram, type RunningProgram } from "./child.ts";
import { DropIn, within } from "./drop-in.ts";
import { enrol, inherited, logIn, setUp, type Made, type Programs } from "./first-run.ts";
import type { Layout } from "./layout.ts";
import { agentConfigOf, attachmentsOf, demoMac, writeAgentConfig } from "./mac.ts";
import { anyFreePort } from "./ports.ts";
import { toLoopback } from "./relay.ts";
import { readOrMakeSecrets, type Secrets } from "./secrets.ts";
import { stateFolder, type StateFolder } from "./state-folder.ts";
import { startRelay, type RunningRelay } from "./workerd.ts";

const HOST = "127.0.0.1";
const LINK_UP_MS = 15_000;
const PORT_TRIES = 5;

const eventSchema = z.looseObject({ event: z.string() });

export class TourParts {
  readonly folder: StateFolder;
  readonly #layout: Layout;
  readonly #secrets: Secrets;
  #relay: RunningRelay | undefined;
  #port = 0;
  #agent: RunningProgram | undefined;
  #dropIn: DropIn | undefined;
  #made: Made | undefined;
  #linkUp: () => void = () => undefined;
  readonly #agentSaid: string[] = [];

  constructor(layout: Layout) {
    this.#layout = layout;
    this.folder = stateFolder(mkdtempSync(path.join(tmpdir(), "imsg-relay-demo-")));
    process.once("exit", () => this.#remove());
    this.#secrets = readOrMakeSecrets(this.folder.root);
  }

  get relayUrl(): string {
    return `http://${HOST}:${this.#port}`;
  }

  get made(): Made {
    return given(this.#made, "the account");
  }

  get dropIn(): DropIn {
    return given(this.#dropIn, "the gateway");
  }

  async startRelay(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      if (this.#port === 0 || tries > 1) this.#port = await anyFreePort(HOST);
      try {
        this.#relay = await startRelay({
          bundle: this.#layout.bundle,
          state: this.folder.relay,
          host: HOST,
          port: this.#port,
          bindings: {
            RELAY_SECRETS: this.#secrets.RELAY_SECRETS,
            OPERATOR_KEY: this.#secrets.OPERATOR_KEY,
            RELAY_ORIGINS: this.relayUrl,
            ...toLoopback.binding,
          },
          reachesPrivate: toLoopback.reachesPrivate,
          onLine: () => undefined,
        });
        return;
      } catch (error) {
        if (tries >= PORT_TRIES || this.#made !== undefined || !String(error).includes("EADDRINUSE"))
          throw error;
      }
    }
  }

  async setUp(): Promise<Made> {
    const programs = this.#programs;
    this.#made = await setUp(programs, this.relayUrl, this.#secrets, "tour");
    await logIn(programs, this.relayUrl, this.#made);
    await enrol(programs, this.#made.enrolment.url);
    const dbPath = await demoMac(this.#layout, this.folder.demoMac);
    writeAgentConfig(agentConfigOf(this.folder.home), {
      cliPath: this.#layout.sim,
      dbPath,
      attachment_roots: [attachmentsOf(dbPath)],
      debounce_ms: 50,
    });
    return this.#made;
  }

  /** Resolves when the relay has welcomed it; in milliseconds from the start of the process. */
  async startAgent(): Promise<number> {
    const at = Date.now();
    const up = within<void>(LINK_UP_MS, "the agent was not welcomed", (resolve) => {
      this.#linkUp = resolve;
    });
    // Whoever waits is told; a start that fails must not be told twice.
    up.catch(() => undefined);
    this.#agent = await startProgram({
      ...this.#program(this.#layout.agent, ["run"]),
      onLine: (line) => this.#agentLine(line),
    });
    const ended = this.#agent.exited.then((how) => {
      throw new Error(`the agent ended (${how}): ${this.#agentSaid.slice(-3).join(" | ")}`);
    });
    ended.catch(() => undefined);
    await Promise.race([up, ended]);
    return Date.now() - at;
  }

  async startGateway(): Promise<DropIn> {
    this.#dropIn = await DropIn.start(this.#program(this.#layout.gateway, ["rpc", "--json"]));
    return this.#dropIn;
  }

  /** As if the Mac lost its power. */
  async killAgent(): Promise<number> {
    const { pid } = given(this.#agent, "the agent");
    this.#agent?.kill("SIGKILL");
    await this.#agent?.exited;
    this.#agent = undefined;
    return pid;
  }

  async killRelay(): Promise<number> {
    const { pid } = given(this.#relay, "the relay");
    this.#relay?.kill();
    await this.#relay?.exited;
    this.#relay = undefined;
    return pid;
  }

  /** Somebody writes to the Mac. */
  async receive(chat: string, from: string, text: string): Promise<void> {
    const db = path.join(this.folder.demoMac, "chat.db");
    const args = ["receive", "--db", db, "--chat", chat, "--from", from, text];
    const done = await run(this.#program(this.#layout.sim, args));
    if (done.code !== 0) throw new Error(`imsg-sim receive failed: ${done.err.trim()}`);
  }

  /** Runs `imsg-relay` and returns what it printed. */
  async gateway(...args: readonly string[]): Promise<string> {
    return (await run(this.#program(this.#layout.gateway, args))).out.trim();
  }

  /** One request over HTTP, as curl would make it. */
  async post(request: unknown, headers: Readonly<Record<string, string>>): Promise<unknown> {
    const { account, credential } = this.made;
    const answer = await fetch(`${this.relayUrl}/v1/accounts/${account}/rpc`, {
      method: "POST",
      headers: { authorization: `Bearer ${credential}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(request),
    });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return answer.json();
  }

  async stop(): Promise<void> {
    await this.#dropIn?.stop();
    await this.#agent?.stop();
    await this.#relay?.stop();
    this.#remove();
  }

  #remove(): void {
    rmSync(this.folder.root, { recursive: true, force: true, maxRetries: 3 });
  }

  get #programs(): Programs {
    return { layout: this.#layout, home: this.folder.home };
  }

  #program(script: string, args: readonly string[]) {
    const env = { ...inherited(), IMSG_RELAY_HOME: this.folder.home };
    return { command: process.execPath, args: [script, ...args], env };
  }

  #agentLine(line: string): void {
    this.#agentSaid.push(line);
    try {
      if (eventSchema.safeParse(JSON.parse(line)).data?.event === "link_up") this.#linkUp();
    } catch {
      // Not a line of its log: kept above, and told if it ends.
    }
  }
}

function given<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is not there yet`);
  return value;
}
