// workerd with its state on disk, on one port for as long as the test lasts, however often it is killed.
import { mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { anyFreePort } from "../../host/ports.ts";
import { startRelay, type RunningRelay } from "../../host/workerd.ts";
import { DIST } from "./programs.ts";
import { owned } from "./owned.ts";
import { Recording } from "./waiting.ts";

export interface RelayOptions {
  readonly state: string;
  /** Bindings beside, or instead of, the usual ones. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where its memory can be looked into. */
  readonly inspectorPort?: number;
  /** Folder of another build of the worker than the one under test. */
  readonly bundle?: string;
}

export const OPERATOR_KEY = "operator-key-of-the-tests-0123456789";
const RELAY_SECRET = `1:${"5e".repeat(32)}`;
const HOST = "127.0.0.1";
const PORT_TRIES = 5;
const LAST_LINES = 20;

export class RelayProcess {
  readonly state: string;
  readonly port: number;
  readonly lines: Recording<string>;
  readonly #bundle: string;
  readonly #bindings: Readonly<Record<string, string>>;
  readonly #inspectorPort: number | undefined;
  #running: RunningRelay | undefined;
  #isMeantToEnd = false;

  private constructor(
    state: string,
    port: number,
    bundle: string,
    bindings: Readonly<Record<string, string>>,
    lines: Recording<string>,
    inspectorPort: number | undefined,
  ) {
    this.state = state;
    this.#bundle = bundle;
    this.port = port;
    this.#bindings = bindings;
    this.lines = lines;
    this.#inspectorPort = inspectorPort;
  }

  static async start({
    state,
    env = {},
    inspectorPort,
    bundle = path.join(DIST, "relay"),
  }: RelayOptions): Promise<RelayProcess> {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    for (let tries = 1; ; tries += 1) {
      const port = await anyFreePort(HOST);
      const bindings = {
        RELAY_SECRETS: RELAY_SECRET,
        OPERATOR_KEY,
        RELAY_ORIGINS: `http://${HOST}:${port}`,
        // Tests ask more of a relay than anybody; what holds at the usual rates is shown in test/doors/rates.test.ts.
        RATE_SCALE: "100",
        ...env,
      };
      const relay = new RelayProcess(state, port, bundle, bindings, new Recording(), inspectorPort);
      try {
        await relay.start();
        return relay;
      } catch (error) {
        // Another test took the port meanwhile.
        if (tries >= PORT_TRIES || !String(error).includes("EADDRINUSE")) throw error;
      }
    }
  }

  get url(): string {
    return `http://${HOST}:${this.port}`;
  }

  /** 0 = it does not run. */
  get pid(): number {
    return this.#running?.pid ?? 0;
  }

  async start(): Promise<void> {
    this.#isMeantToEnd = false;
    this.#running = await startRelay({
      bundle: this.#bundle,
      state: this.state,
      host: HOST,
      port: this.port,
      bindings: this.#bindings,
      onLine: (line) => this.lines.add(line),
      reachesPrivate: this.#bindings["WEBHOOKS_TO_LOOPBACK"] === "1",
      ...(this.#inspectorPort === undefined ? {} : { inspectorPort: this.#inspectorPort }),
    });
    owned.add(this.#running.pid);
    void this.#watch(this.#running);
  }

  /** As if the power failed; resolves when it is gone. */
  async kill9(): Promise<void> {
    await this.#gone((running) => running.kill());
  }

  async stop(): Promise<void> {
    await this.#gone((running) => running.stop());
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Database files of objects: what a guessed id must not leave behind. */
  objectFiles(): string[] {
    return readdirSync(path.join(this.state, "objects"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".sqlite"))
      .sort();
  }

  async #gone(end: (running: RunningRelay) => void | Promise<void>): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#isMeantToEnd = true;
    await end(running);
    await running.exited;
    owned.remove(running.pid);
    this.#running = undefined;
  }

  /** One that ends by itself leaves its last words, whatever its test makes of that. */
  async #watch(running: RunningRelay): Promise<void> {
    const how = await running.exited;
    if (this.#isMeantToEnd) return;
    const said = [`workerd ended by itself (${how})`, ...this.lines.all.slice(-LAST_LINES)];
    process.stderr.write(`${said.join("\n")}\n`);
  }
}
