import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  mkdirSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { EXIT } from "../../../gateway/cli/exit-codes.ts";
import { digestOf, FilesRelay } from "../support/files-relay.ts";
import { operation, SENT } from "../support/operations.ts";
import type { Ended, Place, Program } from "../support/program.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: FilesRelay;
let place: Place;
eachOnAStage(FilesRelay, (...made) => ([relay, place] = made));

const at = (...parts: string[]): string => path.join(place.home, ...parts);
const start = (...argv: string[]): Program => place.run(argv, { IMSG_RELAY_URL: relay.connection });
const get = (...argv: string[]): Promise<Ended> => start("attachments", "get", "ref", ...argv).end();
const put = (...argv: string[]): Promise<Ended> => start("attachments", "put", ...argv).end();
const folder = (): string => `${place.home}/`;
const isWhole = (name: string): boolean => readFileSync(at(name)).equals(relay.bytes);
const modeOf = (name: string): string => (statSync(at(name)).mode & 0o777).toString(8);

describe("get", () => {
  test("ATT2 saves it under its own name, for this user alone, and says one line", async () => {
    expect(await get("--out", folder())).toEqual({
      code: EXIT.done,
      signal: null,
      out: `Saved ${at("photo.jpg")} (100 kB, checksum verified).\n`,
      err: "",
    });
    expect(isWhole("photo.jpg")).toBe(true);
    expect(modeOf("photo.jpg")).toBe("600");
    expect(readdirSync(place.home)).toEqual(["photo.jpg"]);
  });

  test("ATT2 --json says what it is", async () => {
    const { code, out } = await get("--out", folder(), "--json");
    expect(code).toBe(EXIT.done);
    expect(JSON.parse(out)).toEqual({
      file: at("photo.jpg"),
      name: "photo.jpg",
      type: "image/jpeg",
      size: 100_000,
      sha256: digestOf(relay.bytes),
      verified: "file",
      resumed_from: 0,
      etag: '"e1"',
    });
  });

  test("ATT2 replaces nothing that is there, unless it is told to", async () => {
    writeFileSync(at("photo.jpg"), "mine");
    symlinkSync("/nowhere/at/all", at("photo (1).jpg"));
    await get("--out", folder());
    await get("--out", at("photo.jpg"));
    expect(readFileSync(at("photo.jpg"), "utf8")).toBe("mine");
    expect([isWhole("photo (2).jpg"), isWhole("photo (3).jpg")]).toEqual([true, true]);
    await get("--out", at("photo.jpg"), "--force");
    expect(isWhole("photo.jpg")).toBe(true);
  });

  test("ATT2 what the sender called it cannot lead anywhere, nor hide, nor reach the terminal raw", async () => {
    relay.name = "../../.ssh/.aut\u202Ehorized\u001b[2J";
    const { out } = await get("--out", folder());
    expect(readdirSync(place.home)).toEqual(["authorized[2J"]);
    expect(out).not.toMatch(/[^\P{C}\n]/u);
  });

  test("ATT2 --out names a file, or a folder that is there", async () => {
    mkdirSync(at("in"));
    await get("--out", at("in"));
    await get("--out", at("in", ".hidden wish"));
    expect(readdirSync(at("in")).sort()).toEqual([".hidden wish", "photo.jpg"]);
    const lost = await get("--out", at("nowhere", "a.jpg"));
    expect(lost).toMatchObject({
      code: EXIT.failed,
      out: "",
      err: expect.stringContaining("no such file or folder"),
    });
  });

  test("ATT2 --out - gives the bytes and nothing else", async () => {
    relay.bytes = Buffer.from("a line\n".repeat(20_000));
    relay.faults.push({ kind: "cut", after: 50_000 });
    const { code, out, err } = await get("--out", "-");
    expect(out).toBe(relay.bytes.toString());
    expect([code, err]).toEqual([
      EXIT.done,
      "imsg-relay: 140 kB, checksum verified for what came since it was resumed.\n",
    ]);
  });

  test("ATT6 --out - ends where the file becomes another one: what is written stays written", async () => {
    relay.faults.push({ kind: "cut", after: 50_000 }, { kind: "wrong_file" });
    expect(await get("--out", "-")).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("another one"),
    });
  });

  test("ATT6 a break is mended without a word", async () => {
    relay.faults.push({ kind: "cut", after: 30_000 });
    relay.knowsDigest = true;
    const { code, err } = await get("--out", folder());
    expect([code, err, isWhole("photo.jpg")]).toEqual([EXIT.done, "", true]);
  });

  test("ATT6 Ctrl-C leaves what it has, and the same command goes on from there", async () => {
    relay.faults.push({ kind: "hold", after: 70_000 });
    relay.knowsDigest = true;
    const program = start("attachments", "get", "ref", "--out", folder());
    await relay.until(() => relay.sent === 70_000);
    while (!existsSync(at("photo.jpg.part")) || statSync(at("photo.jpg.part")).size < 70_000)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await program.kill("SIGINT")).toMatchObject({
      code: EXIT.interrupted,
      out: "",
      err: `imsg-relay: interrupted; 70.0 kB of 100 kB are in ${at("photo.jpg.part")}, and the same command goes on from there.\n`,
    });
    expect([modeOf("photo.jpg.part"), modeOf("photo.jpg.part.json")]).toEqual(["600", "600"]);
    const { out } = await get("--out", folder(), "--json");
    expect(JSON.parse(out)).toMatchObject({ resumed_from: 70_000, verified: "file" });
    expect(isWhole("photo.jpg")).toBe(true);
    expect(readdirSync(place.home)).toEqual(["photo.jpg"]);
    expect(relay.files.at(-1)).toBe('GET attachments/ref bytes=70000- "e1"');
  });

  test("ATT6 the beginning of another file, or somebody else's, is left alone", async () => {
    writeFileSync(at("photo.jpg.part"), "theirs");
    writeFileSync(at("photo (1).jpg.part"), "another");
    writeFileSync(at("photo (1).jpg.part.json"), JSON.stringify({ etag: '"e0"', size: 9 }));
    writeFileSync(at("photo (2).jpg"), "mine");
    await get("--out", folder(), "--force");
    expect(isWhole("photo (3).jpg")).toBe(true);
    expect(readFileSync(at("photo (2).jpg"), "utf8")).toBe("mine");
    expect(readFileSync(at("photo.jpg.part"), "utf8")).toBe("theirs");
    expect(readFileSync(at("photo (1).jpg.part"), "utf8")).toBe("another");
  });

  test("ATT2 damaged bytes are no file", async () => {
    for (let count = 0; count < 3; count += 1) relay.faults.push({ kind: "damage" });
    expect(await get("--out", folder())).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("checksums differ"),
    });
    expect(readdirSync(place.home)).toEqual([]);
  });

  test("ATT4 a refusal says why, with both numbers where it is too large", async () => {
    relay.faults.push({ kind: "refuse", code: "too_large", more: { size: 30e6, cap: 16e6 } });
    const { code, err, out } = await get("--out", at("a.jpg"), "--json");
    expect([code, err]).toEqual([
      EXIT.failed,
      "imsg-relay: The request is too large. It has 30.0 MB, and at most 16.0 MB is taken. (request req-1)\n",
    ]);
    expect(JSON.parse(out)).toMatchObject({ success: false, code: "too_large", size: 30e6, cap: 16e6 });
    expect(readdirSync(place.home)).toEqual([]);
    relay.faults.push({ kind: "refuse", code: "agent_offline" });
    expect(await get("--out", at("a.jpg"))).toMatchObject({ code: EXIT.try_again });
  });
});

