import { randomBytes } from "node:crypto";
// Writes into the staging folder with real files and real HTTP: what is kept, and how it is gone on with.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { writing } from "../support/odd-disks.ts";
import { put, refused } from "../support/staged.ts";
import { bytesOf, digestOf, macOf, MIB, type TransferMac } from "../support/transfer-mac.ts";

const HOUR = 3_600_000;
const CONTENT = bytesOf(1_000);

const filesIn = (mac: TransferMac, id: string): string[] =>
  readdirSync(path.join(mac.stagingRoot, id)).sort();
const folders = (mac: TransferMac): string[] => readdirSync(mac.stagingRoot);

it("ATT7: a body is kept under its own name, private, and its digest is told when it is whole", async () => {
  const mac = await macOf();
  const body = bytesOf(3 * MIB + 5);
  const word = await put(mac, body, { name: "Grüße 👋🏽.jpeg" });
  expect(word).toMatchObject({ name: "Grüße 👋🏽.jpeg", size: body.length, offset: body.length });
  expect(word.digest).toBe(digestOf(body));
  expect(word.expires_at - Date.now()).toBeGreaterThan(23.9 * HOUR);
  const file = path.join(mac.stagingRoot, word.staged, word.name);
  expect(readFileSync(file).equals(body)).toBe(true);
  expect(filesIn(mac, word.staged)).toEqual([".meta.json", word.name].sort());
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const folder of [mac.stagingRoot, path.dirname(file)])
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(mac.staging.locate(word.staged)).toEqual({ ok: true, value: file });
});

it("I8: what is on disk is what was sent, also where the disk is slower than the sender", async () => {
  const mac = await macOf({
    ports: writing((real) => ({
      write: async (bytes, position) => {
        await pause(2);
        await real.write(bytes, position);
      },
    })),
  });
  const body = randomBytes(24 * MIB);
  const word = await put(mac, body);
  expect(word.digest).toBe(digestOf(body));
  expect(digestOf(readFileSync(path.join(mac.stagingRoot, word.staged, word.name)))).toBe(word.digest);
});

it("ATT7: a staging folder that is too lax is made private", async () => {
  const mac = await macOf();
  mkdirSync(mac.stagingRoot, { recursive: true, mode: 0o755 });
  await put(mac, CONTENT);
  expect(statSync(mac.stagingRoot).mode & 0o777).toBe(0o700);
});

for (const [given, kept] of [
  ["../../etc/passwd", "passwd"],
  ["/etc/shadow", "shadow"],
  ["..", "attachment"],
  [".", "attachment"],
  ["", "attachment"],
  [".meta.json", "meta.json"],
  [".bashrc", "bashrc"],
  ["a\0b.png", "ab.png"],
  ["line\nbreak\r.txt", "linebreak.txt"],
  ["evil\u202Egnp.exe", "evilgnp.exe"],
  ["e\u0301te\u0301.pdf", "été.pdf"],
  ["C:\\temp\\x.doc", "x.doc"],
  ["photo.jpg/", "photo.jpg"],
  [`${"y".repeat(400)}.heic`, `${"y".repeat(195)}.heic`],
] as const) {
  it(`ATT7: the name ${JSON.stringify(given.slice(0, 20))} is kept as ${kept.slice(0, 20)}`, async () => {
    const mac = await macOf();
    const word = await put(mac, CONTENT, { name: given });
    expect(word.name).toBe(kept);
    expect(filesIn(mac, word.staged)).toEqual([".meta.json", kept]);
    expect(folders(mac)).toEqual([word.staged]);
  });
}

it("ATT7: the rest follows where the file ends, and the digest is that of all of it", async () => {
  const mac = await macOf();
  const first = await put(mac, CONTENT.subarray(0, 400), { size: 1_000 });
  expect(first).toMatchObject({ offset: 400, size: 1_000, digest: null });
  expect(mac.staging.locate(first.staged)).toEqual({ ok: false, error: "not_ready" });
  const second = await put(mac, CONTENT.subarray(400, 900), {
    staged: first.staged,
    size: 1_000,
    offset: 400,
  });
  expect(second).toMatchObject({ staged: first.staged, name: first.name, offset: 900, digest: null });
  const told = await put(mac, null, { staged: first.staged, size: 1_000 });
  expect(told).toMatchObject({ offset: 900, digest: null, size: 1_000 });
  const third = await put(mac, CONTENT.subarray(900), { staged: first.staged, size: 1_000, offset: 900 });
  expect(third).toMatchObject({ offset: 1_000, digest: digestOf(CONTENT) });
  expect(mac.relay.gets.length).toBe(3);
  expect(mac.staging.locate(first.staged).ok).toBe(true);
});

