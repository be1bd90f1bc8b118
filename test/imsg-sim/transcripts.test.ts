import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Child } from "./child.ts";
import { InProcess } from "./in-process.ts";
import { MemoryWorld } from "./memory-world.ts";
import { FaultBox, type FaultKind } from "./faults.ts";
import { appendedRows, chatOp, LAST_ROW, recordedWorld, rowidOf, rowsBetween } from "./recorded-world.ts";
import { Mac } from "./scenario.ts";
import type { Settings } from "./settings.ts";
import { outputs, readTranscript, sorted, type Entry } from "./transcript.ts";
import type { Json } from "./wire-message.ts";
import type { MessageOp, WorldOp } from "./world-op.ts";

/**
 * Every recording of the real imsg 0.9.0 and where it is replayed. Not replayed:
 *
 * | recording              | why                                                                      |
 * | ---------------------- | ------------------------------------------------------------------------ |
 * | 06-huge-line-16MiB     | the same question as 1MiB at sixteen times the price                     |
 * | 06-huge-line-64MiB     | the same, 64 times                                                       |
 * | 11, after 37 rows      | the recording ends there; the rest of the burst is asserted in its stead |
 * | 09, after 40 rows      | the same, within the replay from -1                                      |
 * | 10, after 30 subscribes| the same                                                                 |
 */
const macs: Mac[] = [];
afterAll(() => {
  for (const mac of macs) mac.remove();
});

const LINUX: Settings = { dialect: "0.9", sending: "linux", fileEvents: false, backlogFirst: 0, tailRace: 0 };

function recordedMac(ops: readonly WorldOp[] = recordedWorld()): Mac {
  const mac = new Mac({ settings: LINUX });
  macs.push(mac);
  mac.append(...ops);
  return mac;
}

// The recordings were made under another home; `~` in an attachment is expanded by it.
const start = (mac: Mac): Child => new Child(["rpc", "--db", mac.dbPath], { HOME: "/Users/bot" });

interface ReplayOptions {
  /** What a `db` line stands for. */
  readonly onDb?: (line: string) => unknown;
  readonly endOfInput?: "after a newline" | "without a newline";
}

/** Plays the `in` lines, waiting for as many answers as were recorded before the next one. */
async function replay(name: string, mac: Mac, options: ReplayOptions = {}): Promise<Child> {
  const entries = readTranscript(name);
  const child = start(mac);
  const lastInput = entries.findLastIndex(({ dir }) => dir === "in");
  let seen = 0;
  for (const [at, entry] of entries.entries()) {
    if (entry.dir === "in") {
      const bytes = inputBytes(entry);
      if (at === lastInput && options.endOfInput === "without a newline") child.process.stdin.end(bytes);
      else child.write(bytes);
    } else if (entry.dir === "db") options.onDb?.(entry.line);
    else if (entry.dir === "out") await child.count(++seen);
  }
  const { code } = await child.end();
  // A recording that was cut off has no exit of its own.
  const last = entries.at(-1);
  expect(code).toBe(last?.dir === "exit" ? Number(last.line) : 0);
  return child;
}

/** Undoes what the recorder did to bytes that are no UTF-8 and to lines too long for a file. */
function inputBytes({ line, cut }: Entry): Uint8Array {
  const fixed = cut === undefined ? line : uncut(line, cut);
  const bytes = fixed.split(/(\\x[0-9a-f]{2})/).map((part) => {
    const byte = /^\\x([0-9a-f]{2})$/.exec(part)?.[1];
    return byte === undefined ? Buffer.from(part) : Buffer.from(byte, "hex");
  });
  return Buffer.concat(bytes);
}

function uncut(line: string, length: number): string {
  const [head = "", tail = ""] = line.split(/a*…<\d+ chars in all>…a*/);
  return head + "a".repeat(length - head.length - tail.length) + tail;
}

const recorded = (name: string): ReturnType<typeof sorted> => sorted(outputs(readTranscript(name)));

