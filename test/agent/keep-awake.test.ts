import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Awake } from "../../agent/node/keep-awake.ts";
import type { LogFields } from "../../agent/ports.ts";

const WAIT = { timeout: 8_000, interval: 20 };

let folder: string;
let program: string;
let logged: { readonly event: string; readonly fields: LogFields }[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "awake-"));
  program = path.join(folder, "caffeinate");
  logged = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const started = (): number => {
  const file = path.join(folder, "started");
  return existsSync(file) ? readFileSync(file, "utf8").length : 0;
};
/** One that counts its lives, and then does `then`. */
const write = (then: string): void =>
  writeFileSync(program, `#!/bin/sh\nprintf x >> "${folder}/started"\n${then}\n`, { mode: 0o755 });
const awake = (retryMs: number): Awake =>
  new Awake((_, event, fields = {}) => void logged.push({ event, fields }), { retryMs, program });

it("keep_awake: a caffeinate that ends by itself is started again, after a while, until it is not wanted", async () => {
  write("exit 7");
  const one = awake(10);
  one.set("always");
  await vi.waitFor(() => expect(started()).toBeGreaterThan(2), WAIT);
  expect(logged).toContainEqual({
    event: "keep_awake_ended",
    fields: { why: "exit code 7", again_in_ms: 10 },
  });
  one.stop();
  const before = logged.length;
  one.set("never");
  expect(logged).toHaveLength(before);
});

it("keep_awake: said twice, it is started once; stopped, it is not started again", async () => {
  write("exec sleep 60");
  const one = awake(10);
  one.set("on_power");
  one.set("on_power");
  await vi.waitFor(() => expect(started()).toBe(1), WAIT);
  one.stop();
  one.stop();
  expect(started()).toBe(1);
  expect(logged.map(({ event }) => event)).not.toContain("keep_awake_ended");
});
