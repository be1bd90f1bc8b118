// Identity, settings, disk, and whether the agent runs.
import { chmodSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { doctorFiles } from "../../../../agent/doctor/node/files.ts";
import type { FileFacts } from "../../../../agent/doctor/ports.ts";
import { brewed, stopped, type Condition } from "./condition.ts";
/** As it is for a user who is not root. */
const owned = (stat: FileFacts | undefined): FileFacts | undefined => stat && { ...stat, uid: 501 };

export const OF_THE_PROFILE: readonly Condition[] = [
  {
    is: "not enrolled",
    make: (one) => rmSync(one.files.identity),
    id: "identity",
    state: "broken",
    says: "not enrolled",
    remedy: ["$ imsg-relay-agent enroll"],
  },
  {
    is: "the identity is damaged",
    make: (one) => writeFileSync(one.files.identity, '{"version":1', { mode: 0o600 }),
    id: "identity",
    state: "broken",
    says: "damaged",
    remedy: ["--force"],
  },
  {
    is: "the private key is readable by others",
    make: (one) => chmodSync(one.files.identity, 0o644),
    id: "identity",
    state: "broken",
    says: "mode 644",
    remedy: ["$ chmod 700", "chmod 600"],
  },
  {
    is: "the folder of the profile is open",
    make: (one) => chmodSync(one.files.folder, 0o755),
    id: "identity",
    state: "broken",
    says: "its folder 755",
    remedy: ["$ chmod 700"],
  },
  {
    is: "the identity is root's",
    make: (one) => (one.ports = { uid: 501_501 }),
    id: "identity",
    state: "broken",
    says: "another user's",
    remedy: ["$ sudo chown -R"],
  },
  {
    is: "the doctor was called with sudo",
    make: (one) => {
      one.ports = { uid: 0 };
      one.look = { stat: (file) => owned(doctorFiles.stat(file)) };
    },
    id: "identity",
    state: "broken",
    says: "runs as root",
    remedy: ["without sudo"],
  },
  {
    is: "the relay is without https",
    make: (one) => one.enrol({ relay: "http://relay.example.com" }),
    id: "identity",
    state: "broken",
    says: "without https",
    remedy: ["--force"],
  },
  {
    is: "the relay is no address at all",
    make: (one) => one.enrol({ relay: "https://[" }),
    id: "identity",
    state: "broken",
    says: "without https",
  },
  {
    is: "agent.jsonc has a mistyped setting",
    make: (one) => writeFileSync(one.files.config, '{\n  "read_onyl": true\n}'),
    id: "config",
    state: "broken",
    says: "line 2",
    remedy: ["$ open -t"],
  },
  {
    is: "agent.jsonc is no JSON",
    make: (one) => writeFileSync(one.files.config, '{\n\n  "cliPath" }'),
    id: "config",
    state: "broken",
    says: "line 3",
  },
  {
    is: "agent.jsonc can be written by others",
    make: (one) => chmodSync(one.files.config, 0o666),
    id: "config",
    state: "broken",
    says: "chmod 600",
    remedy: ["$ ls -l"],
  },
  {
    is: "there is no agent.jsonc",
    make: (one) => rmSync(one.files.config),
    id: "config",
    state: "ok",
    says: "defaults",
  },
  {
    is: "the disk is nearly full",
    make: (one) => (one.look = { free: () => 600_000_000 }),
    id: "disk",
    state: "warning",
    says: "600 MB free",
    remedy: ["General > Storage"],
  },
  {
    is: "the disk is full",
    make: (one) => (one.look = { free: () => 3_000_000 }),
    id: "disk",
    state: "broken",
    says: "journal",
    remedy: ["General > Storage"],
  },
  {
    is: "the profile's folder cannot be written",
    make: (one) => (one.look = { isWritable: () => false }),
    id: "disk",
    state: "broken",
    says: "cannot be written",
    remedy: ["$ sudo chown -R"],
  },

  {
    is: "nothing runs and nothing is installed",
    make: (one) => {
      stopped(one);
      rmSync(one.plist);
      one.program("launchctl print", {
        code: 113,
        err: 'Could not find service "x" in domain for user gui: 501\n',
      });
    },
    id: "agent",
    state: "warning",
    says: "does not run",
    remedy: ["$ imsg-relay-agent install", "$ imsg-relay-agent run"],
  },
  {
    is: "launchd is to run it and nothing runs",
    make: (one) => {
      stopped(one);
      one.launchd({ pid: null });
    },
    id: "agent",
    state: "broken",
    says: "launchd is to run it",
    remedy: ["$ launchctl kickstart -k gui/"],
  },
  {
    is: "the agent was killed",
    make: (one) => one.status({ pid: 999_999_99, written_at: Date.now() - 5_000 }),
    id: "agent",
    state: "broken",
    says: "killed, or crashed",
    remedy: ["$ launchctl kickstart -k"],
  },
  {
    is: "the agent hangs",
    make: (one) => one.status({ written_at: Date.now() - 90_000 }),
    id: "agent",
    state: "broken",
    says: "it hangs: nothing written for 90 s",
    remedy: [`$ kill -9 ${process.pid}`],
  },
  {
    is: "its number is another program's by now",
    make: (one) => {
      one.status({ written_at: Date.now() - 90_000 });
      one.processes([[process.pid, 1, "/usr/libexec/other"]]);
    },
    id: "agent",
    state: "broken",
    says: "killed, or crashed",
  },
  {
    is: "two agents serve one profile",
    make: (one) => one.launchd({ pid: 4_321 }),
    id: "agent",
    state: "warning",
    says: `${process.pid} serves, 4321 is launchd's`,
    remedy: [`$ kill ${process.pid}`],
  },
  {
    is: "the agent says that imsg crashes",
    make: (one) => one.unwell("imsg_crashing"),
    id: "agent",
    state: "broken",
    says: "imsg_crashing",
    remedy: ["imsg ends again and again"],
  },
  {
    is: "the LaunchAgent is not installed",
    make: (one) => {
      rmSync(one.plist);
      one.program("launchctl print", { code: 113, err: "Could not find service\n" });
    },
    id: "launch_agent",
    state: "warning",
    says: "ends with the window",
    remedy: ["$ imsg-relay-agent install"],
  },
  {
    is: "the LaunchAgent is not loaded",
    make: (one) => one.program("launchctl print", { code: 113, err: "Could not find service\n" }),
    id: "launch_agent",
    state: "broken",
    says: "not loaded",
    remedy: ["$ launchctl bootstrap gui/"],
  },
  {
    is: "nobody is logged in at the screen",
    make: (one) =>
      one.program("launchctl print", { code: 125, err: "Could not find domain for user gui: 501\n" }),
    id: "launch_agent",
    state: "broken",
    says: "nobody is logged in",
    remedy: ["Automatically log in as"],
  },
  {
    is: "the LaunchAgent's file is gone while it runs",
    make: (one) => rmSync(one.plist),
    id: "launch_agent",
    state: "warning",
    says: "not after the next login",
    remedy: ["$ imsg-relay-agent install"],
  },
  {
    is: "the LaunchAgent's Node was upgraded away",
    make: (one) => one.launchd({ program: "/opt/homebrew/Cellar/node/22.1.0/bin/node" }),
    id: "launch_agent",
    state: "broken",
    says: "not there any more",
    remedy: ["$ imsg-relay-agent install", "Full Disk Access"],
  },
  {
    is: "the LaunchAgent runs on another Node",
    make: (one) => one.launchd({ program: brewed(one) }),
    id: "launch_agent",
    state: "warning",
    says: "another Node",
    remedy: ["$ imsg-relay-agent install"],
  },
  {
    is: "the LaunchAgent ends as soon as it starts",
    make: (one) => one.launchd({ pid: null, lastExit: "3" }),
    id: "launch_agent",
    state: "broken",
    says: "exit code 3: not enrolled, or agent.jsonc",
    remedy: ["$ imsg-relay-agent logs"],
  },
  {
    is: "imsg is nowhere, which is not launchd's fault",
    make: (one) => one.config({ cliPath: "imsg-of-nobody" }),
    id: "launch_agent",
    state: "ok",
    says: "loaded",
  },
  {
    is: "launchd's PATH has no imsg",
    make: (one) => {
      symlinkSync(one.imsg, path.join(one.bin, "imsg"));
      one.config({ cliPath: "imsg" });
      one.launchd({ path: "/usr/bin:/bin" });
    },
    id: "launch_agent",
    state: "broken",
    says: "PATH has no imsg",
    remedy: ["cliPath", "$ command -v imsg"],
  },
];
