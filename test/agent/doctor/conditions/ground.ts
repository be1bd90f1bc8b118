// Node, macOS, the session, power: what everything else stands on.
import { brewed, stopped, type Condition } from "./condition.ts";
export const OF_THE_GROUND: readonly Condition[] = [
  {
    is: "Node is too old",
    make: (one) =>
      (one.ports = { node: { version: "v18.19.0", path: "/home/x/.nvm/versions/node/v18.19.0/bin/node" } }),
    id: "node",
    state: "broken",
    says: "v18.19.0 is too old",
    remedy: ["nvm install 22"],
  },
  {
    is: "Node is one of the first 22",
    make: (one) => (one.ports = { node: { version: "v22.3.0", path: "/usr/local/bin/node" } }),
    id: "node",
    state: "broken",
    says: "v22.3.0 is too old",
    remedy: ["brew install node"],
  },
  {
    is: "Node is kept by Homebrew",
    make: (one) => (one.ports = { node: { version: "v22.21.0", path: brewed(one) } }),
    id: "node",
    state: "ok",
    says: "kept by Homebrew",
  },
  {
    is: "macOS is older than imsg wants",
    make: (one) => one.program("sw_vers", { out: "12.7.6\n" }),
    id: "macos",
    state: "warning",
    says: "12.7.6",
    remedy: ["Software Update"],
  },
  {
    is: "sw_vers hangs up",
    make: (one) => one.program("sw_vers", { code: 1 }),
    id: "macos",
    state: "skipped",
    says: "does not say",
  },
  {
    is: "this is a remote login, and nothing runs",
    make: (one) => {
      stopped(one);
      one.environment = { SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" };
      one.program("launchctl managername", { out: "Background\n" });
    },
    id: "session",
    state: "warning",
    says: "a remote login",
    remedy: ["Mac's screen", "$ imsg-relay-agent install"],
  },
  {
    is: "this is a remote login, and the agent runs at the screen",
    make: (one) => (one.environment = { SSH_TTY: "/dev/ttys001" }),
    id: "session",
    state: "ok",
    says: "runs outside of it",
  },
  {
    is: "the session is no Aqua session",
    make: (one) => {
      stopped(one);
      one.program("launchctl managername", { out: "Background\n" });
    },
    id: "session",
    state: "warning",
    says: "Background",
    remedy: ["Mac's screen"],
  },
  {
    is: "the agent was started over ssh",
    make: (one) =>
      one.processes([
        [process.pid, 700, process.execPath],
        [700, 600, "-zsh"],
        [600, 500, "sshd-session: ada@ttys001"],
        [500, 1, "/usr/sbin/sshd"],
      ]),
    id: "session",
    state: "broken",
    says: "sshd-keygen-wrapper",
    remedy: [`$ kill ${process.pid}`, "$ imsg-relay-agent install"],
  },

  {
    is: "the Mac sleeps",
    make: (one) => one.power(10, " (sleep prevented by caffeinate)"),
    id: "sleep",
    state: "warning",
    says: "sleeps after 10 min",
    remedy: ["$ sudo pmset -c sleep 0", "System Settings > Energy"],
  },
  {
    is: "the Mac would sleep, and caffeinate keeps it awake",
    make: (one) => {
      one.power(10);
      const line = "   pid 812(caffeinate): [0x1] 00:01:00 PreventUserIdleSystemSleep named: x";
      one.program("pmset assertions", { out: `Listed by owning process:\n${line}\n` });
    },
    id: "sleep",
    state: "ok",
    says: "caffeinate keeps it awake",
  },
  {
    is: "pmset says nothing",
    make: (one) => one.program("pmset custom", { code: 1 }),
    id: "sleep",
    state: "skipped",
    says: "does not say",
  },
  {
    is: "FileVault is on",
    make: (one) => one.program("fdesetup", { out: "FileVault is On.\n" }),
    id: "restart",
    state: "ok",
    says: "password at the screen (FileVault",
  },
  {
    is: "nobody is logged in by itself",
    make: (one) => one.program("defaults", { code: 1, err: "The domain/default pair does not exist\n" }),
    id: "restart",
    state: "ok",
    says: "waits for a login",
  },
];
