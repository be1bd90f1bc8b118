// `npm start`: relay, agent and a gateway that shows what passes, all of it on this machine, until Ctrl-C.
import { Activity } from "./activity.ts";
import { DEFAULT_PORT, type Arguments } from "./arguments.ts";
import { startProgram, type Program, type RunningProgram } from "./child.ts";
import { enrol, inherited, logIn, offerEnrolment, setUp, type Made, type Programs } from "./first-run.ts";
import { keepRunning, type Keeper, type KeeperEvents } from "./keep-running.ts";
import { typed, type Layout } from "./layout.ts";
import { logFile } from "./log-file.ts";
import {
  agentConfigOf,
  attachmentsOf,
  DEMO,
  demoMac,
  findOnPath,
  nameImsg,
  writeAgentConfig,
} from "./mac.ts";
import { withFreePort } from "./ports.ts";
import { makePrivateFolder } from "./private-folder.ts";
import { keepRelay } from "./relay.ts";
import { readOrMakeSecrets, type Secrets } from "./secrets.ts";
import { onInterruption } from "./signals.ts";
import { readMemory, stateFolder, writeMemory, type Memory, type StateFolder } from "./state-folder.ts";
import { StateLock } from "./state-lock.ts";
import type { Terminal } from "./terminal.ts";
import { welcome } from "./welcome.ts";

const HOST = "127.0.0.1";

export async function start(args: Arguments, layout: Layout, terminal: Terminal): Promise<number> {
  const folder = stateFolder(args.state);
  makePrivateFolder(folder.root);
  const lock = await StateLock.take(folder.root, (name, pid) =>
    terminal.warn(`The ${name} of an earlier run was still there (process ${pid}) and has been ended.`),
  );
  const keepers: Keeper[] = [];
  const interruption = onInterruption(() => process.exit(1));
  try {
    const session = new Session({ args, layout, terminal, folder, lock, keepers });
    await Promise.race([session.run(), interruption.asked]);
    await interruption.asked;
    terminal.say();
    terminal.say("Stopping …");
    return 0;
  } finally {
    // The last one started leaves first: the relay outlives whoever is connected to it.
    for (const keeper of keepers.reverse()) await keeper.stop();
    lock.release();
    if (interruption.wasAsked()) terminal.say(`Stopped. Everything is kept in ${typed(folder.root)}.`);
  }
}

interface Parts {
  readonly args: Arguments;
  readonly layout: Layout;
  readonly terminal: Terminal;
  readonly folder: StateFolder;
  readonly lock: StateLock;
  /** What was started, in that order. */
  readonly keepers: Keeper[];
}