describe("as a child process, imsg-sim answers line for line what imsg 0.9.0 answered", () => {
  test.each([
    "01-methods",
    "02-chats-list",
    "03-ids",
    "04-history",
    "05-framing",
    "06-huge-line-1MiB",
    "07-send",
    "10-watch-many",
    "12-db-wal-write-locked",
  ])("%s", async (name) => {
    const child = await replay(name, recordedMac());
    expect(sorted(child.messages)).toStrictEqual(recorded(name));
  });

  test("12-db-directory: a directory in place of the database is a disk error to every request, exit code 1", async () => {
    const mac = recordedMac([]);
    mac.spoil("directory");
    const child = await replay("12-db-directory", mac);
    expect(sorted(child.messages)).toStrictEqual(recorded("12-db-directory"));
  });

  test.each(["empty", "garbage"] as const)(
    "12-db-%s: the file opens, its queries fail, a watch dies",
    async (how) => {
      const name = how === "empty" ? "12-db-empty-file" : "12-db-garbage";
      const mac = recordedMac([]);
      mac.spoil(how);
      const child = await replay(name, mac);
    expect(sorted(child.messages)).toStrictEqual(recorded(name));
    },
  );

  test.each(["12-db-missing", "12-db-default-missing", "12-db-appears-later"])(
    "%s: a database that was missing at the start stays missing, exit code 1",
    async (name) => {
      const mac = recordedMac();
      const comeBack = mac.vanish();
      const child = await replay(name, mac, {
        onDb: (line) => line.includes("copied into place") && comeBack(),
      });
      const path =
        /database at (\S+) requires/.exec(
          readTranscript(name)
            .map(({ line }) => line)
            .join("\n"),
        )?.[1] ?? "";
      const here = readTranscript(name).map((entry) => ({
        ...entry,
        line: entry.line.replaceAll(path, mac.dbPath.replaceAll("/", "\\/")),
      }));
      expect(path).not.toBe("");
      expect(child.messages).toStrictEqual(outputs(here));
    },
  );

  test("12-db-removed-midway: the open file is read on after its folder was removed", async () => {
    const mac = recordedMac();
    const remove = (line: string): void => {
      if (line === "directory removed") rmSync(dirname(mac.dbPath), { recursive: true });
    };
    const child = await replay("12-db-removed-midway", mac, { onDb: remove });
    expect(sorted(child.messages)).toStrictEqual(recorded("12-db-removed-midway"));
  });

  test("14-stale-chat-cache: name and members stay what they were, only a name that was empty is read anew", async () => {
    const mac = recordedMac();
    const rename = (): void => {
      mac.rename(5, "Renamed");
      mac.rename(6, "Named now");
      mac.addParticipant(5, "+15550100107");
      mac.append(...rowsBetween(LAST_ROW + 1, LAST_ROW + 1, ["14-stale-chat-cache"]));
    };
    const child = await replay("14-stale-chat-cache", mac, { onDb: rename });
    expect(sorted(child.messages)).toStrictEqual(recorded("14-stale-chat-cache"));
  });

  test("15-db-replaced: another file renamed over the first is never seen", async () => {
    const name = "15-db-replaced";
    // The session began where 14 ended, so its own list describes chat 5.
    const chats = outputs(readTranscript(name)).flatMap((message) => {
      const result = message["result"] as { readonly chats?: Parameters<typeof chatOp>[0][] };
      return (result.chats ?? []).map(chatOp);
    });
    const mac = recordedMac([
      ...chats.slice(0, 1),
      ...recordedWorld(),
      ...rowsBetween(LAST_ROW + 1, LAST_ROW + 1, ["14-stale-chat-cache"]),
    ]);
    const replace = (): void => {
      mac.replace((script) => script.appendText(script.dm("new@example.com"), "new@example.com", "newer"));
    };
    const child = await replay(name, mac, { onDb: replace });
    expect(sorted(child.messages)).toStrictEqual(recorded(name));
  });

  test.each(["13-eof-immediate", "13-eof-with-watch"])(
    "%s: the end of input ends it with code 0",
    async (name) => {
      const child = await replay(name, recordedMac());
    expect(sorted(child.messages)).toStrictEqual(recorded(name));
    },
  );

  test.each(["13-eof-no-newline", "13-eof-partial"])(
    "%s: a last line without its end is answered",
    async (name) => {
      const child = await replay(name, recordedMac();
    expect(sorted(child.messages)).toStrictEqual(recorded({ endOfInput: "without a newline" }), name));
    },
  );

  test.each(["SIGHUP", "SIGINT", "SIGTERM"] as const)(
    "13-%s: the signal kills it at once",
    async (signal) => {
      const child = start(recordedMac());
      child.write(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "watch.subscribe" }));
      await child.count(1);
      child.process.kill(signal);
      expect(await child.exit()).toStrictEqual({ code: null, signal });
      expect(sorted(child.messages)).toStrictEqual(recorded(`13-${signal}`));
    },
  );

  test("13-stdout-closed: the next answer to a reader that is gone is a SIGPIPE", async () => {
    const child = start(recordedMac());
    const [first, second] = readTranscript("13-stdout-closed").filter(({ dir }) => dir === "in");
    child.write(first?.line ?? "");
    await child.count(1);
    child.process.stdout.destroy();
    child.write(second?.line ?? "");
    expect(await child.exit()).toStrictEqual({ code: null, signal: "SIGPIPE" });
    expect(sorted(child.messages)).toStrictEqual(recorded("13-stdout-closed"));
  });
});

