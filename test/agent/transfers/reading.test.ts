// Reads with real files and real HTTP: what is told, what is brought, and what breaks off.
import { createHash } from "node:crypto";
import { appendFileSync, renameSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import type { OpenedFile, TransferPorts } from "../../../agent/transfers/ports.ts";
import { LONG_AGO, MIB, TransferMac } from "../support/transfer-mac.ts";

const macs: TransferMac[] = [];
async function macOf(options: ConstructorParameters<typeof TransferMac>[0] = {}): Promise<TransferMac> {
  const mac = new TransferMac(options);
  macs.push(mac);
  return mac.start();
}
afterEach(async () => {
  for (const mac of macs.splice(0)) await mac.dispose();
});

const bytesOf = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 255));
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");
const CONTENT = bytesOf(1_000);

/** Every file that is opened is seen, and something may happen when it is looked at again. */
const watched =
  (opened: OpenedFile[], onLook: (looks: number) => void = () => undefined) =>
  (real: TransferPorts): TransferPorts => ({
    ...real,
    open: async (path, within) => {
      const result = await real.open(path, within);
      if (!result.ok) return result;
      const file = result.value;
      let looks = 0;
      const value: OpenedFile = {
        facts: file.facts,
        etag: file.etag,
        look: () => {
          looks += 1;
          onLook(looks);
          return file.look();
        },
        read: (into, position) => file.read(into, position),
        close: async () => {
          opened.splice(opened.indexOf(value), 1);
          await file.close();
        },
      };
      opened.push(value);
      return { ok: true, value };
    },
  });

it("ATT11: a whole file is told, brought and confirmed, in this order", async () => {
  const mac = await macOf();
  const content = bytesOf(3 * MIB + 17);
  const transfer = mac.read(mac.file("ab/01/photo.heic", content));
  await mac.ended(transfer);
  const [opened, done, ...more] = mac.of(transfer);
  expect(opened).toMatchObject({
    state: "opened",
    status: 200,
    size: content.length,
    start: 0,
    length: content.length,
    modified: LONG_AGO.getTime(),
    digest: null,
    etag: expect.stringMatching(/^"[^"]{20,}"$/),
  });
  expect(done).toMatchObject({ state: "done", bytes: content.length, sha256: digestOf(content) });
  expect(more).toEqual([]);
  expect(mac.relay.bytes.equals(content)).toBe(true);
  expect(mac.relay.posts).toMatchObject([{ transfer, offset: 0, length: content.length, whole: true }]);
  expect(mac.transfers.counts).toEqual({ running: 0, done: 1, failed: 0 });
});

it("ATT2: who asks again has the digest before the bytes, and the same tag", async () => {
  const mac = await macOf();
  const file = mac.file("a.bin", CONTENT);
  await mac.ended(mac.read(file, { transfer: "first" }));
  await mac.ended(mac.read(file, { transfer: "second", range: "bytes=10-19" }));
  const [[first], [second, part]] = [mac.of("first"), mac.of("second")];
  expect(second).toMatchObject({ status: 206, digest: digestOf(CONTENT) });
  expect(first).toHaveProperty("etag", second !== undefined && "etag" in second ? second.etag : "none");
  expect(part).toMatchObject({ state: "done", bytes: 10, sha256: digestOf(CONTENT.subarray(10, 20)) });
  // A range alone is no digest of the whole.
  const other = mac.file("b.bin", CONTENT);
  await mac.ended(mac.read(other, { range: "bytes=1-" }));
  await mac.ended(mac.read(other, { transfer: "third", head: true }));
  expect(mac.of("third")).toMatchObject([{ digest: null }]);
});

it("ATT3: a range brings just that, told beside the size of the whole", async () => {
  const mac = await macOf();
  const transfer = mac.read(mac.file("a.bin", CONTENT), { range: "bytes=-100" });
  await mac.ended(transfer);
  expect(mac.of(transfer)).toMatchObject([
    { status: 206, size: 1_000, start: 900, length: 100 },
    { state: "done", bytes: 100, sha256: digestOf(CONTENT.subarray(900)) },
  ]);
  expect(mac.relay.bytes.equals(CONTENT.subarray(900))).toBe(true);
});