class Session {
  readonly #parts: Parts;
  readonly #before: Memory | undefined;
  readonly #mac: string;
  readonly #activity: Activity;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#before = readMemory(parts.folder);
    this.#mac = this.#before?.mac ?? (parts.args.demoMac ? DEMO : (findOnPath("imsg", process.env) ?? DEMO));
    this.#activity = new Activity(parts.terminal, this.#mac === DEMO);
  }

  async run(): Promise<void> {
    const { folder, layout, terminal } = this.#parts;
    const secrets = readOrMakeSecrets(folder.root);
    const port = await this.#startRelay(secrets);
    const memory = await this.#join(`http://${HOST}:${port}`, port, secrets);
    await this.#configureMac();
    const isNew = this.#before === undefined;
    for (const line of welcome({ memory, isNew, layout, folder }, terminal)) terminal.say(line);
    await this.#startGateway();
    await this.#startAgent();
  }

  /** The port of last time, if there was one: the agent and the gateway know it. */
  async #startRelay(secrets: Secrets): Promise<number> {
    const { args, folder, keepers, layout, terminal } = this.#parts;
    const log = logFile(folder.relayLog);
    const onLine = (line: string): void => {
      log(line);
      this.#activity.relayLine(line);
    };
    return withFreePort(
      args.port ?? this.#before?.port ?? DEFAULT_PORT,
      HOST,
      async (port) => {
        const origins = [`http://${HOST}:${port}`, `http://localhost:${port}`];
        const place = {
          layout,
          state: folder.relay,
          host: HOST,
          port,
          secrets,
          origins,
          webhooksToLoopback: true,
        };
        keepers.push(await keepRelay({ ...place, onLine }, this.#told("relay")));
        return port;
      },
      (port) => terminal.warn(`Port ${port} is taken; trying ${port + 1}.`),
    );
  }

  /** An account with its key, once; and the agent and the gateway told where the relay is, whenever it has moved. */
  async #join(relay: string, port: number, secrets: Secrets): Promise<Memory> {
    const { folder, layout } = this.#parts;
    const programs: Programs = { layout, home: folder.home };
    const made = this.#before === undefined ? await setUp(programs, relay, secrets, "local") : undefined;
    let memory = this.#before ?? { ...pick(made), port, mac: this.#mac, agentAt: null, gatewayAt: null };
    const keep = (changes: Partial<Memory>): void => {
      memory = { ...memory, port, ...changes };
      writeMemory(folder, memory);
    };
    // Written before the code is used: an account that is made is not made again.
    keep({});
    if (memory.agentAt !== relay) {
      await enrol(programs, made?.enrolment.url ?? (await offerEnrolment(relay, memory.account, secrets)));
      keep({ agentAt: relay });
    }
    if (memory.gatewayAt !== relay) {
      await logIn(programs, relay, memory);
      keep({ gatewayAt: relay });
    }
    return memory;
  }

  async #configureMac(): Promise<void> {
    const { folder, layout } = this.#parts;
    const file = agentConfigOf(folder.home);
    if (this.#mac !== DEMO) return nameImsg(file, this.#mac);
    const dbPath = await demoMac(layout, folder.demoMac);
    return writeAgentConfig(file, { cliPath: layout.sim, dbPath, attachment_roots: [attachmentsOf(dbPath)] });
  }

  async #startAgent(): Promise<void> {
    const log = logFile(this.#parts.folder.agentLog);
    const onLine = (line: string): void => {
      log(line);
      this.#activity.agentLine(line);
    };
    await this.#keep("agent", this.#program(this.#parts.layout.agent, ["run"], onLine), () => undefined);
  }

  /** A gateway like any other, through the drop-in: what it is shown is what passes. */
  async #startGateway(): Promise<void> {
    const onLine = (line: string, from: "out" | "err"): void => {
      if (from === "out") this.#activity.gatewayLine(line);
      else this.#activity.complaint(line);
    };
    const params = { include_reactions: true };
    const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "watch.subscribe", params });
    const gateway = this.#program(this.#parts.layout.gateway, ["rpc", "--json"], onLine);
    await this.#keep("gateway", gateway, (running) => running.write(request));
  }

  async #keep(name: string, program: Program, started: (running: RunningProgram) => void): Promise<void> {
    const begin = async (): Promise<RunningProgram> => {
      const running = await startProgram(program);
      started(running);
      return running;
    };
    this.#parts.keepers.push(await keepRunning(begin, this.#told(name)));
  }

  #program(script: string, args: readonly string[], onLine: Program["onLine"]): Program {
    const env = { ...inherited(), IMSG_RELAY_HOME: this.#parts.folder.home };
    return { command: process.execPath, args: [script, ...args], env, onLine };
  }

  #told(name: string): KeeperEvents {
    return {
      onStart: (pid) => this.#parts.lock.note(name, pid),
      onEnd: (how, againInMs) => {
        this.#parts.lock.note(name, undefined);
        this.#parts.terminal.warn(
          `The ${name} ended (${how}); it is started again in ${againInMs / 1_000} s.`,
        );
      },
    };
  }
}

const pick = (made: Made | undefined): Pick<Memory, "tenant" | "account" | "credential"> => {
  if (made === undefined) throw new Error("nothing was made");
  const { tenant, account, credential } = made;
  return { tenant, account, credential };
};
