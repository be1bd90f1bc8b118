/**
 * Keys of OpenClaw's that name what runs or is read on the Mac. They are the Mac's own, in agent.jsonc (I1); each with
 * what its owner does there instead.
 */
export const MAC_KEYS = {
  cliPath:
    'on the Mac, set "cliPath" in agent.jsonc where `imsg` is not on the PATH, and restart `imsg-relay-agent run`',
  dbPath:
    'on the Mac, set "dbPath" in agent.jsonc where it is not the user\'s own database, and restart `imsg-relay-agent run`',
  remoteHost: "on that Mac, run `imsg-relay-agent enroll LINK`: it dials out, nothing logs in to it",
} as const;
