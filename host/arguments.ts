// The command line of the launcher.
import { parseArgs } from "node:util";
import { isLoopbackHost } from "../shared/webhooks/host-guard.ts";

export interface Arguments {
  readonly command: "start" | "demo" | "serve" | "help";
  readonly state: string;
  /** Undefined = nobody said. */
  readonly port: number | undefined;
  /** Where `serve` listens. */
  readonly host: string;
  /** What agents and gateways dial, where that is not this machine's own address. */
  readonly origins: readonly string[];
  /** `serve`: webhooks may go to http addresses of this machine; with `start` they always may. */
  readonly webhooksToLoopback: boolean;
  /** The demo Mac, even where there is a real imsg. */
  readonly demoMac: boolean;
}

export const DEFAULT_PORT = 8787;
const MAX_PORT = 65_535;

export const HELP = `imsg-relay, all of it on this machine.

  npm start [-- OPTIONS]       the relay, an agent beside it, and what passes between them
  npm run demo                 a tour of half a minute through the real parts; leaves nothing behind
  node dist/host/host.cjs serve --origin https://relay.example.com
                               the relay alone, behind a proxy that speaks TLS

  --state FOLDER     where everything is kept (default .imsg-relay here; or IMSG_RELAY_STATE)
  --port N           where the relay listens (default ${DEFAULT_PORT}; or PORT); start goes on to the next one if it is taken
  --demo-mac         start: a simulated Mac, even where there is a real imsg
  --host ADDRESS     serve: the address to listen on (default 127.0.0.1)
  --origin URL       serve: the address that agents and gateways dial; may be given again (or RELAY_ORIGINS, with commas)
  --webhooks-to-loopback
                     serve: webhooks may go to http addresses of this machine; with start they may anyway
`;

/** Throws an Error with a sentence for whoever typed it. */
export function readArguments(argv: readonly string[], env: NodeJS.ProcessEnv): Arguments {
  const { values, positionals } = parsed(argv);
  const [command, ...others] = positionals;
  const origins =
    values.origin ?? (env["RELAY_ORIGINS"] ?? "").split(",").filter((text) => text.trim() !== "");
  const what = values.help ? "help" : readCommand(command, others);
  if (what === "serve" && origins.length === 0 && !isOwnAddress(values.host))
    throw new Error(`With --host ${values.host}, say with --origin which https address reaches it.`);
  return {
    command: what,
    state: values.state ?? (env["IMSG_RELAY_STATE"] || ".imsg-relay"),
    port: readPort(values.port ?? env["PORT"]),
    host: values.host,
    origins: origins.map(readOrigin),
    webhooksToLoopback: values["webhooks-to-loopback"],
    demoMac: values["demo-mac"],
  };
}

const OPTIONS = {
  help: { type: "boolean", short: "h", default: false },
  state: { type: "string" },
  port: { type: "string" },
  host: { type: "string", default: "127.0.0.1" },
  origin: { type: "string", multiple: true },
  "webhooks-to-loopback": { type: "boolean", default: false },
  "demo-mac": { type: "boolean", default: false },
} as const;
const parse = (args: string[]) => parseArgs({ args, allowPositionals: true, options: OPTIONS });

/** Node's own words are two sentences about something that nobody wanted. */
function parsed(argv: readonly string[]): ReturnType<typeof parse> {
  try {
    return parse([...argv]);
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    const [, option] = /^(?:Unknown option|Option) '(?:-\w, )?(-[^ '=]*)/.exec(message) ?? [];
    if (option === undefined) throw error;
    const known = Object.entries(OPTIONS).find(([name]) => `--${name}` === option)?.[1];
    const why =
      known === undefined ? undefined : known.type === "string" ? "needs a value" : "takes no value";
    throw new Error(why === undefined ? `There is no option ${option}.` : `${option} ${why}.`, {
      cause: error,
    });
  }
}

function readCommand(command: string | undefined, others: readonly string[]): Arguments["command"] {
  if (others[0] !== undefined) throw new Error(`${others[0]} is one word too many.`);
  switch (command) {
    case undefined:
    case "help":
      return "help";
    case "start":
    case "demo":
    case "serve":
      return command;
    default:
      throw new Error(`There is no command ${command}: start, demo and serve are there.`);
  }
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > MAX_PORT)
    throw new Error(`${text} is no port: 1 to ${MAX_PORT}.`);
  return port;
}

const isOwnAddress = (host: string): boolean => isLoopbackHost(host.includes(":") ? `[${host}]` : host);

function readOrigin(text: string): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const isPlain = url?.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
  if (!isPlain || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw new Error(`${text} is no origin: it looks like https://relay.example.com.`);
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname))
    throw new Error(
      `${text} is not https: whoever is on the way could read everything, so agents dial no other machine like that.`,
    );
  return url.origin;
}
