// The Mac is lost in the middle of a transfer, or only its request is, or the relay between: whoever is still there
// learns it at once, and a file is whole or an error. The Mac is scripted; relay and sockets are real.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onOneRelay } from "./one-relay.ts";
import { RelayProcess } from "./relay-process.ts";
import { tempFolder } from "./temp.ts";
import {
  AT_ONCE_MS,
  downloading,
  FILE_BYTES,
  isOver,
  isTheFile,
  MOMENTS,
  uploading,
  type UnderWay,
} from "./transfer-moments.ts";

let relay: RelayProcess;
onOneRelay("lost", (one) => {
  relay = one;
});

/** Nobody waits for bytes of it, and nobody has any of it. */
async function isNobodys({ mac, transfer }: UnderWay): Promise<void> {
  for (const request of [await mac.bring(transfer, FILE_BYTES), await mac.fetch(transfer)]) {
    expect((await request.head)?.status).toBe(410);
    request.reset();
  }
}

describe("a Mac whose link is lost", () => {
  for (const [moment, status, isFile] of [
    ["waiting", 503, false],
    ["agreed", 200, false],
    ["middle", 200, false],
    ["whole", 200, true],
  ] as const)
    test.concurrent(`ATT6 I8 a download ${moment} is an error, or whole, and its bytes are nobody's`, async () => {
      const under = await downloading(relay, moment);
      await under.mac.vanish();
      const { isWhole, body } = await under.gateway.over;
      expect((await under.gateway.head)?.status).toBe(status);
      expect([isWhole && status === 200, isTheFile(body)]).toEqual([isFile, isFile]);
      await under.mac.comeBack();
      await isNobodys(under);
      await isOver(under, "failed");
    });

  for (const moment of MOMENTS)
    test.concurrent(`ATT6 I8 an upload ${moment} is refused with 503`, async () => {
      const under = await uploading(relay, moment);
      await under.mac.vanish();
      expect((await under.gateway.head)?.status).toBe(503);
      await under.mac.comeBack();
      await isNobodys(under);
      await isOver(under, "failed");
    });
});

describe("a Mac whose request is lost, and whose link is not", () => {
  for (const how of ["reset", "leave", "half"] as const)
    test.concurrent(`ATT6 I8 bytes that break off in the middle break the download (${how})`, async () => {
      const under = await downloading(relay, "middle");
      under.bytes?.[how]();
      const { isWhole, body } = await under.gateway.over;
      expect([isWhole, body.length < FILE_BYTES]).toEqual([false, true]);
      await under.mac.aborted(under.transfer, AT_ONCE_MS);
      await isOver(under, "failed");
    });

  for (const [moment, how] of [
    ["agreed", "reset"],
    ["agreed", "leave"],
    ["middle", "reset"],
    ["middle", "leave"],
  ] as const)
    test.concurrent(`ATT6 I8 an upload ${moment} that is fetched no more is refused (${how})`, async () => {
      const under = await uploading(relay, moment);
      under.bytes?.[how]();
      await under.sendRest();
      // A sender that still sends may learn it by RST alone, before it has read the answer.
      expect([504, undefined]).toContain((await under.gateway.head)?.status);
      await under.mac.aborted(under.transfer, AT_ONCE_MS);
      await isOver(under, "failed");
    });

  for (const moment of ["agreed", "middle"] as const)
    test.concurrent(`ATT7 one that has said all it had to say has the whole upload ${moment} all the same`, async () => {
      const under = await uploading(relay, moment);
      under.bytes?.half();
      await under.sendRest();
      expect(isTheFile((await under.bytes?.over)?.body ?? Buffer.alloc(0))).toBe(true);
      under.mac.staged(under.transfer, FILE_BYTES);
      expect((await under.gateway.head)?.status).toBe(201);
      await isOver(under, "done");
    });
});

describe("a relay that is killed", () => {
  const folder = tempFolder("lost-relay");
  let killed: RelayProcess;
  beforeAll(async () => {
    killed = await RelayProcess.start({ state: folder.path });
  });
  afterAll(async () => {
    await killed.kill9();
    folder.remove();
  });

  test("ATT6 I8 at every moment of both directions: nobody hangs, nothing is short, and it begins anew", async () => {
    const downloads = await Promise.all(MOMENTS.map((moment) => downloading(killed, moment)));
    const uploads = await Promise.all(MOMENTS.map((moment) => uploading(killed, moment)));
    await killed.kill9();
    const read = await Promise.all(downloads.map(({ gateway }) => gateway.over));
    expect(read.map(({ isWhole }) => isWhole)).toEqual([false, false, false, true]);
    expect(await Promise.all(uploads.map(({ gateway }) => gateway.head))).toEqual(
      uploads.map(() => undefined),
    );
    const fetched = await Promise.all(uploads.map(async ({ bytes }) => (await bytes?.over)?.isWhole));
    expect(fetched).toEqual([undefined, false, false, true]);
    await Promise.all([...downloads, ...uploads].map(({ mac }) => mac.link.closed));
    await killed.start();
    for (const under of [...downloads, ...uploads]) {
      await under.mac.comeBack();
      await isNobodys(under);
      expect(await under.mac.serves()).toBe(true);
      expect(await under.mac.counts()).toEqual({ open: 0, waiting: 0 });
      under.mac.close();
    }
  });
});
