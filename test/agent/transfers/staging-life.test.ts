// How long staged files live: over restarts, until they are old, while there is room. Real files and real HTTP.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  readdirSync,
} from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { MAX_STAGED_BYTES, MAX_STAGED_FILES } from "../../../agent/limits.ts";
import { writing } from "../support/odd-disks.ts";
import { put, refused } from "../support/staged.ts";
import { bytesOf, digestOf, HandClock, macOf, type TransferMac } from "../support/transfer-mac.ts";

const HOUR = 3_600_000;
const CONTENT = bytesOf(1_000);
const folders = (mac: TransferMac): string[] => readdirSync(mac.stagingRoot);

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
  appendFileSync(path.join(mac.stagingRoot, staged, name), bytesOf(5_000));
  mac.restart();
  expect(await put(mac, null, { staged })).toMatchObject({ offset: 400 });
  const rest = { staged, size: 1_000, offset: 400 };
  expect(await put(mac, CONTENT.subarray(400), rest)).toMatchObject({ digest: digestOf(CONTENT) });
});

it("ATT14: of a first body that was under way when the agent died nothing is left; one that was told stays", async () => {
  const mac = await macOf();
  const { staged } = await put(mac, Buffer.alloc(0), { size: 1_000 });
  const { staged: empty } = await put(mac, Buffer.alloc(0), { name: "empty.txt" });
  mac.relay.bodies.set("cut", { bytes: CONTENT, cutAfter: 500, holds: true });
  mac.write(CONTENT, { transfer: "cut" });
  await mac.relay.brought(1);
  expect(folders(mac).length).toBe(3);
  mac.restart();
  expect(folders(mac).sort()).toEqual([staged, empty].sort());
  expect(await put(mac, CONTENT, { staged, size: 1_000 })).toMatchObject({ digest: digestOf(CONTENT) });
  expect(await put(mac, null, { staged: empty })).toMatchObject({ digest: digestOf(Buffer.alloc(0)) });
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
    ports: writing((real) => ({
      write: (bytes, position) => (isFull ? Promise.reject(full) : real.write(bytes, position)),
    })),
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
