// The drop-in brings files both ways, as a gateway that runs elsewhere needs them.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { run } from "../../host/child.ts";
import { DropIn } from "../../host/drop-in.ts";
import { startSystem, type System } from "./harness.ts";
import { owned } from "./owned.ts";

const LONG_AGO = new Date(0);
const FRIEND = "+15550100111";
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const shownSchema = z.looseObject({
  attachments: z.array(z.looseObject({ original_path: z.string(), missing: z.boolean() })),
});
type Shown = z.infer<typeof shownSchema>;

describe.each(["0.9", "0.15"] as const)("imsg %s", (dialect) => {
  let system: System;
  let chat: string;
  beforeAll(async () => {
    system = await startSystem({
      dialect,
      world: (mac) => {
        chat = mac.dm(FRIEND, "any");
        mac.appendText(chat, FRIEND, "before");
      },
    });
  });
  afterAll(() => system.stop());

  async function start(): Promise<DropIn> {
    const dropIn = await DropIn.start(system.gateway(["rpc", "--json"]));
    owned.add(dropIn.pid);
    return dropIn;
  }
  async function stop(dropIn: DropIn): Promise<void> {
    await dropIn.stop();
    owned.remove(dropIn.pid);
  }

  /** The message with that text, once it is shown. */
  async function shown(dropIn: DropIn, text: string): Promise<Shown> {
    const found = (): unknown => dropIn.messages.find((message) => message.text.includes(text));
    await expect.poll(found, { timeout: 15_000 }).toBeDefined();
    return shownSchema.parse(found());
  }

  test("I9 what arrives with a file is shown with a real file of this machine, byte for byte", async () => {
    const dropIn = await start();
    await dropIn.request("watch.subscribe", { attachments: true });
    const bytes = randomBytes(3_000_000);
    system.world.appendFile(chat, FRIEND, "R&D “Größe” 🎉.pdf", bytes, "the file");
    const { attachments } = await shown(dropIn, "the file");
    const file = attachments[0]?.original_path ?? "";
    const missing = attachments[0]?.missing;
    expect([missing, path.basename(file)]).toEqual([false, "R&D “Größe” 🎉.pdf".normalize("NFC")]);
    expect(sha256(readFileSync(file))).toBe(sha256(bytes));
    expect(statSync(file).mode & 0o077).toBe(0);
    await stop(dropIn);
  });

  test("I9 a file that nobody can bring is missing, and why is said on stderr", async () => {
    const dropIn = await start();
    await dropIn.request("watch.subscribe", { attachments: true });
    system.world.appendFile(chat, FRIEND, "large.bin", randomBytes(17 * 1024 * 1024), "too large");
    const { attachments } = await shown(dropIn, "too large");
    expect(attachments).toMatchObject([{ missing: true, original_path: "" }]);
    expect(dropIn.errors.join("\n")).toMatch(
      /attachment 1 is missing: it has 17\.0 MiB, and at most 16 MiB are taken/,
    );
    await stop(dropIn);
  });

  test("ATT9 a file that the gateway names is sent from the Mac, and may be deleted once it is answered", async () => {
    const dropIn = await start();
    const bytes = randomBytes(2_000_000);
    const file = path.join(system.folder, "out & about.png");
    writeFileSync(file, bytes);
    const answer = await dropIn.request("send", { to: FRIEND, text: "look", file });
    rmSync(file);
    expect(answer).toHaveProperty("result.ok", true);
    const row = system.world.sent().at(-1);
    expect(row?.text).toContain("look");
    expect(sha256(readFileSync(row?.attachments?.[0]?.filename ?? ""))).toBe(sha256(bytes));
    const gone = await dropIn.request("send", { to: FRIEND, file: path.join(system.folder, "nowhere.png") });
    expect(gone).toMatchObject({
      error: { data: { disposition: "not_started", detail: expect.stringContaining("cannot be read") } },
    });
    await stop(dropIn);
  });

  test("ATT9 so it is where an agent answers with a file: by a process of its own beside the one that watches", async () => {
    const watching = await start();
    await watching.request("watch.subscribe", { attachments: true });
    const answering = await start();
    const bytes = randomBytes(100_000);
    const file = path.join(system.folder, "answer.png");
    writeFileSync(file, bytes);
    expect(await answering.request("send", { to: FRIEND, text: "beside", file })).toHaveProperty("result.ok");
    const row = system.world.sent().at(-1);
    expect(sha256(readFileSync(row?.attachments?.[0]?.filename ?? ""))).toBe(sha256(bytes));
    await stop(answering);
    await stop(watching);
  });

  test("I9 killed between a held message and a later one, it shows the held one to the next, whose place is behind both", async () => {
    const killed = await start();
    await killed.request("watch.subscribe", { attachments: true });
    // Messages is still writing it: 425 until it is done.
    const file = system.world.realFile("slow.bin", new Uint8Array());
    system.world.appendAttachments(chat, FRIEND, [file], "slow file");
    system.world.appendText(chat, FRIEND, "passes it");
    const later = z.looseObject({ id: z.int() }).parse(await killed.shown("passes it"));
    expect(killed.messages.some(({ text }) => text.includes("slow file"))).toBe(false);
    process.kill(killed.pid, "SIGKILL");
    await stop(killed);
    const bytes = randomBytes(100_000);
    writeFileSync(file.filename ?? "", bytes);
    utimesSync(file.filename ?? "", LONG_AGO, LONG_AGO);
    const next = await start();
    await next.request("watch.subscribe", { attachments: true, since_rowid: later.id });
    const { attachments } = await shown(next, "slow file");
    expect(sha256(readFileSync(attachments[0]?.original_path ?? ""))).toBe(sha256(bytes));
    expect(next.messages.filter(({ text }) => text.includes("slow file"))).toHaveLength(1);
    await stop(next);
  });

  test("ATT9 the commands that gateways send files by: group says the guid, send-attachment sends into that chat", async () => {
    const { chats } = z
      .looseObject({ chats: z.array(z.looseObject({ id: z.int(), guid: z.string() })) })
      .parse(await system.result("chats.list", { limit: 10 }));
    const [known] = chats;
    const group = await run(system.gateway(["group", "--chat-id", String(known?.id), "--json"]));
    expect(JSON.parse(group.out)).toMatchObject({ success: true, guid: known?.guid });
    expect((await run(system.gateway(["group", "--chat-id", "999", "--json"]))).code).toBe(1);
    const bytes = randomBytes(1_000_000);
    const file = path.join(system.folder, "by command.png");
    writeFileSync(file, bytes);
    // As gateways write the guid of a direct chat.
    const args = [
      "send-attachment",
      "--chat",
      `any;-;${FRIEND}`,
      "--file",
      file,
      "--transport",
      "auto",
      "--json",
    ];
    const sent = await run(system.gateway(args));
    expect([sent.code, JSON.parse(sent.out)]).toMatchObject([0, { success: true, guid: expect.any(String) }]);
    const row = system.world.sent().at(-1);
    expect(row?.chat).toBe(known?.guid);
    expect(sha256(readFileSync(row?.attachments?.[0]?.filename ?? ""))).toBe(sha256(bytes));
    const reply = await run(system.gateway([...args, "--reply-to", "00000000-0000-4000-8000-000000000000"]));
    expect(reply.code).toBe(1);
    expect(JSON.parse(reply.out)).toMatchObject({
      success: false,
      error: expect.stringMatching(/reply_to|bridge/),
    });
  });
});
