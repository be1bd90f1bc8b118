// Writes into the staging folder with real files and real HTTP: what is kept, gone on with, and removed.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { MAX_STAGED_BYTES, MAX_STAGED_FILES } from "../../../agent/limits.ts";
import { bytesOf, digestOf, HandClock, macOf, MIB, type TransferMac } from "../support/transfer-mac.ts";

const HOUR = 3_600_000;
const CONTENT = bytesOf(1_000);

/** Writes a body and says what came of it. */
async function put(mac: TransferMac, body: Buffer | null, more: Parameters<TransferMac["write"]>[1] = {}) {
  const word = await mac.ended(mac.write(body, more));
  if (word?.state === "staged") return word;
  throw new Error(`not staged: ${JSON.stringify(word)}`);
}
async function refused(
  mac: TransferMac,
  body: Buffer | null,
  more: Parameters<TransferMac["write"]>[1] = {},
) {
  const word = await mac.ended(mac.write(body, more));
  if (word?.state === "failed") return word.error;
  throw new Error(`not refused: ${JSON.stringify(word)}`);
}
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
  expect(await refused(mac, CONTENT)).toEqual({ code: "too_large", size: 1_000, cap: 999 });
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

it("ATT7: a restart loses nothing, and a file that is gone on with afterwards has the same digest", async () => {
  const mac = await macOf();
  const whole = await put(mac, CONTENT, { name: "whole.bin" });
  const part = await put(mac, CONTENT.subarray(0, 400), { size: 1_000, name: "part.bin" });
  mac.restart();
  expect(await put(mac, null, { staged: whole.staged })).toMatchObject({
    name: "whole.bin",
    offset: 1_000,
    digest: digestOf(CONTENT),
  });
  expect(mac.staging.locate(whole.staged).ok).toBe(true);
  const rest = { staged: part.staged, size: 1_000, offset: 400 };
  expect(await put(mac, CONTENT.subarray(400), rest)).toMatchObject({
    name: "part.bin",
    offset: 1_000,
    digest: digestOf(CONTENT),
  });
});

it("ATT7: bytes that were not yet safe on disk when the agent died are fetched again", async () => {
  const mac = await macOf();
  const { staged, name } = await put(mac, CONTENT.subarray(0, 400), { size: 1_000 });
  appendFileSync(path.join(mac.stagingRoot, staged, name), "what a crash left behind");
  mac.restart();
  expect(await put(mac, null, { staged })).toMatchObject({ offset: 400 });
  const rest = { staged, size: 1_000, offset: 400 };
  expect(await put(mac, CONTENT.subarray(400), rest)).toMatchObject({ digest: digestOf(CONTENT) });
});

it("ATT7: what cannot be used is removed at start, and a link is not followed", async () => {
  const mac = await macOf();
  const { staged } = await put(mac, CONTENT, { name: "good.bin" });
  const [lost, short, linked, foreign] = [
    await put(mac, CONTENT, { name: "lost.bin" }),
    await put(mac, CONTENT, { name: "short.bin" }),
    await put(mac, CONTENT, { name: "linked.bin" }),
    await put(mac, CONTENT, { name: "foreign.bin" }),
  ];
  const at = (id: string, name: string): string => path.join(mac.stagingRoot, id, name);
  unlinkSync(at(lost.staged, "lost.bin"));
  truncateSync(at(short.staged, "short.bin"), 10);
  unlinkSync(at(linked.staged, "linked.bin"));
  const outside = path.join(mac.folder, "outside.bin");
  writeFileSync(outside, CONTENT);
  symlinkSync(outside, at(linked.staged, "linked.bin"));
  writeFileSync(
    at(foreign.staged, ".meta.json"),
    '{"id":"other","name":"../../x","size":1,"bytes":1,"digest":null}',
  );
  mkdirSync(path.join(mac.stagingRoot, "no-meta"));
  writeFileSync(path.join(mac.stagingRoot, "a-file"), "");
  mkdirSync(path.join(mac.folder, "kept"));
  writeFileSync(path.join(mac.folder, "kept", "precious"), "");
  symlinkSync(path.join(mac.folder, "kept"), path.join(mac.stagingRoot, "link"));
  mac.restart();
  expect(folders(mac)).toEqual([staged]);
  expect(existsSync(outside)).toBe(true);
  expect(existsSync(path.join(mac.folder, "kept", "precious"))).toBe(true);
});

