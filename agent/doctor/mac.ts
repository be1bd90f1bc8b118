// Everything there is to look at, each thing at most once and only when a check wants it.
import type { ProfileFiles } from "../node/home.ts";
import { AGENT_VERSION } from "../version.ts";
import type {
  AskFacts,
  KnockFacts,
  MessagesFacts,
  NodeFacts,
  ProofFacts,
  Responsible,
  TalkFacts,
} from "./facts.ts";
import type { Runners } from "./judge/messages.ts";
import { isOfScreen } from "./judge/programs.ts";
import type { DoctorPorts } from "./ports.ts";
import { lookAtDatabase, lookAtProgram, lookAtProgramFile } from "./probes/imsg.ts";
import { once } from "./probes/once.ts";
import {
  lookAtAgent,
  lookAtConfig,
  lookAtDisk,
  lookAtIdentity,
  readStoredIdentity,
} from "./probes/profile.ts";
import {
  lookAtLaunchd,
  lookAtMacos,
  lookAtMessages,
  lookAtPower,
  lookAtProcesses,
  lookAtRestart,
  lookAtSession,
} from "./probes/system.ts";
import { responsibleFor, type Processes } from "./read/processes.ts";

/** Elsewhere than on a Mac. */
const NO_LAUNCHD = { kind: "unknown", label: "", plist: "", hasPlist: false, uid: 0 } as const;

export class Mac {
  readonly ports: DoctorPorts;
  readonly version = AGENT_VERSION;
  readonly profile: string;
  readonly #files: ProfileFiles;

  constructor(ports: DoctorPorts, files: ProfileFiles, profile: string) {
    this.ports = ports;
    this.#files = files;
    this.profile = profile;
  }

  get isMac(): boolean {
    return this.ports.platform === "darwin";
  }

  readonly node = once((): NodeFacts => {
    const { version, path } = this.ports.node;
    return { version, path, realPath: this.ports.files.realPath(path) ?? path };
  });
  readonly macos = once(() => lookAtMacos(this.ports));
  readonly session = once(() => lookAtSession(this.ports));
  readonly identity = once(() => lookAtIdentity(this.ports, this.#files));
  readonly stored = once(() => readStoredIdentity(this.#files));
  readonly config = once(() => lookAtConfig(this.ports, this.#files));
  readonly processes = once(() => lookAtProcesses(this.ports));
  readonly agent = once(async () => {
    const processes = await this.processes();
    return lookAtAgent(this.ports, this.#files, processes, (pid) => this.#whose(pid, processes));
  });
  readonly launchd = once(async () =>
    this.isMac ? await lookAtLaunchd(this.ports, this.profile, this.#cliPath()) : NO_LAUNCHD,
  );
  readonly programFile = once(() => lookAtProgramFile(this.ports, this.#cliPath()));
  readonly program = once(() => lookAtProgram(this.ports, this.programFile()));
  readonly talk = once(async (): Promise<TalkFacts> => {
    const { path, isExecutable } = this.programFile();
    const config = this.config();
    if (path !== null && isExecutable) return await this.ports.talk(path, config.given);
    const trouble = { kind: "missing", reason: "imsg_missing", why: "not found or not executable" } as const;
    return { kind: "trouble", trouble, signal: null, isLocked: false };
  });
  readonly database = once(() => lookAtDatabase(this.ports, this.#database() ?? ""));
  readonly disk = once(() => lookAtDisk(this.ports, this.#files, this.#database()));
  /** From a remote login Messages would be asked for leave that nobody there can give. */
  readonly messages = once(async (): Promise<MessagesFacts> =>
    isOfScreen(await this.session()) ? await lookAtMessages(this.ports) : { kind: "not_asked" },
  );
  readonly power = once(() => lookAtPower(this.ports));
  readonly restart = once(async () => lookAtRestart(this.ports, await this.power()));
  readonly relay = once((): Promise<AskFacts> =>
    this.ports.net.get(`${this.stored()?.relay ?? ""}/v1/health`),
  );
  readonly knock = once(async (): Promise<KnockFacts> => {
    const stored = this.stored();
    return stored === undefined
      ? { kind: "failed", code: "not enrolled" }
      : await this.ports.net.knock(stored);
  });
  readonly proof = once(async (): Promise<ProofFacts> => {
    const stored = this.stored();
    return stored === undefined
      ? { kind: "unheard", why: "not enrolled" }
      : await this.ports.net.show(stored);
  });

  async runners(): Promise<Runners> {
    const here = this.#whose(this.ports.pid, await this.processes());
    return { agent: await this.agent(), launchd: await this.launchd(), here, node: this.node() };
  }

  /** Whom macOS asks on behalf of a process, by its real path: what a table of processes has is how it was called. */
  #whose(pid: number, processes: Processes): Responsible | null {
    const found = responsibleFor(pid, processes);
    if (found?.kind !== "program") return found ?? null;
    const { path } = found;
    return {
      kind: "program",
      path: path === "node" ? this.node().realPath : (this.ports.files.realPath(path) ?? path),
    };
  }

  #cliPath(): string {
    const config = this.config();
    return config.kind === "read" ? config.cliPath : "imsg";
  }

  #database(): string | undefined {
    const config = this.config();
    return config.kind === "read" ? config.database : undefined;
  }
}
