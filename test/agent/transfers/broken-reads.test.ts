// Reads that somebody breaks off: the file, the relay, the link, too many at once. Real files, real HTTP.
import { appendFileSync, renameSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import type { OpenedFile } from "../../../agent/transfers/ports.ts";
import { reading } from "../support/odd-disks.ts";
import { bytesOf, digestOf, LONG_AGO, macOf, MIB } from "../support/transfer-mac.ts";
import { watched } from "../support/watched-files.ts";

const CONTENT = bytesOf(1_000);

for (const [what, change] of [
  ["grows", (file: string) => appendFileSync(file, "more")],
  ["shrinks", (file: string) => truncateSync(file, 3 * MIB)],
  [
    "is written over in place",
    (file: string) => writeFileSync(file, Buffer.alloc(32 * MIB + 1, "y"), { flag: "r+" }),
  ],
  ["is touched", (file: string) => utimesSync(file, LONG_AGO, new Date())],
] as const) {
  it(`I8: a file that ${what} while it is read breaks off: no body comes to its end`, async () => {
    const opened: OpenedFile[] = [];
    const mac = await macOf({ ports: watched(opened) });
    const file = mac.file("a.bin", Buffer.alloc(32 * MIB));
    mac.relay.keep = false;
    let changed = false;
    mac.relay.onBytes = () => {
      if (!changed) change(file);
      changed = true;
    };
    expect(await mac.ended(mac.read(file))).toMatchObject({ state: "failed", error: { code: "changed" } });
    expect(mac.relay.posts.map(({ whole }) => whole)).toEqual([false]);
    expect(opened).toEqual([]);
    // Soon, and not when all of it has gone.
    expect(Number(mac.logged[0]?.fields["bytes"])).toBeLessThan(28 * MIB);
    await vi.waitFor(() => expect(mac.relay.posts[0]?.broken).toBe(true));
  });
}

it("I8: one that changes at the very end breaks off as well: the last bytes are held back for the last look", async () => {
  const opened: OpenedFile[] = [];
  const mac = await macOf({ ports: watched(opened, () => appendFileSync(file, "x")) });
  const file = mac.file("small.bin", CONTENT);
  expect(await mac.ended(mac.read(file))).toMatchObject({ error: { code: "changed" } });
  expect(mac.relay.posts.some(({ whole }) => whole)).toBe(false);
});

it("I8: another file in its place changes nothing: the one that was opened is brought", async () => {
  const mac = await macOf({
    ports: watched([], (looks) => void (looks === 1 && renameSync(other, file))),
  });
  const other = mac.file("other.bin", bytesOf(2_000));
  const file = mac.file("a.bin", CONTENT);
  expect(await mac.ended(mac.read(file))).toMatchObject({ state: "done", sha256: digestOf(CONTENT) });
});

it("I8: 100 MB go through two buffers of 256 KiB, in two bodies", async () => {
  const buffers = new Set<ArrayBufferLike>();
  const mac = await macOf({
    ports: reading((real) => ({
      read: (into, position) => {
        buffers.add(into.buffer);
        return real.read(into, position);
      },
    })),
  });
  mac.relay.keep = false;
  const content = Buffer.alloc(100 * MIB, "0123456789abcdef");
  const transfer = mac.read(mac.file("large.mov", content));
  const sha256 = digestOf(content);
  expect(await mac.ended(transfer)).toMatchObject({ state: "done", bytes: content.length, sha256 });
  expect(mac.relay.posts.map(({ length }) => length)).toEqual([90 * MIB, 10 * MIB]);
  expect([...buffers].map(({ byteLength }) => byteLength)).toEqual([MIB / 4, MIB / 4]);
});

it("I8: where the relay takes nothing, reading stops after what the sockets hold", async () => {
  const read = { bytes: 0 };
  const mac = await macOf({
    ports: reading((real) => ({
      read: async (into, position) => {
        const bytes = await real.read(into, position);
        read.bytes += bytes;
        return bytes;
      },
    })),
  });
  let open = (): void => undefined;
  mac.relay.gate = new Promise((resolve) => {
    open = resolve;
  });
  mac.relay.keep = false;
  const transfer = mac.read(mac.file("large.mov", Buffer.alloc(64 * MIB)));
  // Until it stands still.
  for (let before = -1; read.bytes === 0 || before < read.bytes;) {
    before = read.bytes;
    await pause(200);
  }
  expect(read.bytes).toBeLessThan(32 * MIB);
  open();
  expect(await mac.ended(transfer)).toMatchObject({ state: "done", bytes: 64 * MIB });
});

for (const status of [404, 410, 409, 413, 499, 500, 302]) {
  it(`ATT11: an answer of ${status} ends it, at once and in the middle; nothing is tried again`, async () => {
    const opened: OpenedFile[] = [];
    const mac = await macOf({ ports: watched(opened) });
    const file = mac.file("large.mov", Buffer.alloc(64 * MIB));
    mac.relay.keep = false;
    for (const after of [0, MIB]) {
      mac.relay.refuse = { status, after };
      expect(await mac.ended(mac.read(file))).toMatchObject({ state: "failed", error: { code: "internal" } });
      expect(opened).toEqual([]);
    }
    expect(mac.relay.posts.map(({ offset, whole }) => [offset, whole])).toEqual([
      [0, false],
      [0, false],
    ]);
    expect(mac.logged.map(({ fields }) => Number(fields["bytes"]) < 48 * MIB)).toEqual([true, true]);
  });
}

it("ATT11: what is refused after the first part brings no second one", async () => {
  const mac = await macOf({ partBytes: 1_000 });
  mac.relay.onBytes = ({ offset }) => {
    if (offset === 1_000) mac.relay.refuse = { status: 410, after: 0 };
  };
  expect(await mac.ended(mac.read(mac.file("a.bin", bytesOf(5_000))))).toMatchObject({ state: "failed" });
  expect(mac.relay.posts.map(({ offset }) => offset).slice(0, 2)).toEqual([0, 1_000]);
  expect(mac.relay.posts.length).toBeLessThan(4);
});

it("ATT6: a connection that breaks ends it; so does a relay that is not there", async () => {
  const opened: OpenedFile[] = [];
  const mac = await macOf({ ports: watched(opened) });
  mac.relay.keep = false;
  mac.relay.cutAfter = 2 * MIB;
  const file = mac.file("large.mov", Buffer.alloc(32 * MIB));
  expect(await mac.ended(mac.read(file))).toMatchObject({ error: { code: "internal" } });
  await mac.relay.close();
  expect(await mac.ended(mac.read(file))).toMatchObject({ error: { code: "internal" } });
  expect(opened).toEqual([]);
  expect(mac.transfers.counts).toEqual({ running: 0, done: 0, failed: 2 });
});

it("ATT6: where nothing moves any more, it is given up", async () => {
  const mac = await macOf({ stallMs: 300 });
  let open = (): void => undefined;
  mac.relay.gate = new Promise((resolve) => {
    open = resolve;
  });
  expect(await mac.ended(mac.read(mac.file("large.mov", Buffer.alloc(64 * MIB))))).toMatchObject({
    error: { code: "internal" },
  });
  open();
});

it("ATT6: `abort` stops at once, and nothing more is said", async () => {
  const opened: OpenedFile[] = [];
  const mac = await macOf({ ports: watched(opened) });
  mac.relay.keep = false;
  const transfer = mac.read(mac.file("large.mov", Buffer.alloc(64 * MIB)));
  mac.relay.onBytes = () => mac.transfers.abort(transfer);
  await mac.ended(transfer);
  expect(mac.of(transfer).map(({ state }) => state)).toEqual(["opened"]);
  expect(opened).toEqual([]);
  expect(mac.logged).toMatchObject([{ event: "transfer", fields: { result: "aborted" } }]);
  // Of one that is not there, or not any more, it means nothing.
  mac.transfers.abort(transfer);
  mac.transfers.abort("never heard of");
});

it("ATT6: an abort before the first byte leaves the file closed, too", async () => {
  const opened: OpenedFile[] = [];
  const mac = await macOf({ ports: watched(opened) });
  const fresh = mac.file("a.bin", CONTENT);
  utimesSync(fresh, new Date(), new Date());
  const transfer = mac.read(fresh);
  mac.transfers.abort(transfer);
  await mac.ended(transfer);
  expect([mac.of(transfer), mac.relay.posts, opened]).toEqual([[], [], []]);
});

it("ATT6: a lost link ends all of it, silently, and the next link begins anew", async () => {
  const mac = await macOf();
  mac.relay.keep = false;
  let open = (): void => undefined;
  mac.relay.gate = new Promise((resolve) => {
    open = resolve;
  });
  const file = mac.file("large.mov", Buffer.alloc(32 * MIB));
  const [first, second] = [mac.read(file), mac.read(file)];
  await mac.until(() => mac.of(first).length + mac.of(second).length === 2);
  mac.transfers.abortAll();
  open();
  await mac.ended(first);
  expect(mac.words.map(({ state }) => state)).toEqual(["opened", "opened"]);
  mac.relay.gate = undefined;
  expect(await mac.ended(mac.read(file))).toMatchObject({ state: "done" });
});

it("ATT10: sixteen at once; one more is refused, and goes when there is room", async () => {
  const mac = await macOf();
  let open = (): void => undefined;
  mac.relay.gate = new Promise((resolve) => {
    open = resolve;
  });
  const file = mac.file("a.bin", CONTENT);
  for (let at = 0; at < 16; at += 1) mac.read(file, { transfer: `t${at}` });
  mac.read(file, { transfer: "more" });
  expect(mac.of("more")).toMatchObject([
    { state: "failed", error: { code: "rate_limited", retry_after_s: 2 } },
  ]);
  // The same name again is the same transfer.
  mac.read(file, { transfer: "t0" });
  expect(mac.of("t0").every(({ state }) => state !== "failed")).toBe(true);
  open();
  await mac.until(() => mac.transfers.counts.running === 0);
  expect(mac.transfers.counts).toEqual({ running: 0, done: 16, failed: 1 });
  expect(await mac.ended(mac.read(file, { transfer: "later" }))).toMatchObject({ state: "done" });
});
