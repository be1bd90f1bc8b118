import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { GatheredWrites } from "../../../gateway/node/gathered-writes.ts";

const joined = (pieces: readonly Uint8Array[]): Buffer => Buffer.concat(pieces);

/** A disk that takes at most so many bytes a call. */
function diskOf(most: number) {
  const disk = { bytes: Buffer.alloc(0), calls: 0 };
  const writeSome = async (pieces: readonly Uint8Array[], position: number): Promise<number> => {
    const taken = joined(pieces).subarray(0, most);
    await Promise.resolve();
    disk.bytes = Buffer.concat([disk.bytes.subarray(0, position), taken]);
    disk.calls += 1;
    return taken.length;
  };
  return { disk, writeSome };
}

test("pieces are written together, in order, also by a disk that takes a part only", async () => {
  const bytes = randomBytes(10_000);
  const { disk, writeSome } = diskOf(700);
  disk.bytes = Buffer.from("kept");
  const writes = new GatheredWrites(writeSome, 4, 3_000);
  for (let at = 0; at < bytes.length; at += 130) await writes.add(bytes.subarray(at, at + 130));
  await writes.flush();
  expect([disk.bytes.equals(Buffer.concat([Buffer.from("kept"), bytes])), writes.written]).toEqual([
    true,
    10_004,
  ]);
  expect(disk.calls).toBeLessThan(50);
});

test("what is gathered is bounded: a slow disk holds the sender up", async () => {
  let release: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (release = resolve));
  const writes = new GatheredWrites(
    async (pieces) => {
      await slow;
      return joined(pieces).length;
    },
    0,
    1_000,
  );
  await writes.add(new Uint8Array(1_000));
  let hasRoom = false;
  const second = writes.add(new Uint8Array(1_000)).then(() => (hasRoom = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(hasRoom).toBe(false);
  release();
  await second;
  await writes.flush();
  expect(writes.written).toBe(2_000);
});

test("what comes alone is written, too", async () => {
  const { disk, writeSome } = diskOf(1_000);
  await new GatheredWrites(writeSome, 0, 1_000_000).add(Buffer.from("alone"));
  await expect.poll(() => disk.bytes.toString()).toBe("alone");
});

test("a write that fails is told to whoever adds or flushes next, and again", async () => {
  const writes = new GatheredWrites(() => Promise.reject(new Error("disk full")), 0, 10);
  await writes.add(new Uint8Array(10));
  await expect(writes.add(new Uint8Array(10))).rejects.toThrow("disk full");
  await expect(writes.flush()).rejects.toThrow("disk full");
  expect(writes.written).toBe(0);
});
