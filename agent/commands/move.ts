// `move`: the relay is at another address now, with everything that it knew (an export that was imported there). The
// new one must know this Mac before a byte is written here, and the way back is kept.
import { err, type Result } from "../../shared/result.ts";
import type { StoredIdentity } from "../identity.ts";
import { proxyAgent } from "../node/dial.ts";
import { changeIdentity } from "../node/home.ts";
import {
  complain,
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
import { confirm } from "./confirm.ts";
import { readRelayOrigin } from "./enrolment-link.ts";
import { openIdentity, profileOf } from "./profile.ts";
import { proveOver, type Proved, type ProveFailure } from "./prove.ts";

export const move: Command = {
  name: "move",
  args: "URL",
  summary: "follow the relay to another address (where its export was imported); `move --back` returns",
  options: {
    ...PROFILE_OPTION,
    ...YES_OPTION,
    back: { type: "boolean" },
    force: { type: "boolean" },
    json: { type: "boolean" },
  },
  optionHelp: {
    ...PROFILE_HELP,
    ...YES_HELP,
    back: "to where the relay was before",
    force: "with --back: also where the former relay cannot be asked whether it knows this Mac",
    ...JSON_HELP,
  },
  run: async (input) => {
    const { options, positionals } = input;
    const isJson = options["json"] === true;
    const isBack = options["back"] === true;
    const [url] = positionals;
    if (positionals.length > 1 || (url === undefined) !== isBack || (options["force"] === true && !isBack)) {
      complain("move needs the relay's new address, or --back alone");
      return EXIT.usage;
    }
    const opened = openIdentity(input);
    if (typeof opened === "number") return opened;
    const { files, identity } = opened;
    if (isBack && identity.former_relay === undefined) {
      complain(`this Mac did not move: the relay is at ${identity.relay}`);
      return EXIT.setup;
    }
    const to = readRelayOrigin(url ?? identity.former_relay ?? "");
    if (!to.ok) {
      complain(to.error);
      return EXIT.usage;
    }
    if (to.value === identity.relay) return failed(`the relay is at ${identity.relay} already`, isJson);

    const known = await knownAt(to.value, identity);
    const isForced = options["force"] === true && !known.ok && known.error.kind === "unheard";
    if (!known.ok && !isForced) {
      return failed(`${sentence(unknownInWords(to.value, known.error))} Nothing was changed`, isJson);
    }
    if (!isJson) {
      say(`Account  ${known.ok ? `${known.value.name} (${identity.account})` : identity.account}`);
      say(`Relay    ${identity.relay}`);
      say(`         → ${to.value}${known.ok ? ", which knows this Mac" : ", which could not be asked"}`);
    }
    const declined = await confirm("Move there?", input);
    if (declined !== undefined) return declined;
    const moved = changeIdentity(files.identity, identity.install, (now) => ({
      ...now,
      relay: to.value,
      former_relay: now.relay,
    }));
    if (moved === undefined)
      return failed(
        "another command ended or replaced this enrolment meanwhile; nothing was changed",
        isJson,
      );
    if (isJson) say(JSON.stringify({ ok: true, relay: to.value, former_relay: identity.relay }));
    else {
      say("Moved. An agent that runs ends, and serves the new address when it is started again.");
      say(`The way back: ${ourCommand("move --back", profileOf(input))}`);
    }
    return EXIT.ok;
  },
};

/** By whichever of its keys. */
async function knownAt(relay: string, identity: StoredIdentity): Promise<Result<Proved, ProveFailure>> {
  const prove = proveOver(await proxyAgent(relay));
  const why = "it has no key";
  let known: Result<Proved, ProveFailure> = err({ kind: "unknown", why, end: undefined });
  for (const key of [identity.next_key, identity.private_key]) {
    if (key === undefined) continue;
    known = await prove({ relay, identity, key, wish: "look" });
    if (known.ok || known.error.kind !== "unknown") break;
  }
  return known;
}

function unknownInWords(relay: string, { kind, why }: ProveFailure): string {
  if (kind === "unknown")
    return `the relay at ${relay} does not know this Mac: the export was not imported there, or it takes no agents at this address`;
  return kind === "ended" ? `the relay at ${relay} says: ${why}` : why;
}
