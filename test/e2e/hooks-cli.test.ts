// Webhooks as a person in a shell has them, against everything real.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { EXIT } from "../../gateway/cli/exit-codes.ts";
import { run, startProgram } from "../../host/child.ts";
import { startSystem, type System } from "./harness.ts";
import { http } from "./http.ts";
import { HookReceiver } from "./hook-receiver.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";
import { owned } from "./owned.ts";
import { until, Recording } from "./waiting.ts";

const FRIEND = "+15550100111";
const madeSchema = z.looseObject({ endpoint: z.string(), secret: z.string() });

let system: System;
let chat: string;
let receiver: HookReceiver;
beforeAll(async () => {
  system = await startSystem({
    dialect: "0.15",
    relayEnv: { WEBHOOKS_TO_LOOPBACK: "1" },
    world: (mac) => {
      chat = mac.dm(FRIEND, "any");
      mac.appendText(chat, FRIEND, "before all this");
    },
  });
  await openChannel(system, EVERYBODY);
  receiver = await HookReceiver.start();
});
afterAll(async () => {
  receiver.stop();
  await system.stop();
});

const webhooks = (...args: string[]) => {
  const program = system.gateway(["webhooks", ...args]);
  return run({ ...program, env: { ...program.env, IMSG_RELAY_OPERATOR_KEY: system.operatorKey } });
};
const answering = (text: string): void => {
  receiver.answer = () => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reply: { text } }),
  });
};
const consumers = async (): Promise<string> =>
  (await http(`${system.accountUrl}/consumers`, { key: system.key })).text;
const isSent = (text: string) =>
  until(async () => system.world.sent().some((sent) => sent.text === text), text);

describe("imsg-relay webhooks", () => {
  test("an endpoint of this tenant is added, rotated and removed; what it answers is said on the Mac", async () => {
    answering("by the endpoint");
    const kinds = ["--kinds", "message.received", "--replies"];
    const added = await webhooks("add", receiver.url, ...kinds, "--json");
    expect(added).toMatchObject({ code: EXIT.done, err: "" });
    const { secret } = madeSchema.parse(JSON.parse(added.out));
    const host = new URL(receiver.url).host;
    const rotated = await webhooks("rotate", host, "--json");
    const newer = madeSchema.parse(JSON.parse(rotated.out)).secret;
    receiver.secrets = [secret, newer];
    system.world.appendText(chat, FRIEND, "hello hook");
    const got = await receiver.received.find(
      ({ payload }) => payload.type === "message.received",
      "a webhook",
    );
    expect(got.verified).toEqual([true, true]);
    await isSent("by the endpoint");
    expect((await webhooks("secret", host)).out).toBe(`${newer}\n`);
    expect((await webhooks("list")).out).toContain(receiver.url);
    expect((await webhooks("show", host)).out).toMatch(/delivered +1/);
    expect((await webhooks("remove", host)).code).toBe(EXIT.done);
    expect((await webhooks("list", "--json")).out).toBe("");
  });

  test("HOOK23 a test says at once whether it arrives, also while the endpoint is paused", async () => {
    const added = madeSchema.parse(JSON.parse((await webhooks("add", receiver.url, "--json")).out));
    receiver.secrets = [added.secret];
    const { endpoint } = added;
    expect((await webhooks("pause", endpoint)).code).toBe(EXIT.done);
    receiver.answer = () => ({ status: 200 });
    const well = await webhooks("test", endpoint);
    expect([well.code, well.out]).toEqual([EXIT.done, expect.stringContaining("200")]);
    const got = await receiver.received.find(({ payload }) => payload.type === "endpoint.test", "the test");
    expect(got.verified).toEqual([true]);
    receiver.answer = () => ({ status: 503, body: "not yet" });
    const ill = await webhooks("test", endpoint);
    expect([ill.code, ill.out + ill.err]).toEqual([EXIT.failed, expect.stringContaining("answered 503")]);
    await webhooks("remove", endpoint);
  });

  test("what fails is told with the login's own key, and a replay brings the same again", async () => {
    receiver.answer = () => ({ status: 500, body: "Oh no" });
    const seen = receiver.received.all.length;
    const added = await webhooks("add", receiver.url, "--kinds", "message.received", "--json");
    const { endpoint, secret } = madeSchema.parse(JSON.parse(added.out));
    receiver.secrets = [secret];
    const asked = (verb: string, ...more: string[]) =>
      run(system.gateway(["webhooks", verb, endpoint.slice(-8), ...more]));
    system.world.appendText(chat, FRIEND, "once more");
    const isTold = async () => (await asked("attempts")).out.includes("answered 500\n  Oh no");
    await until(isTold, "the failed attempt");
    expect((await asked("parked")).out).toContain(FRIEND);
    receiver.answer = () => ({ status: 200 });
    await until(async () => (await asked("parked")).out === "Nothing waits.\n", "the delivery");
    const before = receiver.received.all.length;
    const [last] = receiver.received.all.slice(-1);
    expect((await asked("resend", String(last?.payload.data.id))).code).toBe(EXIT.done);
    await receiver.received.find(({ id }) => id === last?.id, "the resend", 10_000, before);
    expect((await asked("replay", "--since", "1h")).code).toBe(EXIT.done);
    await receiver.received.find(({ id }) => id === last?.id, "the replay", 10_000, before + 1);
    expect(receiver.received.all.slice(seen).every(({ verified }) => verified[0])).toBe(true);
    await webhooks("remove", endpoint);
  });
});

describe("imsg-relay listen", () => {
  test("forwards what comes, also what came while nothing listened, and says the answers", async () => {
    answering("by listen");
    const seen = receiver.received.all.length;
    const listen = async () => {
      const lines = new Recording<string>();
      const args = ["listen", "--forward", receiver.url, "--kinds", "message.received", "--replies"];
      const program = await startProgram({
        ...system.gateway(args),
        onLine: (line) => lines.add(line),
      });
      owned.add(program.pid);
      const started = await lines.find((line) => line.includes("whsec_"), "the secret");
      receiver.secrets = [started.slice(started.indexOf("whsec_"))];
      return { program, lines };
    };
    const first = await listen();
    // Its place begins with its first connection.
    await until(async () => (await consumers()).includes("listen-"), "the consumer");
    system.world.appendText(chat, FRIEND, "one");
    await first.lines.find((line) => line.includes("reply: Sent"), "the reply");
    first.program.kill("SIGINT");
    expect(await first.program.exited).toBe(`code ${EXIT.interrupted}`);
    system.world.appendText(chat, FRIEND, "two");
    const second = await listen();
    await second.lines.find((line) => line.includes("reply: Sent"), "the second reply");
    second.program.kill("SIGINT");
    await second.program.exited;
    const got = receiver.received.all.slice(seen);
    expect(got.map(({ payload }) => Object(payload.data.data["message"]).text)).toEqual(["one", "two"]);
    expect(got.map(({ verified }) => verified)).toEqual([[true], [true]]);
    expect(system.world.sent().filter(({ text }) => text === "by listen")).toHaveLength(2);
  });
});
