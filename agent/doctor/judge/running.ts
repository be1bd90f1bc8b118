// Whether the agent runs, and who started it.
import type { HealthReason } from "../../../shared/health.ts";
import { assertNever } from "../../../shared/result.ts";
import { EXIT } from "../../commands/command.ts";
import type { AgentFacts, LaunchdFacts, NodeFacts } from "../facts.ts";
import { broken, fine, quoted, run, say, skipped, warning, type Step, type Verdict } from "../verdict.ts";
import { UPGRADE_LOSES } from "./programs.ts";

/** Said by checks of their own. */
const ELSEWHERE = new Set<HealthReason>([
  "full_disk_access_missing",
  "automation_missing",
  "messages_signed_out",
]);

/** Of the states of a link. */
const LINKS: Readonly<Record<string, string>> = {
  live: "connected",
  waiting: "not connected",
  dialling: "connecting",
  greeting: "connecting",
};

const serviceOf = ({ uid, label }: LaunchdFacts): string => `gui/${uid}/${label}`;

/** `isExplained`: the check of the LaunchAgent says already why nothing runs. */
export function judgeAgent(
  agent: AgentFacts,
  launchd: LaunchdFacts,
  isExplained: boolean,
  now: number,
): Verdict {
  if (isExplained && agent.kind !== "running" && agent.kind !== "silent")
    return skipped("needs LaunchAgent", "launch_agent");
  const loaded = launchd.kind === "loaded";
  const restart: Step[] = loaded
    ? [run(`launchctl kickstart -k ${serviceOf(launchd)}`)]
    : [
        run("imsg-relay-agent install"),
        say("or, for as long as this window is open:"),
        run("imsg-relay-agent run"),
      ];
  switch (agent.kind) {
    case "running": {
      const { pid, link, reason, reads } = agent;
      const detail = [`pid ${pid}`, `link ${link.state}${link.problem === null ? "" : `: ${link.problem}`}`];
      if (loaded && launchd.pid !== null && launchd.pid !== pid) {
        return warning(`two agents of this profile: ${pid} serves, ${launchd.pid} is launchd's`, {
          why: "launchd starts its own again and again, in vain, while the other one runs.",
          remedy: [run(`kill ${pid}`)],
          detail,
        });
      }
      if (reason !== null && !ELSEWHERE.has(reason))
        return broken(`it runs (pid ${pid}) and says ${reason}`, { reason, detail });
      return fine(
        `runs (pid ${pid}), ${LINKS[link.state] ?? link.state}${reads ? "" : ", not reading yet"}`,
        detail,
      );
    }
    case "silent":
      return broken(`it hangs: nothing written for ${Math.round((now - agent.writtenAt) / 1_000)} s`, {
        remedy: [run(`kill -9 ${agent.pid}`), ...(loaded ? [] : restart)],
      });
    case "left":
      return broken("it was killed, or crashed", { remedy: restart, detail: [`pid ${agent.pid}`] });
    case "absent":
      if (!loaded) return warning("it does not run", { remedy: restart });
      return broken("it does not run, though launchd is to run it", { remedy: restart });
    default:
      return assertNever(agent);
  }
}

export function judgeLaunchAgent(launchd: LaunchdFacts, agent: AgentFacts, node: NodeFacts): Verdict {
  const install = [run("imsg-relay-agent install")];
  const { plist, hasPlist, label } = launchd;
  const detail = [plist];
  if (launchd.kind === "unknown") return skipped("launchctl does not say");
  if (!hasPlist && launchd.kind === "loaded") {
    return warning("runs now, and will not after the next login", {
      why: `${plist} is gone.`,
      remedy: install,
    });
  }
  if (!hasPlist) {
    return warning("not installed", {
      why:
        agent.kind === "running"
          ? "The agent ends with the window it was started in."
          : "Nothing starts the agent at login.",
      remedy: install,
    });
  }
  if (launchd.kind !== "loaded") return judgeNotLoaded(launchd, detail);
  const { program, realProgram, lastExit, pid } = launchd;
  if (program !== null && realProgram === null) {
    return broken(`it starts ${program}, which is not there any more`, {
      why: UPGRADE_LOSES,
      remedy: [
        ...install,
        say(`Then open System Settings > Privacy & Security > Full Disk Access and add ${node.realPath}.`),
      ],
      detail,
    });
  }
  if (!launchd.findsImsg) {
    return broken("launchd's PATH has no imsg", {
      why: `launchd starts programs with a PATH of its own: ${launchd.path ?? "/usr/bin:/bin:/usr/sbin:/sbin"}.`,
      remedy: [
        say('Set "cliPath" in agent.jsonc to the whole path of imsg, which this says:'),
        run("command -v imsg"),
      ],
      detail,
    });
  }
  if (pid === null && lastExit !== null && lastExit !== 0) {
    const meaning = lastExit === EXIT.setup ? ": not enrolled, or agent.jsonc is not understood" : "";
    return broken(`it ends as soon as it starts (exit code ${lastExit}${meaning})`, {
      remedy: [
        say("Its last words say why:"),
        run("imsg-relay-agent logs -n 20"),
        run(`launchctl kickstart -k gui/${launchd.uid}/${label}`),
      ],
      detail,
    });
  }
  if (realProgram !== null && realProgram !== node.realPath && /(?:^|\/)node[^/]*$/.test(realProgram)) {
    return warning("it runs on another Node than this terminal", {
      why: `${realProgram} there, ${node.realPath} here. Full Disk Access and Automation belong to the former.`,
      remedy: [say("To run it on this one (and give that Full Disk Access):"), ...install],
      detail,
    });
  }
  return fine(pid === null ? "loaded" : `loaded, pid ${pid}`, [
    ...detail,
    ...(program === null ? [] : [program]),
  ]);
}

function judgeNotLoaded({ kind, uid, plist }: LaunchdFacts, detail: readonly string[]): Verdict {
  if (kind === "no_session") {
    return broken("nobody is logged in at the screen", {
      why: "A LaunchAgent runs in the session of the screen only, and so do Messages and Automation.",
      remedy: [
        say("Log in at the Mac's screen, or by Screen Sharing. To have it done after every restart:"),
        say("System Settings > Users & Groups > Automatically log in as."),
      ],
      detail,
    });
  }
  return broken("installed, and not loaded", {
    remedy: [run(`launchctl bootstrap gui/${uid} ${quoted(plist)}`)],
    detail,
  });
}
