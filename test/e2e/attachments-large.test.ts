// Files longer than one body may be, and many at once: byte for byte, in both directions.
import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, createReadStream, truncateSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { ATTACHMENT_PART_BYTES } from "../../shared/limits.ts";
import { startSystem, type System } from "./harness.ts";
import { http } from "./http.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";

const FRIEND = "+15550100111";
const MIB = 1024 * 1024;
const LARGE = 250 * MIB;
const BLOCK = randomBytes(10 * MIB);

let system: System;
beforeAll(async () => {
  system = await startSystem({ dialect: "0.15", agentConfig: { media_max_mb: 300 } });
  await openChannel(system, { ...EVERYBODY, includeAttachments: true, mediaMaxMb: 300 });
});
afterAll(() => system.stop());

const ask = (path: string): Promise<Response> =>
  fetch(`${system.accountUrl}/${path}`, { headers: { authorization: `Bearer ${system.key}` } });

const pageSchema = z.object({
  events: z.array(
    z.looseObject({
      data: z.looseObject({
        message: z.looseObject({ attachments: z.array(z.looseObject({ attachment: z.string() })) }),
      }),
    }),
  ),
});

/** The references of all that was shown, once there are so many. */
async function references(count: number): Promise<string[]> {
  let found: string[] = [];
  await expect
    .poll(
      async () => {
        const page = await ask("events?after=beginning&limit=200&kinds=message.received");
        const { events } = pageSchema.parse(await page.json());
        found = events.flatMap(({ data }) => data.message.attachments.map(({ attachment }) => attachment));
        return found.length;
      },
      { timeout: 15_000 },
    )
    .toBe(count);
  return found;
}

async function hashOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("base64");
}

async function download(reference: string): Promise<string> {
  const { status, body } = await ask(`attachments/${reference}`);
  if (status !== 200 || body === null) throw new Error(`HTTP ${status}`);
  return hashOf(body);
}

const uploadedSchema = z.looseObject({
  attachment: z.string(),
  complete: z.boolean(),
  sha256: z.string().nullable(),
});

/** By a connection of its own: one that lay idle for 5 s may be closed just as a body begins. */
async function send(method: string, path: string, raw: Uint8Array): Promise<z.infer<typeof uploadedSchema>> {
  const { accountUrl, key } = system;
  return uploadedSchema.parse((await http(`${accountUrl}/${path}`, { method, key, raw })).json());
}

test("I8 ATT6 ATT7 250 MiB goes in parts, and 16 files at once, byte for byte in both directions", async () => {
  const chat = system.world.dm(FRIEND, "any");
  const file = system.world.realFile("large.bin", BLOCK);
  const path = file.filename ?? "";
  for (let size = BLOCK.length; size < LARGE; size += BLOCK.length) appendFileSync(path, BLOCK);
  truncateSync(path, LARGE);
  const expected = await hashOf(createReadStream(path));
  const small = Array.from({ length: 16 }, (_, at) => BLOCK.subarray(at * 1_000, at * 1_000 + 2 * MIB));
  system.world.appendAttachments(chat, FRIEND, [{ ...file, total_bytes: LARGE }], "large");
  for (const [at, bytes] of small.entries()) system.world.appendFile(chat, FRIEND, `${at}.bin`, bytes);
  const [large = "", ...others] = await references(17);
  const [hash, ...hashes] = await Promise.all([large, ...others].map(download));
  expect(hash).toBe(expected);
  expect(hashes).toEqual(small.map((bytes) => createHash("sha256").update(bytes).digest("base64")));

  const whole = Buffer.concat(Array.from({ length: LARGE / BLOCK.length }, () => BLOCK));
  const part = (from: number): Uint8Array => whole.subarray(from, from + ATTACHMENT_PART_BYTES);
  let uploaded = await send("POST", `attachments?name=up.bin&size=${LARGE}`, part(0));
  for (let from = ATTACHMENT_PART_BYTES; from < LARGE; from += ATTACHMENT_PART_BYTES) {
    uploaded = await send("PUT", `attachments/${uploaded.attachment}?offset=${from}`, part(from));
  }
  expect(uploaded).toMatchObject({ complete: true, sha256: expected });
}, 60_000);
