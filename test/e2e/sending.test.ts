// The channel's sends on the whole system: one key one message, whoever asks, whatever dies.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { DEFAULTS } from "../../shared/config/settings.ts";
import { startSystem, type System } from "./harness.ts";
import { http, type HttpAnswer } from "./http.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";
import { makeKey } from "./owner.ts";
import { until } from "./waiting.ts";

const FRIEND = "+15550100101";

const viewSchema = z.looseObject({
  operation: z.string(),
  state: z.string(),
  outcome: z.string().nullable(),
  guid: z.string().nullable(),
});
type View = z.infer<typeof viewSchema>;
const listSchema = z.object({ operations: z.array(viewSchema) });

describe.each([
  ["0.9", "without_guid"],
  ["0.15", "works"],
] as const)("imsg %s", (dialect, sending) => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem({
      dialect,
      imsg: { sending },
      world: (mac) => void mac.appendText(mac.dm(FRIEND), FRIEND, "before"),
    });
    await openChannel(system, { ...EVERYBODY, messagesPerMinute: 0 });
  });
  afterAll(() => system.stop());

  const post = (text: string, idempotency: string, key = system.key, body = {}): Promise<HttpAnswer> =>
    http(`${system.accountUrl}/messages`, {
      method: "POST",
      key,
      body: { to: FRIEND, text, ...body },
      headers: { "idempotency-key": idempotency },
    });
  const byKey = async (key: string): Promise<View | undefined> => {
    const answer = await http(`${system.accountUrl}/operations?idempotency_key=${key}`, { key: system.key });
    return listSchema.parse(answer.json()).operations[0];
  };
  const timesSent = (text: string): number => system.world.sent().filter((sent) => sent.text === text).length;
  const guidOf = (text: string): string | undefined =>
    system.world.sent().find((sent) => sent.text === text)?.guid;

  test("I7 fifty requests with one key at once, by two gateways: one send, one answer for all", async () => {
    const other = await makeKey(system.relayUrl, system.tenant, { scopes: ["send"] });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        post("fifty", "fifty", n % 2 === 0 ? system.key : other.credential),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const views = answers.map((answer) => viewSchema.parse(answer.json()));
    expect(new Set(views.map(({ operation }) => operation)).size).toBe(1);
    expect(new Set(views.map(({ guid }) => guid))).toEqual(new Set([guidOf("fifty")]));
    expect(timesSent("fifty")).toBe(1);
    expect((await post("not fifty", "fifty")).status).toBe(409);
  });

  test("I7 the same key after relay, agent and imsg were killed: the stored answer, and no second message", async () => {
    const before = viewSchema.parse((await post("once", "once")).json());
    expect(before).toMatchObject({ outcome: "sent", guid: guidOf("once") });
    const imsg = system.agent.imsgPids();
    await Promise.all([system.relay.kill9(), system.agent.kill("SIGKILL")]);
    for (const pid of imsg) endOf(pid);
    await system.relay.start();
    await system.agent.start();
    await system.waitForOnline();
    const again = await post("once", "once");
    // What Messages says of it may be known by now.
    expect([again.status, again.json()]).toEqual([200, { ...before, status: expect.toSatisfy(isState) }]);
    expect(timesSent("once")).toBe(1);
  });

  test("I6 a gateway that gave up asks for the outcome by its key", async () => {
    const fault = system.world.fault({ kind: "hold", ms: 1_500, method: "send" });
    const late = fetch(`${system.accountUrl}/messages`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${system.key}`,
        "content-type": "application/json",
        "idempotency-key": "slow",
      },
      body: JSON.stringify({ to: FRIEND, text: "slow" }),
      signal: AbortSignal.timeout(400),
    });
    await expect(late).rejects.toThrow("timeout");
    await system.world.until((mac) => mac.claimed(fault));
    expect(await byKey("slow")).toMatchObject({ state: "open", outcome: null });
    const sent = await until(
      async () => {
        const view = await byKey("slow");
        return typeof view?.guid === "string" && view;
      },
      "the outcome of the slow send",
      10_000,
    );
    expect(sent).toMatchObject({ outcome: "sent", guid: guidOf("slow") });
    expect(timesSent("slow")).toBe(1);
  });

  test("SEND1, SEND2: a long text goes in parts, in order, each within the limit", async () => {
    const lines = Array.from(
      { length: 120 },
      (_, n) => `line ${n} of a long text, with words enough to matter`,
    );
    const text = lines.join("\n");
    const view = viewSchema.parse((await post(text, "long")).json());
    expect(view).toMatchObject({ outcome: "sent" });
    const parts = system.world.sent().filter((sent) => sent.text.includes("of a long text"));
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(part.text.length).toBeLessThanOrEqual(DEFAULTS.textChunkLimit);
    expect(parts.map((part) => part.text.trim()).join("\n")).toBe(text);
  });

  test("SEND4, LINK11: queued while the Mac is away, sent in order when it is back", async () => {
    await system.agent.kill("SIGTERM");
    await system.waitForOffline();
    const queued = { queue: true };
    for (const text of ["q1", "q2", "q3"])
      expect(await post(text, text, system.key, queued)).toMatchObject({ status: 202 });
    await system.agent.start();
    await system.waitForOnline();
    await system.world.until((mac) => mac.sent().some(({ text }) => text === "q3"));
    expect(system.world.sent().flatMap(({ text }) => (/^q\d$/.test(text) ? [text] : []))).toEqual([
      "q1",
      "q2",
      "q3",
    ]);
  });
});

const isState = (status: unknown): boolean => [null, "sent", "delivered"].includes(status as string | null);

/** An imsg whose agent was killed may be gone already. */
function endOf(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone.
  }
}
