// What the programs of macOS say, read: believed forms, odd ones, and none at all.
import { expect, it } from "vitest";
import type { RunResult } from "../../../agent/doctor/facts.ts";
import { readLaunchctl } from "../../../agent/doctor/read/launchctl.ts";
import { architecturesOf, interpreterOf } from "../../../agent/doctor/read/mach-o.ts";
import { managerOf } from "../../../agent/launchd/node-place.ts";
import { readPmset } from "../../../agent/doctor/read/pmset.ts";
import { readProcesses, responsibleFor } from "../../../agent/doctor/read/processes.ts";

const ended = (stdout: string, code = 0, stderr = ""): RunResult => ({
  kind: "ended",
  code,
  signal: null,
  errno: null,
  stdout,
  stderr,
});

it("launchctl: program, pid, exit code and the job's own environment, not the inherited one", () => {
  const text = `gui/501/x = {
	state = running
	program = /opt/node/bin/node
	inherited environment = {
		PATH => /wrong
	}
	default environment = {
		PATH => /wrong/as/well
	}
	environment = {
		OSLogRateLimit => 64
		PATH => /opt/homebrew/bin:/usr/bin
	}
	pid = 512
	last exit code = 78: EX_CONFIG
}`;
  expect(readLaunchctl(ended(text))).toEqual({
    kind: "loaded",
    pid: 512,
    program: "/opt/node/bin/node",
    lastExit: 78,
    environment: { OSLogRateLimit: "64", PATH: "/opt/homebrew/bin:/usr/bin" },
  });
  expect(readLaunchctl(ended("x = {\n\tlast exit code = (never exited)\n}"))).toEqual({
    kind: "loaded",
    pid: null,
    program: null,
    lastExit: null,
    environment: {},
  });
});

it("launchctl: not loaded, no session at the screen, and what nobody understands", () => {
  expect(readLaunchctl(ended("", 113))).toEqual({ kind: "not_loaded" });
  expect(readLaunchctl(ended("", 3, 'Could not find service "x" in domain'))).toEqual({ kind: "not_loaded" });
  expect(readLaunchctl(ended("", 125, "Could not find domain for user gui: 501"))).toEqual({
    kind: "no_session",
  });
  expect(readLaunchctl(ended("", 1))).toEqual({ kind: "unknown" });
  expect(readLaunchctl({ ...ended(""), kind: "failed", errno: "ENOENT" })).toEqual({ kind: "unknown" });
});

it("pmset: numbers by power source, whatever stands behind them", () => {
  const text =
    "Battery Power:\n Sleep On Power Button 1\n sleep   1\nAC Power:\n sleep  10 (sleep prevented by powerd)\n";
  expect(readPmset(text)).toEqual({
    "Battery Power": { "Sleep On Power Button": 1, sleep: 1 },
    "AC Power": { sleep: 10 },
  });
  expect(readPmset("")).toEqual({});
});

it("responsible is the app of a terminal, the program that launchd started, or sshd", () => {
  const processes = readProcesses(`
    1     0 /sbin/launchd
  300     1 /Applications/iTerm.app/Contents/MacOS/iTerm2
  301   300 -zsh
  302   301 /opt/homebrew/bin/node
  400     1 /opt/homebrew/Cellar/node/22.1.0/bin/node
  401   400 /opt/homebrew/bin/imsg
  500     1 /usr/sbin/sshd
  501   500 sshd-session: ada [priv]
  502   501 -zsh
  503   502 node
  600     1 /opt/homebrew/bin/tmux
  601   600 node
  700   701 node
  701   700 node
`);
  expect(responsibleFor(302, processes)).toEqual({ kind: "app", path: "/Applications/iTerm.app" });
  expect(responsibleFor(401, processes)).toEqual({
    kind: "program",
    path: "/opt/homebrew/Cellar/node/22.1.0/bin/node",
  });
  expect(responsibleFor(503, processes)).toEqual({
    kind: "remote",
    path: "/usr/libexec/sshd-keygen-wrapper",
  });
  expect(responsibleFor(601, processes)).toEqual({ kind: "program", path: "/opt/homebrew/bin/tmux" });
  expect(responsibleFor(999, processes)).toBeUndefined();
  // Two that started each other: read while they changed.
  expect(responsibleFor(700, processes)).toMatchObject({ kind: "program" });
});

it("a program's processors and a script's interpreter are in its first bytes", () => {
  const bytes = (hex: string): Uint8Array => Buffer.from(hex, "hex");
  expect(architecturesOf(bytes("cffaedfe0c00000100000000"))).toEqual(["arm64"]);
  expect(architecturesOf(bytes("cffaedfe0700000103000000"))).toEqual(["x64"]);
  const entry = (cpu: string): string => cpu + "00".repeat(16);
  expect(architecturesOf(bytes(`cafebabe00000002${entry("01000007")}${entry("0100000c")}`))).toEqual([
    "x64",
    "arm64",
  ]);
  // A Java class begins with the same four bytes.
  expect(architecturesOf(bytes("cafebabe00000041"))).toBeNull();
  expect(architecturesOf(bytes("7f454c46020101000000"))).toBeNull();
  expect(architecturesOf(bytes(""))).toBeNull();
  expect(interpreterOf(Buffer.from("#!/usr/bin/env node\nx"))).toBe("/usr/bin/env node");
  expect(interpreterOf(Buffer.from("MZ"))).toBeNull();
});

it("a Node's path says who keeps it, and whether it changes with every version", () => {
  const cases = [
    ["/opt/homebrew/Cellar/node@22/22.12.0/bin/node", "Homebrew"],
    ["/Users/ada/.nvm/versions/node/v22.12.0/bin/node", "nvm"],
    ["/Users/ada/Library/Application Support/fnm/node-versions/v22.12.0/installation/bin/node", "fnm"],
    ["/Users/ada/.volta/tools/image/node/22.12.0/bin/node", "Volta"],
    ["/Users/ada/.asdf/installs/nodejs/22.12.0/bin/node", "asdf"],
    ["/Users/ada/.local/share/mise/installs/node/22.12.0/bin/node", "mise"],
    ["/usr/local/bin/node", null],
  ] as const;
  for (const [path, manager] of cases) expect(managerOf(path)).toBe(manager);
});
