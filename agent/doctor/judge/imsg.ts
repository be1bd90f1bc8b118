// The program at cliPath, and a short conversation with it.
import type { ProgramFacts, TalkFacts } from "../facts.ts";
import { broken, fine, quoted, run, say, type Verdict } from "../verdict.ts";

const INSTALL = "brew install steipete/tap/imsg";
const UPGRADE = "brew upgrade imsg";

export function judgeImsg(program: ProgramFacts, talk: TalkFacts, architecture: string): Verdict {
  const { asked, path, isFile, isExecutable, architectures, interpreter, isQuarantined } = program;
  const file = path ?? asked;
  if (path === null) {
    return broken(asked.includes("/") ? `nothing is at ${asked}` : `${asked} is not on PATH`, {
      reason: "imsg_missing",
      remedy: [run(INSTALL)],
    });
  }
  if (!isFile) return broken(`${file} is no file`, { reason: "imsg_missing" });
  if (!isExecutable) {
    return broken(`${file} is not executable`, {
      reason: "imsg_missing",
      remedy: [run(`chmod +x ${quoted(file)}`)],
    });
  }
  const detail = [file, ...(architectures === null ? [] : [`built for ${architectures.join(" and ")}`])];
  const { version } = program;
  if (version?.kind === "failed" && version.errno === "ENOENT" && interpreter !== null) {
    return broken(`${file} needs ${interpreter}, which is not there`, {
      reason: "imsg_missing",
      why: "Its first line names the program that runs it.",
      remedy: [run(INSTALL)],
      detail,
    });
  }
  const isForeign = architectures !== null && !architectures.includes(architecture);
  const started = version?.kind === "ended" && version.signal === null && !isOfShell(version.code);
  if (!started && isForeign) {
    return broken(`${file} is for ${architectures.join(" and ")}, and this Mac is ${architecture}`, {
      remedy:
        architecture === "arm64"
          ? [
              say("Install the one for this Mac, or what runs it:"),
              run(INSTALL),
              run("softwareupdate --install-rosetta"),
            ]
          : [say("Install the one for this Mac:"), run(INSTALL)],
      detail,
    });
  }
  if (!started && isQuarantined) {
    return broken(`macOS keeps ${file} in quarantine`, {
      why: "It was downloaded, and Gatekeeper does not let it start.",
      remedy: [say("If you trust where it came from:"), run(`xattr -d com.apple.quarantine ${quoted(file)}`)],
      detail,
    });
  }
  const isNoProgram = architectures === null && interpreter === null && isOfShell(version?.code ?? null);
  if (version?.kind === "failed" || isNoProgram) {
    return broken(`${file} cannot be started (${version?.errno ?? "no program"})`, {
      why: "It is no program that this Mac can run.",
      remedy: [say("Install it anew:"), run(INSTALL)],
      detail,
    });
  }
  return judgeTalk(file, versionOf(program), talk, detail);
}

/** What the system does not know it hands to the shell, which ends so. */
const isOfShell = (code: number | null): boolean => code === 126 || code === 127;

/** What the program calls itself; for people only, it decides nothing. */
function versionOf({ version }: ProgramFacts): string {
  const first = version?.stdout.trim().split("\n")[0] ?? "";
  return /^[\w.+ -]{1,40}$/.test(first) ? first : "";
}

function judgeTalk(file: string, named: string, talk: TalkFacts, detail: readonly string[]): Verdict {
  const imsg = named === "" ? "imsg" : `imsg ${named}`;
  const look = [say("See for yourself; Ctrl-D ends it:"), run(`${quoted(file)} rpc`)];
  if (talk.kind === "ready") {
    const old = talk.isOld ? " (old engine: brew upgrade imsg brings the new one)" : "";
    return fine(`${talk.engine.version ?? named}${old}`.trim() || "answers", detail);
  }
  const { kind, reason } = talk.trouble;
  switch (reason) {
    case "imsg_missing":
      return broken(`${file} cannot be started`, { reason, remedy: [run(INSTALL)], detail });
    case "imsg_too_old":
      return broken(`${imsg} is too old`, { reason, remedy: [run(UPGRADE)], detail });
    case "rpc_unsupported":
      return broken(`${file} has no \`rpc\``, {
        reason,
        why: `It ended without a word (${talk.trouble.why}).`,
        remedy: [run(UPGRADE)],
        detail,
      });
    case "imsg_hung":
      return broken(`${imsg} does not answer`, { reason, remedy: look, detail });
    default:
      if (kind === "ended")
        return broken(`${imsg} ends as soon as it is asked (${talk.trouble.why})`, {
          reason: "imsg_crashing",
          remedy: look,
          detail,
        });
      // It answers: what it says is said by the checks of the database.
      return fine(imsg, detail);
  }
}