describe("put", () => {
  test("ATT7 says each file's reference, and when it expires", async () => {
    writeFileSync(at("a.txt"), "first");
    writeFileSync(at("b.txt"), "second!");
    const human = await put(at("a.txt"));
    expect(human).toMatchObject({ code: EXIT.done, err: "" });
    expect(human.out).toMatch(/^\S+a\.txt \(5 B\) waits on the Mac until .* as stg_1\n$/);
    const { out } = await put(at("a.txt"), at("b.txt"), "--json");
    expect(
      out
        .trim()
        .split("\n")
        .map((line): unknown => JSON.parse(line)),
    ).toMatchObject([
      { attachment: "stg_2", file: at("a.txt"), name: "a.txt", size: 5, verified: true },
      { attachment: "stg_3", name: "b.txt", sha256: digestOf(Buffer.from("second!")) },
    ]);
    expect(relay.staged.get("stg_3")?.bytes.toString()).toBe("second!");
  });

  test("ATT7 --name is what its receiver sees", async () => {
    writeFileSync(at("a.txt"), "x");
    await put(at("a.txt"), "--name", "Rechnung Nº 7.pdf");
    expect(relay.staged.get("stg_1")?.name).toBe("Rechnung Nº 7.pdf");
  });

  test("ATT7 nothing is sent where one of them cannot be read", async () => {
    writeFileSync(at("a.txt"), "x");
    for (const bad of [at("absent"), place.home, "-", "/dev/null"])
      expect(await put(at("a.txt"), bad)).toMatchObject({ code: EXIT.misuse, out: "" });
    expect(relay.files).toEqual([]);
  });

  test("ATT7 a refusal says which did not get there", async () => {
    writeFileSync(at("a.txt"), "x");
    writeFileSync(at("b.txt"), "y");
    relay.faults.push({ kind: "half" }, { kind: "refuse", code: "forbidden_by_mac" });
    const { code, out, err } = await put(at("a.txt"), at("b.txt"));
    expect(code).toBe(EXIT.failed);
    expect(out).toContain("stg_1");
    expect(err).toContain("b.txt did not get there; 1 of 2 did.");
  });
});

