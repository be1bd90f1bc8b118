import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AttachmentsHttp } from "../../../gateway/client/attachments.ts";
import type { DownloadOptions, DownloadSink } from "../../../gateway/client/download.ts";
import type { BytesFetch } from "../../../gateway/client/bytes-http.ts";
import { TRANSFER_SILENCE_MS, TRANSFER_TRIES } from "../../../gateway/limits.ts";
import { FilesRelay } from "../support/files-relay.ts";
import { Kept, failure, hurried, nodeTarget } from "../support/transfers.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

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

describe("what is tried again", () => {
  test("ATT4 425 until Messages has written it, as patiently as it asks", async () => {
    relay.faults.push(
      { kind: "refuse", code: "not_ready", retryAfter: "2" },
      { kind: "refuse", code: "rate_limited", retryAfter: "3" },
    );
    const waits: number[] = [];
    const clock = {
      ...hurried,
      after: (ms: number, run: () => void) => {
        waits.push(ms);
        return hurried.after(ms, run);
      },
    };
    const waiting: (string | undefined)[] = [];
    await get(
      new Kept(),
      { onProgress: (progress) => waiting.push(progress.waiting?.code) },
      { ...nodeTarget(relay), clock },
    );
    expect(waits.filter((ms) => ms < TRANSFER_SILENCE_MS)).toEqual([2_000, 3_000]);
    expect(waiting.slice(0, 3)).toEqual(["not_ready", "rate_limited", undefined]);
  });

  test("ATT4 413 is not, and says both numbers", async () => {
    relay.faults.push({ kind: "refuse", code: "too_large", more: { size: 30e6, cap: 16e6 } });
    expect(await failure(get(new Kept()))).toMatchObject({ code: "too_large", size: 30e6, cap: 16e6 });
    expect(relay.files).toHaveLength(1);
  });

  test("ATT4 a Mac that is away is said at once, and waited for where the transfer had begun", async () => {
    relay.faults.push({ kind: "refuse", code: "agent_offline" });
    expect(await failure(get(new Kept()))).toMatchObject({ code: "agent_offline" });
    relay.faults.push({ kind: "cut", after: 10 }, { kind: "refuse", code: "agent_offline" });
    expect(await get(new Kept())).toMatchObject({ verified: "rest" });
  });

  test("ATT6 a relay that goes before it answers is waited for, and the Mac behind it", async () => {
    relay.faults.push({ kind: "mute" }, { kind: "refuse", code: "agent_offline" });
    const sink = new Kept();
    await get(sink);
    expect(sink.bytes.equals(relay.bytes)).toBe(true);
  });

  test("ATT4 a relay that is not there is not waited for; nor one that asks for an hour", async () => {
    relay.faults.push({ kind: "refuse", code: "rate_limited", retryAfter: "3600" });
    expect(await failure(get(new Kept()))).toMatchObject({ code: "rate_limited", retryAfterMs: 3_600_000 });
    await relay.away();
    expect(await failure(get(new Kept()))).toMatchObject({ code: "unreachable", neverLeft: true });
  });

  test("ATT6 cuts without a byte between are given up after a few", async () => {
    for (let at = 0; at < 20; at += 1) relay.faults.push({ kind: "cut", after: 0 });
    expect(await failure(get(new Kept()))).toMatchObject({ code: "unreachable" });
    expect(relay.files).toHaveLength(TRANSFER_TRIES);
  });

  test("ATT6 a range that ends early is completed", async () => {
    relay.faults.push({ kind: "cut", after: 10 }, { kind: "half" });
    const sink = new Kept();
    await get(sink);
    expect(sink.bytes.equals(relay.bytes)).toBe(true);
  });

  test("ATT6 what moves no byte for long is cut, and goes on", async () => {
    relay.faults.push({ kind: "hold", after: 40_000 });
    const clock = new VirtualClock();
    const sink = new Kept();
    const done = get(sink, {}, { ...nodeTarget(relay), clock });
    await relay.until(() => relay.sent === 40_000);
    while (sink.bytes.length < 40_000) await new Promise((resolve) => setImmediate(resolve));
    await clock.pass(TRANSFER_SILENCE_MS);
    await relay.until(() => relay.files.length > 1);
    expect(await done).toMatchObject({ facts: { size: 100_000 } });
    expect(sink.bytes.equals(relay.bytes)).toBe(true);
  });
});

