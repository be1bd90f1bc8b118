import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Child, removeProgram } from "./child.ts";
import { chatOp, LAST_ROW, recordedWorld, RECORDED_ON, rowsBetween } from "./recorded-world.ts";
import { Mac } from "./scenario.ts";
import { outputs, readTranscript, recorded, sorted, type Entry } from "./transcript.ts";
import type { WorldOp } from "./world-op.ts";

/**
 * Every recording of the real imsg 0.9.0 and where it is replayed. Not replayed:
 *
 * | recording              | why                                                                      |
 * | ---------------------- | ------------------------------------------------------------------------ |
 * | 06-huge-line-16MiB     | the same question as 1MiB at sixteen times the price                     |
 * | 06-huge-line-64MiB     | the same, 64 times                                                       |
 * | 10, after 30 subscribes| the recording ends there                                                 |
 *
 * 08, 09, 11, 12-db-exclusive-locked, 12-db-unreadable, 16 and 17 are in transcripts-in-time.test.ts.
 */
const macs: Mac[] = [];
afterAll(() => {
  for (const mac of macs) mac.remove();
  removeProgram();
});

function recordedMac(ops: readonly WorldOp[] = recordedWorld()): Mac {
  const mac = new Mac({ settings: RECORDED_ON });
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
      const path = /database at (\S+) requires/.exec(readTranscript(name)[1]?.line ?? "")?.[1] ?? "";
      const ours = mac.dbPath.replaceAll("/", "\\/");
      const here = readTranscript(name).map(({ dir, line, t }) => ({
        dir,
        t,
        line: line.replaceAll(path, ours),
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
      const child = await replay(name, recordedMac(), { endOfInput: "without a newline" });
      expect(sorted(child.messages)).toStrictEqual(recorded(name));
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
