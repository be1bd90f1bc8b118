import path from "node:path";
import type { Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundledWorker } from "../support/bundled-worker.ts";
import { ChannelRelay } from "../support/channel-relay.ts";
import { KEY } from "../support/local-relay.ts";

let relay: ChannelRelay;
let worker: Miniflare;
beforeAll(async () => {
  relay = await ChannelRelay.start();
  worker = await bundledWorker(path.join(import.meta.dirname, "../support/reading-worker.ts"));
});
afterAll(async () => {
  await worker.dispose();
  await relay.away();
});

test("EVT2 in workerd all three ways read the same, with the key in a header and no dial of its own", async () => {
  relay.emit(100);
  const { relay: url, account, key } = relay.target;
  const query = new URLSearchParams({ relay: url, account, key, count: "80" });
  const response = await worker.dispatchFetch(`http://bot.test/?${query.toString()}`);
  const ids = relay.ids(1, 80);
  expect(await response.json()).toEqual({ socket: ids, stream: ids, poll: ids });
  expect(relay.asked.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(`Bearer ${KEY}`));
  await relay.until(() => relay.readers === 0);
  expect(relay.story.filter((line) => line.startsWith("ack"))).toContain("ack log1.79");
});