it("ATT3: HEAD, 304 and 416 bring nothing, and are done when they are told", async () => {
  const mac = await macOf();
  const file = mac.file("a.bin", CONTENT);
  await mac.ended(mac.read(file, { transfer: "head", head: true, range: "bytes=1-2" }));
  const [head] = mac.of("head");
  expect(head).toMatchObject({ status: 200, size: 1_000, start: 0, length: 0 });
  const etag = head !== undefined && "etag" in head ? String(head.etag) : "";
  await mac.ended(mac.read(file, { transfer: "same", if_none_match: etag }));
  expect(mac.of("same")).toMatchObject([{ status: 304, size: 1_000, length: 0 }]);
  await mac.ended(mac.read(file, { transfer: "beyond", range: "bytes=1000-" }));
  expect(mac.of("beyond")).toMatchObject([{ status: 416, size: 1_000, start: 0, length: 0 }]);
  await mac.ended(mac.read(file, { transfer: "go on", range: "bytes=5-", if_range: etag }));
  expect(mac.of("go on")[0]).toMatchObject({ status: 206, start: 5, length: 995 });
  await mac.ended(mac.read(file, { transfer: "stale", range: "bytes=5-", if_range: '"other"' }));
  expect(mac.of("stale")[0]).toMatchObject({ status: 200, start: 0, length: 1_000 });
  expect(mac.relay.posts.map(({ length }) => length)).toEqual([995, 1_000]);
  expect(mac.transfers.counts).toEqual({ running: 0, done: 5, failed: 0 });
});

it("ATT2: the tag is another one when content, time of change or the file is another", async () => {
  const mac = await macOf();
  const file = mac.file("a.bin", CONTENT);
  const tagOf = async (path: string): Promise<string> => {
    const word = await mac.ended(mac.read(path, { head: true }));
    return word !== undefined && "etag" in word ? String(word.etag) : "";
  };
  const tags = [await tagOf(file)];
  expect(await tagOf(file)).toBe(tags[0]);
  utimesSync(file, LONG_AGO, new Date(LONG_AGO.getTime() + 1));
  tags.push(await tagOf(file));
  mac.file("a.bin", bytesOf(999));
  tags.push(await tagOf(file));
  const twin = mac.file("twin.bin", bytesOf(999));
  tags.push(await tagOf(twin));
  renameSync(twin, file);
  tags.push(await tagOf(file));
  expect(new Set(tags).size).toBe(tags.length);
});

it("ATT11: an old empty file is served as an empty one", async () => {
  const mac = await macOf();
  const transfer = mac.read(mac.file("empty.txt", ""));
  await mac.ended(transfer);
  expect(mac.of(transfer)).toMatchObject([{ state: "opened", status: 200, size: 0, length: 0 }]);
  expect(mac.relay.posts).toEqual([]);
});

it("ATT4: what Messages still writes is growing: fresh and empty, or larger at the second look", async () => {
  const opened: OpenedFile[] = [];
  let grow = true;
  const mac = await macOf({
    ports: watched(opened, () => void (grow && appendFileSync(file, "more"))),
  });
  const file = mac.file("a.bin", CONTENT);
  const empty = mac.file("empty.bin", "");
  utimesSync(empty, new Date(), new Date());
  utimesSync(file, new Date(), new Date());
  expect(await mac.ended(mac.read(empty))).toMatchObject({ error: { code: "growing", retry_after_s: 1 } });
  expect(await mac.ended(mac.read(file))).toMatchObject({ error: { code: "growing", retry_after_s: 1 } });
  expect(mac.relay.posts).toEqual([]);
  grow = false;
  expect(await mac.ended(mac.read(file))).toMatchObject({ state: "done", bytes: 1_004 });
  expect(opened).toEqual([]);
});

