// A transfer that is cut in the middle goes on where it ended, byte for byte, whoever cut it and however; nothing is
// left behind but what can be gone on with. Everything is real: relay, agent, sockets and disk.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { run, startProgram, type Program } from "../../host/child.ts";
import { CutWire } from "./cut-wire.ts";
import { filesBelow } from "./files-below.ts";
import { startSystem, type System } from "./harness.ts";
import { http } from "./http.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";
import { owned } from "./owned.ts";
import { RawRequest } from "./raw-request.ts";
import { RelayProcess } from "./relay-process.ts";
import { tempFolder } from "./temp.ts";
import { firstReference, transfersOf } from "./transfer-facts.ts";
import { until } from "./waiting.ts";

const FRIEND = "+15550100111";
const MIB = 1024 * 1024;
const FILE = randomBytes(16 * MIB);
const SIZE = FILE.length;
/** What has passed when it is cut. */
const CUT_AT = 4 * MIB;
/** Of an upload, what its sender knows to be safe. */
const KNOWN = MIB;
/** No timer is that short. */
const AT_ONCE_MS = 10_000;

const folder = tempFolder("cut");
let wire: CutWire;
let relay: RelayProcess;
let system: System;
let reference = "";
let download = "";

beforeAll(async () => {
  wire = await CutWire.start();
  relay = await RelayProcess.start({ state: folder.path, env: { RELAY_ORIGINS: wire.origin } });
  wire.target = relay.port;
  system = await startSystem({ dialect: "0.15", relay, agentConfig: { media_max_mb: 300 } });
  await openChannel(system, { ...EVERYBODY, includeAttachments: true, mediaMaxMb: 300 });
  system.world.appendFile(system.world.dm(FRIEND, "any"), FRIEND, "large.bin", FILE, "look");
  reference = await firstReference(system.accountUrl, system.key);
  download = `${system.accountUrl}/attachments/${reference}`;
});
afterAll(async () => {
  await system.stop();
  await relay.kill9();
  await wire.close();
  folder.remove();
});

/** By whom and how. */
type Cut = readonly [string, (gateway: RawRequest) => Promise<unknown> | void];
const RESET: Cut = ["the gateway, by RST", (gateway) => gateway.reset()];
const OTHERS: readonly (readonly [string, () => Promise<unknown> | void])[] = [
  ["the agent's connection, by RST", () => wire.cut("reset")],
  ["the agent's connection, by FIN", () => wire.cut("end")],
  ["the agent, by SIGKILL", () => system.agent.kill("SIGKILL")],
  ["the relay, by SIGKILL", () => relay.kill9()],
];
/** In a download that moves this would be a RST: there is always something unread. */
const LEAVES: Cut = ["the gateway, by FIN", (gateway) => gateway.leave()];
const ENDS: Cut = ["the gateway, by FIN, reading on", (gateway) => gateway.half()];

async function recover(): Promise<void> {
  if (relay.pid === 0) await relay.start();
  if (system.agent.pid === 0) await system.agent.start();
  await system.waitForOnline();
  await isQuiet();
}

/** Nothing is on its way any more, at either end. */
async function isQuiet(): Promise<void> {
  const isSo = async (): Promise<boolean> => {
    const { open, waiting } = await transfersOf(system.accountUrl, system.key);
    return open === 0 && waiting === 0;
  };
  await until(isSo, "no transfer is open, and nobody waits", AT_ONCE_MS);
}

/** Files in the folder of staged ones. */
const staged = (): string[] => filesBelow(path.join(system.agent.home, "agent", "default", "staging"));

describe("a download that is cut by", () => {
  for (const [what, cut] of [RESET, ...OTHERS])
    test(`ATT3 ATT6 I8 ${what}, is resumed by its range, byte for byte`, async () => {
      const from = system.agent.events.all.length;
      wire.begin(CUT_AT);
      const first = await RawRequest.begin(download, { key: system.key });
      const head = await first.head;
      await wire.passed("POST", CUT_AT);
      await first.has(MIB);
      await cut(first);
      wire.goOn();
      const { isWhole, body } = await first.over;
      expect([isWhole, body.length < SIZE]).toEqual([false, true]);
      const wasKilled = system.agent.pid === 0;
      await recover();
      // Its file is closed.
      if (!wasKilled) await system.agent.waitFor("transfer", AT_ONCE_MS, from);
      const headers = { range: `bytes=${body.length}-`, "if-range": head?.headers.get("etag") ?? "" };
      const second = await RawRequest.begin(download, { key: system.key, headers });
      expect((await second.head)?.status).toBe(206);
      const rest = await second.over;
      expect(rest.isWhole).toBe(true);
      expect(Buffer.concat([body, rest.body]).equals(FILE)).toBe(true);
      await isQuiet();
    });
});

