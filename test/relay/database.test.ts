import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, OLD_ENGINE, row } from "./support/agent.ts";
import { Gateway } from "./support/gateway.ts";
import { statusOf } from "./support/http.ts";
import { evict, freeze, logOf, pass } from "./support/object.ts";
import { mac, scene } from "./support/scene.ts";

afterEach(() => void vi.useRealTimers());

const on = (ms: number): string => new Date(ms).toISOString();

describe("another database", () => {
  it("LINK11 the relay raises its generation, logs the reset and says where the new one begins", async () => {
    freeze();
    const account = await mac();
    const agent = await Agent.connect(account);
    const newest = Date.now() - 3_600_000;
    await agent.show([row(100, { created_at: on(newest) }), row(101, { created_at: on(newest - 5_000) })], {
      resume: 101,
    });
    await agent.show([], { database: 1, until: 40, resume: null });
    expect((await logOf(account)).at(-1)).toMatchObject({
      kind: "account.cursor_reset",
      database: 1,
      body: '{"database":1,"previous":0}',
    });
    await evict(account);
    const { welcome } = await Agent.connect(account);
    expect(welcome).toMatchObject({
      database: 1,
      resume: null,
      identity: [],
      newest,
      reset: { floor: newest - 600_000, until: 40 },
    });
  });

  it("LINK11 the frame that raises it may carry rows, and later frames belong to the new one", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    await agent.show([row(100)]);
    await agent.show([row(1, { guid: "N-1" })], { database: 1, until: 1, resume: 1 });
    await agent.show([row(2, { guid: "N-2" })], { database: 1 });
    const rows = (await logOf(account)).filter(({ rowid }) => rowid !== null);
    expect(rows.map(({ rowid, database }) => [database, rowid])).toEqual([
      [0, 100],
      [1, 1],
      [1, 2],
    ]);
    agent.push([row(3)], { database: 0 });
    expect(await agent.sock.closed).toMatchObject({ code: 4002 });
  });

  it("LINK11 rows that the old database showed are not logged again", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    await agent.show([row(100), row(101)]);
    await agent.show([row(5, { guid: "G-101" }), row(6, { guid: "N" })], {
      database: 1,
      until: 6,
      resume: 6,
    });
    expect((await logOf(account)).map(({ rowid }) => rowid).filter((rowid) => rowid !== null)).toEqual([
      100, 101, 6,
    ]);
    expect((await Agent.connect(account)).welcome).toMatchObject({ identity: [{ rowid: 6, guid: "N" }] });
  });

  it("LINK11 a reset before anything was logged takes the last ten minutes", async () => {
    freeze();
    const account = await mac();
    await (await Agent.connect(account)).show([], { database: 1, until: 9, resume: null });
    expect((await Agent.connect(account)).welcome).toMatchObject({
      reset: { floor: Date.now() - 600_000, until: 9 },
    });
  });
});

