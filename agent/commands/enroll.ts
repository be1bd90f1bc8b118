// `enroll`: makes the key pair on this Mac, claims the code, writes who this agent is.
import { hostname } from "node:os";
import { readFileSync } from "node:fs";
import { DEFAULT_FILE } from "../config/default-file.ts";
import type { StoredIdentity } from "../identity.ts";
import { proxyAgent } from "../node/dial.ts";
import { makePrivateFolder, profileFiles, readText, writePrivate } from "../node/home.ts";
import { complain, EXIT, PROFILE_HELP, PROFILE_OPTION, say, type Command } from "./command.ts";
import { claim, makeKeyPair, readEnrolmentLink } from "./enrolment.ts";

const MAX_NAME_CHARS = 100;

export const enroll: Command = {
  name: "enroll",
  args: "URL#CODE",
  summary:
    "join an account with an enrolment link (https://relay.example.com#enr_…; `-` reads it from stdin)",
  options: { ...PROFILE_OPTION, name: { type: "string" }, force: { type: "boolean" } },
  optionHelp: {
    ...PROFILE_HELP,
    "name NAME": "what this Mac is called in the relay's lists (default: its host name)",
    force: "replace the identity that is here; the old one is lost",
  },
  run: async ({ positionals, options, environment }) => {
    const [given] = positionals;
    if (given === undefined || positionals.length > 1) {
      complain("enroll needs one enrolment link");
      return EXIT.usage;
    }
    const files = profileFiles(environment, String(options["profile"]));
    if (files === undefined) {
      complain("a profile's name holds letters, digits, dots, dashes and underscores");
      return EXIT.usage;
    }
    // On a command line the code could be read by every user of this Mac.
    const link = readEnrolmentLink(given === "-" ? readFileSync(0, "utf8").trim() : given);
    if (!link.ok) {
      complain(link.error);
      return EXIT.usage;
    }
    if (readText(files.identity) !== undefined && options["force"] !== true) {
      complain(
        `this profile is enrolled already (${files.identity}); --force replaces it, --profile makes another`,
      );
      return EXIT.setup;
    }
    const keys = makeKeyPair();
    const name = (typeof options["name"] === "string" ? options["name"] : hostname()).slice(
      0,
      MAX_NAME_CHARS,
    );
    // Before the code is used up: a folder that cannot be written would lose it.
    makePrivateFolder(files.folder);
    const agent = await proxyAgent(link.value.origin);
    const claimed = await claim(link.value, { public_key: keys.publicKey, name }, agent);
    if (!claimed.ok) {
      complain(claimed.error);
      return EXIT.failed;
    }
    const identity: StoredIdentity = {
      version: 1,
      relay: link.value.origin,
      ...claimed.value,
      name,
      private_key: keys.privatePem,
      created_at: new Date().toISOString(),
    };
    writePrivate(files.identity, `${JSON.stringify(identity, null, 2)}\n`);
    if (readText(files.config) === undefined) writePrivate(files.config, DEFAULT_FILE);
    say(`Enrolled as ${claimed.value.install}`);
    say(`Account  ${claimed.value.account}`);
    say(`Settings ${files.config}`);
    say("Next: imsg-relay-agent run");
    return EXIT.ok;
  },
};
