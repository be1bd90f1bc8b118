import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AttachmentsHttp } from "../../../gateway/client/attachments.ts";
import type { AttachmentsTarget, TransferProgress } from "../../../gateway/client/bytes-ask.ts";
import type { UploadOptions, UploadSource } from "../../../gateway/client/upload.ts";
import { TRANSFER_SILENCE_MS, TRANSFER_TRIES } from "../../../gateway/limits.ts";
import { fileSource } from "../../../gateway/node/file-source.ts";
import { digestOf, FilesRelay } from "../support/files-relay.ts";
import { failure, nodeTarget, WAYS } from "../support/transfers.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

let relay: FilesRelay;
beforeEach(async () => {
  relay = await FilesRelay.start();
});
afterEach(() => relay.away());

const CHUNK = 10_000;
/** Counts how often each byte was read. */
const sourceOf = (bytes: Uint8Array) => ({
  taken: 0,
  async *read(from: number, to: number): AsyncGenerator<Uint8Array, void> {
    for (let at = from; at < to; at += CHUNK) {
      const chunk = bytes.subarray(at, Math.min(to, at + CHUNK));
      this.taken += chunk.length;
      yield await Promise.resolve(chunk);
    }
  },
});

const put = (
  source: UploadSource,
  options: Partial<UploadOptions> = {},
  target: AttachmentsTarget = nodeTarget(relay),
) => new AttachmentsHttp(target).upload(source, { name: "notes.txt", size: relay.bytes.length, ...options });
const staged = (reference = "stg_1"): Buffer => relay.staged.get(reference)?.bytes ?? Buffer.alloc(0);

describe.each(WAYS)("an upload %s", (_, target) => {
  test("ATT7 of a short file is one body, with its length and its name", async () => {
    const seen: TransferProgress[] = [];
    const options = {
      name: "Ü ber.txt",
      onProgress: (progress: TransferProgress) => void seen.push(progress),
    };
    expect(await put(sourceOf(relay.bytes), options, target(relay))).toEqual({
      attachment: "stg_1",
      name: "Ü ber.txt",
      size: 100_000,
      sha256: digestOf(relay.bytes),
      verified: true,
      expires_at: 1_800_000_000_000,
    });
    expect(relay.files).toEqual(["POST attachments/ name=Ü ber.txt 100000"]);
    expect(staged().equals(relay.bytes)).toBe(true);
    expect(seen.at(-1)).toEqual({ bytes: 100_000, size: 100_000, waiting: null });
  });

  test("ATT7 of a long file goes in parts", async () => {
    const source = sourceOf(relay.bytes);
    expect(await put(source, { partBytes: 40_000 }, target(relay))).toMatchObject({ verified: true });
    expect(relay.files).toEqual([
      "POST attachments/ name=notes.txt size=100000 40000",
      "PUT attachments/stg_1 offset=40000 40000",
      "PUT attachments/stg_1 offset=80000 20000",
    ]);
    expect(staged().equals(relay.bytes)).toBe(true);
  });

  test("a source may use the memory of a chunk again when the next one is asked for", async () => {
    const memory = new Uint8Array(CHUNK);
    const source = {
      async *read(from: number, to: number): AsyncGenerator<Uint8Array, void> {
        for (let at = from; at < to; at += CHUNK) {
          memory.set(relay.bytes.subarray(at, at + CHUNK));
          yield await Promise.resolve(memory);
        }
      },
    };
    expect(await put(source, {}, target(relay))).toMatchObject({ verified: true });
  });

  test("ATT7 of a platform's own bytes is the same", async () => {
    const blob = new Blob([relay.bytes]);
    const attachments = new AttachmentsHttp(target(relay));
    expect(await attachments.upload(blob, { name: "a", partBytes: 60_000 })).toMatchObject({
      size: 100_000,
      sha256: digestOf(relay.bytes),
      verified: true,
    });
    expect(staged().equals(relay.bytes)).toBe(true);
  });

  test("ATT7 of nothing is a file as well", async () => {
    relay.bytes = Buffer.alloc(0);
    expect(await put(sourceOf(relay.bytes), {}, target(relay))).toMatchObject({ size: 0, verified: true });
  });
});

