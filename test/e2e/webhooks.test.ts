// Webhooks by the built relay, to a real server, from the message of a simulated Mac on.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { http } from "./http.ts";
import { startSystem, type System } from "./harness.ts";
import { HookReceiver } from "./hook-receiver.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";
import { until } from "./waiting.ts";

const FRIEND = "+15550100111";
const endpointSchema = z.looseObject({ endpoint: z.string(), secret: z.string() });

let system: System;
let chat: string;
let receiver: HookReceiver;
beforeAll(async () => {
  system = await startSystem({
    dialect: "0.15",
    relayEnv: { WEBHOOKS_TO_LOOPBACK: "1" },
    world: (mac) => {
      chat = mac.dm(FRIEND, "any");
      mac.appendText(chat, FRIEND, "before");
    },
  });
  await openChannel(system, { ...EVERYBODY, includeAttachments: true });
  receiver = await HookReceiver.start();
});
afterAll(async () => {
  receiver.stop();
  await system.stop();
});

const admin = (method: string, path: string, body?: unknown) =>
  http(`${system.relayUrl}/v1/tenants/${system.tenant}/endpoints${path}`, {
    method,
    key: system.operatorKey,
    body,
  });

async function add(more: object = {}): Promise<z.infer<typeof endpointSchema>> {
  const made = await admin("POST", "", { url: receiver.url, kinds: ["message.*"], ...more });
  expect([made.status, made.text.slice(0, 200)]).toEqual([201, expect.any(String)]);
  const endpoint = endpointSchema.parse(made.json());
  receiver.secrets = [endpoint.secret];
  return endpoint;
}
const textOf = ({ payload }: { payload: { data: { data: Record<string, unknown> } } }): string =>
  z.looseObject({ message: z.looseObject({ text: z.string() }) }).parse(payload.data.data).message.text;

describe("an endpoint", () => {
  test("HOOK1 gets a message a moment after it came, signed so that the official library says yes", async () => {
    const { endpoint } = await add();
    system.world.appendText(chat, FRIEND, "hello hook");
    const got = await receiver.received.find(() => true, "the webhook");
    expect(got.verified).toEqual([true]);
    expect(got.payload.type).toBe("message.received");
    await admin("DELETE", `/${endpoint}`);
  });

  test("HOOK9 has everything, also where the relay is killed in the middle", async () => {
    const { endpoint } = await add();
    receiver.received.all.length = 0;
    let failing = 0;
    receiver.answer = () => ((failing += 1) % 3 === 0 ? { status: 500 } : { status: 200 });
    for (let n = 0; n < 20; n += 1) system.world.appendText(chat, FRIEND, `flood ${n}`);
    await receiver.received.count(4, () => true, "webhooks");
    await system.relay.kill9();
    await system.relay.start();
    const all = async (): Promise<boolean> => new Set(receiver.received.all.map(textOf)).size === 20;
    await expect(until(all, "all came", 60_000)).resolves.toBe(true);
    receiver.answer = () => ({ status: 200 });
    await admin("DELETE", `/${endpoint}`);
  });
});
