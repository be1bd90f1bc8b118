// The doctor's visit: looks, says what was found, and leaves nothing behind. A bundle of its own, beside the agent's
// (./load-doctor.ts).
import { homedir } from "node:os";
import { glyphsFor } from "../shared/terminal/terminal-kind.ts";
import { EXIT, say, type ExitCode } from "./commands/command.ts";
import type { ProfileFiles } from "./node/home.ts";
import { AGENT_VERSION } from "./version.ts";
import type { CheckId } from "./doctor/check-ids.ts";
import { examine } from "./doctor/examine.ts";
import { Mac } from "./doctor/mac.ts";
import { doctorPorts } from "./doctor/node/doctor-ports.ts";
import { reportJson } from "./doctor/report-json.ts";
import { report, type Look } from "./doctor/report.ts";
import { Spinner } from "./doctor/spinner.ts";

const DEFAULT_COLUMNS = 80;
const GRACE_MS = 100;

export interface Visit {
  readonly files: ProfileFiles;
  readonly profile: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly only: CheckId | undefined;
  readonly isOffline: boolean;
  readonly isJson: boolean;
  readonly isVerbose: boolean;
}

/** What the bundle is loaded for. */
export interface Doctor {
  consult(visit: Visit): Promise<ExitCode>;
}

export async function consult(visit: Visit): Promise<ExitCode> {
  const { files, profile, environment, only, isOffline: offline } = visit;
  const glyphs = glyphsFor(environment, process.stderr.isTTY, process.platform);
  const spinner = glyphs === undefined ? undefined : new Spinner(process.stderr, glyphs.full !== "#");
  const interrupted = new AbortController();
  const { signal } = interrupted;
  const interrupt = (): void => interrupted.abort();
  // `once`: a second one ends the process the hard way.
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    const mac = new Mac(doctorPorts(environment, signal), files, profile);
    const findings = await examine(mac, { only, offline, signal }, (title) => spinner?.show(title));
    spinner?.stop();
    if (signal.aborted) {
      // A connection that does not end by itself must not keep the process.
      setTimeout(() => process.exit(EXIT.interrupted), GRACE_MS).unref();
      return EXIT.interrupted;
    }
    if (visit.isJson) say(reportJson(findings, { profile, agent: AGENT_VERSION }));
    else process.stdout.write(report(findings, lookOf(environment, visit.isVerbose)));
    return findings.some(({ state }) => state === "broken") ? EXIT.failed : EXIT.ok;
  } finally {
    spinner?.stop();
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

function lookOf(environment: NodeJS.ProcessEnv, isVerbose: boolean): Look {
  const { isTTY, columns } = process.stdout;
  const glyphs = glyphsFor(environment, isTTY, process.platform);
  return {
    columns: isTTY && columns > 0 ? columns : DEFAULT_COLUMNS,
    isColoured: glyphs !== undefined && !environment["NO_COLOR"],
    isUnicode: glyphs === undefined ? !isTTY : glyphs.full !== "#",
    isVerbose,
    home: homedir(),
  };
}
