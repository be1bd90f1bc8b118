import { describe, expect, test } from "vitest";
import { FaultBox, type FaultKind } from "./faults.ts";
import { InProcess, type InProcessOptions } from "./in-process.ts";
import { MemoryWorld } from "./memory-world.ts";
import { appendedRows, chatOp, recordedWorld, RECORDED_ON, rowidOf, rowsBetween } from "./recorded-world.ts";
import { outputs, readTranscript, recorded, sorted, type Entry } from "./transcript.ts";
import type { MessageOp, WorldOp } from "./world-op.ts";

/**
 * The recordings in which time matters, replayed under virtual time. Two of them were cut off while
 * recording: 09 after 40 rows of the replay from -1, 11 after 37 rows of the burst; what is there is
 * compared, and the rest of the burst is counted.
 */
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

function recordedEngine(ops: readonly WorldOp[], options: InProcessOptions = {}): InProcess {
  const engine = new InProcess("0.9", { ...RECORDED_ON, home: "/Users/bot", ...options });
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
    const [chats = {}, history = {}] = outputs(entries);
    const { messages } = history["result"] as { readonly messages: readonly OldRow[] };
    const listed = chats["result"] as { readonly chats: Parameters<typeof chatOp>[0][] };
    const rows = messages.map((row): MessageOp => ({
      op: "message",
      rowid: row.id,
      guid: `old-${row.id}`,
      chat: row.chat_id,
      is_from_me: row.is_from_me,
      sender: row.sender,
      text: row.text,
      date: row.created_at === "2001-01-01T00:00:00.000Z" ? null : row.created_at,
    }));
    const ops = [...listed.chats.map(chatOp), ...rows.sort((a, b) => rowidOf(a) - rowidOf(b))];
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
