import { afterEach, describe, expect, it, vi } from "vitest";
import { Handshake } from "../../relay/account/link/handshake.ts";
import type { AccountPorts, Socket } from "../../relay/account/ports.ts";
import { InstallStore } from "../../relay/account/store/installs.ts";
import { Agent, enrol, greet, knock, signedHello } from "./support/agent.ts";
import { get, newAccount, ORIGIN, statusOf } from "./support/http.ts";
import { freeze, inside, pass } from "./support/object.ts";
import { mac } from "./support/scene.ts";
import { dial, Sock } from "./support/socket.ts";

afterEach(() => void vi.useRealTimers());

describe("challenge", () => {
  it("LINK1 the relay speaks first, with a nonce that is new every time", async () => {
    const account = await mac();
    const [one, other] = [await (await knock(account)).next(), await (await knock(account)).next()];
    expect(one).toEqual({ t: "challenge", nonce: expect.any(String), time: expect.any(Number) });
    expect(one["nonce"]).not.toBe(other["nonce"]);
  });

  it("LINK1 the door chooses the link's subprotocol", async () => {
    const { account } = await mac();
    const response = await dial(`/v1/accounts/${account}/agent`, {
      "sec-websocket-protocol": "imsg-relay.agent.v1",
    });
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe("imsg-relay.agent.v1");
    response.webSocket?.accept();
    response.webSocket?.close();
  });

  it.each([
    ["events", JSON.stringify({ t: "events", n: 1, database: 0, resume: 1, rows: [] })],
    ["a result", JSON.stringify({ t: "result", call: "r1", epoch: 0, answer: { result: 1 } })],
    ["an unknown type", JSON.stringify({ t: "later" })],
    ["no JSON", "{"],
    ["no type", "{}"],
    ["a hello without fields", JSON.stringify({ t: "hello" })],
    ["over 32 KiB", JSON.stringify({ t: "hello", padding: "x".repeat(33_000) })],
    ["binary", new ArrayBuffer(3)],
  ])("LINK1 before welcome, %s is a violation", async (_, frame) => {
    const sock = await knock(await mac());
    sock.send(frame);
    expect(await sock.closed).toMatchObject({ code: 4002 });
  });

  it("LINK1 without a hello within 10 s the socket is closed", async () => {
    freeze();
    const account = await mac();
    const sock = await knock(account);
    await pass(account, 9_999);
    expect(sock.pending).toHaveLength(1);
    await pass(account, 1);
    expect(await sock.closed).toEqual({ code: 4003, reason: "no hello in time" });
  });

  it("LINK1 a fifth stranger is refused with 429, and let in when the others' time is over", async () => {
    freeze();
    const account = await mac();
    for (let at = 0; at < 4; at += 1) await knock(account);
    const refused = await dial(`/v1/accounts/${account.account}/agent`);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: "rate_limited", retryable: true });
    await pass(account, 10_001);
    await Agent.connect(account);
  });

  it("LINK1 a live link is no stranger", async () => {
    const account = await mac();
    await Agent.connect(account);
    for (let at = 0; at < 4; at += 1) await knock(account);
    expect((await dial(`/v1/accounts/${account.account}/agent`)).status).toBe(429);
  });
});

