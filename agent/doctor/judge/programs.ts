// Node, macOS and the session: what everything else stands on.
import type { AgentFacts, NodeFacts, RunResult, SessionFacts } from "../facts.ts";
import { managerOf } from "../../launchd/node-place.ts";
import { broken, fine, run, say, skipped, warning, type Verdict } from "../verdict.ts";

/** As package.json says; 21 and the first 22 lack what it takes. */
const isNodeGood = (major: number, minor: number): boolean =>
  (major === 20 && minor >= 20) || (major === 22 && minor >= 12) || major > 22;

/** Why a permission is gone after an upgrade (openclaw/openclaw#43440, #22179). */
export const UPGRADE_LOSES =
  "macOS keeps its permissions by the program's path and signature: an upgrade of Node puts another program in its place, without them.";

export function judgeNode({ version, path, realPath }: NodeFacts): Verdict {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const manager = managerOf(realPath);
  const whose = manager === null ? "" : `, kept by ${manager}`;
  const detail = [
    path,
    ...(realPath === path ? [] : [`is ${realPath}`]),
    ...(manager === null ? [] : [UPGRADE_LOSES]),
  ];
  if (isNodeGood(major, minor)) return fine(`${version}${whose}`, detail);
  return broken(`${version} is too old`, {
    why: `The agent runs on Node 20.20, 22.12 or newer; this one is ${path}.`,
    remedy: [
      say("Install a newer Node, and start the agent with it:"),
      run(UPGRADES[manager ?? ""] ?? "brew install node"),
    ],
    detail,
  });
}

const UPGRADES: Readonly<Record<string, string>> = {
  nvm: "nvm install 22",
  fnm: "fnm install 22",
  Volta: "volta install node@22",
  mise: "mise use -g node@22",
};

/** The least that imsg is built for (openclaw/imsg, README, 2026). */
const LEAST_MACOS = 14;

export function judgeMacos({ kind, stdout }: RunResult): Verdict {
  const version = stdout.trim();
  const major = Number(/^\d+/.exec(version)?.[0]);
  if (kind !== "ended" || Number.isNaN(major)) return skipped("sw_vers does not say the version");
  if (major >= LEAST_MACOS) return fine(version);
  return warning(`${version} is older than imsg is made for`, {
    remedy: [say(`Update to macOS ${LEAST_MACOS} or newer: System Settings > General > Software Update.`)],
  });
}

/** A remote login has no say in Automation: that belongs to the session of the screen. */
export const isOfScreen = ({ isRemote, manager }: SessionFacts): boolean =>
  !isRemote && (manager === null || manager === "Aqua");

export function judgeSession(session: SessionFacts, agent: AgentFacts): Verdict {
  const { isRemote, manager, consoleUser } = session;
  const detail = [`launchd calls it ${manager ?? "nothing"}`, `at the screen: ${consoleUser ?? "nobody"}`];
  const atScreen = say("Log in at the Mac's screen (or by Screen Sharing), open Terminal there, and run:");
  if (agent.kind === "running" && agent.responsible?.kind === "remote") {
    return broken("the agent was started from a remote login", {
      why: `Over ssh, macOS gives Automation to ${agent.responsible.path}, and System Settings has no switch for it: reading works, sends fail with -1743.`,
      remedy: [
        say("Stop it, and let the session of the screen run it:"),
        run(`kill ${agent.pid}`),
        atScreen,
        run("imsg-relay-agent install"),
      ],
      detail,
    });
  }
  const here = isRemote ? "a remote login" : `not the session of the screen (${manager ?? "unknown"})`;
  if (isOfScreen(session)) return fine("of the screen", detail);
  if (agent.kind === "running") return fine(`${here}; the agent runs outside of it`, detail);
  return warning(`this is ${here}`, {
    why: "Automation belongs to the session of the screen: an agent that is started here can read, and not send.",
    remedy: [atScreen, run("imsg-relay-agent install")],
    detail,
  });
}