it("ATT4: a file dated tomorrow is served all the same", async () => {
  const mac = await macOf();
  const file = mac.file("a.bin", CONTENT);
  const tomorrow = new Date(Date.now() + 86_400_000);
  utimesSync(file, tomorrow, tomorrow);
  expect(await mac.ended(mac.read(file))).toMatchObject({ state: "done" });
});

it("ATT4: over the cap, whoever's it is, nothing is brought, and both numbers are said", async () => {
  const mac = await macOf({ capBytes: 900 });
  const file = mac.file("a.bin", CONTENT);
  expect(await mac.ended(mac.read(file, { cap: 5_000 }))).toMatchObject({
    state: "failed",
    error: { code: "too_large", size: 1_000, cap: 900 },
  });
  expect(await mac.ended(mac.read(file, { cap: 500, head: true }))).toMatchObject({
    error: { code: "too_large", size: 1_000, cap: 500 },
  });
  mac.file("a.bin", bytesOf(500));
  expect(await mac.ended(mac.read(file, { cap: 500 }))).toMatchObject({ state: "done", bytes: 500 });
});

for (const [size, lengths] of [
  [999, [999]],
  [1_000, [1_000]],
  [1_001, [1_000, 1]],
  [2_000, [1_000, 1_000]],
  [2_500, [1_000, 1_000, 500]],
] as const) {
  it(`ATT11: ${size} bytes in parts of 1,000 are ${lengths.length} bodies, one after the other`, async () => {
    const mac = await macOf({ partBytes: 1_000 });
    const content = bytesOf(size);
    const transfer = mac.read(mac.file("a.bin", content));
    expect(await mac.ended(transfer)).toMatchObject({ state: "done", bytes: size, sha256: digestOf(content) });
    expect(mac.relay.posts.map(({ length }) => length)).toEqual(lengths);
    expect(mac.relay.posts.map(({ offset }) => offset)).toEqual(lengths.map((_, at) => at * 1_000));
    expect(mac.relay.bytes.equals(content)).toBe(true);
    expect(mac.relay.connections).toBe(1);
  });
}

it("ATT11: offsets of a range's parts count from its first byte", async () => {
  const mac = await macOf({ partBytes: 400 });
  await mac.ended(mac.read(mac.file("a.bin", CONTENT), { range: "bytes=100-" }));
  expect(mac.relay.posts.map(({ offset, length }) => [offset, length])).toEqual([
    [0, 400],
    [400, 400],
    [800, 100],
  ]);
  expect(mac.relay.bytes.equals(CONTENT.subarray(100))).toBe(true);
});

