// The program at cliPath.
import { writeFileSync } from "node:fs";
import type { Condition } from "./condition.ts";
export const OF_IMSG: readonly Condition[] = [
  {
    is: "imsg is nowhere on PATH",
    make: (one) => one.config({ cliPath: "imsg-of-nobody" }),
    id: "imsg",
    state: "broken",
    says: "not on PATH",
    remedy: ["$ brew install steipete/tap/imsg"],
  },
  {
    is: "nothing is at cliPath",
    make: (one) => one.config({ cliPath: "/no/such/imsg" }),
    id: "imsg",
    state: "broken",
    says: "nothing is at /no/such/imsg",
    remedy: ["$ brew install"],
  },
  {
    is: "a folder is at cliPath",
    make: (one) => one.config({ cliPath: one.home }),
    id: "imsg",
    state: "broken",
    says: "is no file",
  },
  {
    is: "imsg is not executable",
    make: (one) => one.script("#!/bin/sh\n", 0o644),
    id: "imsg",
    state: "broken",
    says: "not executable",
    remedy: ["$ chmod +x"],
  },
  {
    is: "imsg is for another processor",
    // A Mach-O header: 64 bit, x86_64. This machine cannot start it either.
    make: (one) => {
      const file = one.script("");
      writeFileSync(file, Buffer.from("cffaedfe0700000103000000020000000000000000000000", "hex"));
    },
    id: "imsg",
    state: "broken",
    says: "is for x64, and this Mac is arm64",
    remedy: ["$ softwareupdate --install-rosetta"],
  },
  {
    is: "imsg is in quarantine",
    make: (one) => {
      one.script("#!/bin/sh\nkill -9 $$\n");
      one.program("xattr", { out: "0081;65f0;Safari;\n" });
    },
    id: "imsg",
    state: "broken",
    says: "quarantine",
    remedy: ["$ xattr -d com.apple.quarantine"],
  },
  {
    is: "the interpreter of imsg is gone",
    make: (one) => one.script("#!/opt/gone/bin/python3\n"),
    id: "imsg",
    state: "broken",
    says: "/opt/gone/bin/python3",
  },
  {
    is: "imsg is no program",
    make: (one) => one.script("\u0000\u0001 nothing that runs"),
    id: "imsg",
    state: "broken",
    says: "cannot be started",
    remedy: ["$ brew install"],
  },
  {
    is: "imsg has no rpc",
    make: (one) => one.script('#!/bin/sh\n[ "$1" = --version ] && echo 0.3.0 && exit 0\nexit 64\n'),
    id: "imsg",
    state: "broken",
    says: "has no `rpc`",
    remedy: ["$ brew upgrade imsg"],
  },
  {
    is: "imsg knows not even chats.list",
    make: (one) => {
      for (const method of ["status", "chats.list"])
        one.messages.fault({ kind: "fail", method, error: { code: -32601, message: "Method not found" } });
    },
    id: "imsg",
    state: "broken",
    says: "too old",
    remedy: ["Update imsg on the Mac"],
  },
  {
    is: "imsg hangs",
    make: (one) => {
      one.imsgMs = 300;
      one.messages.fault({ kind: "hang", method: "status" });
    },
    id: "imsg",
    state: "broken",
    says: "does not answer",
    remedy: ["rpc"],
  },
  {
    is: "imsg crashes",
    make: (one) => one.messages.fault({ kind: "crash", at: "before_effect", method: "status" }),
    id: "imsg",
    state: "broken",
    says: "signal SIGKILL",
    remedy: ["run `imsg rpc` in a terminal"],
  },
  {
    is: "imsg is of the old kind",
    make: (one) => one.messages.settings({ dialect: "0.9" }),
    id: "imsg",
    state: "ok",
    says: "0.9.0 (old engine",
  },
];
