import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { Child, removeProgram } from "./child.ts";
import { demoWorld } from "./demo-world.ts";
import { parseJson } from "./json-parse.ts";
import { writeJson } from "./json-write.ts";
import { LineReader } from "./line-reader.ts";
import { seededRandom } from "./random.ts";
import { Mac, ME } from "./scenario.ts";
import { Script } from "./script.ts";
import type { Json } from "./wire-message.ts";
import { WorldFile } from "./world-file.ts";
import { World } from "./world.ts";

const ANA = "+15550100101";

function scripted(): { readonly world: World; readonly script: Script } {
  const world = new World();
  const script = new Script({
    append: (ops) => ops.forEach((op) => world.apply(op)),
    now: () => 1_700_000_000_000,
    random: seededRandom(7),
  });
  return { world, script };
}

describe("the world", () => {
  test("gives rowids in the order of the rows, unless one is given", () => {
    const { world, script } = scripted();
    script.appendText(script.dm(ANA), ANA, "one");
    script.appendText(1, ANA, "ten", { rowid: 10 });
    script.appendText(1, ANA, "next");
    script.appendText(1, ANA, "between", { rowid: 5 });
    const rows = world.after({ rowid: 0, chatId: undefined, limit: 9, tapbacks: true });
    expect(rows.map(({ message }) => message.rowid)).toStrictEqual([1, 5, 10, 11]);
  });

  test("keeps a history in the order of dates, not of rows", () => {
    const { world, script } = scripted();
    script.dm(ANA);
    for (const date of [3000, 1000, 2000]) script.appendText(1, ANA, `at ${date}`, { date });
    expect([...world.newestFirst(1)].map(({ text }) => text)).toStrictEqual([
      "at 3000",
      "at 2000",
      "at 1000",
    ]);
  });

  test("lists the members of a group sorted", () => {
    const { world, script } = scripted();
    script.group("chat1", ["+15550100103", "a@example.com", "+15550100102"]);
    expect(world.chat(1)?.participants).toStrictEqual(["+15550100102", "+15550100103", "a@example.com"]);
    script.addParticipant(1, "+15550100101");
    const members = ["+15550100101", "+15550100102", "+15550100103", "a@example.com"];
    expect(world.chat(1)?.participants).toStrictEqual(members);
    script.removeParticipant(1, "a@example.com");
    expect(world.chat(1)?.participants).toStrictEqual(members.slice(0, 3));
  });

  test("shows a message of two chats once for each, and one that was recently deleted without any", () => {
    const { world, script } = scripted();
    const [one, two] = [script.dm(ANA), script.dm("+15550100102")];
    const guid = script.appendText(one, ANA, "shared");
    script.join(guid, two);
    const chats = (): (number | undefined)[] =>
      world.after({ rowid: 0, chatId: undefined, limit: 9, tapbacks: true }).map(({ chat }) => chat?.rowid);
    expect(chats()).toStrictEqual([1, 2]);
    script.recentlyDelete(guid);
    expect(chats()).toStrictEqual([undefined]);
    script.delete(guid);
    expect(chats()).toStrictEqual([]);
  });

  test("cancels a tapback by its removal and keeps those of others", () => {
    const { world, script } = scripted();
    const guid = script.appendText(script.dm(ANA), ANA, "x");
    script.appendTapback(1, ANA, guid, "love");
    script.appendTapback(1, ME, guid, "love");
    script.removeTapback(1, ANA, guid, "love");
    expect(world.standingTapbacks(guid).map(({ isFromMe }) => isFromMe)).toStrictEqual([true]);
  });

  test("an edit changes the text, unsending empties it, deleting the chat leaves its rows without one", () => {
    const { world, script } = scripted();
    const guid = script.appendText(script.dm(ANA), ANA, "x");
    script.edit(guid, "y");
    expect(world.message(guid)?.text).toBe("y");
    script.unsend(guid);
    expect(world.message(guid)?.text).toBe("");
    script.append({ op: "delete_chat", chat: 1 });
    expect(world.message(guid)?.chats).toStrictEqual([]);
    expect(world.chatsByDate()).toStrictEqual([]);
  });

  test("takes 100,000 rows and pages through them", () => {
    const { world, script } = scripted();
    script.dm(ANA);
    script.appendBulk(1, ANA, 100_000);
    let rowid = 0;
    for (let pages = 0; pages < 1000; pages++) {
      rowid = world.after({ rowid, chatId: 1, limit: 100, tapbacks: false }).at(-1)?.message.rowid ?? 0;
    }
    expect(rowid).toBe(100_000);
  });
});