describe("where a subscription starts", () => {
  /** The old engine, so that nothing is asked of the Mac for it. */
  const logged = async (...ids: number[]) => {
    const made = await scene({ engine: OLD_ENGINE });
    await made.agent.show(ids.map((id) => row(id)));
    return made;
  };
  const seen = async (gateway: Gateway, agent: Agent, database = 0): Promise<unknown[]> => {
    await agent.show([row(9_999, { guid: "END" })], { database });
    const ids: unknown[] = [];
    for (;;) {
      const [id] = await gateway.rows(1);
      if (id === 9_999) return ids;
      ids.push(id);
    }
  };

  it.each<[string, object, number[]]>([
    ["absent = the tail", {}, []],
    ["0 = the tail", { since_rowid: 0 }, []],
    ["-1 = the beginning", { since_rowid: -1 }, [10, 12, 20, 11]],
    ["a logged row = after its place", { since_rowid: 12 }, [20, 11]],
    ["the first row = all after it", { since_rowid: 10 }, [12, 20, 11]],
    ["a held row = after the place where it was logged", { since_rowid: 11 }, []],
    ["a row that is missing = the lowest place with a greater one", { since_rowid: 15 }, [20, 11]],
    ["a row before the log = all of the log", { since_rowid: 3 }, [10, 12, 20, 11]],
    ["greater than all, no reset = the tail", { since_rowid: 21 }, []],
  ])("RPC10 since_rowid %s", async (_, params, expected) => {
    const { agent, gateway } = await logged(10, 12, 20, 11);
    await gateway.subscribe({ ...params });
    expect(await seen(gateway, agent)).toEqual(expected);
  });

  it.each<[string, number, number[]]>([
    ["a row of both: the earlier place, since nobody can know which is meant", 1, [100, 101, 1, 2]],
    ["a row that only the database before has", 100, [101, 1, 2]],
    ["the last row of the database before", 101, [1, 2]],
    ["a row greater than all of both: the reset", 500, [1, 2]],
    ["the beginning", -1, [100, 101, 1, 2]],
  ])("RPC10 within a day of a reset, %s", async (_, since_rowid, expected) => {
    const { agent, gateway } = await logged(100, 101);
    await agent.show([row(1, { guid: "N1" }), row(2, { guid: "N2" })], {
      database: 1,
      until: 2,
      resume: 2,
    });
    await gateway.subscribe({ since_rowid });
    expect(await seen(gateway, agent, 1)).toEqual(expected);
  });

  it("RPC10 a day after a reset, a row of both is the newest database's", async () => {
    freeze();
    const { account, agent, gateway } = await logged(100, 101);
    await agent.show([row(1, { guid: "N1" }), row(2, { guid: "N2" })], { database: 1, until: 2, resume: 2 });
    await pass(account, 86_400_000);
    await gateway.subscribe({ since_rowid: 1 });
    await gateway.subscribe({ since_rowid: 100 });
    expect(await gateway.rows(4)).toEqual([2, 101, 1, 2]);
  });

  it.each<[string, number, number[]]>([
    ["a row of the database before the reset", 100, [101]],
    ["a row greater than all: the reset", 500, []],
    ["the beginning", -1, [100, 101]],
  ])("RPC10 after a reset without rows yet, %s", async (_, since_rowid, expected) => {
    const { agent, gateway } = await logged(100, 101);
    await agent.show([], { database: 1, until: 0, resume: null });
    await gateway.subscribe({ since_rowid });
    expect(await seen(gateway, agent, 1)).toEqual(expected);
  });

  it("RPC10 within a day of a reset before which nothing was logged, a row may be one that the Mac gave", async () => {
    const { agent, gateway } = await logged();
    await agent.show([row(5, { guid: "N5" }), row(6, { guid: "N6" })], { database: 1, until: 6, resume: 6 });
    await gateway.subscribe({ since_rowid: 5 });
    expect(await seen(gateway, agent, 1)).toEqual([5, 6]);
  });

  it("RPC10 after two resets without rows yet, -1 is still the beginning of the log", async () => {
    const { agent, gateway } = await logged(100, 101);
    await agent.show([], { database: 1, until: 0, resume: null });
    await agent.show([], { database: 2, until: 0, resume: null });
    await gateway.subscribe({ since_rowid: -1 });
    expect(await seen(gateway, agent, 2)).toEqual([100, 101]);
  });

  it("RPC10 a row of two chats is passed with the second of them", async () => {
    const { agent, gateway } = await logged(9);
    await agent.show([row(10), row(10, { chat_id: 2, chat_guid: "iMessage;+;two" }), row(11)]);
    await gateway.subscribe({ since_rowid: 10 });
    expect(await seen(gateway, agent)).toEqual([11]);
  });

  it("RPC10 the place is found in a log of thousands", async () => {
    const { agent, gateway } = await logged();
    for (let batch = 0; batch < 5; batch += 1)
      await agent.show(Array.from({ length: 500 }, (_, at) => row((batch * 500 + at) * 2 + 2)));
    await gateway.subscribe({ since_rowid: 4_992 });
    expect(await gateway.rows(4)).toEqual([4_994, 4_996, 4_998, 5_000]);
    await gateway.subscribe({ since_rowid: 4_995 });
    expect(await gateway.rows(3)).toEqual([4_996, 4_998, 5_000]);
    await gateway.subscribe({ since_rowid: 4_600 });
    expect(await gateway.rows(1)).toEqual([4_602]);
  });

  it("RPC12 relay_after starts after that event, a foreign log at the beginning, a future one at the tail", async () => {
    const { account, agent, gateway } = await logged(10, 11, 12);
    const { log } = (await statusOf(account)) as { log: { id: string; last_seq: number } };
    const from = async (relay_after: string): Promise<unknown[]> => {
      const reader = await Gateway.connect(account, { v1: true, key: gateway.key });
      await reader.subscribe({ relay_after, since_rowid: 11 });
      return (await reader.leftovers()).map(
        ({ params }) => (params as { message: { id: number } }).message.id,
      );
    };
    expect(await from(`${log.id}.${log.last_seq - 2}`)).toEqual([11, 12]);
    expect(await from(`${log.id}.${log.last_seq}`)).toEqual([]);
    expect(await from(`${log.id}.${log.last_seq + 100}`)).toEqual([]);
    expect(await from(`${log.id}.0`)).toEqual([10, 11, 12]);
    expect(await from(`other.${log.last_seq}`)).toEqual([10, 11, 12]);
    for (const relay_after of ["", "nonsense", `${log.id}.-1`, `${log.id}.01`, 5])
      expect(await gateway.call("watch.subscribe", { relay_after })).toMatchObject({
        error: { code: -32602 },
      });
    await agent.settled();
  });
});
