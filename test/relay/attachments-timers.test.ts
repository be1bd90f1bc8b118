// A transfer in which somebody goes silent: nobody is there who would notice, so that time ends it. The Mac is
// scripted, and time is moved by hand.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  LINK_DEAD_AFTER_MS,
  MAX_TRANSFER_MS,
  MAX_TRANSFERS,
  TRANSFER_STEP_MS,
  TRANSFER_TURN_MS,
} from "../../shared/limits.ts";
import { row } from "./support/agent.ts";
import { alone, OPEN, poll, type Channel } from "./support/channel.ts";
import { bearerOf, bring, EMPTY_SHA256, fetched, fileUrl, put, staged } from "./support/files.ts";
import { statusOf, worker, type Json } from "./support/http.ts";
import { freeze, pass } from "./support/object.ts";

const PATH = "/Users/somebody/Library/Messages/Attachments/ab/00/a.bin";
const PHOTO = {
  filename: PATH,
  original_path: PATH,
  transfer_name: "a.txt",
  mime_type: "text/plain",
  missing: false,
};
const BYTES = new TextEncoder().encode("hello there");
const SIZE = BYTES.length;

let of: Channel;
let reference = "";

beforeEach(async () => {
  freeze();
  of = await alone({ ...OPEN, includeAttachments: true });
  await of.agent.show([row(1, { attachments: [PHOTO] })]);
  const { events } = await poll(of);
  const [listed] = (events.at(-1)?.data.message["attachments"] ?? []) as Json[];
  reference = String(listed?.["attachment"]);
});
afterEach(() => {
  vi.useRealTimers();
});

const ask = (): Promise<Response> =>
  worker.fetch(fileUrl(of, `attachments/${reference}`), { headers: bearerOf(of) });
const asked = (): Promise<Json> => of.agent.sock.next();
function opened({ transfer }: Json): void {
  const facts = { status: 200, size: SIZE, start: 0, length: SIZE, etag: '"e"', modified: 0, digest: null };
  of.agent.sock.send({ t: "transfer", transfer, state: "opened", ...facts });
}
const ending = (response: Response): Promise<string> =>
  response.text().then(
    (text) => text,
    () => "broken",
  );
const counts = async (): Promise<unknown> => (await statusOf(of.account))["transfers"];

/** The link is not what goes silent: it says something as often as it has to. */
async function wait(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= LINK_DEAD_AFTER_MS) {
    await pass(of.account, Math.min(left, LINK_DEAD_AFTER_MS));
    of.agent.sock.send({ t: "transfer", transfer: "nobody's", state: "failed", error: { code: "internal" } });
    await of.agent.sock.handled();
  }
}

/** Exactly then, the Mac is told, and its place is free. */
async function endsAfter(ms: number, { transfer }: Json): Promise<void> {
  await wait(ms - 1);
  expect(await counts()).toEqual({ open: 1, waiting: 0 });
  await wait(1);
  expect(await asked()).toEqual({ t: "abort", transfer });
  expect(await counts()).toEqual({ open: 0, waiting: 0 });
  const view = await worker.fetch(fileUrl(of, `transfers/${String(transfer)}`), { headers: bearerOf(of) });
  expect(await view.json()).toMatchObject({ state: "failed" });
}