describe("send --attach", () => {
  test("ATT9 brings the files first, then sends their references, with a text or without", async () => {
    writeFileSync(at("a.txt"), "x");
    writeFileSync(at("b.txt"), "y");
    relay.answers.set("POST messages", [200, operation({ ...SENT })]);
    const files = ["--attach", at("a.txt"), "--attach", at("b.txt")];
    expect(await start("send", "+1", "both", ...files).end()).toMatchObject({ code: EXIT.done, err: "" });
    expect(await start("send", "+1", "--attach", at("a.txt")).ended).toMatchObject({ code: EXIT.done });
    expect(relay.asked.map(({ body }) => body)).toEqual([
      { to: "+1", text: "both", attachments: ["stg_1", "stg_2"] },
      { to: "+1", attachments: ["stg_3"] },
    ]);
  });

  test("I6 what does not get to the Mac is not sent, and says so", async () => {
    writeFileSync(at("a.txt"), "x");
    relay.faults.push({ kind: "refuse", code: "too_large", more: { size: 30e6, cap: 16e6 } });
    const argv = ["send", "+1", "x", "--key", "k", "--json", "--attach"];
    const refused = await start(...argv, at("a.txt")).end();
    expect(refused.code).toBe(EXIT.failed);
    expect(JSON.parse(refused.out)).toMatchObject({ outcome: "not_sent", code: "too_large", cap: 16e6 });
    const absent = await start(...argv, at("absent")).end();
    expect(absent.code).toBe(EXIT.misuse);
    expect(JSON.parse(absent.out)).toMatchObject({ outcome: "not_sent", idempotency_key: "k" });
    expect(relay.asked).toEqual([]);
  });

  test("I6 Ctrl-C while the files are under way sends nothing", async () => {
    writeFileSync(at("a.txt"), "x".repeat(100));
    relay.faults.push({ kind: "hold", after: 10 });
    const program = start("send", "+1", "x", "--attach", at("a.txt"));
    await relay.until(() => relay.files.length === 1);
    expect(await program.kill("SIGINT")).toMatchObject({
      code: EXIT.interrupted,
      err: "imsg-relay: Not sent: interrupted.\n",
    });
    expect(relay.asked).toEqual([]);
  });
});

test.each([
  ["done", { result: { ok: true, guid: "G" } }, EXIT.done, { success: true, ok: true, guid: "G" }],
  [
    "refused by imsg",
    { error: { code: -32602, message: "Invalid params", data: "reply_to requires bridge transport" } },
    EXIT.failed,
    { success: false, outcome: "not_sent", error: "Invalid params: reply_to requires bridge transport" },
  ],
  [
    "in doubt",
    { error: { code: -32001, message: "The operation may have completed." } },
    EXIT.unknown,
    { success: false, outcome: "unknown", error: expect.stringContaining("do not send it again") },
  ],
])("I6 send-attachment says what became of it: %s", async (_, answer, code, said) => {
  writeFileSync(at("a.txt"), "x");
  relay.answers.set("POST rpc", ({ body }) => [
    200,
    { jsonrpc: "2.0", id: 1, ...(isList(body) ? { result: { chats: [] } } : answer) },
  ]);
  const ended = await start("send-attachment", "--chat", "any;-;+1", "--file", at("a.txt"), "--json").end();
  expect([ended.code, JSON.parse(ended.out)]).toEqual([code, said]);
});

const isList = (body: unknown): boolean => JSON.stringify(body).includes('"chats.list"');
