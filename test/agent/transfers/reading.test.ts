// Reads with real files and real HTTP: what is told, and what is brought.
import { appendFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { OpenedFile } from "../../../agent/transfers/ports.ts";
import { bytesOf, digestOf, LONG_AGO, macOf, MIB } from "../support/transfer-mac.ts";
import { watched } from "../support/watched-files.ts";

const CONTENT = bytesOf(1_000);

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
    expect(await mac.ended(transfer)).toMatchObject({
      state: "done",
      bytes: size,
      sha256: digestOf(content),
    });
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