describe("proof", () => {
  it("LINK2 welcome answers a right hello", async () => {
    const { welcome } = await Agent.connect(await mac());
    expect(welcome).toEqual({
      t: "welcome",
      epoch: 1,
      protocol: 1,
      database: 0,
      resume: null,
      newest: null,
      reset: null,
      identity: [],
      settings: {},
      time: expect.any(Number),
    });
  });

  it("LINK2 a signature by another key is refused with 4003", async () => {
    const account = await mac();
    const sock = await greet({ ...account, keys: (await mac()).keys });
    expect(await sock.closed).toMatchObject({ code: 4003 });
  });

  it.each([
    ["no base64", "§§§"],
    ["too short", btoa("short")],
    ["64 zero bytes", btoa("\0".repeat(64))],
  ])("LINK2 a signature that is %s is refused with 4003", async (_, signature) => {
    const sock = await greet(await mac(), { signature });
    expect(await sock.closed).toMatchObject({ code: 4003 });
  });

  it.each(["install", "nonce", "account"] as const)("LINK2 the signature covers the %s", async (field) => {
    const [account, other] = [await mac(), await mac()];
    const sock = await knock(account);
    const nonce = String((await sock.next())["nonce"]);
    const signed = await signedHello(
      field === "nonce"
        ? account
        : { ...account, [field]: other[field === "install" ? "install" : "account"] },
      field === "nonce" ? `${nonce}0` : nonce,
    );
    sock.send({ ...signed, install: account.install });
    expect(await sock.closed).toMatchObject({ code: 4003 });
  });

  it.each(["origin", "protocols"])("LINK2 the signature covers %s", async (field) => {
    const account = await mac();
    const sock = await knock(account);
    const change = { [field]: field === "origin" ? "http://elsewhere.test" : [1, 2] };
    const signed = await signedHello(account, String((await sock.next())["nonce"]), change);
    sock.send({ ...signed, origin: "http://relay.test", protocols: [1] });
    expect(await sock.closed).toMatchObject({ code: 4003 });
  });

  it("LINK2 a nonce works once, and only on the socket that got it", async () => {
    const account = await mac();
    const [first, second] = [await knock(account), await knock(account)];
    const nonce = String((await first.next())["nonce"]);
    second.send(await signedHello(account, nonce));
    expect(await second.closed).toMatchObject({ code: 4003 });
    first.send(await signedHello(account, nonce));
    expect(await first.next()).toMatchObject({ t: "welcome" });
  });

  it("LINK2 a second hello is out of turn", async () => {
    const account = await mac();
    const sock = await knock(account);
    const hello = await signedHello(account, String((await sock.next())["nonce"]));
    sock.send(hello);
    sock.send(hello);
    expect(await sock.closed).toMatchObject({ code: 4002 });
  });

  it("LINK2 a second hello while the first is being checked ends the socket, and it gets no lease", async () => {
    const account = await mac();
    const present = await Agent.connect(account);
    const sock = await knock(account);
    const hello = JSON.stringify(await signedHello(account, String((await sock.next())["nonce"])));
    await inside(account, async (object, state) => {
      const ws = state.getWebSockets("agent").find((one) => one.deserializeAttachment().phase === "waiting");
      if (ws === undefined) throw new Error("no socket waits");
      await Promise.all([object.webSocketMessage(ws, hello), object.webSocketMessage(ws, hello)]);
    });
    expect(await sock.closed).toMatchObject({ code: 4002 });
    expect(await statusOf(account)).toMatchObject({ agent: { epoch: present.epoch, state: "online" } });
    await present.settled();
  });

  it("LINK2 the relay accepts its own origins only, whatever host was dialled", async () => {
    const account = await mac();
    const response = await dial(`/v1/accounts/${account.account}/agent`, {}, "http://evil.test");
    if (response.webSocket === null) throw new Error("refused");
    const sock = new Sock(response.webSocket);
    const nonce = String((await sock.next())["nonce"]);
    sock.send(await signedHello(account, nonce, { origin: "http://evil.test" }));
    expect(await sock.closed).toMatchObject({ code: 4003 });
  });

  it("LINK2 another account's install is unknown here", async () => {
    const [account, other] = [await newAccount(), await mac()];
    const sock = await greet({ ...other, ...account });
    expect(await sock.closed).toMatchObject({ code: 4003 });
  });

  it("LINK2 without a common protocol the socket is closed with 4005", async () => {
    const sock = await greet(await mac(), { protocols: [2, 3] });
    expect(await sock.closed).toMatchObject({ code: 4005 });
  });

  it("LINK2 a revoked install is refused with 4004, and its live link closed with 4004", async () => {
    const account = await mac();
    const agent = await Agent.connect(account);
    const path = `/v1/accounts/${account.account}/installs/${account.install}`;
    expect(await get(200, "DELETE", path)).toEqual({
      install: account.install,
      revoked_at: expect.any(Number),
    });
    expect(await agent.sock.closed).toMatchObject({ code: 4004 });
    expect(await statusOf(account)).toMatchObject({ agent: { state: "offline" } });
    expect(await (await greet(account)).closed).toMatchObject({ code: 4004 });
  });

  it("LINK2 another install of the account is not touched by a revocation", async () => {
    const first = await mac();
    const second = await enrol(first);
    const agent = await Agent.connect(second);
    await get(200, "DELETE", `/v1/accounts/${first.account}/installs/${first.install}`);
    await expect(agent.settled()).resolves.toBeUndefined();
  });

  it("ENR7 a key that stopped counting while its signature was checked opens nothing", async () => {
    const { account, tenant, install } = await mac();
    const [closed, verified] = await inside({ account, tenant }, async (_, { storage }) => {
      const installs = new InstallStore(storage.sql);
      let tell: (isTrue: boolean) => void = () => undefined;
      const verify = (): Promise<boolean> => new Promise((resolve) => (tell = resolve));
      const handshake = new Handshake({ origins: [ORIGIN], verify } as unknown as AccountPorts, installs);
      const codes: number[] = [];
      let attachment: unknown;
      const socket: Socket = {
        get attachment() {
          return attachment;
        },
        attach: (value) => (attachment = value),
        lastPong: () => null,
        send: () => undefined,
        close: (code) => void codes.push(code),
      };
      const waiting = { role: "agent", phase: "waiting", nonce: "n", opened_at: 0 } as const;
      const said = { install, origin: ORIGIN, signature: "s" };
      const done = handshake.verified(socket, waiting, said, () => ({ text: "" }));
      installs.setNextKey(install, "another");
      installs.useNextKey(install, 1);
      tell(true);
      return [codes, await done];
    });
    expect([closed, verified]).toEqual([[4003], undefined]);
  });
});
