// The doctor's ports, real ones.
import { homedir } from "node:os";
import type { DoctorPorts } from "../ports.ts";
import { ask } from "./ask.ts";
import { doctorFiles } from "./files.ts";
import { knock } from "./knock.ts";
import { runProgram } from "./run-program.ts";
import { showIdentity } from "./show-identity.ts";
import { talkTo } from "./talk.ts";

export const doctorPorts = (environment: NodeJS.ProcessEnv, signal: AbortSignal): DoctorPorts => ({
  platform: process.platform,
  architecture: process.arch,
  node: { version: process.version, path: process.execPath },
  pid: process.pid,
  uid: process.getuid?.() ?? 0,
  home: homedir(),
  environment,
  now: Date.now,
  isAlive: (pid) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  },
  run: (program, args, ms) => runProgram(program, args, ms, environment, signal),
  talk: (cliPath, database) => talkTo(cliPath, database, signal),
  files: doctorFiles,
  net: {
    get: (url) => ask(url, { signal }),
    knock: (identity) => knock(identity, signal),
    show: (identity) => showIdentity(identity, signal),
  },
});
