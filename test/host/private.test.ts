import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { logFile } from "../../host/log-file.ts";
import { findOnPath, nameImsg } from "../../host/mac.ts";
import { makePrivateFolder, writePrivate } from "../../host/private-folder.ts";
import { readOrMakeSecrets } from "../../host/secrets.ts";
import { readMemory, stateFolder, writeMemory } from "../../host/state-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "imsg-relay-host-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (file: string): number => statSync(file).mode & 0o777;

test("secrets are made once, strong enough for the relay, for their owner alone", () => {
  const state = path.join(folder, "state");
  const made = readOrMakeSecrets(state);
  expect(made.isNew).toBe(true);
  expect(made.RELAY_SECRETS).toMatch(/^1:[0-9a-f]{64}$/);
  expect(made.OPERATOR_KEY.length).toBeGreaterThanOrEqual(52);
  expect([modeOf(state), modeOf(path.join(state, "secrets.json"))]).toEqual([0o700, 0o600]);
  expect(readOrMakeSecrets(state)).toEqual({ ...made, isNew: false });
  expect(readOrMakeSecrets(path.join(folder, "other")).OPERATOR_KEY).not.toBe(made.OPERATOR_KEY);
});

test("secrets that others could read are theirs no longer to read", () => {
  readOrMakeSecrets(folder);
  const file = path.join(folder, "secrets.json");
  chmodSync(file, 0o644);
  readOrMakeSecrets(folder);
  expect(modeOf(file)).toBe(0o600);
});

test.each(["", "{", "{}", '{"RELAY_SECRETS":"1:00","OPERATOR_KEY":"short"}'])(
  "damaged secrets (%j) are an error and stay as they are: with new ones every id would be void",
  (text) => {
    const file = path.join(folder, "secrets.json");
    writeFileSync(file, text);
    expect(() => readOrMakeSecrets(folder)).toThrow("is damaged");
    expect(readFileSync(file, "utf8")).toBe(text);
  },
);

test.each([
  [{ RELAY_SECRETS: "1:00" }, "OPERATOR_KEY is missing or too short"],
  [{ RELAY_SECRETS: "1:00", OPERATOR_KEY: "hidden" }, "OPERATOR_KEY is missing or too short"],
  [{ OPERATOR_KEY: "k".repeat(52) }, "RELAY_SECRETS is missing or too short"],
  [{}, "RELAY_SECRETS and OPERATOR_KEY are missing or too short"],
])("of secrets %j it is said that %s, and no more of them", (secrets, why) => {
  const file = path.join(folder, "secrets.json");
  writeFileSync(file, JSON.stringify(secrets));
  expect(() => readOrMakeSecrets(folder)).toThrow(`${file} is damaged: ${why}. Restore the whole file`);
  expect(() => readOrMakeSecrets(folder)).not.toThrow("hidden");
});

test("a private file is replaced as a whole and leaves nothing beside it", () => {
  const file = path.join(folder, "a", "b.json");
  writePrivate(file, "one");
  writePrivate(file, "two");
  expect(readFileSync(file, "utf8")).toBe("two");
  expect(readdirSync(path.dirname(file))).toEqual(["b.json"]);
  chmodSync(folder, 0o755);
  makePrivateFolder(folder);
  expect(modeOf(folder)).toBe(0o700);
});

test("what the launcher remembers comes back, and a damaged memory says what to do", () => {
  const state = stateFolder(folder);
  expect(readMemory(state)).toBeUndefined();
  const memory = {
    port: 8787,
    tenant: "ten_x",
    account: "acc_x",
    credential: "key_x.y",
    mac: "demo",
    agentAt: null,
    gatewayAt: "http://127.0.0.1:8787",
  };
  writeMemory(state, memory);
  expect(readMemory(state)).toEqual(memory);
  writeFileSync(path.join(folder, "launcher.json"), "{}");
  expect(() => readMemory(state)).toThrow("Remove it to have a new account made");
});

test("a log that has grown too long makes room for itself once, and keeps its last lines", () => {
  const file = path.join(folder, "agent.log");
  const log = logFile(file);
  const line = "x".repeat(1024 * 1024);
  for (let lines = 0; lines < 9; lines += 1) log(line);
  expect(statSync(file).size).toBeLessThanOrEqual(4 * 1024 * 1024);
  expect(existsSync(`${file}.1`)).toBe(true);
  expect(modeOf(file)).toBe(0o600);
  expect(readdirSync(folder).sort()).toEqual(["agent.log", "agent.log.1"]);
});

test("imsg is found on PATH as a program, not as a folder or a plain file", () => {
  const [first, second, third] = ["first", "second", "third"].map((name) => path.join(folder, name));
  for (const place of [first, second, third]) makePrivateFolder(place ?? folder);
  makePrivateFolder(path.join(first ?? "", "imsg"));
  writeFileSync(path.join(second ?? "", "imsg"), "");
  const PATH = ["", "relative", first, second, third].join(path.delimiter);
  expect(findOnPath("imsg", { PATH })).toBeUndefined();
  writeFileSync(path.join(third ?? "", "imsg"), "", { mode: 0o755 });
  expect(findOnPath("imsg", { PATH })).toBe(path.join(third ?? "", "imsg"));
  expect(findOnPath("imsg", {})).toBeUndefined();
});

test("the imsg that was found is named in a fresh file, and an owner's own words are left alone", () => {
  const file = path.join(folder, "agent.jsonc");
  nameImsg(file, "/opt/imsg");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ cliPath: "/opt/imsg" });
  const fresh = '// Yours.\n{\n  // "read_only": true,\n}\n';
  writeFileSync(file, fresh);
  nameImsg(file, "/opt/imsg");
  expect(readFileSync(file, "utf8")).toBe(
    '// Yours.\n{\n  // "read_only": true,\n  "cliPath": "/opt/imsg"\n}\n',
  );
  const owned = '{\n  "cliPath": "/mine", // since Tuesday\n}\n';
  writeFileSync(file, owned);
  nameImsg(file, "/opt/imsg");
  expect(readFileSync(file, "utf8")).toBe(owned);
});
