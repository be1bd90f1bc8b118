import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createLog } from "../../agent/node/log.ts";
import { AGENT_VERSION } from "../../agent/version.ts";

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

function log(isTTY: boolean, verbose = false) {
  const written: string[] = [];
  const sink = { isTTY, write: (text: string) => written.push(text) };
  return { written, log: createLog(sink, verbose, () => AT) };
}

it("a program reads one JSON line an event", () => {
  const { written, log: say } = log(false);
  say("info", "link_up", { epoch: 3 });
  say("debug", "detail");
  expect(written).toEqual(['{"at":"2026-01-02T03:04:05.000Z","level":"info","event":"link_up","epoch":3}\n']);
});

it("a human reads sentences, and details only when asked", () => {
  const { written, log: say } = log(true, true);
  say("warn", "link_down", { why: "it went", again_in_ms: 7 });
  say("debug", "detail");
  expect(written).toEqual(['03:04:05 warn: link down  why="it went"  again_in_ms=7\n', "03:04:05 detail\n"]);
});

it("the progress of a catch-up is one line that moves and ends", () => {
  const { written, log: say } = log(true);
  say("info", "catch_up", { done: 500, finished: false });
  say("info", "catch_up", { done: 900, finished: true });
  say("info", "next");
  expect(written.join("")).toBe(
    "\r\u001B[Kcatching up: 500 messages …\r\u001B[Kcaught up: 900 messages\n03:04:05 next\n",
  );
});

it("what a peer says cannot steer the terminal", () => {
  const { written, log: say } = log(true);
  say("warn", "link_goodbye", { reason: "\u001B[2Jgone" });
  expect(written.join("")).not.toContain("\u001B");
});

it("the version is that of the package", () => {
  const { version }: { version: string } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(AGENT_VERSION).toBe(version);
});
