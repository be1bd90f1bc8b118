import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createLog } from "../../agent/node/log.ts";
import { AGENT_VERSION } from "../../agent/version.ts";

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

function log(options: { human?: boolean; hasBar?: boolean; verbose?: boolean }) {
  const written: string[] = [];
  const settings = { human: false, hasBar: false, verbose: false, ...options };
  return {
    written,
    log: createLog(
      (line) => void written.push(line),
      settings,
      () => AT,
    ),
  };
}

it("a program reads one JSON line an event", () => {
  const { written, log: say } = log({});
  say("info", "link_up", { epoch: 3 });
  say("debug", "detail");
  expect(written).toEqual(['{"at":"2026-01-02T03:04:05.000Z","level":"info","event":"link_up","epoch":3}\n']);
});

it("a human reads sentences, and details only when asked", () => {
  const { written, log: say } = log({ human: true, verbose: true });
  say("warn", "link_down", { why: "it went", again_in_ms: 7 });
  say("debug", "detail");
  expect(written).toEqual(['03:04:05 warn: link down  why="it went"  again_in_ms=7\n', "03:04:05 detail\n"]);
});

const RUNNING = { done: 500, total: 1_900, rows_per_s: 250, seconds_left: 6, finished: false };
const FIRST = { done: 101, total: null, rows_per_s: null, seconds_left: null, finished: false };
const FINISHED = { done: 1_900, total: 1_900, seconds: 8.2, finished: true };

it("a catch-up is a line now and then, with what is known of it", () => {
  const { written, log: say } = log({ human: true });
  for (const fields of [FIRST, RUNNING, FINISHED]) say("info", "catch_up", fields);
  expect(written).toEqual([
    "03:04:05 catching up: 101 messages\n",
    "03:04:05 catching up: 500 of ~1,900 messages, 250/s, 6 s left\n",
    "03:04:05 caught up: 1,900 messages in 8.2 s\n",
  ]);
});

it("where a bar shows a catch-up, the log has only its end", () => {
  const { written, log: say } = log({ human: true, hasBar: true });
  for (const fields of [FIRST, RUNNING, FINISHED]) say("info", "catch_up", fields);
  expect(written).toEqual(["03:04:05 caught up: 1,900 messages in 8.2 s\n"]);
});

it("what a peer says cannot steer the terminal", () => {
  const { written, log: say } = log({ human: true });
  say("warn", "link_goodbye", { reason: "\u001B[2Jgone" });
  expect(written.join("")).not.toContain("\u001B");
});

it("the version is that of the package", () => {
  const { version }: { version: string } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(AGENT_VERSION).toBe(version);
});
