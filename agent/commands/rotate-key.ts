// `rotate-key`: the Mac's key is replaced by a new one; the agent that runs goes on.
import { proxyAgent } from "../node/dial.ts";
import { changeIdentity } from "../node/home.ts";
import {
  EXIT,
  failed,
  JSON_HELP,
  PROFILE_HELP,
  PROFILE_OPTION,
  say,
  sentence,
  type Command,
} from "./command.ts";
import { makeKeyPair } from "./key-pair.ts";
import { openIdentity } from "./profile.ts";
import { proveOver } from "./prove.ts";
import { rotateKey } from "./rotation.ts";

export const rotateKeyCommand: Command = {
  name: "rotate-key",
  args: "",
  summary: "replace this Mac's key by a new one; an agent that runs goes on",
  options: { ...PROFILE_OPTION, json: { type: "boolean" } },
  optionHelp: { ...PROFILE_HELP, ...JSON_HELP },
  run: async (input) => {
    const opened = openIdentity(input);
    if (typeof opened === "number") return opened;
    const { files, identity } = opened;
    const isJson = input.options["json"] === true;
    const rotated = await rotateKey({
      change: (edit) => changeIdentity(files.identity, identity.install, edit),
      makeKey: () => makeKeyPair().privatePem,
      prove: proveOver(await proxyAgent(identity.relay)),
    });
    if (!rotated.ok) {
      const still = "The agent goes on with the key that the relay knows; run rotate-key again to finish.";
      return failed(`${sentence(rotated.error)} ${still}`, isJson);
    }
    say(
      isJson
        ? JSON.stringify({ ok: true, install: identity.install })
        : "The key of this Mac was replaced; the one before counts no longer.",
    );
    return EXIT.ok;
  },
};