describe("an upload that breaks off", () => {
  test("ATT7 asks how far it is and goes on there, and counts every byte once", async () => {
    relay.faults.push({ kind: "cut", after: 40_000 }, { kind: "cut", after: 7_000 });
    relay.faults.unshift({ kind: "half" });
    expect(await put(sourceOf(relay.bytes), { partBytes: 50_000 })).toMatchObject({
      verified: true,
      sha256: digestOf(relay.bytes),
    });
    expect(staged().equals(relay.bytes)).toBe(true);
    expect(relay.files).toEqual([
      "POST attachments/ name=notes.txt size=100000 50000",
      "PUT attachments/stg_1 offset=50000 50000",
      "HEAD attachments/stg_1",
      "PUT attachments/stg_1 offset=90000 10000",
      "HEAD attachments/stg_1",
      "PUT attachments/stg_1 offset=97000 3000",
    ]);
  });

  test("ATT7 begins anew where its first body had no answer: no name is known", async () => {
    relay.faults.push({ kind: "cut", after: 40_000 });
    expect(await put(sourceOf(relay.bytes))).toMatchObject({ attachment: "stg_1", verified: true });
    expect(staged().equals(relay.bytes)).toBe(true);
  });

  test("ATT7 is told by a conflict where it goes on", async () => {
    const done = put(sourceOf(relay.bytes), {
      partBytes: 50_000,
      onProgress: ({ bytes }) => {
        const file = relay.staged.get("stg_1");
        // The end of a body that was thought lost.
        if (bytes === 50_000 && file?.length === 50_000) file.bytes = relay.bytes.subarray(0, 60_000);
      },
    });
    expect(await done).toMatchObject({ verified: true, sha256: digestOf(relay.bytes) });
    expect(relay.files.slice(1)).toEqual([
      "PUT attachments/stg_1 offset=50000 50000",
      "HEAD attachments/stg_1",
      "PUT attachments/stg_1 offset=60000 40000",
    ]);
  });

  test("ATT7 ends where the Mac has it no more", async () => {
    relay.faults.push({ kind: "half" }, { kind: "cut", after: 0 });
    const onProgress = ({ waiting }: TransferProgress): void => {
      if (waiting !== null) relay.staged.clear();
    };
    relay.faults.push({ kind: "refuse", code: "not_found" });
    expect(await failure(put(sourceOf(relay.bytes), { partBytes: 50_000, onProgress }))).toMatchObject({
      code: "not_found",
    });
    expect(relay.files).toHaveLength(3);
  });

  test("ATT7 is given up after a few tries that brought nothing", async () => {
    for (let at = 0; at < 20; at += 1) relay.faults.push({ kind: "cut", after: 0 });
    expect(await failure(put(sourceOf(relay.bytes)))).toMatchObject({ code: "unreachable" });
    expect(relay.files).toHaveLength(TRANSFER_TRIES);
  });

  test("ATT7 that moves no byte for long is cut, and goes on", async () => {
    relay.bytes = Buffer.alloc(32 * 1024 * 1024, 3);
    relay.faults.push({ kind: "half" }, { kind: "hold", after: 1_000 });
    const clock = new VirtualClock();
    const done = put(sourceOf(relay.bytes), { partBytes: 20 * 1024 * 1024 }, { ...nodeTarget(relay), clock });
    await relay.until(
      () => relay.files.length === 2 && (relay.staged.get("stg_1")?.length ?? 0) > 1024 * 1024,
    );
    let waiting = -1;
    while (waiting !== clock.pending) {
      waiting = clock.pending;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await clock.pass(TRANSFER_SILENCE_MS);
    await relay.until(() => relay.files.length > 2);
    expect(await done).toMatchObject({ verified: true });
  });
});

describe("an upload that is refused", () => {
  test("ATT8 413 says both numbers, though the body was not read to its end", async () => {
    relay.bytes = Buffer.alloc(4 * 1024 * 1024);
    relay.faults.push({ kind: "refuse", code: "too_large", more: { size: 4_194_304, cap: 1_048_576 } });
    const source = sourceOf(relay.bytes);
    expect(await failure(put(source))).toMatchObject({ code: "too_large", size: 4_194_304, cap: 1_048_576 });
    expect(relay.files).toHaveLength(1);
  });

  test("ATT7 an answer before the end of the body stops it", async () => {
    const server = createServer((request, response) => {
      request.once("data", () => {
        request.pause();
        response.writeHead(403, { "content-type": "application/problem+json" });
        response.end(JSON.stringify({ code: "forbidden_by_mac", retryable: false }));
      });
    });
    server.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const size = 64 * 1024 * 1024;
    const source = sourceOf(new Uint8Array(size));
    const target = { ...nodeTarget(relay), relay: `http://127.0.0.1:${port}` };
    expect(await failure(put(source, { size }, target))).toMatchObject({ code: "forbidden_by_mac" });
    expect(source.taken).toBeLessThan(size / 2);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test("ATT7 429 is waited for as it asks", async () => {
    relay.faults.push({ kind: "refuse", code: "rate_limited", retryAfter: "1" });
    expect(await put(sourceOf(relay.bytes))).toMatchObject({ verified: true });
  });

  test("ATT7 what the Mac has is not what was sent: an error", async () => {
    relay.faults.push({ kind: "damage" });
    expect(await failure(put(sourceOf(relay.bytes)))).toMatchObject({ code: "damaged" });
  });
});

describe("a source that fails", () => {
  test("ATT7 one that became shorter, or longer, is not sent as if it were whole", async () => {
    const longer = { read: () => sourceOf(relay.bytes).read(0, 100_000) };
    for (const [source, size] of [
      [sourceOf(relay.bytes), 100_001],
      [longer, 95_000],
    ] as const)
      expect(await failure(put(source, { size }))).toMatchObject({
        code: "conflict",
        message: "The file changed while it was read.",
      });
    expect([...relay.staged.values()]).toEqual([]);
  });

  test("ATT7 its own error is what is thrown", async () => {
    const broken = new Error("EIO");
    const source = {
      async *read(): AsyncGenerator<Uint8Array, void> {
        yield await Promise.resolve(new Uint8Array(10));
        throw broken;
      },
    };
    await expect(put(source)).rejects.toBe(broken);
  });

  test("the caller's signal ends it with the caller's reason", async () => {
    relay.faults.push({ kind: "hold", after: 100 });
    const controller = new AbortController();
    const done = put(sourceOf(relay.bytes), { signal: controller.signal });
    await relay.until(() => relay.files.length === 1);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(done).rejects.toBe(reason);
  });
});

test.each(WAYS)("a file of this machine is read in pieces, from anywhere, %s", async (_, target) => {
  const folder = await mkdtemp(path.join(tmpdir(), "upload-"));
  // Random: a chunk whose memory was used again too early would be noticed.
  relay.bytes = randomBytes(5_000_000);
  await writeFile(path.join(folder, "a"), relay.bytes);
  const file = await open(path.join(folder, "a"));
  const uploaded = await put(fileSource(file), { partBytes: 3_000_000 }, target(relay));
  expect(uploaded).toMatchObject({ verified: true, sha256: digestOf(relay.bytes) });
  expect(staged().equals(relay.bytes)).toBe(true);
  await file.close();
  await rm(folder, { recursive: true });
});
