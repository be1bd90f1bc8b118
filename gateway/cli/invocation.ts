/** What was asked on the command line. No secret is ever among it: every user of the machine can read arguments. */
export interface Invocation {
  readonly profile: string | undefined;
  readonly command: string | undefined;
  /** What follows the command and is no option of ours. */
  readonly words: readonly string[];
  readonly name: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
  readonly version: boolean;
  /** The option that lacks its value, or is not known. */
  readonly fault: string | undefined;
}

const VALUED = new Set(["--profile", "--db", "--name"]);

/** Strict where `isStrict` says so; what gateways call ignores options it does not know, as imsg does. */
export function readInvocation(argv: readonly string[], isStrict: (command: string) => boolean): Invocation {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const words: string[] = [];
  let command: string | undefined;
  let fault: string | undefined;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    const [name = "", ...rest] = word.split("=");
    if (VALUED.has(name) && word.startsWith("--")) {
      const value = rest.length > 0 ? rest.join("=") : argv[(at += 1)];
      if (value === undefined) fault = `${name} needs a value`;
      else values.set(name, value);
    } else if (word === "-h" || word === "--help") flags.add("--help");
    else if (word === "--json" || word === "--version") flags.add(word);
    else if (command === undefined && !word.startsWith("-")) command = word;
    else {
      if (word.startsWith("-") && (command === undefined || isStrict(command)))
        fault ??= `unknown option ${name}`;
      words.push(word);
    }
  }
  return {
    profile: values.get("--profile"),
    command,
    words,
    name: values.get("--name"),
    json: flags.has("--json"),
    help: flags.has("--help"),
    version: flags.has("--version"),
    fault,
  };
}
