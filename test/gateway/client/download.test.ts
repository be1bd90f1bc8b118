import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AttachmentsHttp } from "../../../gateway/client/attachments.ts";
import type { TransferProgress } from "../../../gateway/client/bytes-ask.ts";
import type { DownloadOptions, DownloadSink } from "../../../gateway/client/download.ts";
import { digestOf, FilesRelay } from "../support/files-relay.ts";
import { Kept, failure, nodeTarget, WAYS } from "../support/transfers.ts";

let relay: FilesRelay;
beforeEach(async () => {
  relay = await FilesRelay.start();
});
afterEach(async () => {
  relay.release();
  await relay.away();
});

const get = (sink: DownloadSink, options: DownloadOptions = {}, target = nodeTarget(relay)) =>
  new AttachmentsHttp(target).download("ref", sink, options);

async function* pieces(...all: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  for (const one of all) yield await Promise.resolve(one);
}

describe.each(WAYS)("a file %s", (_, target) => {
  test("ATT2 comes whole, says what it is, and is compared with the checksum of what was sent", async () => {
    relay.name = "Übersicht.jpg";
    const sink = new Kept();
    const seen: TransferProgress[] = [];
    const done = await get(sink, { onProgress: (progress) => seen.push(progress) }, target(relay));
    expect(sink.bytes.equals(relay.bytes)).toBe(true);
    expect(done).toEqual({
      facts: {
        size: 100_000,
        etag: '"e1"',
        type: "image/jpeg",
        name: "Übersicht.jpg",
        modified: Date.UTC(2026, 10, 23, 3),
        digest: null,
        transfer: "tr_1",
      },
      sha256: digestOf(relay.bytes),
      verified: "file",
      resumedFrom: 0,
    });
    expect(relay.files).toEqual(["GET attachments/ref", "GET transfers/tr_1"]);
    expect([seen[0], seen.at(-1)]).toEqual([
      { bytes: 0, size: 100_000, waiting: null },
      { bytes: 100_000, size: 100_000, waiting: null },
    ]);
  });

  test("ATT6 I8 goes on where it was cut, and is whole", async () => {
    relay.faults.push({ kind: "cut", after: 30_000 }, { kind: "cut", after: 50_000 });
    relay.knowsDigest = true;
    const sink = new Kept();
    expect(await get(sink, {}, target(relay))).toMatchObject({
      verified: "file",
      sha256: digestOf(relay.bytes),
    });
    expect(sink.bytes.equals(relay.bytes)).toBe(true);
    expect(sink.begun).toHaveLength(1);
    expect(relay.files).toEqual([
      "GET attachments/ref",
      'GET attachments/ref bytes=30000- "e1"',
      'GET attachments/ref bytes=80000- "e1"',
    ]);
  });

  test("ATT2 an empty file is whole as well", async () => {
    relay.bytes = Buffer.alloc(0);
    expect(await get(new Kept(), {}, target(relay))).toMatchObject({
      sha256: digestOf(relay.bytes),
      verified: "file",
    });
  });
});

describe("what is verified", () => {
  test("ATT2 the digest that was known before is enough", async () => {
    relay.knowsDigest = true;
    expect(await get(new Kept())).toMatchObject({ verified: "file" });
    expect(relay.files).toEqual(["GET attachments/ref"]);
  });

  test("ATT2 of a resumed one that of the rest, and of the whole where the Mac knows it by then", async () => {
    relay.faults.push({ kind: "cut", after: 30_000 });
    expect(await get(new Kept())).toMatchObject({ verified: "rest" });
    relay.faults.push({ kind: "cut", after: 30_000 });
    relay.files.length = 0;
    const done = get(new Kept());
    await relay.until(() => relay.files.some((line) => line.startsWith("GET transfers")));
    relay.knowsDigest = true;
    expect(await done).toMatchObject({ verified: "file" });
  });

  test("ATT2 it waits for a transfer that is not over at the relay", async () => {
    relay.transfers = "open";
    const done = get(new Kept());
    await relay.until(() => relay.files.filter((line) => line.startsWith("GET transfers")).length > 2);
    relay.transfers = "done";
    expect(await done).toMatchObject({ verified: "file" });
  });

  test("ATT2 nothing is said to be verified that nobody can vouch for", async () => {
    relay.transfers = "unknown";
    expect(await get(new Kept())).toMatchObject({ verified: "nothing" });
  });

  test("ATT2 damaged bytes are fetched again, and given up when they stay so", async () => {
    relay.faults.push({ kind: "damage" });
    const sink = new Kept();
    expect(await get(sink)).toMatchObject({ verified: "file" });
    expect(sink.bytes.equals(relay.bytes)).toBe(true);
    expect(sink.begun).toHaveLength(2);
    relay.faults.push({ kind: "damage" }, { kind: "damage" }, { kind: "damage" });
    expect(await failure(get(new Kept()))).toMatchObject({ code: "damaged" });
  });

  test("ATT2 a transfer that failed at its end is no file", async () => {
    relay.transfers = "failed";
    expect(await failure(get(new Kept()))).toMatchObject({ code: "conflict" });
  });
});

