// `launchctl print gui/<uid>/<label>`. Apple calls its output no interface, so whatever is not found is unknown.
// Believed (macOS 13 to 15): `program = …`, `pid = …`, `last exit code = …` or `(never exited)`, and an indented
// `environment = {` block of `NAME => value`; 113 = no such service, and the domain is named where nobody is logged in.
import type { RunResult } from "../facts.ts";

export type Printed =
  | { readonly kind: "unknown" | "not_loaded" | "no_session" }
  | {
      readonly kind: "loaded";
      readonly pid: number | null;
      readonly program: string | null;
      readonly lastExit: number | null;
      readonly environment: Readonly<Record<string, string>>;
    };

const NO_SERVICE = 113;

export function readLaunchctl({ kind, code, stdout, stderr }: RunResult): Printed {
  if (kind !== "ended") return { kind: "unknown" };
  const said = `${stdout}\n${stderr}`;
  if (/could not find domain/i.test(said)) return { kind: "no_session" };
  if (code === NO_SERVICE || /could not find service/i.test(said)) return { kind: "not_loaded" };
  if (code !== 0) return { kind: "unknown" };
  const environment: Record<string, string> = {};
  // `inherited environment` and `default environment` come first; what the plist sets is in the one without a word.
  const block = /^\s*environment = \{\n([\s\S]*?)^\s*\}/m.exec(stdout)?.[1] ?? "";
  for (const [, name, value] of block.matchAll(/^\s*(\w+) => (.*)$/gm)) environment[name ?? ""] = value ?? "";
  const pid = value(stdout, "pid");
  const lastExit = /^(-?\d+)/.exec(value(stdout, "last exit code") ?? "")?.[1];
  return {
    kind: "loaded",
    pid: pid === undefined ? null : Number(pid),
    program: value(stdout, "program") ?? null,
    lastExit: lastExit === undefined ? null : Number(lastExit),
    environment,
  };
}

const value = (text: string, name: string): string | undefined =>
  new RegExp(`^\\s*${name} = (.+)$`, "m").exec(text)?.[1]?.trim();
