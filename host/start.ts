// `npm start`: relay, agent and a gateway that shows what passes, all of it on this machine, until Ctrl-C.
import { Activity } from "./activity.ts";
import { DEFAULT_PORT, type Arguments } from "./arguments.ts";
import { startProgram, type Program, type RunningProgram } from "./child.ts";
import { enrol, inherited, logIn, offerEnrolment, setUp, type Made, type Programs } from "./first-run.ts";
import { keepRunning, type Keeper, type KeeperEvents } from "./keep-running.ts";
import { typed, type Layout } from "./layout.ts";
import { logFile } from "./log-file.ts";
import { agentConfigOf, DEMO, demoMac, findOnPath, nameImsg, writeAgentConfig } from "./mac.ts";
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
    const session = new Session(args, layout, terminal, folder, lock, keepers);
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

class Session {
  readonly #args: Arguments;
  readonly #layout: Layout;
  readonly #terminal: Terminal;
  readonly #folder: StateFolder;
  readonly #lock: StateLock;
  readonly #keepers: Keeper[];

  constructor(
    args: Arguments,
    layout: Layout,
    terminal: Terminal,
    folder: StateFolder,
    lock: StateLock,
    keepers: Keeper[],
  ) {
    this.#args = args;
    this.#layout = layout;
    this.#terminal = terminal;
    this.#folder = folder;
    this.#lock = lock;
    this.#keepers = keepers;
  }

  async run(): Promise<void> {
    const secrets = readOrMakeSecrets(this.#folder.root);
    const before = readMemory(this.#folder);
    const port = await this.#startRelay(secrets, before?.port);
    const memory = await this.#join(before, `http://${HOST}:${port}`, port, secrets);
    await this.#configureMac(memory);
    const activity = new Activity(this.#terminal, memory.mac === DEMO);
    const isNew = before === undefined;
    for (const line of welcome(
      { memory, isNew, layout: this.#layout, folder: this.#folder },
      this.#terminal,
    )) {
      this.#terminal.say(line);
    }
    await this.#startGateway(activity);
    await this.#startAgent(activity);
  }

  /** The port of last time, if there was one: the agent and the gateway know it. */
  async #startRelay(secrets: Secrets, lastPort: number | undefined): Promise<number> {
    const log = logFile(this.#folder.relayLog);
    return withFreePort(
      this.#args.port ?? lastPort ?? DEFAULT_PORT,
      HOST,
      async (port) => {
        const origins = [`http://${HOST}:${port}`, `http://localhost:${port}`];
        const place = { layout: this.#layout, state: this.#folder.relay, host: HOST, port, secrets, origins };
        this.#keepers.push(await keepRelay({ ...place, onLine: log }, this.#told("relay")));
        return port;
      },
      (port) => this.#terminal.warn(`Port ${port} is taken; trying ${port + 1}.`),
    );
  }

  /** An account with its key, once; and the agent and the gateway told where the relay is, whenever it has moved. */
  async #join(before: Memory | undefined, relay: string, port: number, secrets: Secrets): Promise<Memory> {
    const programs: Programs = { layout: this.#layout, home: this.#folder.home };
    const made = before === undefined ? await setUp(programs, relay, secrets, "local") : undefined;
    let memory: Memory = before ?? {
      ...pick(made),
      port,
      mac: this.#args.demoMac ? DEMO : (findOnPath("imsg", process.env) ?? DEMO),
      agentAt: null,
      gatewayAt: null,
    };
    const keep = (changes: Partial<Memory>): void => {
      memory = { ...memory, port, ...changes };
      writeMemory(this.#folder, memory);
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

  async #configureMac({ mac }: Memory): Promise<void> {
    const file = agentConfigOf(this.#folder.home);
    if (mac !== DEMO) return nameImsg(file, mac);
    const dbPath = await demoMac(this.#layout, this.#folder.demoMac);
    return writeAgentConfig(file, { cliPath: this.#layout.sim, dbPath });
  }

  async #startAgent(activity: Activity): Promise<void> {
    const log = logFile(this.#folder.agentLog);
    const onLine = (line: string): void => {
      log(line);
      activity.agentLine(line);
    };
    await this.#keep("agent", this.#program(this.#layout.agent, ["run"], onLine), () => undefined);
  }

  /** A gateway like any other, through the drop-in: what it is shown is what passes. */
  async #startGateway(activity: Activity): Promise<void> {
    const onLine = (line: string, from: "out" | "err"): void => {
      if (from === "out") activity.gatewayLine(line);
    };
    const params = { include_reactions: true };
    const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "watch.subscribe", params });
    const gateway = this.#program(this.#layout.gateway, ["rpc", "--json"], onLine);
    await this.#keep("gateway", gateway, (running) => running.write(request));
  }

  async #keep(name: string, program: Program, started: (running: RunningProgram) => void): Promise<void> {
    const begin = async (): Promise<RunningProgram> => {
      const running = await startProgram(program);
      started(running);
      return running;
    };
    this.#keepers.push(await keepRunning(begin, this.#told(name)));
  }

  #program(script: string, args: readonly string[], onLine: Program["onLine"]): Program {
    const env = { ...inherited(), IMSG_RELAY_HOME: this.#folder.home };
    return { command: process.execPath, args: [script, ...args], env, onLine };
  }

  #told(name: string): KeeperEvents {
    return {
      onStart: (pid) => this.#lock.note(name, pid),
      onEnd: (how, againInMs) => {
        this.#lock.note(name, undefined);
        this.#terminal.warn(`The ${name} ended (${how}); it is started again in ${againInMs / 1_000} s.`);
      },
    };
  }
}

const pick = (made: Made | undefined): Pick<Memory, "tenant" | "account" | "credential"> => {
  if (made === undefined) throw new Error("nothing was made");
  const { tenant, account, credential } = made;
  return { tenant, account, credential };
};
