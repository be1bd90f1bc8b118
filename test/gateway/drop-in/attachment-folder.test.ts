// The folder in which a gateway finds what arrived: private, whole files only, and never for ever.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { DownloadSink } from "../../../gateway/client/download.ts";
import { ClientError } from "../../../gateway/client/client-error.ts";
import { attachmentFolder } from "../../../gateway/drop-in/attachment-folder.ts";
import { FilePruning } from "../../../gateway/drop-in/file-pruning.ts";
import { FILE_KEPT_MS, MAX_KEPT_FILES_BYTES, PRUNE_MS } from "../../../gateway/limits.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const NEVER = new AbortController().signal;
const FACTS = { size: 0, etag: '"a"', name: "", type: "", modified: null, digest: null, transfer: null };
let folder: string;
let clock: VirtualClock;
beforeEach(() => {
  folder = path.join(realpathSync(mkdtempSync(path.join(tmpdir(), "attachments-"))), "files");
  clock = new VirtualClock();
});

/** `work`: what a download does with where its bytes go. */
const fetching = (work: (sink: DownloadSink) => Promise<void>) => {
  let downloads = 0;
  const download = async (_: string, sink: DownloadSink) => {
    downloads += 1;
    await work(sink);
    return { facts: FACTS, sha256: "", verified: "file", resumedFrom: 0 } as const;
  };
  const fetch = attachmentFolder(folder, { download }, clock);
  return { fetch, downloads: () => downloads };
};
const giving = (text: string) =>
  fetching(async (sink) => {
    await sink.begin(FACTS);
    await sink.write(Buffer.from(text));
  });
const failing = (error: Error) =>
  fetching(async (sink) => {
    await sink.begin(FACTS);
    throw error;
  });
const refused = (parts: Partial<ConstructorParameters<typeof ClientError>[0]>) =>
  new ClientError({ code: "not_found", status: 404, requestId: null, ...parts });

describe("a file", () => {
  test("I9 is fetched once, under its own name, for this user alone", async () => {
    const { fetch, downloads } = giving("hello");
    const fetched = await fetch("att_1", "R&D ü.txt", NEVER);
    const file = "path" in fetched ? fetched.path : "";
    expect([path.basename(file), readFileSync(file, "utf8")]).toEqual(["R&D ü.txt", "hello"]);
    expect([statSync(file).mode & 0o777, statSync(path.dirname(file)).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await fetch("att_1", "R&D ü.txt", NEVER)).toEqual(fetched);
    expect(downloads()).toBe(1);
  });

  test("what its sender called it leads nowhere else", async () => {
    const { fetch } = giving("x");
    for (const name of ["../../evil", "..", "", ".hidden", "a/b", "a\u0000b"]) {
      const fetched = await fetch(`att_${name}`, name, NEVER);
      const file = "path" in fetched ? fetched.path : "";
      expect(path.dirname(path.dirname(file))).toBe(folder);
    }
  });

  test("I8 that breaks off leaves nothing behind, and is no file", async () => {
    const { fetch } = fetching(async (sink) => {
      await sink.begin(FACTS);
      await sink.write(Buffer.from("half"));
      throw refused({ code: "unreachable", status: null });
    });
    expect(await fetch("att_1", "a", NEVER)).toEqual({
      why: "The relay cannot be reached.",
      again: "when_back",
    });
    expect(readdirSync(folder).flatMap((one) => readdirSync(path.join(folder, one)))).toEqual([]);
  });

  test("I8 that becomes another one while it comes is that one alone", async () => {
    const { fetch } = fetching(async (sink) => {
      await sink.begin(FACTS);
      await sink.write(Buffer.from("a long first version"));
      await sink.begin(FACTS);
      await sink.write(Buffer.from("second"));
    });
    const fetched = await fetch("att_1", "a", NEVER);
    expect(readFileSync("path" in fetched ? fetched.path : "", "utf8")).toBe("second");
  });

  test("that two want at once is whole for both", async () => {
    const { fetch } = giving("x".repeat(100_000));
    const both = await Promise.all([fetch("att_1", "a", NEVER), fetch("att_1", "a", NEVER)]);
    expect(both[0]).toEqual(both[1]);
    expect(readdirSync(path.join(folder, readdirSync(folder)[0] ?? ""))).toEqual(["a"]);
  });

  test.each([
    [refused({}), { why: "There is nothing here." }],
    [refused({ code: "forbidden_by_mac", status: 403 }), { why: expect.stringContaining("Mac") }],
    [
      refused({ code: "too_large", status: 413, size: 30e6, cap: 16 * 2 ** 20 }),
      { why: "it has 28.6 MiB, and at most 16 MiB are taken (mediaMaxMb)" },
    ],
    [refused({ code: "damaged", status: null }), { why: expect.stringContaining("checksums") }],
    [
      refused({ code: "agent_offline", status: 503, retryable: true }),
      { why: expect.any(String), again: "when_back" },
    ],
    [
      refused({ code: "not_ready", status: 425, retryable: true }),
      { why: expect.any(String), again: "when_ready" },
    ],
    [new Error("ENOSPC"), { why: "it could not be written here" }],
  ])("that cannot be had says why, and whether to ask again (%#)", async (error, expected) => {
    expect(await failing(error).fetch("att_1", "a", NEVER)).toEqual(expected);
  });
});

describe("the folder", () => {
  const keep = (name: string, ageMs: number, bytes = 1): string => {
    const file = path.join(folder, name, "file");
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, "");
    // Sparse: it has that size and takes no room.
    truncateSync(file, bytes);
    const at = (clock.now() - ageMs) / 1_000;
    utimesSync(file, at, at);
    utimesSync(path.dirname(file), at, at);
    return file;
  };
  const prune = async (): Promise<void> => {
    const pruning = new FilePruning(folder, clock);
    pruning.soon();
    await pruning.ended;
  };

  test("forgets what nobody has used for a week", async () => {
    const [old, young] = [keep("old", FILE_KEPT_MS + 1_000), keep("young", FILE_KEPT_MS - 1_000)];
    await prune();
    expect([existsSync(path.dirname(old)), existsSync(young)]).toEqual([false, true]);
  });

  test("what is used again is kept for as long again", async () => {
    const { fetch } = giving("x");
    const fetched = await fetch("att_1", "a", NEVER);
    await clock.pass(FILE_KEPT_MS - 1_000);
    await fetch("att_1", "a", NEVER);
    await clock.pass(2_000);
    await prune();
    expect(existsSync("path" in fetched ? fetched.path : "")).toBe(true);
  });

  test("holds no more than so much, the newest first", async () => {
    const half = MAX_KEPT_FILES_BYTES / 2;
    const files = [keep("newest", 0, half), keep("newer", 1_000, half), keep("oldest", 2_000, 1)];
    await prune();
    expect(files.map((file) => existsSync(file))).toEqual([true, true, false]);
  });

  test("is not looked through at every file", async () => {
    const pruning = new FilePruning(folder, clock);
    mkdirSync(folder);
    pruning.soon();
    await pruning.ended;
    const old = keep("old", FILE_KEPT_MS + 1_000);
    pruning.soon();
    await pruning.ended;
    expect(existsSync(old)).toBe(true);
    await clock.pass(PRUNE_MS);
    pruning.soon();
    await pruning.ended;
    expect(existsSync(old)).toBe(false);
  });
});