describe("a download in which the Mac goes silent", () => {
  it("ATT4 before it has opened the file: 504", async () => {
    const answer = ask();
    const read = await asked();
    await endsAfter(TRANSFER_STEP_MS, read);
    expect((await answer).status).toBe(504);
    // Too late.
    opened(read);
    expect((await bring(of, read, BYTES)).status).toBe(410);
  });

  it("ATT6 I8 before the first byte: the body is broken", async () => {
    const answer = ask();
    const read = await asked();
    opened(read);
    const end = ending(await answer);
    await endsAfter(TRANSFER_STEP_MS, read);
    expect(await end).toBe("broken");
  });

  it("ATT6 I8 between two parts: the body is broken", async () => {
    const answer = ask();
    const read = await asked();
    opened(read);
    const end = ending(await answer);
    // The time for the first one does not count for the second.
    await wait(TRANSFER_STEP_MS - 1);
    expect((await bring(of, read, BYTES.slice(0, 4))).status).toBe(200);
    await endsAfter(TRANSFER_STEP_MS, read);
    expect(await end).toBe("broken");
  });

  it("ATT6 I8 in the middle of a body: the body is broken, after an hour", async () => {
    const answer = ask();
    const read = await asked();
    opened(read);
    const reader = (await answer).body?.getReader();
    const { readable, writable } = new TransformStream<Uint8Array>();
    const brought = worker.fetch(fileUrl(of, `agent/transfers/${String(read["transfer"])}?offset=0`), {
      method: "POST",
      headers: { "content-length": String(SIZE) },
      body: readable,
    });
    void writable.getWriter().write(BYTES.slice(0, 5));
    expect((await reader?.read())?.value?.length).toBe(5);
    await endsAfter(MAX_TRANSFER_MS, read);
    await expect(reader?.read()).rejects.toThrow("aborted");
    expect((await brought).status).toBe(499);
  });

  it("ATT2 after the last byte: the reader has all of it, and nobody vouches for it", async () => {
    const answer = ask();
    const read = await asked();
    opened(read);
    const end = ending(await answer);
    expect((await bring(of, read, BYTES)).status).toBe(200);
    await endsAfter(TRANSFER_STEP_MS, read);
    expect(await end).toBe("hello there");
  });
});

describe("an upload in which the Mac goes silent", () => {
  it("ATT4 before it fetches anything: 504", async () => {
    const answer = put(of, "attachments", BYTES);
    const write = await asked();
    await endsAfter(TRANSFER_STEP_MS, write);
    expect((await answer).status).toBe(504);
    expect((await fetched(of, write)).status).toBe(410);
  });

  it("ATT6 after the last byte: 504, and what it says later is nobody's", async () => {
    const answer = put(of, "attachments", BYTES);
    const write = await asked();
    expect(await (await fetched(of, write)).text()).toBe("hello there");
    await endsAfter(TRANSFER_STEP_MS, write);
    staged(of, write);
    expect((await answer).status).toBe(504);
  });
});

describe("behind sixteen that the Mac does not answer", () => {
  it("ATT10 those that wait have their turn when the time of the sixteen is over", async () => {
    const silent = Array.from({ length: MAX_TRANSFERS }, () => ask());
    const reads: Json[] = [];
    for (const _ of silent) reads.push(await asked());
    const late = ask();
    await vi.waitFor(async () => expect(await counts()).toEqual({ open: MAX_TRANSFERS, waiting: 1 }));
    await wait(TRANSFER_STEP_MS);
    const frames = await Promise.all(Array.from({ length: MAX_TRANSFERS + 1 }, () => asked()));
    expect(frames.filter(({ t }) => t === "abort").length).toBe(MAX_TRANSFERS);
    const read = frames.find(({ t }) => t === "read") ?? {};
    opened(read);
    const end = ending(await late);
    expect((await bring(of, read, BYTES)).status).toBe(200);
    expect(await end).toBe("hello there");
    of.agent.sock.send({
      t: "transfer",
      transfer: read["transfer"],
      state: "done",
      bytes: SIZE,
      sha256: EMPTY_SHA256,
    });
    await of.agent.sock.handled();
    expect(await counts()).toEqual({ open: 0, waiting: 0 });
    expect((await Promise.all(silent)).map(({ status }) => status)).toEqual(silent.map(() => 504));
  });

  it("ATT10 where those have begun, 429 after the time of a turn", async () => {
    const busy = Array.from({ length: MAX_TRANSFERS }, () => ask());
    const reads: Json[] = [];
    for (const _ of busy) reads.push(await asked());
    const late = ask();
    await vi.waitFor(async () => expect(await counts()).toEqual({ open: MAX_TRANSFERS, waiting: 1 }));
    // They move: a part each, before their time for it is over.
    for (const read of reads) opened(read);
    const ends = (await Promise.all(busy)).map(ending);
    await wait(TRANSFER_STEP_MS - 1);
    for (const read of reads) expect((await bring(of, read, BYTES.slice(0, 4))).status).toBe(200);
    await wait(TRANSFER_TURN_MS - TRANSFER_STEP_MS + 1);
    expect((await late).status).toBe(429);
    expect(await counts()).toEqual({ open: MAX_TRANSFERS, waiting: 0 });
    await wait(TRANSFER_STEP_MS);
    expect(await Promise.all(ends)).toEqual(ends.map(() => "broken"));
    expect(await counts()).toEqual({ open: 0, waiting: 0 });
  });
});