describe("a file that becomes another one", () => {
  test("ATT6 is begun anew: If-Range gives all of it", async () => {
    relay.faults.push({ kind: "cut", after: 30_000 });
    const sink = new Kept();
    const done = get(sink, {
      onProgress: ({ waiting }) => {
        if (waiting === null || relay.etag === '"e2"') return;
        relay.etag = '"e2"';
        relay.bytes = Buffer.alloc(70_000, 7);
      },
    });
    expect(await done).toMatchObject({ facts: { etag: '"e2"' }, verified: "file" });
    expect(sink.bytes.equals(relay.bytes)).toBe(true);
    expect(sink.begun.map(({ etag }) => etag)).toEqual(['"e1"', '"e2"']);
  });

  test("ATT6 a range of another file is not put behind the first one's bytes", async () => {
    relay.faults.push({ kind: "cut", after: 30_000 }, { kind: "wrong_file" });
    const sink = new Kept();
    expect(await get(sink)).toMatchObject({ verified: "file" });
    expect(sink.bytes.equals(relay.bytes)).toBe(true);
    expect(relay.files[2]).toBe("GET attachments/ref");
  });

  test("ATT6 I8 one that is shorter all at once, under the same tag, is not whole where it ends now", async () => {
    relay.faults.push({ kind: "cut", after: 30_000 });
    relay.transfers = "unknown";
    const sink = new Kept();
    const shorter = relay.bytes.subarray(0, 40_000);
    await get(sink, {
      onProgress: ({ waiting }) => {
        if (waiting !== null) relay.bytes = shorter;
      },
    });
    expect(sink.begun.map(({ size }) => size)).toEqual([100_000, 40_000]);
    expect(sink.bytes.equals(shorter)).toBe(true);
  });

  test("ATT6 what cannot be taken back ends there", async () => {
    relay.faults.push({ kind: "cut", after: 30_000 }, { kind: "wrong_file" });
    const sink = new Kept();
    sink.isOneWay = true;
    expect(await failure(get(sink))).toMatchObject({ code: "conflict", retryable: false });
  });
});

describe("what an earlier download left", () => {
  const resume = (bytes: Uint8Array, etag = '"e1"') => ({ etag, kept: pieces(bytes) });

  test("ATT6 is kept and counts for the checksum", async () => {
    relay.knowsDigest = true;
    const sink = new Kept();
    const done = await get(sink, { resume: resume(relay.bytes.subarray(0, 60_000)) });
    expect(done).toMatchObject({ verified: "file", resumedFrom: 60_000 });
    expect(sink.begun).toEqual([]);
    expect(sink.bytes.equals(relay.bytes.subarray(60_000))).toBe(true);
  });

  test("ATT6 is dropped where it is not that file any more, or was damaged", async () => {
    relay.knowsDigest = true;
    for (const left of [resume(relay.bytes.subarray(0, 9), '"e0"'), resume(Buffer.alloc(60_000))]) {
      const sink = new Kept();
      expect(await get(sink, { resume: left })).toMatchObject({ verified: "file", resumedFrom: 0 });
      expect(sink.bytes.equals(relay.bytes)).toBe(true);
    }
  });

  test("ATT6 needs only the proof where it was complete, and is fetched again without", async () => {
    relay.knowsDigest = true;
    const sink = new Kept();
    expect(await get(sink, { resume: resume(relay.bytes) })).toMatchObject({ verified: "file" });
    expect(sink.begun).toEqual([]);
    relay.knowsDigest = false;
    expect(await get(sink, { resume: resume(relay.bytes) })).toMatchObject({
      verified: "file",
      resumedFrom: 0,
    });
    expect(sink.bytes.equals(relay.bytes)).toBe(true);
  });
});
