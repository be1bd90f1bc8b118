import { describe, expect, it } from "vitest";
import { Agent, row, UNSTORABLE } from "./support/agent.ts";
import { statusOf } from "./support/http.ts";
import { logOf } from "./support/object.ts";
import { mac } from "./support/scene.ts";

const rowsOf = async (account: Parameters<typeof logOf>[0]): Promise<unknown[]> =>
  (await logOf(account)).filter(({ rowid }) => rowid !== null).map(({ kind, rowid }) => [kind, rowid]);

describe("frames", () => {
  it.each([
    ["gap", (agent: Agent) => agent.sock.send({ t: "events", n: 2, database: 0, resume: 1, rows: [] })],
    [
      "number of the past",
      (agent: Agent) => agent.sock.send({ t: "events", n: 0, database: 0, resume: 1, rows: [] }),
    ],
    ["frame of 501 rows", (agent: Agent) => agent.push(Array.from({ length: 501 }, (_, at) => row(at + 1)))],
    ["database that is two higher", (agent: Agent) => agent.push([], { database: 2 })],
    ["second hello", (agent: Agent) => agent.sock.send({ t: "hello" })],
    ["binary frame", (agent: Agent) => agent.sock.send(new ArrayBuffer(1))],
    ["frame that is no JSON", (agent: Agent) => agent.sock.send("{")],
    [
      "frame nested 65 deep",
      (agent: Agent) => agent.sock.send(`{"t":"later","x":${"[".repeat(64)}${"]".repeat(64)}}`),
    ],
    [
      "frame over 16 MiB",
      (agent: Agent) => agent.sock.send(`{"t":"later","x":"${"x".repeat(16 * 1024 * 1024)}"}`),
    ],
    ["row without an integer id", (agent: Agent) => agent.push([], { rows: [{ rowid: 1.5, message: {} }] })],
  ])("LINK8 a %s is a violation", async (_, break_) => {
    const account = await mac();
    const agent = await Agent.connect(account);
    break_(agent);
    expect(await agent.sock.closed).toMatchObject({ code: 4002 });
    expect(await statusOf(account)).toMatchObject({ agent: { state: "offline" }, log: { resume: null } });
  });

  it("LINK8 a number given twice is a violation", async () => {
    const agent = await Agent.connect(await mac());
    await agent.show([row(1)]);
    agent.sock.send({ t: "events", n: 1, database: 0, resume: 1, rows: [] });
    expect(await agent.sock.closed).toMatchObject({ code: 4002 });
  });

  it("LINK7 unknown frame types are counted and ignored", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    agent.sock.send({ t: "later", whatever: 1 });
    await agent.settled();
    expect(await statusOf(account)).toMatchObject({ usage: { unknown_frames: 1 } });
  });

  it("LINK7 a frame of just under 16 MiB is taken", async () => {
    const agent = await Agent.connect(await mac());
    agent.sock.send(`{"t":"later","x":"${"x".repeat(16 * 1024 * 1024 - 100)}"}`);
    await expect(agent.settled()).resolves.toBeUndefined();
  });

  it("LINK8 500 rows are one frame, and every one is logged in order", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    await agent.show(Array.from({ length: 500 }, (_, at) => row(at + 1)));
    expect(await rowsOf(account)).toEqual(
      Array.from({ length: 500 }, (_, at) => ["message.received", at + 1]),
    );
  });
});

describe("durability", () => {
  it("LINK9 what was acknowledged is there at the next welcome", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    await agent.show([row(7), row(8)], { resume: 6 });
    const { welcome } = await Agent.connect(account);
    expect(welcome).toMatchObject({
      resume: 6,
      identity: [
        { rowid: 8, guid: "G-8" },
        { rowid: 7, guid: "G-7" },
      ],
    });
  });

  it("LINK9 a batch that cannot be stored ends the link with 1011, and nothing of it or after it is acknowledged", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    await agent.show([row(1)]);
    agent.push([row(2), row(3, UNSTORABLE)]);
    expect(await agent.sock.closed).toMatchObject({ code: 1_011 });
    agent.push([row(4)]);
    await agent.sock.handled();
    expect(agent.sock.pending).toEqual([]);
    const back = await Agent.connect(account);
    expect(back.welcome).toMatchObject({ resume: 1, identity: [{ rowid: 1 }] });
    await back.show([row(2)]);
  });

  it("LINK10 at first nothing is known, and an empty frame says where the tail is", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    expect(agent.welcome).toMatchObject({ resume: null, reset: null, identity: [] });
    await agent.show([], { resume: 41 });
    expect((await Agent.connect(account)).welcome).toMatchObject({ resume: 41, reset: null, identity: [] });
  });

  it("LINK11 identity holds 8 pairs, the newest first, spread back over the log", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    for (let batch = 0; batch < 3; batch += 1)
      await agent.show(Array.from({ length: 400 }, (_, at) => row(batch * 400 + at + 1)));
    const { identity } = (await Agent.connect(account)).welcome as {
      identity: { rowid: number; guid: string }[];
    };
    expect(new Set(identity.map(({ guid }) => guid)).size).toBe(8);
    expect(identity[0]).toEqual({ rowid: 1_200, guid: "G-1200" });
    expect(identity.at(-1)?.rowid).toBeLessThan(600);
  });

  it("LINK11 reconnects do not use up the pairs of a quiet Mac", async () => {
    const account = await mac();
    await (await Agent.connect(account)).show(Array.from({ length: 20 }, (_, at) => row(at + 1)));
    for (let at = 0; at < 20; at += 1) await Agent.connect(account);
    const { identity } = (await Agent.connect(account)).welcome as { identity: unknown[] };
    expect(identity.length).toBeGreaterThan(3);
  });
});

describe("what the Mac says of itself", () => {
  it("LINK12 progress is shown in status", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    agent.sock.send({ t: "note", kind: "progress", done: 5, total: null, finished: false });
    await agent.settled();
    expect(await statusOf(account)).toMatchObject({ catch_up: { done: 5, total: null, finished: false } });
  });

  it("LINK12 a catch-up that broke off is over when the Mac is back, which may have nothing more to tell", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    agent.sock.send({ t: "note", kind: "progress", done: 5, total: null, finished: false });
    await agent.settled();
    await Agent.connect(account);
    expect(await statusOf(account)).toMatchObject({ catch_up: null });
  });

  it("STAT1 a change of health is an event, the same health again is none", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    const health = { state: "down", reason: "imsg_missing", remedy: "install it" };
    for (let at = 0; at < 2; at += 1)
      agent.sock.send({
        t: "health",
        health,
        engine: { version: "0.9.0", methods: null, pages: false, bridge: null },
      });
    await agent.settled();
    expect((await logOf(account)).map(({ kind }) => kind)).toEqual(["account.online", "account.health"]);
    expect(await statusOf(account)).toMatchObject({ health, engine: { version: "0.9.0" } });
  });
});
