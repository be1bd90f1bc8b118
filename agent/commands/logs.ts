// `logs`: what the agent wrote while launchd ran it.
import { homedir } from "node:os";
import * as z from "zod";
import { logOf, stderrLogOf } from "../launchd/place.ts";
import { LOG_LINES, MAX_LOG_LINES } from "../limits.ts";
import { profileFiles } from "../node/home.ts";
import { lastLines, LogFollower } from "../node/log-reader.ts";
import { inWords } from "../node/log.ts";
import { complain, EXIT, ourCommand, PROFILE_HELP, PROFILE_OPTION, type Command } from "./command.ts";

export const logs: Command = {
  name: "logs",
  args: "",
  summary: "what the agent wrote while launchd ran it",
  options: {
    ...PROFILE_OPTION,
    follow: { type: "boolean", short: "f" },
    lines: { type: "string", short: "n" },
    json: { type: "boolean" },
  },
  optionHelp: {
    ...PROFILE_HELP,
    follow: "(-f) go on with what comes, until Ctrl-C",
    "lines N": `(-n) how many of the last (default: ${LOG_LINES})`,
    json: "as they are in the file, one JSON object a line",
  },
  run: async ({ options, environment }) => {
    const profile = String(options["profile"]);
    const count = readCount(options["lines"]);
    if (profileFiles(environment, profile) === undefined) {
      complain("a profile's name holds letters, digits, dots, dashes and underscores");
      return EXIT.usage;
    }
    if (count === undefined) {
      complain(`--lines needs a number, at most ${MAX_LOG_LINES}`);
      return EXIT.usage;
    }
    // Whoever reads may have had enough (`logs | head`): that is no failure.
    process.stdout.on("error", () => process.exit(EXIT.ok));
    const log = logOf(profile, homedir());
    const isJson = options["json"] === true;
    const show = (line: string): void => void process.stdout.write(`${isJson ? line : readable(line)}\n`);
    const isFollowing = options["follow"] === true;
    const follower = new LogFollower(log);
    const lines = isFollowing ? follower.begin(count) : lastLines(log, count);
    // Where it did not come so far as to write its log.
    const lastWords = lastLines(stderrLogOf(log), count) ?? [];
    const none = `there is no log of profile "${profile}": the agent writes ${log} when launchd runs it`;
    if (lines === undefined && lastWords.length === 0 && !isFollowing) {
      complain(`${none} (${ourCommand("install", profile)})`);
      return EXIT.failed;
    }
    if (lines === undefined && isFollowing) complain(`${none}. It is waited for, until Ctrl-C`);
    for (const line of lines ?? []) show(line);
    for (const text of lastWords.slice(0, Math.max(0, count)))
      show(JSON.stringify({ level: "error", event: "stderr", text }));
    if (!isFollowing) return EXIT.ok;
    follower.goOn(show);
    await interrupted();
    follower.stop();
    return EXIT.interrupted;
  },
};

function readCount(given: string | boolean | undefined): number | undefined {
  if (typeof given !== "string") return LOG_LINES;
  if (!/^\d{1,7}$/.test(given) || Number(given) > MAX_LOG_LINES) return undefined;
  return Number(given);
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve());
  });
}

const lineSchema = z
  .looseObject({ at: z.iso.datetime().optional(), level: z.string().max(10), event: z.string().max(100) })
  .catchall(z.union([z.string(), z.number(), z.boolean(), z.null()]).catch(null));

/** As a terminal shows it; what is no line of ours comes as it is, but for what would move the cursor. */
function readable(line: string): string {
  const { at, level, event, ...fields } = lineSchema.safeParse(parse(line)).data ?? {};
  if (level === undefined || event === undefined) return harmless(line);
  return harmless(inWords(at === undefined ? "" : localTime(at), level, event, fields));
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function localTime(at: string): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

const harmless = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
