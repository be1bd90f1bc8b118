// `install`: the agent as a LaunchAgent, started at login and again when it falls.
import { accessSync, constants, realpathSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { mistakeInWords } from "../config/config-file.ts";
import { holdsPassword, serviceEnvironment } from "../launchd/environment.ts";
import { describeService } from "../launchd/launch-agent.ts";
import { launchctl } from "../launchd/launchctl.ts";
import { homebrewLink, isPassing, managerOf } from "../launchd/node-place.ts";
import { launchAgentOf, logOf, stderrLogOf } from "../launchd/place.ts";
import { encodePlist } from "../launchd/plist.ts";
import { failureInWords, installService } from "../launchd/service.ts";
import { makePrivateFolder, profileFiles, readIdentity } from "../node/home.ts";
import { expandHome } from "../node/machine.ts";
import { OwnerFileOnDisk } from "../node/owner-file.ts";
import { isAlive, readStored } from "../node/status-file.ts";
import { complain, EXIT, ourCommand, PROFILE_HELP, PROFILE_OPTION, say, type Command } from "./command.ts";

export const install: Command = {
  name: "install",
  args: "",
  summary: "start the agent at login, by launchd, and whenever it falls; done twice it changes nothing",
  options: { ...PROFILE_OPTION, "dry-run": { type: "boolean" }, node: { type: "string" } },
  optionHelp: {
    ...PROFILE_HELP,
    "dry-run": "print the LaunchAgent, change nothing",
    "node PATH": "the Node that is to run it (default: the one that runs this)",
  },
  run: async ({ options, environment }) => {
    const profile = String(options["profile"]);
    const files = profileFiles(environment, profile);
    if (files === undefined) {
      complain("a profile's name holds letters, digits, dots, dashes and underscores");
      return EXIT.usage;
    }
    const node = nodeOf(options["node"]);
    if (node === undefined) {
      complain("--node needs the whole path of a program that may be run");
      return EXIT.usage;
    }
    const uid = process.getuid?.() ?? -1;
    if (environment["SUDO_USER"] !== undefined || (uid === 0 && process.platform === "darwin")) {
      complain("run it without sudo, as the user whose Messages it is to serve");
      return EXIT.usage;
    }
    if (!readIdentity(files.identity).ok) {
      complain(`profile "${profile}" is not enrolled; run: ${ourCommand("enroll URL#CODE", profile)}`);
      return EXIT.setup;
    }
    const owner = OwnerFileOnDisk.open(files.config);
    if (!owner.ok) {
      complain(mistakeInWords(files.config, owner.error));
      return EXIT.setup;
    }
    const { cliPath } = owner.value.look().file;
    const imsg = cliPath.includes("/") ? undefined : findProgram(cliPath, environment["PATH"] ?? "");
    const { label, plist } = launchAgentOf(profile, homedir());
    const log = logOf(profile, homedir());
    const service = {
      label,
      profile,
      node,
      program: realpathSync(process.argv[1] ?? ""),
      log,
      stderrLog: stderrLogOf(log),
      environment: serviceEnvironment(environment, imsg),
    };
    const text = encodePlist(describeService(service));
    if (!text.ok) {
      complain(`this cannot be written into a LaunchAgent: ${JSON.stringify(text.error)}`);
      return EXIT.failed;
    }
    if (options["dry-run"] === true) {
      process.stdout.write(text.value);
      return EXIT.ok;
    }
    // launchd makes neither its folder nor anybody else's.
    makePrivateFolder(path.dirname(log));
    const place = { label, plist, uid, launchctl, wait: (ms: number) => wait(ms) };
    const done = await installService(place, text.value);
    if (!done.ok) {
      complain(failureInWords(done.error, place));
      return EXIT.failed;
    }
    say(DONE[done.value]);
    say(`LaunchAgent ${plist}`);
    say(`Log         ${log}`);
    say("");
    if (done.value !== "unchanged") for (const line of permissionsOf(node)) say(line);
    for (const line of warningsOf(service, cliPath, imsg)) say(line);
    say("");
    const running = done.value === "unchanged" ? undefined : readStored(files.status);
    if (running !== undefined && isAlive(running) && done.value === "installed")
      say(
        `An agent of this profile runs already (pid ${running.pid}). End it: launchd's own takes over within 15 s.`,
      );
    say(`See whether it serves: ${ourCommand("status", profile)}`);
    return EXIT.ok;
  },
};

const DONE = {
  unchanged: "Installed already, and running: nothing was changed.",
  started: "Installed already; it runs again.",
  installed: "Installed: it runs now, and after every login.",
  replaced: "Installed anew: it was restarted with what changed.",
} as const;

/** Undefined where the one that is named cannot be run. */
function nodeOf(named: string | boolean | undefined): string | undefined {
  if (typeof named === "string") {
    const file = expandHome(named);
    return path.isAbsolute(file) && isProgram(file) ? file : undefined;
  }
  const link = homebrewLink(process.execPath);
  // Homebrew's own link outlives an upgrade; its folder of the version does not.
  return link !== undefined && realOf(link) === process.execPath ? link : process.execPath;
}

const permissionsOf = (node: string): string[] => [
  "macOS gives its permissions to the program that launchd starts. Here that is",
  `  ${realOf(node) ?? node}`,
  "Add it in System Settings > Privacy & Security > Full Disk Access: +, then Command-Shift-G, then this path.",
];

function* warningsOf(
  { node, program, environment }: { node: string; program: string; environment: Record<string, string> },
  cliPath: string,
  imsg: string | undefined,
): Generator<string> {
  const manager = managerOf(realOf(node) ?? node);
  if (manager !== null) {
    yield `Warning: this Node is kept by ${manager}, in a folder of its version. An upgrade puts another program there, and`;
    yield "  Full Disk Access has to be given anew. A Node that stays in its place, as the installer of nodejs.org";
    yield "  puts it, does not have that: imsg-relay-agent install --node /usr/local/bin/node";
  }
  if (isPassing(program)) {
    yield `Warning: ${program} is in a folder that is emptied now and then.`;
    yield "  Install the agent for good (npm install -g), and run install again with that.";
  }
  if (!cliPath.includes("/") && imsg === undefined)
    yield `Warning: there is no "${cliPath}" on this PATH. Install imsg, or set cliPath in agent.jsonc.`;
  if (holdsPassword(environment))
    yield "Note: the address of the proxy holds a password; it stands in the LaunchAgent, which you alone can read.";
}

function findProgram(name: string, searched: string): string | undefined {
  return searched
    .split(":")
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function realOf(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}