for (const [what, change] of [
  ["grows", (file: string) => appendFileSync(file, "more")],
  ["shrinks", (file: string) => truncateSync(file, 3 * MIB)],
  ["is written over in place", (file: string) => writeFileSync(file, bytesOf(32 * MIB + 1), { flag: "r+" })],
  ["is touched", (file: string) => utimesSync(file, LONG_AGO, new Date())],
] as const) {
  it(`I8: a file that ${what} while it is read breaks off: no body comes to its end`, async () => {
    const opened: OpenedFile[] = [];
    const mac = await macOf({ ports: watched(opened) });
    const file = mac.file("a.bin", bytesOf(32 * MIB));
    mac.relay.keep = false;
    let changed = false;
    mac.relay.onBytes = () => {
      if (!changed) change(file);
      changed = true;
    };
    expect(await mac.ended(mac.read(file))).toMatchObject({ state: "failed", error: { code: "changed" } });
    expect(mac.relay.posts.map(({ whole }) => whole)).toEqual([false]);
    expect(opened).toEqual([]);
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

it("I8: 100 MB go through with flat memory, in two bodies", async () => {
  const mac = await macOf();
  mac.relay.keep = false;
  const content = Buffer.alloc(100 * MIB, "0123456789abcdef");
  const digest = digestOf(content);
  const file = mac.file("large.mov", content);
  await mac.ended(mac.read(mac.file("warm.bin", content.subarray(0, 4 * MIB)), { transfer: "warm" }));
  const before = process.memoryUsage();
  let most = 0;
  mac.relay.onBytes = () => {
    const { external, arrayBuffers } = process.memoryUsage();
    most = Math.max(most, external + arrayBuffers - before.external - before.arrayBuffers);
  };
  const transfer = mac.read(file);
  expect(await mac.ended(transfer)).toMatchObject({ state: "done", bytes: content.length, sha256: digest });
  expect(mac.relay.posts.slice(1).map(({ length }) => length)).toEqual([90 * MIB, 10 * MIB]);
  // Both ends are in this process, and collect what they are through with when they like.
  expect(most).toBeLessThan(64 * MIB);
});

it("I8: where the relay takes nothing, reading stops after what the sockets hold", async () => {
  let read = 0;
  const mac = await macOf({
    ports: (real) => ({
      ...real,
      open: async (path, within) => {
        const result = await real.open(path, within);
        if (!result.ok) return result;
        const file = result.value;
        const count = async (into: Uint8Array, position: number): Promise<number> => {
          const bytes = await file.read(into, position);
          read += bytes;
          return bytes;
        };
        return { ok: true, value: { ...file, read: count } };
      },
    }),
  });
  let open = (): void => undefined;
  mac.relay.gate = new Promise((resolve) => {
    open = resolve;
  });
  mac.relay.keep = false;
  const transfer = mac.read(mac.file("large.mov", Buffer.alloc(64 * MIB)));
  // Until it stands still.
  let before = -1;
  while (read !== before || read === 0) {
    before = read;
    await pause(200);
  }
  expect(read).toBeLessThan(32 * MIB);
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
  expect(mac.of("more")).toMatchObject([{ state: "failed", error: { code: "rate_limited", retry_after_s: 2 } }]);
  // The same name again is the same transfer.
  mac.read(file, { transfer: "t0" });
  expect(mac.of("t0").every(({ state }) => state !== "failed")).toBe(true);
  open();
  await mac.until(() => mac.transfers.counts.running === 0);
  expect(mac.transfers.counts).toEqual({ running: 0, done: 16, failed: 1 });
  expect(await mac.ended(mac.read(file, { transfer: "later" }))).toMatchObject({ state: "done" });
});

it("ATT11: a transfer is one line of the log, without a path or a name", async () => {
  const mac = await macOf();
  await mac.ended(mac.read(mac.file("secret-name.png", CONTENT)));
  await mac.ended(mac.read(`${mac.root}/secret-missing.png`));
  expect(mac.logged).toMatchObject([
    { event: "transfer", fields: { direction: "read", bytes: 1_000, result: "done" } },
    { event: "transfer", fields: { direction: "read", bytes: 0, result: "missing" } },
  ]);
  const said = JSON.stringify([mac.logged, mac.words]);
  expect(said).not.toContain("secret");
  expect(said).not.toContain("Attachments");
});

it("I1: the relay's folders narrow the owner's and never widen them", async () => {
  const mac = await macOf();
  const [a, b] = [mac.file("a/a.bin", CONTENT), mac.file("b/b.bin", CONTENT)];
  mac.reading.narrow([`${mac.root}/a`]);
  expect(await mac.ended(mac.read(a))).toMatchObject({ state: "done" });
  expect(await mac.ended(mac.read(b))).toMatchObject({ error: { code: "forbidden_by_mac" } });
  writeFileSync(`${mac.folder}/outside.bin`, CONTENT);
  mac.reading.narrow(["/", mac.folder]);
  expect(await mac.ended(mac.read(`${mac.folder}/outside.bin`))).toMatchObject({
    error: { code: "forbidden_by_mac" },
  });
  expect(await mac.ended(mac.read(b))).toMatchObject({ state: "done" });
  mac.reading.narrow(undefined);
  expect(await mac.ended(mac.read(b))).toMatchObject({ state: "done" });
});
