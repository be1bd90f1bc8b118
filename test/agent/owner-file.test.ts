// agent.jsonc on a real disk, while the agent runs: whatever an editor does to it.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DEFAULT_FILE } from "../../agent/config/default-file.ts";
import { MAX_OWNER_FILE_BYTES } from "../../agent/limits.ts";
import { OwnerFileOnDisk } from "../../agent/node/owner-file.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "owner-file-"));
  file = path.join(folder, "agent.jsonc");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const save = (text: string): void => writeFileSync(file, text, { mode: 0o600 });
function opened(text: string): OwnerFileOnDisk {
  save(text);
  const owner = OwnerFileOnDisk.open(file);
  if (!owner.ok) throw new Error(owner.error.message);
  return owner.value;
}
const isReadOnly = (owner: OwnerFileOnDisk): boolean => owner.look().file.config.rules.readOnly;

it("I3: a file written anew, and one renamed into its place, is seen at the next look", () => {
  const owner = opened("{}");
  expect(isReadOnly(owner)).toBe(false);
  save('{ "read_only": true }');
  expect(isReadOnly(owner)).toBe(true);
  const beside = path.join(folder, ".agent.jsonc.swp");
  writeFileSync(beside, "{}", { mode: 0o600 });
  renameSync(beside, file);
  expect(isReadOnly(owner)).toBe(false);
});

it("I3: another text of the same length and date is seen, since it is another file", () => {
  const owner = opened('{ "read_only": false }');
  const beside = path.join(folder, "beside");
  writeFileSync(beside, '{ "read_only": true  }', { mode: 0o600 });
  const date = new Date(1_000_000_000_000);
  utimesSync(file, date, date);
  expect(isReadOnly(owner)).toBe(false);
  utimesSync(beside, date, date);
  renameSync(beside, file);
  expect(isReadOnly(owner)).toBe(true);
});

it("I3: while nothing changes, every look gives the same object", () => {
  const owner = opened('{ "paused": true }');
  expect(owner.look()).toBe(owner.look());
  const { file: before } = owner.look();
  save('// another comment\n{ "paused": true }');
  expect(owner.look().file).toBe(before);
  expect(owner.look().mistake).toBeNull();
});

it("I3: a broken edit takes nothing back, says where it is broken, and is forgotten when it is mended", () => {
  const owner = opened('{ "read_only": true }');
  save('{\n  "read_onyl": false\n}');
  expect(isReadOnly(owner)).toBe(true);
  expect(owner.look().mistake).toMatchObject({ line: 2, column: 3 });
  save('{\n  "read_only": false,\n');
  expect(isReadOnly(owner)).toBe(true);
  expect(owner.look().mistake).toMatchObject({ line: 3 });
  save('{ "read_only": false }');
  expect(isReadOnly(owner)).toBe(false);
  expect(owner.look().mistake).toBeNull();
});

it("I3: a file that is empty, half written or gone lifts no rule", () => {
  const owner = opened('{ "read_only": true }');
  const comments = DEFAULT_FILE.slice(0, DEFAULT_FILE.indexOf("{"));
  for (const text of ["", "\n \n", comments, DEFAULT_FILE.slice(0, -3)]) {
    save(text);
    expect(isReadOnly(owner)).toBe(true);
    expect(owner.look().mistake).not.toBeNull();
  }
  rmSync(file);
  expect(isReadOnly(owner)).toBe(true);
  expect(owner.look().mistake).toEqual({ line: null, column: null, message: "the file is gone" });
  // None at all is said so.
  save("{}");
  expect(isReadOnly(owner)).toBe(false);
});

it("I3: a file that others can write is refused, at start and later", () => {
  const owner = opened('{ "read_only": true }');
  for (const mode of [0o606, 0o660, 0o602, 0o620]) {
    save("{}");
    chmodSync(file, mode);
    expect(isReadOnly(owner)).toBe(true);
    expect(owner.look().mistake?.message).toContain("chmod 600");
    expect(OwnerFileOnDisk.open(file)).toMatchObject({ ok: false });
  }
  for (const mode of [0o600, 0o644, 0o400]) {
    chmodSync(file, mode);
    expect(OwnerFileOnDisk.open(file)).toMatchObject({ ok: true });
  }
  expect(isReadOnly(owner)).toBe(false);
});

it("I3: behind a link, what counts is the file that it leads to", () => {
  const real = path.join(folder, "dotfiles.jsonc");
  writeFileSync(real, '{ "paused": true }', { mode: 0o666 });
  chmodSync(real, 0o666);
  symlinkSync(real, file);
  expect(OwnerFileOnDisk.open(file)).toMatchObject({ ok: false });
  chmodSync(real, 0o600);
  const owner = OwnerFileOnDisk.open(file);
  expect(owner).toMatchObject({ ok: true });
  writeFileSync(real, "{}");
  expect(owner.ok && owner.value.look().file.config.rules.paused).toBe(false);
});

it("I3: what cannot be read is a mistake, and no reason to fall", () => {
  const owner = opened('{ "read_only": true }');
  rmSync(file);
  symlinkSync(file, file);
  expect(isReadOnly(owner)).toBe(true);
  expect(owner.look().mistake?.message).toContain("cannot be opened");
  expect(OwnerFileOnDisk.open(file)).toMatchObject({ ok: false });
});

it("I3: a file over the limit, a folder and a pipe are mistakes, and nobody waits for them", () => {
  const owner = opened('{ "read_only": true }');
  save(`{ "read_only": false } // ${"x".repeat(MAX_OWNER_FILE_BYTES)}`);
  expect(owner.look()).toMatchObject({ mistake: { message: "it is larger than 4 MiB" } });
  rmSync(file);
  mkdirSync(file, { mode: 0o700 });
  expect(owner.look()).toMatchObject({ mistake: { message: "it is no plain file" } });
  rmdirSync(file);
  execFileSync("mkfifo", ["-m", "600", file]);
  expect(owner.look()).toMatchObject({ mistake: { message: "it is no plain file" } });
  expect(isReadOnly(owner)).toBe(true);
});
