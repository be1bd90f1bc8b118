// A secret is replaced: every delivery is one that the official library accepts, before, while both sign, and after.
// A day is 2.6 s here.
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { http } from "./http.ts";
import { startSystem, type System } from "./harness.ts";
import { HookReceiver } from "./hook-receiver.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";
import { until } from "./waiting.ts";

const FRIEND = "+15550100111";
const SCALE = 0.00003;
const endpointSchema = z.looseObject({
  endpoint: z.string(),
  secret: z.string(),
  old_secret_until: z.number().nullable().optional(),
});

let system: System;
let chat: string;
let receiver: HookReceiver;
beforeAll(async () => {
  const relayEnv = { WEBHOOKS_TO_LOOPBACK: "1", WEBHOOK_SCALE: String(SCALE) };
  system = await startSystem({ dialect: "0.15", relayEnv, world: (mac) => (chat = mac.dm(FRIEND, "any")) });
  await openChannel(system, EVERYBODY);
  receiver = await HookReceiver.start();
});
afterAll(async () => {
  receiver.stop();
  await system.stop();
});

const endpoints = async (path: string, body: unknown) => {
  const url = `${system.relayUrl}/v1/tenants/${system.tenant}/endpoints${path}`;
  const { status, json } = await http(url, { method: "POST", key: system.operatorKey, body });
  expect(status).toBeLessThan(300);
  return endpointSchema.parse(json());
};

/** By which of the receiver's secrets each of so many messages is accepted. */
async function verified(count: number, what: string): Promise<(readonly boolean[])[]> {
  const from = receiver.received.all.length;
  for (let sent = 0; sent < count; sent += 1) system.world.appendText(chat, FRIEND, `${what} ${sent}`);
  await receiver.received.count(from + count, () => true, what);
  return receiver.received.all.slice(from).map((got) => got.verified);
}

test("HOOK20 the official library accepts every delivery before, during and after a rotation", async () => {
  const { endpoint, secret } = await endpoints("", { url: receiver.url, kinds: ["message.received"] });
  receiver.secrets = [secret];
  expect(await verified(5, "before")).toEqual(Array.from({ length: 5 }, () => [true]));

  const rotated = await endpoints(`/${endpoint}/rotate`, {});
  receiver.secrets = [secret, rotated.secret];
  expect(rotated.secret).not.toBe(secret);
  // The first is refused, so that its second attempt goes out while both sign, too.
  let refusals = 0;
  receiver.answer = () => ({ status: (refusals += 1) === 1 ? 500 : 200 });
  expect(await verified(6, "during")).toEqual(Array.from({ length: 6 }, () => [true, true]));

  const end = rotated.old_secret_until ?? 0;
  await until(async () => Date.now() > end, "the old secret is over");
  expect(await verified(5, "after")).toEqual(Array.from({ length: 5 }, () => [false, true]));
});
