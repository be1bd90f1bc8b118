import { ChannelHttp } from "../client/channel.ts";
import { ClientError } from "../client/client-error.ts";
import { httpFetch } from "../node/http-fetch.ts";
import { findCredentials } from "../profile/credentials.ts";
import type { Home } from "../profile/home.ts";
import type { Invocation } from "./invocation.ts";
import { describeAllowed, describePairing, printable, why } from "./pairing-report.ts";

/** What was typed, understood; or the sentence that says what is wrong with it. */
type Wish =
  | { readonly verb: "list" }
  | { readonly verb: "approve" | "deny"; readonly code: string }
  | { readonly verb: "revoke"; readonly handle: string };

/** Who asks for access to the account, and who has it by that way. 0 done, 1 refused or failed, 2 misused. */
export async function pairing(invocation: Invocation, home: Home): Promise<number> {
  const wish = readWish(invocation.words);
  if (typeof wish === "string") {
    console.error(`imsg-relay: ${wish}; see imsg-relay pairing --help`);
    return 2;
  }
  const credentials = findCredentials(process.env, home);
  if (!credentials.ok) {
    console.error(`imsg-relay: ${credentials.why}`);
    return 1;
  }
  const channel = new ChannelHttp({ ...credentials.connection, fetch: httpFetch });
  try {
    const { answer, says } = await run(channel, wish);
    console.log(invocation.json ? JSON.stringify(answer) : says);
    return 0;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    console.error(`imsg-relay: ${why(error, wish.verb)}`);
    return 1;
  }
}

function readWish([verb, subject, ...others]: readonly string[]): Wish | string {
  if (verb === undefined) return "pairing needs list, approve, deny or revoke";
  if (verb === "list") return subject === undefined ? { verb } : "pairing list takes nothing more";
  if (verb !== "approve" && verb !== "deny" && verb !== "revoke")
    return `pairing knows no ${JSON.stringify(verb)}`;
  const what = verb === "revoke" ? "handle" : "code";
  if (subject === undefined || subject.trim() === "") return `pairing ${verb} needs the ${what}`;
  if (others.length > 0) return `pairing ${verb} takes one ${what}`;
  // Codes are read aloud and typed by hand; the relay compares them in capitals too.
  return verb === "revoke" ? { verb, handle: subject.trim() } : { verb, code: subject.trim().toUpperCase() };
}

async function run(channel: ChannelHttp, wish: Wish): Promise<{ answer: unknown; says: string }> {
  switch (wish.verb) {
    case "list": {
      const answer = await channel.pairing();
      return { answer, says: describePairing(answer, Date.now()) };
    }
    case "approve": {
      const answer = await channel.approvePairing(wish.code);
      return { answer, says: describeAllowed(answer) };
    }
    case "deny": {
      const answer = await channel.denyPairing(wish.code);
      const says = `Denied: the request of ${printable(answer.handle)} is gone. Who asks again gets a new code.`;
      return { answer, says };
    }
    case "revoke": {
      const answer = await channel.revokePairing(wish.handle);
      return { answer, says: `Revoked: ${printable(answer.handle)} is no longer allowed by pairing.` };
    }
    default:
      return wish satisfies never;
  }
}
