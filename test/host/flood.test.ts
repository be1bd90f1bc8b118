import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Activity } from "../../host/activity.ts";
import type { Terminal } from "../../host/terminal.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function activity() {
  const lines: string[] = [];
  // Without the time of day in front.
  const say = (text = ""): void => void lines.push(text.replace(/^\d\d:\d\d:\d\d {2}/, ""));
  const terminal: Terminal = { say, warn: say, paint: (_, text) => text, columns: 80, isTTY: true };
  const made = new Activity(terminal, false);
  const receives = (times: number): void => {
    const message = { id: 7, guid: "G", chat_id: 4, chat_guid: "any;-;+15550100111" };
    const line = JSON.stringify({ jsonrpc: "2.0", method: "message", params: { subscription: 1, message } });
    for (let at = 0; at < times; at += 1) made.gatewayLine(line);
  };
  const says = (fields: object): void =>
    made.agentLine(JSON.stringify({ at: "now", level: "info", event: "catch_up", ...fields }));
  return { lines, receives, says };
}

const SHOWN = "← chat 4  a message";

test("of a flood the first lines are shown, then how many there were more, when it is over", () => {
  const { lines, receives } = activity();
  for (let second = 0; second < 5; second += 1) {
    receives(4_000);
    vi.advanceTimersByTime(1_000);
  }
  expect(lines).toEqual(Array.from({ length: 20 }, () => SHOWN));
  receives(3);
  vi.advanceTimersByTime(1_000);
  expect(lines.slice(20)).toEqual(["… and 19,983 more"]);
  receives(1);
  expect(lines.slice(21)).toEqual([SHOWN]);
});

test("what comes at a pace that can be read is all shown", () => {
  const { lines, receives } = activity();
  for (let second = 0; second < 10; second += 1) {
    receives(20);
    vi.advanceTimersByTime(1_000);
  }
  expect(lines).toEqual(Array.from({ length: 200 }, () => SHOWN));
  expect(vi.getTimerCount()).toBe(0);
});

test("LINK12: a catch-up is told while it goes on and at its end, with what is known of it", () => {
  const { lines, says } = activity();
  says({ done: 500, total: null, rows_per_s: null, seconds_left: null, finished: false });
  says({ done: 31_000, total: 50_000, rows_per_s: 4_166, seconds_left: 5, finished: false });
  says({ done: 31_000, total: 500_000, rows_per_s: 1_000, seconds_left: 469, finished: false });
  says({ done: 50_000, total: 50_000, seconds: 12.3, finished: true });
  says({ done: 1, total: 1, seconds: 0.1, finished: true });
  says({ done: 0, total: 0, seconds: 0.1, finished: true });
  // An agent of before.
  says({ done: 9, finished: true });
  expect(lines).toEqual([
    "catching up: 500 messages",
    "catching up: 31,000 of ~50,000 messages, 4,166/s, 5 s left",
    "catching up: 31,000 of ~500,000 messages, 1,000/s, 8 min left",
    "caught up: 50,000 messages in 12.3 s",
    "caught up: 1 message in 0.1 s",
    "caught up: 9 messages",
  ]);
});
