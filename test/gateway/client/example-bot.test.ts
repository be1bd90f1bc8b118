// docs/examples/bot.ts, the very file, as somebody runs it: it is what people copy.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyFreePort } from "../../../host/ports.ts";
import { deliveryId } from "../../../shared/webhooks/delivery-id.ts";
import { readReply } from "../../../shared/webhooks/reply.ts";
import { formatSecret, mintSecret } from "../../../shared/webhooks/secret.ts";
import { event } from "../support/virtual-events.ts";
import { Program } from "../support/program.ts";

const FILE = "docs/examples/bot.ts";
const MAX_LINES = 40;
const REPLY_TO = "chat_guid:any;-;+15550100111";
const secret = formatSecret(mintSecret());

let folder: string;
let bot: Program;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "bot-"));
  const outfile = path.join(folder, "bot.mjs");
  // As the README runs it.
  await build({
    entryPoints: [FILE],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "warning",
  });
  const port = await anyFreePort("127.0.0.1");
  url = `http://127.0.0.1:${port}/hook`;
  bot = new Program(outfile, [], { WEBHOOK_SECRET: secret, PORT: String(port) });
  await bot.outLine(url);
});
afterAll(async () => {
  await bot.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** As a relay posts it, signed by the official library. */
async function post(logged: object, by = secret) {
  const body = JSON.stringify({
    type: Object(logged).kind,
    timestamp: new Date().toISOString(),
    data: logged,
  });
  const [id, at] = [deliveryId("log1.7"), new Date()];
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": new Webhook(by).sign(id, at, body),
    },
    body,
  });
  const contentType = response.headers.get("content-type");
  return { status: response.status, contentType, body: await response.text() };
}

const message = event(7, {
  kind: "message.received",
  data: {
    message: { id: 7, guid: "G7", text: "hällo 👋", sender: "+15550100111", is_from_me: false },
    sender: "+15550100111",
    sender_name: "Maya",
    reply_to: REPLY_TO,
  },
});

describe("the example bot", () => {
  test("answers a message by a reply that the relay takes", async () => {
    const answer = await post(message);
    expect(answer.status).toBe(200);
    expect(readReply(answer, REPLY_TO)).toMatchObject({ ok: true, value: { text: "Maya said: hällo 👋" } });
  });

  test("takes what is no message, and says nothing", async () => {
    expect(await post(event(8))).toMatchObject({ status: 204, body: "" });
  });

  test("refuses what was signed by somebody else", async () => {
    const answer = await post(message, formatSecret(mintSecret()));
    expect([answer.status, answer.body]).toEqual([401, expect.stringContaining("no signature")]);
    expect((await fetch(url)).status).toBe(404);
  });

  test("lives through requests that are none, that break off, or that are too large", async () => {
    const { hostname, port } = new URL(url);
    const head = (line: string, length: number): string =>
      `${line} HTTP/1.1\r\nHost: bot\r\nContent-Length: ${length}\r\n\r\n`;
    const requests = [
      head("GET //", 0),
      head("TRACE /hook", 0),
      `${head("POST /hook", 100)}half`,
      `${head("POST /hook", 50_000_000)}${"a".repeat(5_000_000)}`,
    ];
    for (const request of requests) {
      const socket = connect(Number(port), hostname);
      const closed = new Promise((resolve) => socket.on("close", resolve));
      // What it does not want to read is broken off.
      socket.on("error", () => undefined);
      socket.resume();
      await once(socket, "connect");
      socket.end(request);
      await closed;
    }
    expect((await post(message)).status).toBe(200);
  });

  test(`has at most ${MAX_LINES} lines`, () => {
    expect(readFileSync(FILE, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(MAX_LINES);
  });
});
