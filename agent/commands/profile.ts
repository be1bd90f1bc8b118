// What most commands begin with: the profile's files, and who this agent is.
import type { StoredIdentity } from "../identity.ts";
import { profileFiles, readIdentity, readLeft, type ProfileFiles } from "../node/home.ts";
import { isSafeOrigin } from "../node/origin.ts";
import { localTime } from "../../shared/terminal/local-time.ts";
import { complain, EXIT, ourCommand, type CommandInput, type ExitCode } from "./command.ts";

export const profileOf = ({ options }: Pick<CommandInput, "options">): string => String(options["profile"]);

/** An exit code = it was complained about. */
export function openFiles(input: CommandInput): ProfileFiles | ExitCode {
  const files = profileFiles(input.environment, profileOf(input));
  if (files !== undefined) return files;
  complain("a profile's name holds letters, digits, dots, dashes and underscores");
  return EXIT.usage;
}

/** An exit code = it was complained about. */
export function openIdentity(
  input: CommandInput,
): { readonly files: ProfileFiles; readonly identity: StoredIdentity } | ExitCode {
  const files = openFiles(input);
  if (typeof files === "number") return files;
  const identity = readIdentity(files.identity);
  if (!identity.ok) {
    complain(
      identity.error === "missing"
        ? `profile "${profileOf(input)}" is not enrolled${leftInWords(files)}; run: ${ourCommand("enroll URL#CODE", profileOf(input))}`
        : `${files.identity} cannot be read; enrol again with --force`,
    );
    return EXIT.setup;
  }
  if (!isSafeOrigin(identity.value.relay)) {
    complain(`${files.identity} names a relay without https; enrol again with --force`);
    return EXIT.setup;
  }
  return { files, identity: identity.value };
}

/** For after "is not enrolled". */
export function leftInWords(files: ProfileFiles): string {
  const left = readLeft(files.left);
  return left === undefined
    ? ""
    : ` any more: it left ${left.account} at ${left.relay} on ${localTime(left.left_at)}`;
}
