import { readConnection, type Connection } from "./connection.ts";
import type { Home } from "./home.ts";
import { readPrivate } from "./private-files.ts";

type Credentials =
  | { readonly ok: true; readonly connection: Connection; readonly settings: Record<string, unknown> }
  | { readonly ok: false; readonly why: string };

/**
 * The connection and the raw settings beside it: from the profile's file, or from IMSG_RELAY_URL, which wins. Never
 * from arguments, which every user of the machine can read. Without zod, for the fast path; the settings are parsed
 * by whoever uses them.
 */
export function findCredentials(env: NodeJS.ProcessEnv, home: Home): Credentials {
  const fromEnv = env["IMSG_RELAY_URL"];
  const file = readFile(home);
  if (fromEnv !== undefined && fromEnv !== "") {
    const connection = readConnection(fromEnv);
    if (connection === undefined)
      return no("IMSG_RELAY_URL is not a connection string (https://…/v1/accounts/acc_…#key_…).");
    return { ok: true, connection, settings: typeof file === "string" ? {} : file };
  }
  if (typeof file === "string") return no(file);
  const { url, ...settings } = file;
  const connection = typeof url === "string" ? readConnection(url) : undefined;
  if (connection === undefined)
    return no(`${home.file} holds no connection string; run \`${loginLine(home)}\`.`);
  return { ok: true, connection, settings };
}

/** The file's object, or the sentence that says why there is none. */
function readFile(home: Home): Record<string, unknown> | string {
  const { file } = home;
  const read = readPrivate(file);
  if (read.kind === "text") return parse(read.text) ?? `${file} is not a JSON object.`;
  if (read.kind === "absent") return `Not logged in: run \`${loginLine(home)}\`, or set IMSG_RELAY_URL.`;
  if (read.kind === "unreadable") return `${file} cannot be read.`;
  return `${file} may be read by others (mode ${read.mode}); run: chmod 600 '${file}'`;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const no = (why: string): Credentials => ({ ok: false, why });

const loginLine = ({ profile }: Home): string =>
  `imsg-relay ${profile === undefined ? "" : `--profile ${profile} `}login`;