describe("what a file is", () => {
  const facts = () => new AttachmentsHttp(nodeTarget(relay)).facts("ref");

  test("ATT3 is waited for where it is not ready", async () => {
    relay.faults.push({ kind: "refuse", code: "not_ready", retryAfter: "1" });
    expect(await facts()).toMatchObject({ size: 100_000 });
    expect(relay.files).toEqual([
      "HEAD attachments/ref",
      "GET attachments/ref bytes=0-0",
      "HEAD attachments/ref",
    ]);
  });

  test("ATT4 cannot be said, and why: an answer to HEAD has no words", async () => {
    relay.faults.push({ kind: "refuse", code: "forbidden_by_mac" });
    expect(await failure(facts())).toMatchObject({ code: "forbidden_by_mac", status: 403 });
  });
});

describe("the reader's pace and will", () => {
  test("I8 a slow sink holds the sender up: nothing is gathered here", async () => {
    relay.bytes = Buffer.alloc(32 * 1024 * 1024, 1);
    let open: (() => void) | undefined;
    const sink = new Kept();
    sink.write = () =>
      open === undefined ? new Promise<void>((resolve) => (open = resolve)) : Promise.resolve();
    const done = get(sink);
    // The kernel's buffers take some; then nothing moves.
    for (let before = -1; before !== relay.sent || before === 0;) {
      before = relay.sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(relay.sent).toBeLessThan(relay.bytes.length - 8 * 1024 * 1024);
    open?.();
    await done;
  });

  test("the caller's signal ends it with the caller's reason, whatever it waits for", async () => {
    const reason = new Error("enough");
    for (const fault of [
      { kind: "hold", after: 10 },
      { kind: "refuse", code: "not_ready", retryAfter: "50" },
    ] as const) {
      relay.faults.push(fault);
      const controller = new AbortController();
      const clock = { ...hurried, after: (ms: number, run: () => void) => hurried.after(ms + 60_000, run) };
      const done = get(new Kept(), { signal: controller.signal }, { ...nodeTarget(relay), clock });
      const seen = relay.files.length;
      await relay.until(() => relay.files.length > seen);
      controller.abort(reason);
      await expect(done).rejects.toBe(reason);
    }
  });

  test("a sink that fails ends it as it failed, and the transfer with it", async () => {
    const sink = new Kept();
    const full = new Error("no space left");
    sink.write = () => Promise.reject(full);
    await expect(get(sink)).rejects.toBe(full);
    expect(relay.files).toHaveLength(1);
  });
});

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks;
}

describe("one request", () => {
  test("ATT3 a range, an unchanged file, and what it is without a byte", async () => {
    const attachments = new AttachmentsHttp(nodeTarget(relay));
    const { status, span, body } = await attachments.open("a/b", { range: "bytes=5-9" });
    expect({ status, span }).toEqual({ status: 206, span: { start: 5, length: 5 } });
    expect(Buffer.concat(await readAll(body)).equals(relay.bytes.subarray(5, 10))).toBe(true);
    expect(await attachments.open("a", { ifNoneMatch: '"e1"' })).toMatchObject({
      status: 304,
      span: { length: 0 },
    });
    expect(await attachments.open("a", { range: "bytes=100000-" })).toMatchObject({
      status: 416,
      facts: { size: 100_000 },
    });
    expect(await attachments.facts("a")).toMatchObject({ size: 100_000, name: "photo.jpg" });
    expect(relay.files[0]).toBe("GET attachments/a%2Fb bytes=5-9");
  });

  test("ATT6 I8 a body that is cut is an error, not a short file", async () => {
    relay.faults.push({ kind: "cut", after: 10 });
    const { body } = await new AttachmentsHttp(nodeTarget(relay)).open("ref");
    expect(await failure(readAll(body))).toMatchObject({ code: "unreachable" });
  });

  test.each([
    ["shorter", 9, "unreachable"],
    ["longer", 11, "unexpected_answer"],
  ])("ATT6 I8 a body that is %s than it said is an error, whoever carries it", async (_, length, code) => {
    const headers = new Map([
      ["content-length", "10"],
      ["etag", '"e1"'],
    ]);
    const careless: BytesFetch = () =>
      Promise.resolve({
        status: 200,
        headers: { get: (name) => headers.get(name) ?? null },
        text: () => Promise.resolve(""),
        body: ReadableStream.from([new Uint8Array(length)]),
      });
    const { body } = await new AttachmentsHttp({ ...nodeTarget(relay), bytesFetch: careless }).open("ref");
    expect(await failure(readAll(body))).toMatchObject({ code });
  });
});