it("ATT7: a day after its last byte a staged file is gone, by itself or at the next start", async () => {
  const clock = new HandClock();
  const mac = await macOf({ clock });
  const old = await put(mac, CONTENT.subarray(0, 10), { size: 1_000 });
  clock.passHours(23);
  await put(mac, CONTENT.subarray(10, 20), { staged: old.staged, size: 1_000, offset: 10 });
  const other = await put(mac, CONTENT);
  clock.passHours(2);
  // The second piece counts.
  expect(await put(mac, null, { staged: old.staged })).toMatchObject({ offset: 20 });
  clock.passHours(23);
  expect(await refused(mac, null, { staged: old.staged })).toMatchObject({ code: "not_found" });
  expect(mac.staging.locate(other.staged)).toEqual({ ok: false, error: "not_found" });
  await mac.gone(old.staged);
  await mac.gone(other.staged);

  const late = await put(mac, CONTENT);
  const past = new Date(clock.now() - 25 * HOUR);
  utimesSync(path.join(mac.stagingRoot, late.staged, late.name), past, past);
  mac.restart();
  await mac.gone(late.staged);
});

it("ATT7: what was given to imsg stays for an hour more, since Messages reads it when it likes", async () => {
  const clock = new HandClock();
  const mac = await macOf({ clock });
  const { staged } = await put(mac, CONTENT);
  clock.passHours(23.9);
  expect(mac.staging.locate(staged).ok).toBe(true);
  clock.passHours(0.9);
  expect(mac.staging.locate(staged).ok).toBe(true);
});

it("ATT7: there is an end to what is staged, by number and by promised bytes", async () => {
  const clock = new HandClock();
  const mac = await macOf({ clock, capBytes: MAX_STAGED_BYTES });
  const whole = { size: MAX_STAGED_BYTES - 1_000, cap: MAX_STAGED_BYTES };
  await put(mac, Buffer.alloc(0), whole);
  const last = await put(mac, CONTENT);
  const full = await refused(mac, Buffer.from("x"));
  expect(full).toMatchObject({ code: "rate_limited", retry_after_s: 3_600 });
  // What is there goes on.
  expect(await put(mac, null, { staged: last.staged })).toMatchObject({ offset: 1_000 });
  clock.passHours(25);
  const small = await put(mac, Buffer.from("x"));
  for (let at = 1; at < MAX_STAGED_FILES; at += 1) await mac.staging.create("x", 1);
  expect(await refused(mac, Buffer.from("x"))).toMatchObject({ code: "rate_limited" });
  expect(mac.staging.locate(small.staged).ok).toBe(true);
});

it("ATT7: a disk that refuses is said, without a path", async () => {
  const mac = await macOf();
  mkdirSync(path.dirname(mac.stagingRoot), { recursive: true });
  writeFileSync(mac.stagingRoot, "a file where the folder should be");
  const fault = await refused(mac, CONTENT);
  expect(fault).toEqual({ code: "internal", detail: "the Mac could not read or write the file" });
  expect(JSON.stringify(mac.logged)).not.toContain(mac.folder);
});

it("ATT7: a full disk is said, and what was safe before stays", async () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write '/private/name'"), {
    code: "ENOSPC",
  });
  let isFull = false;
  const mac = await macOf({
    ports: (real) => ({
      ...real,
      staging: {
        ...real.staging,
        open: async (meta) => {
          const writer = await real.staging.open(meta);
          const write = (bytes: Uint8Array, position: number): Promise<void> =>
            isFull ? Promise.reject(full) : writer.write(bytes, position);
          return { ...writer, write };
        },
      },
    }),
  });
  const { staged } = await put(mac, CONTENT.subarray(0, 400), { size: 1_000 });
  isFull = true;
  const rest = { staged, size: 1_000, offset: 400 };
  expect(await refused(mac, CONTENT.subarray(400), rest)).toEqual({
    code: "internal",
    detail: "the Mac's disk is full",
  });
  isFull = false;
  expect(await put(mac, CONTENT.subarray(400), rest)).toMatchObject({ digest: digestOf(CONTENT) });
});
