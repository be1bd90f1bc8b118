// `enrol`: a code, and the command that a Mac joins with.
import { administering, type Administering } from "./administering.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Invocation } from "./invocation.ts";
import { macsPlace, whoseMacs, type WhoseMacs } from "./macs-place.ts";
import { harmless } from "./text-table.ts";

interface Wish extends WhoseMacs {
  readonly takeover: boolean;
}

export const enrol = administering<Wish>("enrol", { read: readWish, run });

function readWish(invocation: Invocation): Wish | string {
  if (invocation.words.length > 0) return "enrol takes options only";
  const place = whoseMacs(invocation);
  if (typeof place === "string") return place;
  return { ...place, takeover: invocation.options.has("--takeover") };
}

async function run({ takeover, ...whose }: Wish, ask: Administering): Promise<ExitCode> {
  const { admin, account } = await macsPlace(ask, whose);
  const serving = (await admin.installs(account)).filter(({ revoked_at }) => revoked_at === null);
  const { code, url, expires_at } = await admin.createEnrolment(account);
  // The shell would take what follows a # for a comment.
  const command = `imsg-relay-agent enroll '${harmless(url)}'${takeover ? " --takeover" : ""}`;
  if (ask.json) {
    ask.say(JSON.stringify({ account, code, url, expires_at, command }));
    return EXIT.done;
  }
  const minutes = Math.max(1, Math.round((expires_at - Date.now()) / 60_000));
  ask.say(`On the Mac, within ${minutes} minutes:`);
  ask.say("");
  ask.say(`  ${command}`);
  ask.say("");
  ask.say("The Mac shows whose relay and account this is, and asks, before it joins.");
  if (serving.length > 0) {
    const names = serving.map(({ name }) => `"${harmless(name)}"`).join(", ");
    ask.say(
      takeover
        ? `The account moves: ${names} will be shut out when the new Mac joins.`
        : `The account has ${names} already. To move it to the new Mac, add --takeover there.`,
    );
  }
  return EXIT.done;
}
