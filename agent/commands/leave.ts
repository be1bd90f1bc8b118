// `leave`: this Mac ends its own enrolment. The relay is told first; then the key goes. The journal of sends stays
// while the relay may still ask what became of one, so that a Mac that joins again sends nothing twice.
import { rmSync, statSync } from "node:fs";
import { localTime } from "../../shared/terminal/local-time.ts";
import { JOURNAL_MS } from "../limits.ts";
import { proxyAgent } from "../node/dial.ts";
import { readIdentity, writeDurable, type ProfileFiles } from "../node/home.ts";
import type { Left } from "../identity.ts";
import {
  EXIT,
  failed,
  JSON_HELP,
  ourCommand,
  PROFILE_HELP,
  PROFILE_OPTION,
  say,
  sentence,
  YES_HELP,
  YES_OPTION,
  type Command,
} from "./command.ts";
import { forget } from "./begun-enrolment.ts";
import { confirm } from "./confirm.ts";
import { openFiles, openIdentity, profileOf } from "./profile.ts";
import { proveOver } from "./prove.ts";

export const leave: Command = {
  name: "leave",
  args: "",
  summary: "end this Mac's enrolment: the relay is told, and the key is deleted",
  options: { ...PROFILE_OPTION, ...YES_OPTION, force: { type: "boolean" }, json: { type: "boolean" } },
  optionHelp: {
    ...PROFILE_HELP,
    ...YES_HELP,
    force: "delete the key also where the relay cannot be told; revoke the install there",
    ...JSON_HELP,
  },
  run: async (input) => {
    const isJson = input.options["json"] === true;
    const files = openFiles(input);
    if (typeof files === "number") return files;
    if (sweepJournal(files)) {
      say(
        isJson ? JSON.stringify({ ok: true, journal: null }) : "The journal of its last sends was deleted.",
      );
      return EXIT.ok;
    }
    const opened = openIdentity(input);
    if (typeof opened === "number") return opened;
    const { identity } = opened;
    const { relay, account, install } = identity;
    if (!isJson) {
      say(`Relay    ${relay}`);
      say(`Account  ${account}`);
      say("The account is without this Mac from then on. It can join again only with a new code.");
    }
    const declined = await confirm("Leave the account?", input);
    if (declined !== undefined) return declined;

    const prove = proveOver(await proxyAgent(relay));
    const keys = [identity.next_key, identity.private_key].filter((key) => key !== undefined);
    let told = await prove({ relay, identity, key: keys[0] ?? identity.private_key, wish: "leave" });
    if (!told.ok && told.error.kind === "unknown" && keys[1] !== undefined)
      told = await prove({ relay, identity, key: keys[1], wish: "leave" });
    // One that had ended there already has nothing to tell any more.
    const isEnded = told.ok || told.error.kind === "ended";
    if (!isEnded && input.options["force"] !== true) {
      const why = told.ok ? "" : told.error.why;
      return failed(
        `${sentence(why)} The relay was not told and nothing was deleted; try again, or use --force and have ${install} revoked there`,
        isJson,
      );
    }
    const left: Left = { relay, account, install, left_at: Date.now() };
    writeDurable(files.left, `${JSON.stringify(left)}\n`);
    rmSync(files.identity, { force: true });
    forget(files);
    rmSync(files.staging, { recursive: true, force: true });
    const safeAt = journalSafeAt(files);
    if (isJson) say(JSON.stringify({ ok: true, told: isEnded, install, journal_until: safeAt ?? null }));
    else {
      say(
        isEnded
          ? "This Mac has left the account; its key is deleted."
          : `Its key is deleted; ${install} must be revoked at the relay.`,
      );
      if (safeAt !== undefined) {
        say(
          `The journal of its sends stays until ${localTime(safeAt)}, so that nothing is sent twice should it`,
        );
        say(`join again; after that, this deletes it: ${ourCommand("leave", profileOf(input))}`);
      }
      say(
        `Settings stay in ${files.config}. If the agent was installed: ${ourCommand("uninstall", profileOf(input))}`,
      );
    }
    return EXIT.ok;
  },
};

/** From when on nobody asks after what the journal says (LINK15, I7); undefined = there is none. */
function journalSafeAt(files: ProfileFiles): number | undefined {
  const stat = statSync(files.journal, { throwIfNoEntry: false });
  return stat === undefined ? undefined : stat.mtimeMs + JOURNAL_MS;
}

/** True = this Mac had left, and what was kept for then is deleted now. */
function sweepJournal(files: ProfileFiles): boolean {
  const identity = readIdentity(files.identity);
  const safeAt = journalSafeAt(files);
  if (identity.ok || identity.error !== "missing" || safeAt === undefined || safeAt > Date.now())
    return false;
  rmSync(files.journal, { force: true });
  return true;
}
