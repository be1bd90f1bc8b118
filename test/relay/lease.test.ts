import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, ENGINE, enrol, greet, HEALTHY, row, type Install } from "./support/agent.ts";
import { Gateway } from "./support/gateway.ts";
import { get, statusOf } from "./support/http.ts";
import { evict, freeze, logOf, pass } from "./support/object.ts";
import { mac, scene } from "./support/scene.ts";
import { patience } from "./support/socket.ts";

afterEach(() => void vi.useRealTimers());

const kinds = async (account: Parameters<typeof logOf>[0]): Promise<string[]> =>
  (await logOf(account)).map(({ kind, body }) =>
    `${kind} ${kind === "account.offline" ? JSON.parse(body).reason : ""}`.trim(),
  );

describe("lease", () => {
  it("LINK3 the same install takes over at once with a higher epoch, and its older socket is closed with 4001", async () => {
    const account = await mac();
    const older = await Agent.connect(account);
    const newer = await Agent.connect(account);
    expect(newer.epoch).toBe(older.epoch + 1);
    expect(await older.sock.closed).toMatchObject({ code: 4001 });
    expect(await kinds(account)).toEqual(["account.online", "account.offline replaced", "account.online"]);
    await newer.show([row(1)]);
  });

  it("LINK3 another install is refused with 4001 while the present link is heard", async () => {
    const first = await mac();
    const second = await enrol(first);
    const present = await Agent.connect(first);
    expect(await (await greet(second)).closed).toMatchObject({ code: 4001 });
    await present.settled();
    expect(await statusOf(first)).toMatchObject({ agent: { install: first.install, epoch: 1 } });
  });

  it("LINK3 another install that says takeover closes the present link with 4001", async () => {
    const first = await mac();
    const second = await enrol(first);
    const present = await Agent.connect(first);
    const taker = await Agent.connect(second, { takeover: true });
    expect(taker.epoch).toBe(2);
    expect(await present.sock.closed).toMatchObject({ code: 4001 });
    expect(await statusOf(first)).toMatchObject({ agent: { install: second.install } });
  });

  it("LINK3 another install may come when the present link was silent for 25 s", async () => {
    freeze();
    const first = await mac();
    const second = await enrol(first);
    const present = await Agent.connect(first);
    await pass(first, 25_000);
    expect(await (await greet(second)).closed).toMatchObject({ code: 4001 });
    await pass(first, 1);
    await Agent.connect(second);
    expect(await present.sock.closed).toMatchObject({ code: 4006 });
  });

  it("LINK4 epochs rise over eviction and over every install", async () => {
    const first = await mac();
    const second = await enrol(first);
    const epochs = [(await Agent.connect(first)).epoch];
    await evict(first);
    epochs.push((await Agent.connect(first)).epoch, (await Agent.connect(second, { takeover: true })).epoch);
    expect(epochs).toEqual([1, 2, 3]);
  });

  it("LINK4 a replaced link is nobody's, and a result counts when it is said again on the newer one", async () => {
    const { account, agent: older, gateway } = await scene();
    const id = gateway.request("send", { to: "+15550001", text: "hi" });
    const call = await older.call();
    const newer = await Agent.connect(account);
    expect(await newer.call()).toMatchObject({ operation: call["operation"] });
    older.push([row(1)]);
    older.sock.send({ t: "note", kind: "progress", done: 7, total: 9, finished: false });
    older.answer(call, { result: { ok: true, guid: "OLD" } });
    await older.sock.handled();
    const { log, catch_up, operations_open } = await statusOf(account);
    expect({ log, catch_up, operations_open }).toMatchObject({
      log: { resume: null },
      catch_up: null,
      operations_open: 1,
    });
    newer.answer(call, { result: { ok: true, guid: "A" } });
    expect(await gateway.answer(id)).toMatchObject({ result: { guid: "A" } });
    expect(await newer.sock.next()).toEqual({ t: "ack", operations: [call["operation"]] });
  });

  it("LINK4 a revoked install logs nothing any more, even on the socket it had", async () => {
    const { account, agent, gateway } = await scene();
    const n = await gateway.subscribe();
    await get(200, "DELETE", `/v1/accounts/${account.account}/installs/${account.install}`);
    agent.push([row(1, { text: "forged" })]);
    await agent.sock.handled();
    expect(n).toBe(1);
    expect(await gateway.leftovers()).toEqual([]);
  });
});