it("ATT7: elsewhere than at its end is a conflict that says where that is", async () => {
  const mac = await macOf();
  const { staged } = await put(mac, CONTENT.subarray(0, 400), { size: 1_000 });
  for (const offset of [0, 399, 401, 1_000])
    expect(await refused(mac, CONTENT.subarray(0, 10), { staged, size: 1_000, offset })).toMatchObject({
      code: "conflict",
      offset: 400,
    });
  expect(await refused(mac, CONTENT, { offset: 5, size: 2_000 })).toMatchObject({
    code: "conflict",
    offset: 0,
  });
  expect(mac.relay.gets.length).toBe(1);
  expect(folders(mac)).toEqual([staged]);
});

it("ATT7: two at once at the same place: one of them is a conflict, and the file is as the other wrote it", async () => {
  const mac = await macOf();
  const { staged } = await put(mac, CONTENT.subarray(0, 400), { size: 1_000 });
  const rest = { staged, size: 1_000, offset: 400 };
  const [one, two] = [mac.write(CONTENT.subarray(400), rest), mac.write(CONTENT.subarray(400), rest)];
  await mac.until(() => mac.transfers.counts.running === 0);
  expect(mac.of(one)).toMatchObject([{ state: "staged", digest: digestOf(CONTENT) }]);
  expect(mac.of(two)).toMatchObject([{ state: "failed", error: { code: "conflict", offset: 400 } }]);
});

it("ATT7: nothing is written beyond the size that was promised", async () => {
  const mac = await macOf();
  const { staged } = await put(mac, CONTENT.subarray(0, 400), { size: 500 });
  expect(await refused(mac, CONTENT.subarray(0, 101), { staged, size: 9_999, offset: 400 })).toMatchObject({
    code: "too_large",
    size: 501,
    cap: 500,
  });
  expect(await refused(mac, CONTENT, { size: 999 })).toMatchObject({
    code: "too_large",
    size: 1_000,
    cap: 999,
  });
  expect(await refused(mac, CONTENT, { size: 1_000, cap: 999 })).toMatchObject({ size: 1_000, cap: 999 });
  expect(mac.relay.gets.length).toBe(1);
});

it("ATT7: the Mac's cap is for what is staged, too", async () => {
  const mac = await macOf({ capBytes: 999 });
  expect(await refused(mac, CONTENT)).toMatchObject({
    code: "too_large",
    size: 1_000,
    cap: 999,
    rule: "media_max_mb",
  });
  expect(existsSync(mac.stagingRoot)).toBe(false);
});

it("ATT7: an empty file is whole at once; an empty first body only makes room", async () => {
  const mac = await macOf();
  const empty = await put(mac, Buffer.alloc(0), { name: "empty.txt" });
  expect(empty).toMatchObject({ size: 0, offset: 0, digest: digestOf(Buffer.alloc(0)) });
  expect(mac.staging.locate(empty.staged).ok).toBe(true);
  const begun = await put(mac, Buffer.alloc(0), { size: 1_000 });
  expect(begun).toMatchObject({ offset: 0, digest: null });
  expect(mac.relay.gets).toEqual([]);
  expect(await put(mac, CONTENT, { staged: begun.staged, size: 1_000 })).toMatchObject({ offset: 1_000 });
});

it("ATT6: a body that is cut off leaves what came, and goes on from there", async () => {
  const mac = await macOf();
  const body = bytesOf(2 * MIB);
  const { staged } = await put(mac, Buffer.alloc(0), { size: body.length });
  mac.relay.bodies.set("cut", { bytes: body, cutAfter: MIB });
  const fault = await refused(mac, body, { staged, size: body.length, transfer: "cut" });
  expect(fault).toMatchObject({ code: "internal" });
  const offset = fault.offset ?? 0;
  expect(offset).toBeGreaterThan(0);
  expect(offset).toBeLessThanOrEqual(MIB);
  expect(await put(mac, null, { staged })).toMatchObject({ offset, digest: null });
  const whole = await put(mac, body.subarray(offset), { staged, size: body.length, offset });
  expect(whole).toMatchObject({ offset: body.length, digest: digestOf(body) });
});

