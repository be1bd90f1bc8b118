// A gateway that leaves by FIN while nothing is sent to it: the runtime does not notice that (workerd 2026-04), and
// neither do we; the time of a step ends it, for everybody who is still there. Real relay, real sockets, real time.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TRANSFER_STEP_MS } from "../../shared/limits.ts";
import { startSystem, type System } from "./harness.ts";
import { onOneRelay } from "./one-relay.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";
import { RawRequest } from "./raw-request.ts";
import type { RelayProcess } from "./relay-process.ts";
import { firstReference, transfersOf } from "./transfer-facts.ts";
import { downloading, isOver, uploading } from "./transfer-moments.ts";
import { until } from "./waiting.ts";

const FRIEND = "+15550100111";
const SLACK_MS = 4_000;

let relay: RelayProcess;
onOneRelay("polite", (one) => {
  relay = one;
});

describe.concurrent("a gateway that has left by FIN", () => {
  for (const [what, begin] of [
    ["a download, while the Mac opens it", () => downloading(relay, "waiting")],
    ["a download, before the Mac brings its first byte", () => downloading(relay, "agreed")],
    ["an upload, before the Mac fetches it", () => uploading(relay, "waiting")],
    ["an upload, before the Mac says that it is safe", () => uploading(relay, "whole")],
  ] as const)
    test(`ATT6 I8 ${what}: is over after a step, and holds nobody up until then`, async () => {
      const under = await begin();
      under.gateway.leave();
      expect(await under.mac.serves()).toBe(true);
      expect(await under.mac.counts()).toEqual({ open: 1, waiting: 0 });
      await under.mac.aborted(under.transfer, TRANSFER_STEP_MS + SLACK_MS);
      await isOver(under, "failed", SLACK_MS);
      under.bytes?.leave();
    });

  test("ATT4 and still reads: is told 504", async () => {
    const both = await Promise.all([downloading(relay, "waiting"), uploading(relay, "waiting")]);
    for (const { gateway } of both) gateway.half();
    for (const under of both) {
      await under.mac.aborted(under.transfer, TRANSFER_STEP_MS + SLACK_MS);
      expect((await under.gateway.head)?.status).toBe(504);
      await isOver(under, "failed", SLACK_MS);
    }
  });
});

describe.concurrent("a Mac that was frozen meanwhile", () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem({ dialect: "0.15" });
    await openChannel(system, { ...EVERYBODY, includeAttachments: true });
    system.world.appendFile(system.world.dm(FRIEND, "any"), FRIEND, "a.bin", Buffer.alloc(1_000), "look");
  });
  afterAll(() => system.stop());

  test("ATT6 opens nothing for it, or closes it again, and serves the next", async () => {
    const url = `${system.accountUrl}/attachments/${await firstReference(system.accountUrl, system.key)}`;
    const from = system.agent.events.all.length;
    await system.agent.kill("SIGSTOP");
    const gone = await RawRequest.begin(url, { key: system.key });
    const counts = (): Promise<unknown> => transfersOf(system.accountUrl, system.key);
    await until(async () => JSON.stringify(await counts()) === '{"open":1,"waiting":0}', "it waits");
    gone.leave();
    const isQuiet = async (): Promise<boolean> => JSON.stringify(await counts()) === '{"open":0,"waiting":0}';
    await until(isQuiet, "it is over", TRANSFER_STEP_MS + SLACK_MS);
    await system.agent.kill("SIGCONT");
    expect(await system.agent.waitFor("transfer", SLACK_MS, from)).toMatchObject({ result: "aborted" });
    const next = await RawRequest.begin(url, { key: system.key });
    expect(await next.over).toMatchObject({ isWhole: true, body: Buffer.alloc(1_000) });
    await until(isQuiet, "the next is over");
  });
});
