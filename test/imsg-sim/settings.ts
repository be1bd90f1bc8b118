/**
 * What kind of Mac a child process plays. Later counts: the defaults, `<db>.settings` (JSON, beside
 * the database, for a parent that passes neither arguments nor environment), environment, arguments.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Dialect, EngineOptions } from "./host.ts";

export interface Settings extends Partial<EngineOptions> {
  readonly dialect?: Dialect;
  /** The same number gives the same key orders, guids and races. */
  readonly seed?: number;
}

export interface CommandLine {
  readonly command: string;
  readonly databasePath: string;
  readonly settings: Settings;
  readonly flags: ReadonlySet<string>;
}

/** Unknown arguments are ignored, as `imsg rpc extra args` ignores them. */
export function readCommandLine(argv: readonly string[], env: NodeJS.ProcessEnv): CommandLine {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  let command = "";
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    const [name = "", inline] = word.split(/=(.*)/s);
    if (!word.startsWith("-")) command ||= word;
    else if (name === "--db" || name === "--dialect") values.set(name, inline ?? argv[++at] ?? "");
    else flags.add(word);
  }
  const home = env["HOME"] ?? "/";
  const databasePath =
    values.get("--db") ?? env["IMSG_SIM_DB"] ?? join(home, "Library", "Messages", "chat.db");
  const asked = dialectOf(values.get("--dialect") ?? env["IMSG_SIM_DIALECT"]);
  const settings = {
    ...fromFile(databasePath),
    ...fromEnvironment(env),
    ...(asked === undefined ? {} : { dialect: asked }),
  };
  return { command, databasePath, settings, flags };
}

function fromFile(databasePath: string): Settings {
  try {
    return JSON.parse(readFileSync(`${databasePath}.settings`, "utf8")) as Settings;
  } catch {
    // No file, or a database path that is no path: a Mac with the defaults.
    return {};
  }
}

function fromEnvironment(env: NodeJS.ProcessEnv): Settings {
  const bridge = env["IMSG_SIM_BRIDGE"];
  const sending = env["IMSG_SIM_SENDING"];
  const seed = env["IMSG_SIM_SEED"];
  const version = env["IMSG_VERSION"];
  return {
    ...(bridge === undefined ? {} : { bridgeReady: bridge === "1" }),
    ...(sending === "works" || sending === "without_guid" || sending === "linux" ? { sending } : {}),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    // The real imsg reads this one, too.
    ...(version === undefined ? {} : { version }),
  };
}

const dialectOf = (text: string | undefined): Dialect | undefined =>
  text === "0.9" || text === "0.15" ? text : undefined;
