// Where `install` puts what macOS is to find: one LaunchAgent and one log a profile.
import path from "node:path";

interface LaunchAgentPlace {
  readonly label: string;
  readonly plist: string;
}

export function launchAgentOf(profile: string, home: string): LaunchAgentPlace {
  const label = `imsg-relay-agent.${profile}`;
  return { label, plist: path.join(home, "Library/LaunchAgents", `${label}.plist`) };
}

/** The agent's own log, which it rotates. */
export const logOf = (profile: string, home: string): string =>
  path.join(home, "Library/Logs/imsg-relay-agent", `${profile}.log`);

/** What the process says outside its log, last words mostly: launchd writes it. */
export const stderrLogOf = (log: string): string => log.replace(/(?:\.log)?$/, ".stderr.log");