/** Plays a recording in the test's process: every line at its own time on the virtual clock. */
function replayInTime(entries: readonly Entry[], engine: InProcess): void {
  const begin = engine.clock.now();
  for (const { t, dir, line } of entries) {
    engine.clock.advance(Math.max(0, begin + t * 1000 - engine.clock.now()));
    if (dir === "in") engine.receive(line);
  }
}

/** When the rows of 08 were committed: the `db` lines say it, and that row 246 got its chat 7 s later. */
function commitsOf08(entries: readonly Entry[]): { readonly t: number; readonly op: WorldOp }[] {
  const rows = new Map(appendedRows(false).map((op) => [rowidOf(op), op]));
  let start = 0;
  return entries.flatMap(({ dir, line, t }) => {
    const json = dir === "db" ? /^append (\{.*\})$/.exec(line)?.[1] : undefined;
    if (json === undefined) return [];
    const { rowid, committed_at, joined_at } = JSON.parse(json) as Commit;
    start ||= committed_at - t;
    const op = rows.get(rowid);
    const commit = op === undefined ? [] : [{ t: committed_at - start, op }];
    const joining: WorldOp = { op: "join", message: rowid, chat: 1 };
    return joined_at === undefined ? commit : [...commit, { t: joined_at - start, op: joining }];
  });
}

interface Commit {
  readonly rowid: number;
  readonly committed_at: number;
  readonly joined_at?: number;
}

function faultBox(fault: FaultKind): FaultBox {
  const box = new FaultBox();
  box.set(fault);
  return box;
}

function recordedEngine(
  ops: readonly WorldOp[],
  options: ConstructorParameters<typeof InProcess>[1] = {},
): InProcess {
  const engine = new InProcess("0.9", { ...LINUX, home: "/Users/bot", ...options });
  engine.database.append(ops);
  return engine;
}

