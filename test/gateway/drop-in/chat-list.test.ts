import { describe, expect, test } from "vitest";
import { converse, type MemoryCache } from "../support/converse.ts";
import { agentOffline } from "../support/scripted-relay.ts";
import { settle } from "../support/virtual-clock.ts";

describe("chats.list", () => {
  const list = (n: number) => ({
    chats: Array.from({ length: n }, (_, at) => ({ id: at + 1, guid: `c${at + 1}` })),
  });

  /** A cache that has seen `n` chats. */
  async function primed(n: number): Promise<MemoryCache> {
    const { ask, relay, cache } = converse();
    relay.last.open();
    ask(1, "chats.list", { limit: 50 });
    relay.last.answer(relay.last.frames[0], { result: list(n) });
    await settle();
    return cache;
  }

  test("with the relay away it comes from the cache at once, cut to its limit, and says that it is stale", async () => {
    const { ask, away, answerOf } = converse({ cache: await primed(3) });
    away();
    ask(1, "chats.list", { limit: 2 });
    await settle();
    expect(answerOf(1)?.result).toMatchObject({ chats: [{ id: 1 }, { id: 2 }], stale: true });
  });

  test("RPC4 the Mac away and nothing noted at the relay: the cache stands in as well", async () => {
    const { ask, relay, answerOf } = converse({ cache: await primed(3) });
    relay.last.open();
    ask(1, "chats.list", { limit: 1 });
    relay.last.answer(relay.last.frames[0], agentOffline);
    await settle();
    expect(answerOf(1)?.result).toMatchObject({ chats: [{ id: 1 }], stale: true });
  });

  test("a relay that does not answer is answered for after 5 s", async () => {
    const { ask, relay, answerOf, clock } = converse({ cache: await primed(1) });
    relay.last.open();
    ask(1, "chats.list", { limit: 1 });
    await clock.pass(4_999);
    expect(answerOf(1)).toBeUndefined();
    await clock.pass(1);
    expect(answerOf(1)?.result).toMatchObject({ stale: true });
  });

  test("other refusals are seen, cache or not", async () => {
    const { ask, relay, answerOf } = converse({ cache: await primed(1) });
    relay.last.end({ code: 4004, reason: "revoked" });
    ask(1, "chats.list", { limit: 1 });
    await settle();
    expect(answerOf(1)?.error).toMatchObject({ code: -32041 });
  });

  test("without a cache the error says that nothing was started", async () => {
    const { ask, away, answerOf, clock } = converse();
    away();
    ask(1, "chats.list", { limit: 1 });
    await clock.pass(8_001);
    expect(answerOf(1)?.error).toMatchObject({
      code: -32056,
      data: { disposition: "not_started", retry_safe: true },
    });
  });

  test("a short answer freshens the top of the list, a whole one replaces it, a stale one changes nothing", async () => {
    const { ask, relay, cache } = converse({ cache: await primed(3) });
    relay.last.open();
    const kept = async (params: object, result: object): Promise<unknown> => {
      ask(1, "chats.list", params);
      relay.last.answer(relay.last.frames.at(-1), { result });
      await settle();
      const file = cache.files.get("chats") as { chats: { id: number }[] };
      return file.chats.map(({ id }) => id);
    };
    expect(await kept({ limit: 1 }, { chats: [{ id: 3 }] })).toEqual([3, 1, 2]);
    expect(await kept({ limit: 5 }, { chats: [{ id: 9 }], stale: true })).toEqual([3, 1, 2]);
    expect(await kept({ limit: 5, unread_only: true }, { chats: [{ id: 9 }] })).toEqual([3, 1, 2]);
    expect(await kept({ limit: 5 }, { chats: [{ id: 2 }, { id: 1 }] })).toEqual([2, 1]);
  });
});
