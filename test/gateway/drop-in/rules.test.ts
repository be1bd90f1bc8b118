import { describe, expect, test } from "vitest";
import { dress } from "../../../gateway/drop-in/dress.ts";
import { Joins } from "../../../gateway/drop-in/joins.ts";
import { judgeAge } from "../../../gateway/drop-in/late.ts";
import { reword } from "../../../gateway/drop-in/wording.ts";
import { readSettings, type Settings } from "../../../gateway/profile/settings.ts";
import type { Answer } from "../../../shared/jsonrpc.ts";

const MINUTE = 60_000;
const NOW = Date.parse("2026-01-01T12:00:00.000Z");
const note = (delayed: boolean) => ({ id: "log1.1", logged_at: NOW, delayed });
const ago = (ms: number): string => new Date(NOW - ms).toISOString();
const settings = (raw: Record<string, unknown> = {}): Settings => {
  const read = readSettings(raw);
  if (!read.ok) throw new Error(read.error);
  return read.value;
};

describe("late messages", () => {
  test.each([
    ["young", 14 * MINUTE, true, "on_time"],
    ["as old as the gateway's fence", 15 * MINUTE, true, "undated"],
    ["older, but not by our fault", 30 * MINUTE, false, "on_time"],
    ["at the end of the window", 120 * MINUTE, true, "undated"],
    ["beyond the window", 121 * MINUTE, true, "too_old"],
  ] as const)("RPC14 a row that is %s", (_, age, delayed, verdict) => {
    expect(judgeAge(ago(age), note(delayed), NOW, settings())).toBe(verdict);
  });

  test("the window is a setting, and so is leaving everything as it is", () => {
    expect(judgeAge(ago(45 * MINUTE), note(true), NOW, settings({ late_max_age: "30m" }))).toBe("too_old");
    expect(judgeAge(ago(11 * 60 * MINUTE), note(true), NOW, settings({ late_max_age: "12h" }))).toBe(
      "undated",
    );
    expect(judgeAge(ago(45 * MINUTE), note(true), NOW, settings({ late_messages: "as_is" }))).toBe("on_time");
  });

  test("a row without a readable date, or from a relay that says nothing, stays as it is", () => {
    for (const date of [undefined, null, "yesterday", 5]) {
      expect(judgeAge(date, note(true), NOW, settings())).toBe("on_time");
    }
    expect(judgeAge(ago(45 * MINUTE), undefined, NOW, settings())).toBe("on_time");
  });

  test.each([
    [{ late_max_age: "13h" }, /at most 12h/],
    [{ late_max_age: "2 hours" }, /late_max_age/],
    [{ late_messages: "drop" }, /late_messages/],
    [{ late_mesages: "deliver" }, /late_mesages/],
  ])("a setting that is wrong is named: %o", (raw, why) => {
    const read = readSettings(raw);
    expect(read.ok ? "" : read.error).toMatch(why);
  });
});

describe("messages", () => {
  const attachment = {
    original_path: "/Users/a/x.heic",
    converted_path: "/Users/a/x.jpg",
    mime_type: "image/heic",
    missing: false,
  };

  test("a late row is passed without its date, everything else untouched", () => {
    const message = { id: 1, guid: "G", created_at: ago(60 * MINUTE), text: "ü", later_field: { a: [1] } };
    expect(dress(message, note(true), NOW, settings())).toEqual({
      message: { ...message, created_at: null },
      lateness: "undated",
    });
    expect(dress(message, note(false), NOW, settings()).message).toBe(message);
  });

  test("an attachment that is not here is missing, and names no path of the Mac's", () => {
    const dressed = dress({ id: 1, attachments: [attachment, attachment] }, note(false), NOW, settings());
    expect(dressed.message["attachments"]).toEqual([
      { original_path: "", mime_type: "image/heic", missing: true },
      { original_path: "", mime_type: "image/heic", missing: true },
    ]);
  });
});

describe("error texts", () => {
  const SIGNALS =
    /timed out waiting for response|private[ -]api bridge|run .?imsg launch|unknown (sub)?command/i;

  test.each([
    "Timed out waiting for response from the bridge",
    "private API bridge is unavailable; run imsg launch",
    "Run `imsg launch` first",
    "unknown command: typing",
    "Unknown subcommand 'x'",
  ])("I6 after dispatch no error says what a gateway takes for a signal: %s", (text) => {
    const answer = reword({
      error: { code: -32603, message: text, data: { detail: text, list: [text], n: 1 } },
    });
    expect(JSON.stringify(answer)).not.toMatch(SIGNALS);
    expect(answer).toMatchObject({ error: { code: -32603, data: { n: 1 } } });
  });

  test("`reply_to requires bridge transport` passes where imsg says it", () => {
    const error = { code: -32602, message: "Invalid params", data: "reply_to requires bridge transport" };
    expect(reword({ error })).toEqual({ error });
  });

  test("results are never reworded: a message may say anything", () => {
    const answer: Answer = { result: { text: "unknown command" } };
    expect(reword(answer)).toBe(answer);
  });
});

describe("older gateways that send again", () => {
  test("I7 an identical send joins the one in flight, whatever the order of its keys; a later one is new", async () => {
    const joins = new Joins();
    const settle: ((answer: Answer) => void)[] = [];
    const start = (): Promise<Answer> => new Promise((resolve) => settle.push(resolve));
    const first = joins.run("send", { to: "+1", text: "a", deep: { x: 1, y: [2] } }, "k1", start);
    const again = joins.run("send", { deep: { y: [2], x: 1 }, text: "a", to: "+1" }, "k2", start);
    const other = joins.run("send", { to: "+1", text: "b" }, "k3", start);
    expect([first.key, again.key, other.key]).toEqual(["k1", "k1", "k3"]);
    expect(settle).toHaveLength(2);
    settle[0]?.({ result: 1 });
    expect(await again.answer).toEqual({ result: 1 });
    await first.answer;
    expect(joins.run("send", { to: "+1", text: "a", deep: { x: 1, y: [2] } }, "k4", start).key).toBe("k4");
  });
});
