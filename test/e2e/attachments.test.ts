// Files in both directions, with everything real: workerd, the agent, sockets, and files on a disk.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, utimesSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { startSystem, type System } from "./harness.ts";
import { http } from "./http.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";

const FRIEND = "+15550100111";
const MIB = 1024 * 1024;
const LONG_AGO = new Date(0);

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");

const eventsSchema = z.object({
  events: z.array(
    z.looseObject({
      data: z.looseObject({
        message: z.looseObject({
          attachments: z.array(z.object({ attachment: z.string() }).loose()),
        }),
      }),
    }),
  ),
});
const uploadedSchema = z.looseObject({
  attachment: z.string(),
  offset: z.int(),
  complete: z.boolean(),
  sha256: z.string().nullable(),
});
const transferSchema = z.object({ state: z.string(), bytes: z.int(), sha256: z.string().nullable() }).loose();

describe.each(["0.15", "0.9"] as const)("imsg %s", (dialect) => {
  let system: System;
  const bytes = randomBytes(16 * MIB);

  beforeAll(async () => {
    system = await startSystem({ dialect, agentConfig: { media_max_mb: 300 } });
    await openChannel(system, { ...EVERYBODY, includeAttachments: true, mediaMaxMb: 300 });
  });
  afterAll(() => system.stop());

  const ask = (
    path: string,
    init: Omit<RequestInit, "headers"> & { readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Response> =>
    fetch(`${system.accountUrl}/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${system.key}`, ...init.headers },
    });

  /** The reference of the newest message's file. */
  async function shown(name: string, content: Uint8Array, writtenAt?: Date): Promise<string> {
    const chat = system.world.dm(FRIEND, "any");
    const file = system.world.realFile(name, content);
    if (writtenAt !== undefined) utimesSync(file.filename ?? "", writtenAt, writtenAt);
    system.world.appendAttachments(chat, FRIEND, [file], "look");
    let reference = "";
    await expect
      .poll(
        async () => {
          const answer = await http(
            `${system.accountUrl}/events?after=beginning&limit=200&kinds=message.received`,
            {
              key: system.key,
            },
          );
          const { events } = eventsSchema.parse(answer.json());
          const files = events.flatMap(({ data }) => data.message.attachments);
          const found = files.findLast((file) => file["name"] === name);
          reference = found?.attachment ?? "";
          return reference;
        },
        { timeout: 15_000 },
      )
      .not.toBe("");
    return reference;
  }

  test("ATT2 I8 a file comes byte for byte, under its own name, and its SHA-256 is told", async () => {
    const name = "Größe & Co “1” 🎉.heic";
    const reference = await shown(name, bytes);
    const response = await ask(`attachments/${reference}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-length")).toBe(String(bytes.length));
    expect(response.headers.get("content-disposition")).toContain(encodeURIComponent(name).slice(0, 12));
    const received = new Uint8Array(await response.arrayBuffer());
    expect(sha256(received)).toBe(sha256(bytes));
    const transfer = response.headers.get("x-transfer") ?? "";
    await expect
      .poll(async () => transferSchema.parse(await (await ask(`transfers/${transfer}`)).json()))
      .toMatchObject({ state: "done", bytes: bytes.length, sha256: sha256(bytes) });
    const head = await ask(`attachments/${reference}`, { method: "HEAD" });
    expect(head.headers.get("repr-digest")).toBe(`sha-256=:${sha256(bytes)}:`);
    expect(head.headers.get("content-length")).toBe(String(bytes.length));
  });

  test("ATT3 what was begun goes on where it ended, and what is unchanged is not sent again", async () => {
    const reference = await shown("again.bin", bytes);
    const head = await ask(`attachments/${reference}`, { method: "HEAD" });
    const etag = head.headers.get("etag") ?? "";
    const rest = await ask(`attachments/${reference}`, {
      headers: { range: `bytes=${bytes.length - 1_000}-`, "if-range": etag },
    });
    expect([rest.status, rest.headers.get("content-range")]).toEqual([
      206,
      `bytes ${bytes.length - 1_000}-${bytes.length - 1}/${bytes.length}`,
    ]);
    expect(Buffer.from(await rest.arrayBuffer()).equals(bytes.subarray(-1_000))).toBe(true);
    expect((await ask(`attachments/${reference}`, { headers: { "if-none-match": etag } })).status).toBe(304);
    expect((await ask(`attachments/${reference}`, { headers: { range: "bytes=99999999-" } })).status).toBe(
      416,
    );
  });

  test("ATT2 an empty file is a file of no bytes, once nobody can be writing it any more", async () => {
    const fresh = await shown("fresh.txt", new Uint8Array());
    const early = await ask(`attachments/${fresh}`);
    expect([early.status, early.headers.get("retry-after")]).toEqual([425, expect.any(String)]);
    const old = await shown("old.txt", new Uint8Array(), LONG_AGO);
    const response = await ask(`attachments/${old}`);
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([
      200,
      "0",
      "",
    ]);
  });

  test("ATT7 ATT9 a file is uploaded, sent with its text, and Messages has it byte for byte", async () => {
    const name = "Räder & “mehr”.pdf";
    const put = await ask(`attachments?name=${encodeURIComponent(name)}`, { method: "POST", body: bytes });
    const uploaded = uploadedSchema.parse(await put.json());
    expect(uploaded).toMatchObject({ complete: true, sha256: sha256(bytes) });
    const sent = await ask("messages", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ to: FRIEND, text: "the file", attachments: [uploaded.attachment] }),
    });
    expect(sent.status).toBe(200);
    const row = system.world.sent().at(-1);
    const [file] = row?.attachments ?? [];
    expect(row?.text).toContain("the file");
    const path = file?.filename ?? "";
    expect(sha256(readFileSync(path))).toBe(sha256(bytes));
    expect(path.normalize("NFC")).toContain("Räder");
  });

  test("ATT7 an upload that was cut off goes on where it ended", async () => {
    const whole = randomBytes(5 * MIB);
    const size = whole.length;
    const first = await ask(`attachments?name=x.bin&size=${size}`, {
      method: "POST",
      body: whole.subarray(0, 2 * MIB),
    });
    const { attachment } = uploadedSchema.parse(await first.json());
    const head = await ask(`attachments/${attachment}`, { method: "HEAD" });
    expect([head.headers.get("upload-offset"), head.headers.get("upload-complete")]).toEqual([
      String(2 * MIB),
      "?0",
    ]);
    const rest = await ask(`attachments/${attachment}?offset=${2 * MIB}`, {
      method: "PUT",
      body: whole.subarray(2 * MIB),
    });
    expect(uploadedSchema.parse(await rest.json())).toMatchObject({ complete: true, sha256: sha256(whole) });
  });
});