describe("under virtual time, imsg-sim does what imsg 0.9.0 did", () => {
  test("08-watch: a poll every 5 s, a row without a chat once with chat_id 0, a repeated balloon never", () => {
    const entries = readTranscript("08-watch");
    const engine = recordedEngine(recordedWorld());
    for (const { t, op } of commitsOf08(entries)) {
      engine.clock.setTimer(t * 1000, () => engine.database.append([op]));
    }
    replayInTime(entries, engine);
    expect(sorted(engine.messages)).toStrictEqual(recorded("08-watch"));
  });

  test("09-watch-resume: a replay shows no balloon twice in one process, and -1 starts from the beginning", () => {
    const entries = readTranscript("09-watch-resume");
    const engine = recordedEngine([...recordedWorld(), ...appendedRows(true)]);
    replayInTime(entries, engine);
    engine.clock.advance(100);
    const recorded = sorted(outputs(entries));
    const replayed = sorted(engine.messages);
    expect(replayed.answers.slice(0, recorded.answers.length)).toStrictEqual(recorded.answers);
    expect(replayed.notifications.slice(0, recorded.notifications.length)).toStrictEqual(
      recorded.notifications,
    );
  });

  test("11-watch-burst: 350 rows come 100 a poll and therefore take 20 s", () => {
    const entries = readTranscript("11-watch-burst");
    const engine = recordedEngine([...recordedWorld(), ...appendedRows(true)]);
    const rows = rowsBetween(250, 599, ["11-watch-burst"]);
    engine.receive(entries[0]?.line ?? "");
    engine.clock.advance(600);
    const rest: WorldOp = {
      op: "bulk",
      count: 350 - rows.length,
      chat: 1,
      sender: "+15550100101",
      text: "appended",
      guid_head: "0B0B0B0B",
      date: "2026-11-22T14:27:23.000Z",
    };
    engine.database.append([...rows, rest]);
    const afterEachPoll = [5000, 5000, 5000, 5000].map((ms) => {
      engine.clock.advance(ms);
      return engine.notifications().length;
    });
    expect(afterEachPoll).toStrictEqual([100, 200, 300, 350]);
    const known = outputs(entries);
    expect(engine.messages.slice(0, known.length)).toStrictEqual(known);
  });

  test("12-db-unreadable: a file it may not read is a missing database to every request", () => {
    const entries = readTranscript("12-db-unreadable");
    const engine = recordedEngine([], { world: new MemoryWorld("unreadable", "/Users/bot/unreadable.db") });
    replayInTime(entries, engine);
    engine.end();
    expect(sorted(engine.messages)).toStrictEqual(recorded("12-db-unreadable"));
    expect(engine.ended).toBe(1);
  });

  test("12-db-exclusive-locked: 25 s to the first answer, a watch dies after 5 s, later queries succeed", () => {
    const entries = readTranscript("12-db-exclusive-locked");
    const faults = faultBox({ kind: "locked_at_start", ms: 37_300 });
    const engine = recordedEngine(recordedWorld(), { faults });
    replayInTime(entries, engine);
    engine.end();
    expect(sorted(engine.messages)).toStrictEqual(recorded("12-db-exclusive-locked"));
    expect(engine.ended).toBe(0);
  });

  test("16-schema-probed-while-locked: every guid is empty for the life of the process", () => {
    const entries = readTranscript("16-schema-probed-while-locked");
    const faults = faultBox({ kind: "locked_at_start", ms: 21_000 });
    const engine = recordedEngine(recordedWorld(), { faults });
    replayInTime(entries, engine);
    expect(sorted(engine.messages)).toStrictEqual(recorded("16-schema-probed-while-locked"));
  });

  test("17-old-schema: a database without guids and with dates in seconds is misread, not refused", () => {
    const entries = readTranscript("17-old-schema");
    const [chats, history] = outputs(entries);
    const shown = (history?.["result"] as { readonly messages: readonly OldRow[] }).messages;
    const listed = (chats?.["result"] as { readonly chats: Parameters<typeof chatOp>[0][] }).chats;
    const rows = shown.map((row): MessageOp => ({
      op: "message",
      rowid: row.id,
      guid: `old-${row.id}`,
      chat: row.chat_id,
      is_from_me: row.is_from_me,
      sender: row.sender,
      text: row.text,
      date: row.created_at === "2001-01-01T00:00:00.000Z" ? null : row.created_at,
    }));
    const ops = [...listed.map(chatOp), ...rows.sort((a, b) => rowidOf(a) - rowidOf(b))];
    const engine = recordedEngine(ops, { faults: faultBox({ kind: "empty_guids" }) });
    replayInTime(entries, engine);
    expect(sorted(engine.messages)).toStrictEqual(recorded("17-old-schema"));
  });
});

interface OldRow {
  readonly id: number;
  readonly chat_id: number;
  readonly is_from_me: boolean;
  readonly sender: string;
  readonly text: string;
  readonly created_at: string;
}
