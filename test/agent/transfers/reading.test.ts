import { createHash } from "node:crypto";
import { afterEach, expect, it } from "vitest";
import { LONG_AGO, MIB, TransferMac } from "../support/transfer-mac.ts";

const macs: TransferMac[] = [];
const macOf = async (...options: ConstructorParameters<typeof TransferMac>): Promise<TransferMac> => {
  const mac = new TransferMac(...options);
  macs.push(mac);
  return mac.start();
};
afterEach(async () => {
  for (const mac of macs.splice(0)) await mac.dispose();
});

const bytesOf = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 255));
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");

it("ATT: a whole file is told, brought and confirmed, in this order", async () => {
  const mac = await macOf();
  const content = bytesOf(3 * MIB + 17);
  const transfer = mac.read(mac.file("ab/01/photo.heic", content));
  await mac.ended(transfer);
  const [opened, done, ...more] = mac.of(transfer);
  expect(opened).toMatchObject({
    state: "opened",
    status: 200,
    size: content.length,
    start: 0,
    length: content.length,
  });
  expect(opened).toMatchObject({
    modified: LONG_AGO.getTime(),
    digest: null,
    etag: expect.stringMatching(/^"[^"]{20,}"$/),
  });
  expect(done).toMatchObject({ state: "done", bytes: content.length, sha256: digestOf(content) });
  expect(more).toEqual([]);
  expect(mac.relay.bytes.equals(content)).toBe(true);
  expect(mac.relay.posts).toMatchObject([{ transfer, offset: 0, length: content.length, whole: true }]);
  expect(mac.transfers.counts).toEqual({ running: 0, done: 1, failed: 0 });
});
