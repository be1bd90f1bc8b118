// Whoever takes part in a transfer leaves it, at every moment of it and in every way: it is an error for who is still
// there, never a short file, and its place is free at once. The Mac is scripted; relay and sockets are real.
import { describe, expect, test } from "vitest";
import { MAX_TRANSFERS } from "../../shared/limits.ts";
import { onOneRelay } from "./one-relay.ts";
import type { RelayProcess } from "./relay-process.ts";
import { ScriptedMac } from "./scripted-mac.ts";
import {
  AT_ONCE_MS,
  downloading,
  FILE_BYTES,
  isOver,
  isQuiet,
  isTheFile,
  MOMENTS,
  uploading,
} from "./transfer-moments.ts";
import { until } from "./waiting.ts";

let relay: RelayProcess;
onOneRelay("gone", (one) => {
  relay = one;
});

/** That many wait for one of those that have all the places. */
async function waits(mac: ScriptedMac, count: number): Promise<void> {
  const isSo = async (): Promise<boolean> => {
    const { open, waiting } = await mac.counts();
    return open === MAX_TRANSFERS && waiting === count;
  };
  await until(isSo, `${count} wait`, AT_ONCE_MS, 20);
}

describe("a gateway that is gone", () => {
  for (const moment of MOMENTS.filter((one) => one !== "whole"))
    test.concurrent(`ATT6 I8 by RST, its download ${moment}: the Mac is told at once`, async () => {
      const under = await downloading(relay, moment);
      under.gateway.reset();
      await under.mac.aborted(under.transfer, AT_ONCE_MS);
      await isOver(under, "failed");
      expect((await under.bytes?.head)?.status).toBe(moment === "middle" ? 499 : undefined);
    });

  for (const moment of MOMENTS)
    test.concurrent(`ATT6 I8 by RST, its upload ${moment}: the Mac is told at once`, async () => {
      const under = await uploading(relay, moment);
      under.gateway.reset();
      await under.mac.aborted(under.transfer, AT_ONCE_MS);
      await isOver(under, "failed");
      const fetched = await under.bytes?.over;
      expect(fetched?.isWhole ?? false).toBe(moment === "whole");
    });

  test.concurrent("ATT10 by RST, while it waits for its turn: it does not wait any more, and has none", async () => {
    const mac = await ScriptedMac.start(relay);
    const others = await Promise.all(Array.from({ length: MAX_TRANSFERS }, () => mac.download()));
    const taken: string[] = [];
    for (const _ of others) taken.push(await mac.asked());
    const late = await Promise.all([mac.download(), mac.upload(FILE_BYTES)]);
    await waits(mac, late.length);
    for (const one of late) one.reset();
    await waits(mac, 0);
    for (const other of others) other.reset();
    await Promise.all(taken.map((transfer) => mac.aborted(transfer)));
    await isQuiet(mac, AT_ONCE_MS);
    // The next that is asked for is the next one's: nobody asked for those.
    expect(await mac.serves()).toBe(true);
    mac.close();
  });

  test.concurrent("ATT6 I8 by FIN, with half of its download: the next bytes tell, and so does the relay", async () => {
    const under = await downloading(relay, "middle");
    under.gateway.leave();
    await under.sendRest();
    await under.mac.aborted(under.transfer, AT_ONCE_MS);
    expect((await under.bytes?.head)?.status).toBe(499);
    await isOver(under, "failed");
  });

  for (const moment of ["agreed", "middle"] as const)
    test.concurrent(`ATT6 I8 by FIN, its upload ${moment}: the body is cut, and never a short file`, async () => {
      const under = await uploading(relay, moment);
      under.gateway.leave();
      await under.mac.aborted(under.transfer, AT_ONCE_MS);
      expect((await under.bytes?.over)?.isWhole).toBe(false);
      await isOver(under, "failed");
    });
});

describe("a gateway that sends nothing more and reads on", () => {
  for (const moment of MOMENTS.filter((one) => one !== "whole"))
    test.concurrent(`ATT2 its download ${moment} comes to its end: it has said all it had to say`, async () => {
      const under = await downloading(relay, moment);
      under.gateway.half();
      await under.sendRest();
      expect(isTheFile((await under.gateway.over).body)).toBe(true);
      under.mac.done(under.transfer, FILE_BYTES);
      await isOver(under, "done");
    });

  for (const moment of ["agreed", "middle"] as const)
    test.concurrent(`ATT6 I8 its upload ${moment} is refused, and the Mac's body broken`, async () => {
      const under = await uploading(relay, moment);
      under.gateway.half();
      expect((await under.gateway.head)?.status).toBe(504);
      await under.mac.aborted(under.transfer, AT_ONCE_MS);
      expect((await under.bytes?.over)?.isWhole).toBe(false);
      await isOver(under, "failed");
    });
});

describe("once every byte has come", () => {
  for (const how of ["reset", "leave", "half"] as const)
    test.concurrent(`ATT2 a download is done, whatever its gateway does then (${how})`, async () => {
      const under = await downloading(relay, "whole");
      expect(isTheFile((await under.gateway.over).body)).toBe(true);
      under.gateway[how]();
      under.mac.done(under.transfer, FILE_BYTES);
      await isOver(under, "done");
    });

  for (const how of ["leave", "half"] as const)
    test.concurrent(`ATT7 an upload is done, though its gateway says goodbye (${how})`, async () => {
      const under = await uploading(relay, "whole");
      under.gateway[how]();
      under.mac.staged(under.transfer, FILE_BYTES);
      await isOver(under, "done");
      expect((await under.gateway.head)?.status).toBe(how === "half" ? 201 : undefined);
    });
});
