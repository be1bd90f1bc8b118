// A Mac for the doctor: real files, a real (simulated) imsg, and programs of macOS that are real child processes and
// say what the test wrote down for them.
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { examine, type Finding } from "../../../../agent/doctor/examine.ts";
import { CHECK_IDS, type CheckId } from "../../../../agent/doctor/check-ids.ts";
import { launchAgentOf } from "../../../../agent/launchd/place.ts";
import { Mac } from "../../../../agent/doctor/mac.ts";
import { doctorPorts } from "../../../../agent/doctor/node/doctor-ports.ts";
import { talkTo } from "../../../../agent/doctor/node/talk.ts";
import type { DoctorFiles, DoctorNet, DoctorPorts } from "../../../../agent/doctor/ports.ts";
import { profileFiles, type ProfileFiles } from "../../../../agent/node/home.ts";
import { Mac as Messages } from "../../../imsg-sim/scenario.ts";
import type { Programs } from "../../support/programs.ts";

/** Does what is in the file beside it that is named after its first or second argument, or after none. */
const SAYS = `#!/bin/sh
for said in "$0.$1" "$0.$2" "$0."; do [ -e "$said" ] && . "$said"; done
`;
const inQuotes = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

interface Said {
  readonly out?: string;
  readonly err?: string;
  readonly code?: number;
}

export const TERMINAL = "/System/Applications/Utilities/Terminal.app";
const PID_OF_LAUNCHD = 1;

export class FakeMac {
  readonly home: string;
  readonly bin: string;
  readonly files: ProfileFiles;
  readonly messages: Messages;
  readonly publicKey: KeyObject;
  readonly imsg: string;
  /** Set by a test before it looks. */
  ports: Partial<DoctorPorts> = {};
  look: Partial<DoctorFiles> = {};
  net: Partial<DoctorNet> = {};
  environment: Record<string, string | undefined> = {};
  imsgMs = 15_000;
  readonly #relay: string;
  readonly #privateKey: string;

  constructor(programs: Programs, relay: string) {
    this.home = mkdtempSync(path.join(programs.folder, "mac-"));
    this.bin = path.join(this.home, "bin");
    mkdirSync(this.bin);
    const files = profileFiles({ IMSG_RELAY_HOME: path.join(this.home, "relay") }, "default");
    if (files === undefined) throw new Error("no profile");
    this.files = files;
    this.imsg = programs.imsg;
    this.#relay = relay;
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    this.publicKey = publicKey;
    this.#privateKey = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    this.messages = new Messages({ folder: path.join(this.home, "Messages"), settings: { contacts: true } });
    mkdirSync(files.folder, { recursive: true, mode: 0o700 });
    this.enrol();
    this.config({});
    this.program("sw_vers", { out: "15.6.1\n" });
    this.program("launchctl managername", { out: "Aqua\n" });
    this.program("stat", { out: "ada\n" });
    this.program("xattr", { code: 1, err: "No such xattr: com.apple.quarantine\n" });
    this.program("fdesetup", { out: "FileVault is Off.\n" });
    this.program("defaults", { out: "ada\n" });
    this.program("osascript", { out: "1\n" });
    this.power(0);
    this.program("pmset assertions", {
      out: "Assertion status system-wide:\n   PreventUserIdleSystemSleep     1\n",
    });
    this.launchd();
    this.processes([
      [process.pid, 700, process.execPath],
      [700, 600, "-zsh"],
      [600, PID_OF_LAUNCHD, `${TERMINAL}/Contents/MacOS/Terminal`],
    ]);
    this.status();
  }

  /** `launchctl print` is what `launchctl` says when its first argument is `print`. */
  program(command: string, { out = "", err = "", code = 0 }: Said): void {
    const [name = "", argument = ""] = command.split(" ");
    const file = path.join(this.bin, name);
    writeFileSync(file, SAYS, { mode: 0o755 });
    // Nothing but what the shell has built in: a hundred conditions are a thousand of these.
    const says = `printf %s ${inQuotes(out)}\nprintf %s ${inQuotes(err)} >&2\nexit ${code}\n`;
    writeFileSync(`${file}.${argument}`, says);
  }

  enrol(change: Record<string, unknown> = {}): void {
    const identity = {
      version: 1,
      relay: this.#relay,
      account: "acc_test",
      tenant: "ten_test",
      install: "ins_test",
      name: "mini",
      private_key: this.#privateKey,
      created_at: new Date(Date.now() + 60_000).toISOString(),
      ...change,
    };
    writeFileSync(this.files.identity, JSON.stringify(identity));
    chmodSync(this.files.identity, 0o600);
  }