it("ATT6: of a first body that is cut off nothing is left: nobody has learnt its name", async () => {
  const mac = await macOf();
  mac.relay.bodies.set("cut", { bytes: CONTENT, cutAfter: 500 });
  expect(await refused(mac, CONTENT, { transfer: "cut" })).toMatchObject({ code: "internal" });
  expect(folders(mac)).toEqual([]);
});

it("ATT6: nor of one that nobody wants any more, though it has come as a whole", async () => {
  const mac = await macOf({
    ports: (real) => ({
      ...real,
      staging: {
        ...real.staging,
        keep: async (meta) => {
          await real.staging.keep(meta);
          mac.transfers.abort("late");
        },
      },
    }),
  });
  expect(await mac.ended(mac.write(CONTENT, { transfer: "late" }))).toBeUndefined();
  expect(folders(mac)).toEqual([]);
});

it("ATT6: a body of another length than was said, or that is refused, is none", async () => {
  const mac = await macOf();
  mac.relay.bodies.set("short", { bytes: CONTENT.subarray(0, 10) });
  expect(await refused(mac, CONTENT, { transfer: "short" })).toMatchObject({ code: "internal" });
  mac.relay.refuseGet = 410;
  expect(await refused(mac, CONTENT)).toMatchObject({ code: "internal" });
  expect(folders(mac)).toEqual([]);
});

it("ATT6: abort and a lost link end a write; what came of a known file stays", async () => {
  const mac = await macOf();
  const { staged } = await put(mac, Buffer.alloc(0), { size: 10_000 });
  // It says more than it brings, and leaves the connection open.
  let begun = 0;
  for (const [name, stop] of [
    ["one", () => mac.transfers.abort("one")],
    ["two", () => mac.transfers.abortAll()],
  ] as const) {
    mac.relay.bodies.set(name, { bytes: CONTENT, cutAfter: 500, holds: true });
    const { offset } = await put(mac, null, { staged });
    mac.write(CONTENT, { staged, size: 10_000, offset, transfer: name });
    begun += 1;
    await mac.relay.brought(begun);
    stop();
    await mac.ended(name);
    expect(mac.of(name)).toEqual([]);
  }
  expect((await put(mac, null, { staged })).offset).toBeLessThanOrEqual(1_000);
});

it("ATT7: what nobody staged is not found, whatever its name looks like", async () => {
  const mac = await macOf();
  const { staged } = await put(mac, CONTENT);
  mkdirSync(path.join(mac.folder, "profile", "elsewhere"));
  for (const id of ["nothing", "..", "../elsewhere", `${staged}/.`, `./${staged}`, staged.toUpperCase()])
    expect(await refused(mac, null, { staged: id })).toMatchObject({ code: "not_found" });
  expect(await refused(mac, null)).toMatchObject({ code: "not_found" });
});

it("ATT7: who is cut off and comes back at once is told where the file ends, not where it ended", async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let syncs = 0;
  const mac = await macOf({
    ports: writing((real) => ({
      sync: async () => {
        syncs += 1;
        // The first was that of the empty body.
        if (syncs === 2) await held;
        await real.sync();
      },
    })),
  });
  const { staged } = await put(mac, Buffer.alloc(0), { size: 1_000 });
  mac.relay.bodies.set("cut", { bytes: CONTENT, cutAfter: 500 });
  mac.write(CONTENT, { staged, size: 1_000, transfer: "cut" });
  await vi.waitFor(() => expect(syncs).toBe(2));
  const asked = mac.write(null, { staged });
  const rest = mac.write(CONTENT.subarray(500), { staged, size: 1_000, offset: 500 });
  expect(mac.words.filter(({ transfer }) => transfer === asked || transfer === rest)).toEqual([]);
  release();
  await mac.until(() => mac.transfers.counts.running === 0);
  expect(mac.of(asked)).toMatchObject([{ state: "staged", offset: 500, digest: null }]);
  expect(mac.of(rest)).toMatchObject([{ state: "staged", offset: 1_000, digest: digestOf(CONTENT) }]);
});
