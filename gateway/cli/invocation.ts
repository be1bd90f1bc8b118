/**
 * What was asked on the command line. No key is ever among it: every user of the machine can read arguments. A signing
 * secret may be, for whoever likes; `-` takes it from standard input.
 */
export interface Invocation {
  readonly profile: string | undefined;
  readonly command: string | undefined;
  /** What follows the command and is no option of ours. */
  readonly words: readonly string[];
  readonly name: string | undefined;
  /** Options that only this command takes, each with its values in order; a flag's is "". */
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly json: boolean;
  readonly help: boolean;
  readonly version: boolean;
  /** The option that lacks its value, or is not known. */
  readonly fault: string | undefined;
}

const VALUED = new Set(["--profile", "--db", "--name"]);

/** What a command takes besides the options of all. */
export interface CommandOptions {
  /** What gateways call ignores options it does not know, as imsg does. */
  readonly isStrict?: true;
  readonly options?: Readonly<Record<string, OptionKind>>;
}
/** `span`: `--wait`, `--wait 30s`, `--wait=30s`; the word after it belongs to it only where it is such a span. */
type OptionKind = "value" | "flag" | "span";

/** How long, as it is written: `90s`, `10m`, `2h`. */
const SPAN = /^\d{1,6}[smh]$/;

export function readInvocation(
  argv: readonly string[],
  entryOf: (command: string) => CommandOptions | undefined,
): Invocation {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const options = new Map<string, string[]>();
  const words: string[] = [];
  let command: string | undefined;
  let fault: string | undefined;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    const [name = "", ...rest] = word.split("=");
    const own = command === undefined ? undefined : optionOf(entryOf(command), name);
    if (own !== undefined) {
      const isBare = own === "flag" || (own === "span" && !SPAN.test(argv[at + 1] ?? ""));
      const value = rest.length > 0 ? rest.join("=") : isBare ? "" : argv[(at += 1)];
      if (value === undefined || (own === "flag" && rest.length > 0))
        fault ??= own === "flag" ? `${name} takes no value` : `${name} needs a value`;
      else options.set(name, [...(options.get(name) ?? []), value]);
    } else if (VALUED.has(name) && word.startsWith("--")) {
      const value = rest.length > 0 ? rest.join("=") : argv[(at += 1)];
      if (value === undefined) fault = `${name} needs a value`;
      else values.set(name, value);
    } else if (word === "-h" || word === "--help") flags.add("--help");
    else if (word === "--json" || word === "--version") flags.add(word);
    else if (word === "--" && command !== undefined) {
      words.push(...argv.slice(at + 1));
      break;
    } else if (command === undefined && !word.startsWith("-")) command = word;
    else {
      const isStrict = command === undefined || (word !== "-" && entryOf(command)?.isStrict === true);
      if (word.startsWith("-") && isStrict) fault ??= `unknown option ${name}`;
      words.push(word);
    }
  }
  return {
    profile: values.get("--profile"),
    command,
    words,
    name: values.get("--name"),
    options,
    json: flags.has("--json"),
    help: flags.has("--help"),
    version: flags.has("--version"),
    fault,
  };
}

const optionOf = (entry: CommandOptions | undefined, name: string): OptionKind | undefined =>
  entry?.options !== undefined && Object.hasOwn(entry.options, name) ? entry.options[name] : undefined;
