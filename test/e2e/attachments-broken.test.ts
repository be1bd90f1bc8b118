// Every way in which a transfer may break: never a short file taken for whole, never a hang, nothing left behind.
import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { request, type ClientRequest, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { startSystem, type System } from "./harness.ts";
import { http } from "./http.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";
import { until } from "./waiting.ts";

const FRIEND = "+15550100111";
const MIB = 1024 * 1024;
/** More than sockets hold between the Mac and a reader that has stopped. */
const BYTES = randomBytes(48 * MIB);

let system: System;
let reference = "";
let path = "";

const pageSchema = z.object({
  events: z.array(
    z.looseObject({
      data: z.looseObject({
        message: z.looseObject({ attachments: z.array(z.looseObject({ attachment: z.string() })) }),
      }),
    }),
  ),
});
const statusSchema = z.looseObject({ transfers: z.object({ open: z.int(), waiting: z.int() }) });

beforeAll(async () => {
  system = await startSystem({ dialect: "0.15", agentConfig: { media_max_mb: 300 } });
  await openChannel(system, { ...EVERYBODY, includeAttachments: true, mediaMaxMb: 300 });
  const file = system.world.realFile("large.bin", BYTES);
  path = file.filename ?? "";
  system.world.appendAttachments(system.world.dm(FRIEND, "any"), FRIEND, [file], "look");
  await until(
    async () => {
      const page = await http(`${system.accountUrl}/events?after=beginning&kinds=message.received`, {
        key: system.key,
      });
      const { events } = pageSchema.parse(page.json());
      reference = events[0]?.data.message.attachments[0]?.attachment ?? "";
      return reference !== "";
    },
    "the file is shown",
    15_000,
  );
});
afterAll(() => system.stop());

interface Reading {
  readonly asked: ClientRequest;
  readonly response: IncomingMessage;
  /** How it ended, and how many bytes there were. */
  readonly over: Promise<{ readonly isWhole: boolean; readonly bytes: number }>;
  goOn(): void;
}

/** A download whose reader stops after the first bytes. */
function begin(): Promise<Reading> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${system.key}` };
    const asked = request(`${system.accountUrl}/attachments/${reference}`, { headers, agent: false });
    asked.once("error", reject);
    asked.once("response", (response) => {
      let bytes = 0;
      const over = new Promise<{ isWhole: boolean; bytes: number }>((end) => {
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes === chunk.length) {
            response.pause();
            resolve({ asked, response, over, goOn: () => response.resume() });
          }
        });
        response.once("close", () => end({ isWhole: response.complete, bytes }));
        response.once("error", () => undefined);
      });
    });
    asked.end();
  });
}

/** Nothing is on its way any more, at either end. */
async function isQuiet(): Promise<void> {
  await expect
    .poll(
      async () => {
        const answer = await http(`${system.accountUrl}/status`, { key: system.key });
        return statusSchema.parse(answer.json()).transfers;
      },
      { timeout: 15_000 },
    )
    .toEqual({ open: 0, waiting: 0 });
}

/** And the next one is whole. */
async function isWholeAgain(): Promise<void> {
  const next = await begin();
  next.goOn();
  expect(await next.over).toEqual({ isWhole: true, bytes: BYTES.length });
  await isQuiet();
}

test("ATT6 I8 a reader that goes away: the Mac stops, and nothing is left behind", async () => {
  const reading = await begin();
  reading.asked.destroy();
  expect((await reading.over).isWhole).toBe(false);
  await isQuiet();
  await isWholeAgain();
});

test("ATT6 I8 the agent killed in the middle is an error for the reader, and no short file", async () => {
  const reading = await begin();
  await system.agent.kill("SIGKILL");
  reading.goOn();
  const { isWhole, bytes } = await reading.over;
  expect(isWhole).toBe(false);
  expect(bytes).toBeLessThan(BYTES.length);
  await system.agent.start();
  await system.waitForOnline();
  await isWholeAgain();
});

test("ATT6 I8 the relay killed in the middle is an error for the reader, and the Mac is ready for the next", async () => {
  const reading = await begin();
  await system.relay.kill9();
  reading.goOn();
  expect((await reading.over).isWhole).toBe(false);
  await system.relay.start();
  await system.waitForOnline();
  await isWholeAgain();
});

test("ATT6 a file that changes while it is read is an error for the reader", async () => {
  const reading = await begin();
  appendFileSync(path, "more");
  reading.goOn();
  expect((await reading.over).isWhole).toBe(false);
  await isQuiet();
});

test("ATT6 ATT7 an upload whose sender goes away is resumed where it ended", async () => {
  const size = BYTES.length;
  const first = await http(`${system.accountUrl}/attachments?name=up.bin&size=${size}`, {
    method: "POST",
    key: system.key,
    raw: BYTES.subarray(0, MIB),
  });
  const { attachment } = z.looseObject({ attachment: z.string() }).parse(first.json());
  const url = `${system.accountUrl}/attachments/${attachment}`;
  const headers = { authorization: `Bearer ${system.key}`, "content-length": String(size - MIB) };
  const cut = request(`${url}?offset=${MIB}`, { method: "PUT", headers, agent: false });
  cut.on("error", () => undefined);
  await new Promise<void>((written) => cut.write(BYTES.subarray(MIB, 20 * MIB), () => written()));
  cut.destroy();
  await isQuiet();
  const head = await http(url, { method: "HEAD", key: system.key });
  const offset = Number(head.headers["upload-offset"]);
  expect(offset).toBeGreaterThanOrEqual(MIB);
  expect(offset).toBeLessThan(size);
  const rest = await http(`${url}?offset=${offset}`, {
    method: "PUT",
    key: system.key,
    raw: BYTES.subarray(offset),
  });
  expect(rest.json()).toMatchObject({ complete: true, offset: size });
});

test("ATT6 the agent killed in the middle of an upload: its sender is refused, and goes on later", async () => {
  const size = BYTES.length;
  const headers = { authorization: `Bearer ${system.key}`, "content-length": String(size) };
  const sent = request(`${system.accountUrl}/attachments?name=up.bin`, {
    method: "POST",
    headers,
    agent: false,
  });
  const status = new Promise<number | string>((resolve) => {
    sent.once("response", (response) => resolve(response.resume().statusCode ?? 0));
    sent.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "failed"));
  });
  await new Promise<void>((written) => sent.write(BYTES.subarray(0, 4 * MIB), () => written()));
  await system.agent.kill("SIGKILL");
  sent.end(BYTES.subarray(4 * MIB));
  expect([503, 504, "EPIPE", "ECONNRESET"]).toContain(await status);
  await system.agent.start();
  await system.waitForOnline();
  await isQuiet();
});

test("ATT11 bytes that nobody waits for, or waits for no more, are refused; one of no length, too", async () => {
  const reading = await begin();
  reading.goOn();
  await reading.over;
  const gone = String(reading.response.headers["x-transfer"]);
  for (const transfer of [gone, "tr_nobodys"]) {
    const url = `${system.accountUrl}/agent/transfers/${transfer}`;
    const brought = await http(`${url}?offset=0`, { method: "POST", raw: BYTES.subarray(0, MIB) });
    // All of it is there, and its end is not told yet; or it is over.
    expect([409, 410]).toContain(brought.status);
    expect((await http(url)).status).toBe(410);
  }
  const headers = { authorization: `Bearer ${system.key}`, "transfer-encoding": "chunked" };
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sent = request(`${system.accountUrl}/attachments`, { method: "POST", headers, agent: false });
    sent.once("response", (response) => resolve(response.resume().statusCode));
    sent.once("error", reject);
    sent.end("some bytes");
  });
  expect(status).toBe(411);
});