  config(settings: Record<string, unknown>): void {
    const given = { cliPath: this.imsg, dbPath: this.messages.dbPath, ...settings };
    writeFileSync(this.files.config, JSON.stringify(given));
  }

  power(sleep: number, more = ""): void {
    const out = `Battery Power:\n Sleep On Power Button 1\n powernap             0\n sleep                1\nAC Power:\n Sleep On Power Button 1\n autorestart          1\n powernap             1\n sleep                ${sleep}${more}\n`;
    this.program("pmset custom", { out });
  }

  processes(rows: readonly (readonly [pid: number, parent: number, path: string])[]): void {
    this.program("ps", { out: rows.map(([pid, parent, name]) => `${pid} ${parent} ${name}\n`).join("") });
  }

  /** The LaunchAgent, loaded and running as the process of this test. */
  launchd(change: { program?: string; pid?: number | null; lastExit?: string; path?: string } = {}): void {
    const {
      program = process.execPath,
      pid = process.pid,
      lastExit = "(never exited)",
      path: searched = this.bin,
    } = change;
    const { label, plist } = launchAgentOf("default", this.home);
    mkdirSync(path.dirname(plist), { recursive: true });
    writeFileSync(plist, "<plist/>");
    const out = `gui/501/${label} = {
\tactive count = 1
\tpath = ${plist}
\tstate = ${pid === null ? "spawn scheduled" : "running"}

\tprogram = ${program}
\targuments = {
\t\t${program}
\t\t/opt/imsg-relay/agent.cjs
\t\trun
\t}

\tinherited environment = {
\t\tSSH_AUTH_SOCK => /private/tmp/x
\t}

\tenvironment = {
\t\tPATH => ${searched}
\t\tXPC_SERVICE_NAME => ${label}
\t}

${pid === null ? "" : `\tpid = ${pid}\n`}\tlast exit code = ${lastExit}
}
`;
    this.program("launchctl print", { out });
  }

  get plist(): string {
    return launchAgentOf("default", this.home).plist;
  }

  /** What the running agent wrote of itself; by default it is well. */
  status(change: Record<string, unknown> = {}): void {
    const now = Date.now();
    const status = {
      pid: process.pid,
      written_at: now,
      link: { state: "live", since: now, problem: null },
      health: { state: "ok", reason: null, remedy: null },
      engine: { version: "0.15.0", pages: true },
      feed: { position: 1, caught_up: true, held: 0, catch_up: null },
      backlog: 0,
      operations_unacked: 0,
      ...change,
    };
    writeFileSync(this.files.status, JSON.stringify(status));
  }

  /** The agent runs, and is not connected. */
  unlinked(problem: string, forMs = 0): void {
    this.status({ link: { state: "waiting", since: Date.now() - forMs, problem } });
  }

  unwell(reason: string): void {
    this.status({ health: { state: "down", reason, remedy: "" } });
  }

  /** A program in the place of imsg. */
  script(text: string, mode = 0o755): string {
    const file = path.join(this.home, "other-imsg");
    writeFileSync(file, text, { mode });
    this.config({ cliPath: file });
    return file;
  }

  async examine(only?: CheckId, offline = false): Promise<Finding[]> {
    const { signal } = new AbortController();
    const environment: NodeJS.ProcessEnv = {
      ...process.env,
      PATH: `${this.bin}:${process.env["PATH"]}`,
      IMSG_SIM_DB: this.messages.dbPath,
      ...this.environment,
    };
    for (const name of ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"])
      if (!Object.hasOwn(this.environment, name)) delete environment[name];
    const real = doctorPorts(environment, signal);
    const ports: DoctorPorts = {
      ...real,
      platform: "darwin",
      architecture: "arm64",
      home: this.home,
      talk: (cliPath, database) => talkTo(cliPath, database, signal, this.imsgMs),
      ...this.ports,
      files: { ...real.files, ...this.look },
      net: { ...real.net, ...this.net },
    };
    return await examine(new Mac(ports, this.files, "default"), { only, offline, signal }, () => undefined);
  }

  async find(id: CheckId): Promise<Finding> {
    const found = (await this.examine(id)).find((finding) => finding.id === id);
    if (found === undefined) throw new Error(`no finding of ${id}`);
    return found;
  }
}

/** A remedy as one text, for looking into. */
export const stepsOf = ({ remedy }: Finding): string =>
  remedy.map((step) => ("run" in step ? `$ ${step.run}` : step.say)).join("\n");

export const statesOf = (findings: readonly Finding[]): Record<string, string> =>
  Object.fromEntries(findings.map(({ id, state }) => [id, state]));

export const ALL_WELL = Object.fromEntries(CHECK_IDS.map((id) => [id, "ok"]));

export const readJson = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