describe("an upload that is cut by", () => {
  const uploadedSchema = z.looseObject({ attachment: z.string() });
  const before = new Set<string>();

  for (const [what, cut] of [RESET, LEAVES, ENDS, ...OTHERS])
    test(`ATT7 ATT14 I8 ${what}, is resumed where it ended, byte for byte`, async () => {
      const begun = await http(`${system.accountUrl}/attachments?name=up.bin&size=${SIZE}`, {
        method: "POST",
        key: system.key,
        raw: FILE.subarray(0, KNOWN),
      });
      const url = `${system.accountUrl}/attachments/${uploadedSchema.parse(begun.json()).attachment}`;
      wire.begin();
      const headers = { "content-length": String(SIZE - KNOWN) };
      const put = await RawRequest.begin(`${url}?offset=${KNOWN}`, {
        method: "PUT",
        key: system.key,
        headers,
      });
      await put.send(FILE.subarray(KNOWN, KNOWN + CUT_AT + MIB));
      await wire.passed("GET", CUT_AT);
      await cut(put);
      const status = (await put.head)?.status;
      expect([500, 503, 504, undefined]).toContain(status);
      await recover();
      const looked = await http(url, { method: "HEAD", key: system.key });
      const offset = Number(looked.headers["upload-offset"]);
      expect(offset).toBeGreaterThanOrEqual(KNOWN);
      expect(offset).toBeLessThanOrEqual(KNOWN + CUT_AT + MIB);
      const rest = await http(`${url}?offset=${offset}`, {
        method: "PUT",
        key: system.key,
        raw: FILE.subarray(offset),
      });
      expect(rest.json()).toMatchObject({ complete: true, offset: SIZE });
      const fresh = staged().filter((file) => !before.has(file) && file.endsWith("up.bin"));
      expect(fresh.map((file) => readFileSync(file).equals(FILE))).toEqual([true]);
      for (const file of fresh) before.add(file);
      await isQuiet();
    });

  for (const [what, cut] of [RESET, LEAVES, ENDS, ...OTHERS])
    test(`ATT14 ${what}, in its first body, leaves nothing: nobody knows its name`, async () => {
      const before = staged();
      wire.begin();
      const headers = { "content-length": String(SIZE) };
      const url = `${system.accountUrl}/attachments?name=nobodys.bin`;
      const post = await RawRequest.begin(url, { method: "POST", key: system.key, headers });
      await post.send(FILE.subarray(0, CUT_AT + MIB));
      await wire.passed("GET", CUT_AT);
      await cut(post);
      await post.over;
      await recover();
      await until(async () => staged().length === before.length, "it is gone", AT_ONCE_MS);
      expect(staged()).toEqual(before);
    });
});

describe("a program that fetches a file and is cut by", () => {
  let out = "";
  const get = (): Program => ({
    ...system.gateway(["attachments", "get", reference, "--out", out]),
    onLine: () => undefined,
  });
  const names = (): string[] => readdirSync(out).sort();
  beforeEach(() => {
    out = mkdtempSync(path.join(system.folder, "out-"));
  });

  async function isThere(): Promise<void> {
    expect(names()).toEqual(["large.bin"]);
    expect(readFileSync(path.join(out, "large.bin")).equals(FILE)).toBe(true);
    await isQuiet();
  }

  for (const [what, cut] of OTHERS)
    test(`ATT6 I8 ${what}, goes on by itself, and leaves nothing beside the file`, async () => {
      wire.begin(CUT_AT);
      const program = await startProgram(get());
      owned.add(program.pid);
      await wire.passed("POST", CUT_AT);
      await cut();
      wire.goOn();
      await recover();
      expect(await program.exited).toBe("code 0");
      owned.remove(program.pid);
      await isThere();
    });

  test("ATT6 I8 its own end, by SIGKILL, leaves what the next one goes on with, and no file", async () => {
    wire.begin(CUT_AT);
    const program = await startProgram(get());
    owned.add(program.pid);
    await wire.passed("POST", CUT_AT);
    await until(async () => names().includes("large.bin.part"), "it writes");
    program.kill("SIGKILL");
    await program.exited;
    owned.remove(program.pid);
    wire.goOn();
    expect(names()).toEqual(["large.bin.part", "large.bin.part.json"]);
    await isQuiet();
    expect(await run(get())).toMatchObject({ code: 0 });
    await isThere();
  });
});