describe("the wire", () => {
  test("has the keys of an object in changing order, and slashes escaped", () => {
    const random = seededRandom(1);
    const orders = new Set(Array.from({ length: 50 }, () => writeJson({ a: 1, b: "x/y", c: null }, random)));
    expect(orders.size).toBe(6);
    expect([...orders].every((line) => line.includes(String.raw`"x\/y"`))).toBe(true);
  });

  test.each(["{,}", "[1 2]", '"a', "01", "1.", "+1", '{"a" 1}', '"\\x"', "nul", "[", "\u00a01"])(
    "%j is no JSON",
    (text) => {
      expect(parseJson(text)).toBeUndefined();
    },
  );

  test("is cut into lines before it is decoded", () => {
    const lines: string[] = [];
    const reader = new LineReader((line) => lines.push(line));
    for (const byte of Buffer.from("grüße 🎉\r\nzwei\n\nlast")) reader.push(Uint8Array.of(byte));
    expect(lines).toStrictEqual(["grüße 🎉\r", "zwei", ""]);
    reader.end();
    expect(lines.at(-1)).toBe("last");
  });
});

describe("the world file", () => {
  const macs: Mac[] = [];
  const children: Child[] = [];
  const newMac = (dialect: "0.9" | "0.15"): Mac => {
    const mac = new Mac({ settings: { dialect } });
    macs.push(mac);
    return mac;
  };
  const start = (mac: Mac, ...args: string[]): Child => {
    const child = new Child(["rpc", ...args], mac.env);
    children.push(child);
    return child;
  };
  afterAll(() => {
    for (const child of children) child.kill();
    for (const mac of macs) mac.remove();
    removeProgram();
  });

  test("is applied line by line, also when a line arrives in two parts", () => {
    const mac = newMac("0.15");
    const opened = new WorldFile(mac.dbPath).open();
    if (typeof opened === "string") throw new Error(opened);
    const line = `${JSON.stringify({ op: "chat", guid: "any;-;ü@example.com" })}\n`;
    const whole = Buffer.concat([readFileSync(mac.dbPath), Buffer.from(line)]);
    for (const length of [whole.length - 12, whole.length]) {
      writeFileSync(mac.dbPath, whole.subarray(0, length));
      opened.refresh();
    }
    expect([...opened.world.chats.values()].map(({ identifier }) => identifier)).toStrictEqual([
      "ü@example.com",
    ]);
  });

  test.each([
    ["SQLite format 3\0", "garbage"],
    ['{"op":"data', "empty"],
    ['{"op":"chat","guid":"any;-;x"}\n', "garbage"],
  ])("that begins with %j is %s", (bytes, state) => {
    const mac = newMac("0.15");
    writeFileSync(mac.dbPath, bytes);
    expect(new WorldFile(mac.dbPath).open()).toMatchObject({ state });
  });

  test("two processes that send at once agree on rowids, and each send is one effect", async () => {
    const mac = newMac("0.9");
    mac.dm(ANA);
    const [one, two] = [start(mac), start(mac)];
    const texts = Array.from({ length: 20 }, (_, at) => `send ${at}`);
    const answers = await Promise.all(
      texts.map((text, at) => (at % 2 === 0 ? one : two).request("send", { chat_id: 1, text })),
    );
    const ids = answers.map((answer) => (answer["result"] as Json)["id"]);
    expect(new Set(ids).size).toBe(20);
    const world = mac.world();
    expect(ids.map((id) => world.message(Number(id))?.text)).toStrictEqual(texts);
    expect(mac.sent()).toHaveLength(20);
  });

  test("a row appended by a test is shown by the watch of a running process", async () => {
    const mac = newMac("0.15");
    mac.dm(ANA);
    const child = start(mac);
    await child.request("watch.subscribe", { attachments: true, debounce_ms: 0 });
    mac.appendFile(1, ANA, "note.txt", Buffer.from("real bytes"), "see this");
    const shown = await child.notification((params) => params["subscription"] === 1);
    const { message } = shown["params"] as { readonly message: Json };
    const [file] = message["attachments"] as Json[];
    expect(file).toMatchObject({
      transfer_name: "note.txt",
      mime_type: "text/plain",
      total_bytes: 10,
      missing: false,
    });
    expect(readFileSync(String(file?.["original_path"]), "utf8")).toBe("real bytes");
    rmSync(String(file?.["original_path"]));
    const later = await child.request("messages.history", { chat_id: 1, attachments: true });
    const { messages } = later["result"] as { readonly messages: { readonly attachments: Json[] }[] };
    expect(messages[0]?.attachments[0]).toMatchObject({ missing: true });
  });

  test("0.15 picks up a replaced file for new requests and reports a vanished one", async () => {
    const mac = newMac("0.15");
    mac.appendText(mac.dm(ANA), ANA, "old");
    const child = start(mac);
    expect(await child.request("messages.after", { since_rowid: 0 })).toMatchObject({
      result: { next_rowid: 1 },
    });
    mac.replace((script) => script.appendBulk(script.dm("new@example.com"), "new@example.com", 7));
    expect(await child.request("messages.after", { since_rowid: 0 })).toMatchObject({
      result: { next_rowid: 7 },
    });
    mac.vanish();
    expect(await child.request("chats.list")).toMatchObject({
      error: { code: -32002, data: { retryable: true } },
    });
  });

  test("the ledger counts what 0.9 sent into a file that was replaced under it", async () => {
    const mac = newMac("0.9");
    mac.dm(ANA);
    const child = start(mac);
    await child.request("chats.list");
    mac.replace((script) => script.dm("new@example.com"));
    expect(await child.request("send", { chat_id: 1, text: "into the old" })).toMatchObject({
      result: { ok: true },
    });
    expect(mac.world().message(1)).toBeUndefined();
    expect(mac.sent().map(({ text }) => text)).toStrictEqual(["into the old"]);
    mac.vanish();
    expect(mac.sent()).toHaveLength(1);
  });

  test("a sent file is kept by Messages, so its sender may delete it", async () => {
    const mac = newMac("0.15");
    mac.dm(ANA);
    const child = start(mac);
    const path = `${mac.folder}/mine.png`;
    writeFileSync(path, "png");
    expect(await child.request("send", { chat_id: 1, file: path })).toMatchObject({ result: { ok: true } });
    rmSync(path);
    const [kept] = mac.sent().flatMap(({ attachments }) => attachments ?? []);
    expect(readFileSync(String(kept?.filename), "utf8")).toBe("png");
    expect(await child.request("send", { chat_id: 1, file: path })).toMatchObject({
      error: { code: -32603 },
    });
  });

  test("the demo is a world that imsg lists, newest chat first", async () => {
    const mac = newMac("0.15");
    demoWorld(mac);
    const child = start(mac, "--dialect", "0.9");
    const answer = await child.request("chats.list");
    const { chats } = answer["result"] as { readonly chats: Json[] };
    expect(chats.map(({ id }) => id)).toStrictEqual([2, 3, 4, 1]);
    expect(chats.find(({ name }) => name === "Saturday climbing")).toMatchObject({ is_group: true });
  });

  test.each([
    ["--version", "0.9.0"],
    ["status", '"rpc_methods"'],
  ])("imsg-sim %s prints one line", async (command, part) => {
    const mac = newMac("0.9");
    const child = new Child([command, "--json"], mac.env);
    expect(await child.end()).toStrictEqual({ code: 0, signal: null });
    expect(child.lines).toStrictEqual([expect.stringContaining(part)]);
  });
});
