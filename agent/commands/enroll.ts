// `enroll`: shows what the code is for, asks, makes the key pair on this Mac, claims the code, writes who this agent is.
import { renameSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { DEFAULT_FILE } from "../config/default-file.ts";
import type { StoredIdentity } from "../identity.ts";
import { proxyAgent } from "../node/dial.ts";
import {
  makePrivateFolder,
  readIdentity,
  readLeft,
  readText,
  writeIdentity,
  writePrivate,
  type ProfileFiles,
} from "../node/home.ts";
import {
  complain,
  EXIT,
  failed,
  JSON_HELP,
  ourCommand,
  PROFILE_HELP,
  PROFILE_OPTION,
  say,
  YES_HELP,
  YES_OPTION,
  type Command,
} from "./command.ts";
import { begin, forget, readBegun } from "./begun-enrolment.ts";
import { confirm, readLine } from "./confirm.ts";
import { lookedInWords, namesOf } from "./enroll-words.ts";
import { readEnrolmentLink } from "./enrolment-link.ts";
import { claim, look } from "./enrolment.ts";
import { publicKeyOf } from "./key-pair.ts";
import { openFiles, profileOf } from "./profile.ts";
import { proveOver } from "./prove.ts";

const MAX_NAME_CHARS = 100;

export const enroll: Command = {
  name: "enroll",
  args: "URL#CODE",
  summary:
    "join an account with an enrolment link (https://relay.example.com#enr_…; `-` reads it from stdin)",
  options: {
    ...PROFILE_OPTION,
    ...YES_OPTION,
    name: { type: "string" },
    takeover: { type: "boolean" },
    force: { type: "boolean" },
    json: { type: "boolean" },
  },
  optionHelp: {
    ...PROFILE_HELP,
    ...YES_HELP,
    "name NAME": "what this Mac is called in the relay's lists (default: its host name)",
    takeover: "move the account to this Mac: every other one of it is shut out",
    force: "replace the identity that is here; the old one is ended at its relay",
    ...JSON_HELP,
  },
  run: async (input) => {
    const { positionals, options } = input;
    const [given] = positionals;
    if (given === undefined || positionals.length > 1) {
      complain("enroll needs one enrolment link");
      return EXIT.usage;
    }
    const files = openFiles(input);
    if (typeof files === "number") return files;
    const isJson = options["json"] === true;
    // On a command line the code could be read by every user of this Mac.
    const link = readEnrolmentLink(given === "-" ? ((await readLine()) ?? "") : given);
    if (!link.ok) {
      complain(link.error);
      return EXIT.usage;
    }
    const { origin } = link.value;
    if (readText(files.identity) !== undefined && options["force"] !== true) {
      complain(
        `this profile is enrolled already (${files.identity}); --force replaces it, --profile makes another`,
      );
      return EXIT.setup;
    }
    const agent = await proxyAgent(origin);
    const before = readBegun(files, link.value);
    const looked = await look(link.value, agent);
    // A code that is used up may be what this very Mac was ended with.
    if (!looked.ok && before === undefined) return failed(looked.error, isJson);
    const takeover =
      before?.takeover ?? (options["takeover"] === true && looked.ok && looked.value.macs.length > 0);
    if (before === undefined && looked.ok) {
      if (!isJson) {
        const facts = { origin, config: files.config, takeover, now: Date.now() };
        for (const line of lookedInWords(looked.value, facts)) say(line);
      }
      const declined = await confirm(
        takeover ? "Move this account to this Mac?" : "Join this account?",
        input,
      );
      if (declined !== undefined) {
        if (!isJson) say("Nothing was changed, and the code still works.");
        return declined;
      }
    } else if (!isJson) say("This link was agreed to on this Mac before; it goes on from there.");

    const name = (typeof options["name"] === "string" ? options["name"] : hostname()).slice(
      0,
      MAX_NAME_CHARS,
    );
    // Before the code is used up: a folder that cannot be written would lose it.
    makePrivateFolder(files.folder);
    const { private_key } = before ?? begin(files, link.value, takeover);
    const public_key = publicKeyOf(private_key);
    const claimed = await claim(link.value, { public_key, name, takeover }, agent);
    if (!claimed.ok) {
      // What nobody answered may have been done: the same link finishes it.
      if (!claimed.error.isUnheard) forget(files);
      return failed(claimed.error.words, isJson);
    }
    const { moved_from, ...joined } = claimed.value;
    const stored = readIdentity(files.identity);
    setAside(files, { relay: origin, account: joined.account });
    const created_at = new Date().toISOString();
    const identity: StoredIdentity = {
      version: 1,
      relay: origin,
      ...joined,
      name,
      private_key,
      created_at,
    };
    writeIdentity(files.identity, identity);
    rmSync(files.left, { force: true });
    forget(files);
    if (readText(files.config) === undefined) writePrivate(files.config, DEFAULT_FILE);
    const former = stored.ok ? await endFormer(stored.value, identity) : undefined;
    if (isJson) {
      const { account_name = null, tenant_name = null } = looked.ok ? looked.value : {};
      const settings = files.config;
      say(
        JSON.stringify({
          ok: true,
          relay: origin,
          ...joined,
          account_name,
          tenant_name,
          moved_from,
          settings,
        }),
      );
      return EXIT.ok;
    }
    say(`Enrolled as ${joined.install}`);
    if (moved_from.length > 0) say(`Moved from ${namesOf(moved_from)}, shut out now`);
    if (former !== undefined) say(former);
    say(`Settings ${files.config}`);
    say(`Next: ${ourCommand("run", profileOf(input))}`);
    return EXIT.ok;
  },
};

/** What one account's relay sent, and what became of its sends, is no business of another one's. */
function setAside(files: ProfileFiles, now: Pick<StoredIdentity, "relay" | "account">): void {
  const stored = readIdentity(files.identity);
  const before = stored.ok ? stored.value : readLeft(files.left);
  if (before === undefined || (before.account === now.account && before.relay === now.relay)) return;
  if (readText(files.journal) !== undefined) renameSync(files.journal, `${files.journal}.before`);
  rmSync(files.staging, { recursive: true, force: true });
}

/** The identity that was replaced: nobody has its key any more. What this Mac cannot reach it cannot end. */
async function endFormer(former: StoredIdentity, now: StoredIdentity): Promise<string> {
  // The same account: its relay is where it was just joined, whatever the former address leads to.
  const relay = former.account === now.account ? now.relay : former.relay;
  const { install, private_key: key } = former;
  const left = await proveOver(await proxyAgent(relay))({ relay, identity: former, key, wish: "leave" });
  return left.ok || left.error.kind === "ended"
    ? `The former enrolment (${install}) was ended`
    : `The former enrolment (${install}) could not be ended at ${relay}: have it revoked there`;
}
