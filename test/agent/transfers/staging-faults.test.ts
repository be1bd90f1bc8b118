// Uploads on a disk that fails, at every step of it: nothing is promised that is not there, and all goes on afterwards.
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import type { StagingFolder, TransferPorts } from "../../../agent/transfers/ports.ts";
import { put, refused } from "../support/staged.ts";
import { bytesOf, digestOf, macOf, MIB } from "../support/transfer-mac.ts";

const CONTENT = bytesOf(1_000);
const full = (): Error =>
  Object.assign(new Error("ENOSPC: no space left on device, write '/private/name'"), { code: "ENOSPC" });

const STEPS = ["open", "write", "sync", "close", "keep", "digest"] as const;

/** The staging folder on a disk whose next so many of these steps fail. */
function failing(fail: { step: string; times: number }) {
  const may = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
    if (fail.step === step && fail.times > 0) {
      fail.times -= 1;
      throw full();
    }
    return work();
  };
  return (real: TransferPorts): TransferPorts => {
    const staging: StagingFolder = {
      ...real.staging,
      create: (meta) => may("create", () => real.staging.create(meta)),
      keep: (meta) => may("keep", () => real.staging.keep(meta)),
      digest: (meta) => may("digest", () => real.staging.digest(meta)),
      open: (meta) =>
        may("open", async () => {
          const writer = await real.staging.open(meta);
          return {
            write: (bytes, position) => may("write", () => writer.write(bytes, position)),
            sync: () => may("sync", () => writer.sync()),
            close: async () => {
              await writer.close();
              await may("close", () => Promise.resolve());
            },
          };
        }),
    };
    return { ...real, staging };
  };
}

const FULL = { code: "internal", detail: "the Mac's disk is full" };

it.each(STEPS)(
  "ATT14: a disk that is full at `%s` leaves the file where it was, and it goes on from there",
  async (step) => {
    const fail = { step, times: 0 };
    const mac = await macOf({ ports: failing(fail) });
    const { staged } = await put(mac, CONTENT.subarray(0, 400), { size: 1_000 });
    // Of another life, so that the digest is read from the disk.
    mac.restart();
    fail.times = 1;
    expect(await refused(mac, CONTENT.subarray(400), { staged, size: 1_000, offset: 400 })).toEqual(FULL);
    const { offset } = await put(mac, null, { staged });
    expect(readFileSync(path.join(mac.stagingRoot, staged, "file.bin")).length).toBeGreaterThanOrEqual(
      offset,
    );
    const rest = CONTENT.subarray(offset);
    const whole =
      rest.length === 0
        ? await put(mac, null, { staged })
        : await put(mac, rest, { staged, size: 1_000, offset });
    expect(whole).toMatchObject({ offset: 1_000, digest: digestOf(CONTENT) });
    mac.restart();
    expect(await put(mac, null, { staged })).toMatchObject({ offset: 1_000, digest: digestOf(CONTENT) });
    expect(mac.transfers.counts.running).toBe(0);
  },
);

it.each(["create", ...STEPS.slice(0, 5)])(
  "ATT14: a first body on a disk that is full at `%s` leaves nothing",
  async (step) => {
    const fail = { step, times: 1 };
    const mac = await macOf({ ports: failing(fail) });
    expect(await refused(mac, CONTENT)).toEqual(FULL);
    mkdirSync(mac.stagingRoot, { recursive: true });
    expect(readdirSync(mac.stagingRoot)).toEqual([]);
    expect(await put(mac, CONTENT)).toMatchObject({ digest: digestOf(CONTENT) });
  },
);

it("ATT14: a disk that fails to make safe what it took, while more comes, is not forgotten at the end", async () => {
  const mac = await macOf();
  const probe = await open(path.join(mac.folder, "probe"), "w");
  const prototype = Object.getPrototypeOf(probe) as typeof probe;
  await probe.close();
  // The kernel says of such a loss once, to whoever asks first; afterwards all seems well.
  const spy = vi
    .spyOn(prototype, "datasync")
    .mockRejectedValueOnce(Object.assign(new Error("EIO"), { code: "EIO" }));
  onTestFinished(() => spy.mockRestore());
  const body = bytesOf(20 * MIB);
  const { staged } = await put(mac, Buffer.alloc(0), { size: body.length });
  expect(await refused(mac, body, { staged, size: body.length })).toMatchObject({ code: "internal" });
  expect(spy).toHaveBeenCalled();
  expect(await put(mac, null, { staged })).toMatchObject({ offset: 0, digest: null });
  expect(await put(mac, body, { staged, size: body.length })).toMatchObject({ digest: digestOf(body) });
});

it("ATT7: what somebody else left, and nobody but him may remove, does not keep the agent from starting", async () => {
  const mac = await macOf();
  const stuck = path.join(mac.stagingRoot, "stuck");
  mkdirSync(stuck, { recursive: true });
  writeFileSync(path.join(stuck, "file"), "");
  chmodSync(mac.folder, 0o755);
  chmodSync(stuck, 0);
  onTestFinished(() => chmodSync(stuck, 0o700));
  // For root there is no such folder.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    mac.restart();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
  expect(readdirSync(mac.stagingRoot)).toEqual(["stuck"]);
  expect(await put(mac, CONTENT)).toMatchObject({ digest: digestOf(CONTENT) });
});

it("ATT6: an abort before the body is asked for ends the write, and not the agent", async () => {
  const mac = await macOf();
  const { staged } = await put(mac, Buffer.alloc(0), { size: 1_000 });
  const asked = mac.relay.gets.length;
  const faults: unknown[] = [];
  const note = (error: unknown): void => void faults.push(error);
  process.on("uncaughtException", note);
  onTestFinished(() => void process.off("uncaughtException", note));
  for (const more of [{ staged, size: 1_000 }, { staged: null }]) {
    const transfer = mac.write(CONTENT, more);
    mac.transfers.abort(transfer);
    expect(await mac.ended(transfer)).toBeUndefined();
  }
  // What a request that nobody listens to has to say comes a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  expect(faults).toEqual([]);
  expect(mac.relay.gets.length).toBe(asked);
  expect(readdirSync(mac.stagingRoot)).toEqual([staged]);
});
