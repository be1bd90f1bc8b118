// What enrolment left on this Mac, and the owner's file.
import type { ConfigFacts, DiskFacts, IdentityFacts } from "../facts.ts";
import { assertNever } from "../../../shared/result.ts";
import { bytesInWords } from "../../../shared/terminal/progress-words.ts";
import { DISK_FULL_BYTES, DISK_LOW_BYTES } from "../../limits.ts";
import { broken, fine, quoted, run, say, warning, type Verdict } from "../verdict.ts";

const ENROL = "imsg-relay-agent enroll 'URL#CODE'";
const OTHERS = 0o077;

export function judgeIdentity(facts: IdentityFacts): Verdict {
  const { file } = facts;
  const again = [say("Make an enrolment code at the relay, and enrol again:"), run(`${ENROL} --force`)];
  switch (facts.kind) {
    case "missing":
      return broken(`not enrolled${facts.left}`, {
        remedy: [
          say(
            "Make an enrolment code at the relay (imsg-relay enrol prints one, and setup for a new account), and join with it:",
          ),
          run(ENROL),
        ],
      });
    case "unreadable":
      return broken(`${file} cannot be read`, { why: facts.why, remedy: again });
    case "present": {
      const { folder, fileMode, folderMode, isOwn, isRoot, isSafeRelay, relay } = facts;
      if (!isOwn && isRoot) {
        return broken("this runs as root, and the agent does not", {
          why: "Permissions, Messages and LaunchAgents are each user's own.",
          remedy: [
            say("Run it without sudo, as the user whose Messages these are:"),
            run("imsg-relay-agent doctor"),
          ],
        });
      }
      if (!isOwn) {
        return broken(`${file} is another user's`, {
          why: "It was perhaps made with sudo; the agent runs as the user whose Messages these are.",
          remedy: [run(`sudo chown -R "$(id -u)" ${quoted(folder)}`)],
        });
      }
      if (!isSafeRelay) return broken("the relay's address is without https", { why: relay, remedy: again });
      if (((fileMode | folderMode) & OTHERS) !== 0) {
        return broken("others on this Mac can read the private key", {
          why: `${file} has mode ${octal(fileMode)}, its folder ${octal(folderMode)}. If others use this Mac, enrol again afterwards.`,
          remedy: [run(`chmod 700 ${quoted(folder)} && chmod 600 ${quoted(file)}`)],
          blocks: false,
        });
      }
      return fine(`enrolled at ${new URL(relay).host}`, [file]);
    }
    default:
      return assertNever(facts);
  }
}

const octal = (mode: number): string => (mode & 0o777).toString(8);

export function judgeConfig(facts: ConfigFacts): Verdict {
  const { file } = facts;
  if (facts.kind === "read")
    return fine(facts.exists ? "agent.jsonc is understood" : "no agent.jsonc: the defaults", [file]);
  const where = facts.line === null ? "" : `, line ${facts.line}`;
  return broken(`agent.jsonc${where}: ${facts.message}`, {
    why: "The agent does not start with it: a veto that is mistyped would be none.",
    // Without a line it is the file itself that is wrong, and the message says how.
    remedy: [run(`${facts.line === null ? "ls -l" : "open -t"} ${quoted(file)}`)],
  });
}

export function judgeDisk({ folders }: DiskFacts): Verdict {
  const closed = folders.find(({ isWritable }) => !isWritable);
  if (closed !== undefined) {
    return broken(`${closed.path} cannot be written`, {
      why: "Without its journal the agent sends nothing.",
      remedy: [
        run(`sudo chown -R "$(id -u)" ${quoted(closed.path)} && chmod -R u+rwX ${quoted(closed.path)}`),
      ],
    });
  }
  const known = folders.flatMap(({ path, free }) => (free === null ? [] : [{ path, free }]));
  const least = known.sort((a, b) => a.free - b.free)[0];
  if (least === undefined) return fine("writable");
  const detail = known.map(({ path, free }) => `${bytesInWords(free)} free at ${path}`);
  const remedy = [say("Make room: System Settings > General > Storage.")];
  if (least.free < DISK_FULL_BYTES) {
    return broken(`only ${bytesInWords(least.free)} free`, {
      why: "The journal of sends cannot be written, so nothing is sent; Messages stops storing what arrives.",
      remedy,
      detail,
    });
  }
  if (least.free < DISK_LOW_BYTES)
    return warning(`only ${bytesInWords(least.free)} free`, { remedy, detail });
  return fine(`${bytesInWords(least.free)} free`, detail);
}
