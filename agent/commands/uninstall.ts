// `uninstall`: launchd forgets the agent. What the agent knows stays, unless it is told to go.
import { rmSync } from "node:fs";
import { homedir } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { launchctl } from "../launchd/launchctl.ts";
import { launchAgentOf, logOf, stderrLogOf } from "../launchd/place.ts";
import { failureInWords, uninstallService } from "../launchd/service.ts";
import { profileFiles } from "../node/home.ts";
import { rotatedNames } from "../node/rotating-file.ts";
import { isAlive, readStored } from "../node/status-file.ts";
import { complain, EXIT, PROFILE_HELP, PROFILE_OPTION, say, type Command } from "./command.ts";

export const uninstall: Command = {
  name: "uninstall",
  args: "",
  summary: "undo install; who this agent is, and its settings, stay",
  options: { ...PROFILE_OPTION, purge: { type: "boolean" } },
  optionHelp: {
    ...PROFILE_HELP,
    purge: "remove them as well: identity, settings, journal, files that wait to be sent, logs",
  },
  run: async ({ options, environment }) => {
    const profile = String(options["profile"]);
    const files = profileFiles(environment, profile);
    if (files === undefined) {
      complain("a profile's name holds letters, digits, dots, dashes and underscores");
      return EXIT.usage;
    }
    const uid = process.getuid?.() ?? -1;
    const place = { ...launchAgentOf(profile, homedir()), uid, launchctl, wait: (ms: number) => wait(ms) };
    const done = await uninstallService(place);
    if (!done.ok) {
      complain(failureInWords(done.error, place));
      return EXIT.failed;
    }
    say(done.value ? "Uninstalled: launchd does not start the agent any more." : "It was not installed.");
    if (options["purge"] !== true) {
      say(`Kept: ${files.folder}, and the log. --purge removes them.`);
      return EXIT.ok;
    }
    const running = readStored(files.status);
    if (running !== undefined && isAlive(running)) {
      complain(
        `the agent runs (pid ${running.pid}), so that nothing else was removed; end it, then try again`,
      );
      return EXIT.failed;
    }
    rmSync(files.folder, { recursive: true, force: true });
    const log = logOf(profile, homedir());
    for (const file of [...rotatedNames(log), stderrLogOf(log)]) rmSync(file, { force: true });
    say(`Removed: ${files.folder}, and the log.`);
    say("The relay may still list this Mac: it can be revoked there. A new enrolment makes a new identity.");
    return EXIT.ok;
  },
};
