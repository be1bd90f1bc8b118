// `run`: the agent in the foreground, until a signal ends it.
import path from "node:path";
import { stderrLogOf } from "../launchd/place.ts";
import { glyphsFor } from "../../shared/terminal/terminal-kind.ts";
import { AGENT_VERSION } from "../version.ts";
import { createAgent } from "../core.ts";
import { mistakeInWords } from "../config/config-file.ts";
import type { StoredIdentity } from "../identity.ts";
import { CatchUpBar } from "../node/catch-up-bar.ts";
import { attachmentOpener } from "../node/attachment-file.ts";
import { imsgSpawner } from "../node/child.ts";
import { proxyAgent, socketDial } from "../node/dial.ts";
import { makePrivateFolder, type ProfileFiles } from "../node/home.ts";
import { watchIdentity, type IdentityChange } from "../node/identity-watch.ts";
import { journalFile } from "../node/journal-file.ts";
import { Awake } from "../node/keep-awake.ts";
import { fileKeys } from "../node/keys.ts";
import { takeLastWords } from "../node/last-words.ts";
import { createLog } from "../node/log.ts";
import {
  databaseStamp,
  DEFAULT_DATABASE,
  expandHome,
  fileSize,
  randomName,
  realPath,
  sha256,
  systemClock,
} from "../node/machine.ts";
import { OwnerFileOnDisk } from "../node/owner-file.ts";
import { RotatingFile } from "../node/rotating-file.ts";
import { isAlive, readStored, StatusFile } from "../node/status-file.ts";
import { stagingFolder } from "../node/staging-folder.ts";
import { transferHttp } from "../node/transfer-http.ts";
import { complain, EXIT, PROFILE_HELP, PROFILE_OPTION, type Command, type ExitCode } from "./command.ts";
import { openIdentity, profileOf } from "./profile.ts";

/** For the goodbye to leave and imsg to end. */
const GRACE_MS = 1_500;

export const run: Command = {
  name: "run",
  args: "",
  summary: "serve the account: start imsg, connect to the relay, stay",
  options: {
    ...PROFILE_OPTION,
    takeover: { type: "boolean" },
    verbose: { type: "boolean" },
    log: { type: "string" },
  },
  optionHelp: {
    ...PROFILE_HELP,
    takeover: "take the account over from another Mac that serves it",
    verbose: "log more",
    "log FILE": "write the log there, in files of at most 5 MiB, and not on stderr",
  },
  run: async ({ options, environment }) => {
    // Absolute: the working directory changes for moments (../node/attachment-file.ts).
    const logFile = typeof options["log"] === "string" ? path.resolve(options["log"]) : undefined;
    const file = logFile === undefined ? undefined : new RotatingFile(logFile);
    // Before anything can go wrong again: what went wrong the last time is kept in order, and does not grow.
    if (logFile !== undefined) keepLastWords(logFile, file);
    const opened = openIdentity({ options, environment, positionals: [] });
    if (typeof opened === "number") return opened;
    const { files, identity } = opened;
    // Two agents of one profile would write one journal, and take the link from each other for ever.
    const other = readStored(files.status);
    if (other !== undefined && isAlive(other)) {
      complain(`profile "${profileOf({ options })}" is served already (pid ${other.pid})`);
      return EXIT.failed;
    }
    makePrivateFolder(files.folder);
    const owner = OwnerFileOnDisk.open(files.config);
    if (!owner.ok) {
      complain(mistakeInWords(files.config, owner.error));
      return EXIT.setup;
    }
    return await serve(files, identity, owner.value, {
      takeover: options["takeover"] === true,
      verbose: options["verbose"] === true,
      bar: file === undefined ? barFor(environment) : undefined,
      file,
    });
  },
};

interface RunOptions {
  readonly takeover: boolean;
  readonly verbose: boolean;
  readonly bar: CatchUpBar | undefined;
  /** Undefined = the log goes to stderr. */
  readonly file: RotatingFile | undefined;
}

async function serve(
  files: ProfileFiles,
  stored: StoredIdentity,
  owner: OwnerFileOnDisk,
  { takeover, verbose, bar, file }: RunOptions,
): Promise<ExitCode> {
  const stderr = bar?.write ?? ((line: string) => void process.stderr.write(line));
  const write = file === undefined ? stderr : (line: string) => file.write(line);
  const isHuman = file === undefined && process.stderr.isTTY;
  const log = createLog(write, { human: isHuman, hasBar: bar !== undefined, verbose }, Date.now);
  const imsg = (): { cliPath: string; dbPath: string | undefined } => {
    const { cliPath, dbPath } = owner.look().file;
    return { cliPath: expandHome(cliPath), dbPath: dbPath === undefined ? undefined : expandHome(dbPath) };
  };
  const proxy = await proxyAgent(stored.relay);
  const agent = createAgent(
    {
      clock: systemClock,
      random: Math.random,
      randomName,
      dial: socketDial(proxy),
      spawnImsg: imsgSpawner(imsg),
      journal: journalFile(files.journal),
      databaseStamp: databaseStamp(() => imsg().dbPath ?? expandHome(DEFAULT_DATABASE)),
      owner,
      realPath,
      fileSize,
      keys: fileKeys(files.identity, stored, log),
      transfers: {
        open: attachmentOpener(() => owner.look().file.attachmentRoots),
        wire: transferHttp({ origin: stored.relay, account: stored.account, proxy }),
        staging: stagingFolder(files.staging),
        sha256,
      },
      log,
    },
    {
      relay: stored.relay,
      account: stored.account,
      install: stored.install,
      agent: `imsg-relay-agent/${AGENT_VERSION}`,
      takeover,
    },
  );
  const statusFile = new StatusFile(files.status, () => agent.status(), log);
  log("info", "start", { version: AGENT_VERSION, relay: stored.relay, pid: process.pid });
  agent.start();
  statusFile.start();
  const awake = new Awake(log);
  awake.set(owner.look().file.keepAwake);
  const stopWatching = owner.watch(() => awake.set(owner.look().file.keepAwake));
  bar?.start(() => agent.status().feed.catch_up);
  // `once`: a second signal ends the process the hard way.
  const ended = await new Promise<NodeJS.Signals | IdentityChange>((resolve) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, resolve);
    watchIdentity(files.identity, stored, resolve);
  });
  bar?.stop();
  // Whoever keeps the agent running starts it again after `changed`, and leaves it after an end in order.
  const code = ended === "changed" ? EXIT.changed : EXIT.ok;
  if (ended === "changed")
    log("error", "stop", {
      why: "another command changed who this agent is, or where its relay is: start it again",
    });
  else if (ended === "gone") log("warn", "stop", { why: "this Mac left the account" });
  else log("info", "stop", { signal: ended });
  stopWatching();
  awake.stop();
  agent.stop();
  statusFile.stop();
  // Sockets and children that do not end by themselves must not keep the process.
  setTimeout(() => process.exit(code), GRACE_MS).unref();
  return code;
}

function keepLastWords(log: string, file: RotatingFile | undefined): void {
  const at = new Date().toISOString();
  for (const text of takeLastWords(stderrLogOf(log)))
    file?.write(`${JSON.stringify({ at, level: "error", event: "stderr", text })}\n`);
}

function barFor(environment: NodeJS.ProcessEnv): CatchUpBar | undefined {
  const glyphs = glyphsFor(environment, process.stderr.isTTY, process.platform);
  return glyphs === undefined ? undefined : new CatchUpBar(process.stderr, glyphs);
}