describe("heartbeat", () => {
  it("LINK5 ping is answered pong without waking the object", async () => {
    const { account, agent, gateway } = await scene();
    const wakes = async (): Promise<number> => {
      const { usage } = (await statusOf(account)) as { usage: { wakes: number; constructed: number } };
      return usage.wakes + usage.constructed;
    };
    const before = await wakes();
    for (const { sock } of [agent, gateway]) {
      sock.send("ping");
      expect(await sock.text()).toBe("pong");
    }
    expect(await wakes()).toBe(before + 1);
  });

  it("LINK5 a link that pings stays, also after an eviction", async () => {
    freeze(60_000);
    const account = await mac();
    const agent = await Agent.connect(account);
    await evict(account);
    await pass(account, 59_000);
    agent.sock.send("ping");
    expect(await agent.sock.text()).toBe("pong");
    expect(await statusOf(account)).toMatchObject({ agent: { state: "online" } });
  });

  it("LINK5 STAT1 frames count as being heard", async () => {
    freeze();
    const account = await mac();
    const agent = await Agent.connect(account);
    await pass(account, 20_000);
    await agent.settled();
    const heard = Date.now();
    await pass(account, 20_000);
    expect(await statusOf(account)).toMatchObject({ agent: { state: "online", last_seen: heard } });
  });

  it.each<[string, (account: Install, gateway: Gateway) => Promise<unknown>]>([
    ["status", (account) => statusOf(account)],
    ["call", (_, gateway) => gateway.call("messages.history", { chat_id: 1 })],
    ["connect", (account) => Gateway.connect(account)],
    ["subscribe", (_, gateway) => gateway.subscribe()],
  ])("LINK5 a dead link is noticed at the next %s: 4006, account.offline", async (_, look) => {
    freeze();
    const { account, agent, gateway } = await scene();
    await pass(account, 25_001);
    await look(account, gateway);
    expect(await kinds(account)).toEqual(["account.online", "account.offline heartbeat lost"]);
    expect(await agent.sock.closed).toMatchObject({ code: 4006 });
  });

  it.each([
    ["closes", async (agent: Agent) => agent.sock.close()],
    ["breaks a rule", async (agent: Agent) => agent.sock.send("{")],
  ])("LINK5 a link that %s is one account.offline, not two", async (_, end) => {
    const account = await mac();
    const agent = await Agent.connect(account);
    await end(agent);
    await vi.waitFor(async () =>
      expect(await statusOf(account)).toMatchObject({ agent: { state: "offline" } }),
    );
    agent.sock.close();
    await statusOf(account);
    await statusOf(account);
    expect(await kinds(account)).toHaveLength(2);
  });

  it.each([1_000, 1_001, 3_000, 4_000])(
    "LINK6 a Close with %i is answered in kind, so that nobody waits",
    async (code) => {
      const { agent, gateway } = await scene();
      for (const { sock } of [agent, gateway]) {
        sock.close(code);
        expect(await Promise.race([sock.closed, patience(1_000)])).toMatchObject({ code });
      }
    },
  );

  it("LINK5 offline says when the Mac was last heard", async () => {
    freeze();
    const account = await mac();
    await Agent.connect(account);
    const heard = Date.now();
    await pass(account, 40_000);
    expect(await statusOf(account)).toMatchObject({ agent: { last_seen: heard, since: heard + 40_000 } });
  });
});

describe("the owner of the Mac", () => {
  const POLICY = {
    paused: false,
    read_only: true,
    methods_forbidden: ["send"],
    recipients: { allow: 2, deny: 0 },
    send_roots: 0,
    attachment_roots: 1,
    media_max_bytes: 5,
    sends: { per_hour: 1, per_day: null },
    mistake: null,
  };

  it("LINK19 what the Mac says is forbidden stands in the status, also when the Mac or the object is gone", async () => {
    const account = await mac();
    expect(await statusOf(account)).toMatchObject({ mac_policy: null });
    const agent = await Agent.connect(account, { policy: POLICY });
    expect(await statusOf(account)).toMatchObject({ mac_policy: POLICY });
    const health = { t: "health", health: HEALTHY, engine: ENGINE };
    agent.sock.send({ ...health, policy: { ...POLICY, paused: true, later: "more" } });
    // One that says nothing of it, or nothing that can be read, changes nothing.
    agent.sock.send(health);
    agent.sock.send({ ...health, policy: { paused: "yes" } });
    await agent.settled();
    expect(await statusOf(account)).toMatchObject({ mac_policy: { paused: true, read_only: true } });
    agent.sock.close();
    await evict(account);
    expect(await statusOf(account)).toMatchObject({ mac_policy: { paused: true, read_only: true } });
  });

  it("LINK19 an agent that does not say leaves nothing of what another said", async () => {
    const account = await mac();
    await Agent.connect(account, { policy: POLICY });
    await Agent.connect(account);
    expect(await statusOf(account)).toMatchObject({ agent: { epoch: 2 }, mac_policy: null });
    await Agent.connect(account, { policy: { ...POLICY, sends: 7 } });
    expect(await statusOf(account)).toMatchObject({ agent: { epoch: 3 }, mac_policy: null });
  });
});
