import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect as connectTcp, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AccountHttp } from "../../../gateway/client/account.ts";
import { connect } from "../../../gateway/client/connect.ts";
import { fetchDial, type UpgradeFetch } from "../../../gateway/client/fetch-dial.ts";
import type { LinkState } from "../../../gateway/client/link.ts";
import type { SocketEnd } from "../../../gateway/client/socket.ts";
import type { Tunnel } from "../../../gateway/client/tunnel.ts";
import { httpFetch } from "../../../gateway/node/http-fetch.ts";
import { wsDial } from "../../../gateway/node/ws-dial.ts";
import { ACCOUNT, KEY } from "../support/local-relay.ts";
import { ScriptedRelay } from "../support/scripted-relay.ts";

let relay: ScriptedRelay;
const open: Tunnel[] = [];
beforeEach(async () => {
  relay = await ScriptedRelay.start();
});
afterEach(async () => {
  for (const tunnel of open.splice(0)) tunnel.close();
  vi.unstubAllEnvs();
  await relay.away();
});

function dial(url = relay.url): { tunnel: Tunnel; until: (kind: LinkState["kind"]) => Promise<LinkState> } {
  const states: LinkState[] = [];
  let wake = (): void => undefined;
  const onState = (state: LinkState): void => {
    states.push(state);
    wake();
  };
  const tunnel = connect({ relay: url, account: ACCOUNT, key: KEY, dial: wsDial, onState });
  open.push(tunnel);
  const until = async (kind: LinkState["kind"]): Promise<LinkState> => {
    for (;;) {
      const found = states.find((state) => state.kind === kind);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return { tunnel, until };
}

describe("ws in Node", () => {
  test("the key travels in the Authorization header and in no URL", async () => {
    const { tunnel } = dial();
    expect(await tunnel.call("chats.list")).toEqual({ result: { ok: true } });
    expect(relay.requests).toEqual([
      {
        line: expect.stringMatching(new RegExp(`^GET /v1/accounts/${ACCOUNT}/rpc\\?client=[0-9a-z]{26}$`)),
        authorization: `Bearer ${KEY}`,
        body: undefined,
      },
    ]);
  });

  test("RPC6 a send that is cut off on a real socket happens once and is answered", async () => {
    relay.script = () => "hold";
    const { tunnel } = dial();
    const send = tunnel.call("send", { text: "once" });
    await relay.until(() => relay.calls.length === 1);
    relay.script = () => ({ result: { guid: "G" } });
    relay.drop();
    await relay.until(() => relay.calls.length === 2);
    expect(relay.effects).toHaveLength(1);
    expect(relay.calls[0]?.key).toBe(relay.calls[1]?.key);
    tunnel.close();
    expect(await send).toMatchObject({ error: { code: -32001 } });
  });

  test("LINK6 a refused upgrade and a fatal close are told apart from a loss", async () => {
    relay.refuse = "unauthenticated";
    expect(await dial().until("refused")).toMatchObject({ refused: { code: "unauthenticated" } });
    relay.refuse = undefined;
    const second = dial();
    await second.until("open");
    relay.closeAll(4004, "revoked");
    expect(await second.until("refused")).toMatchObject({ refused: { why: "The key was revoked." } });
    expect(await dial("http://127.0.0.1:9").until("waiting")).toMatchObject({ why: "ECONNREFUSED" });
  });

  test("a server that ignores our subprotocol is no relay", async () => {
    const { WebSocketServer } = await import("ws");
    const other = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => false });
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    expect(await dial(`http://127.0.0.1:${port}`).until("refused")).toMatchObject({
      refused: { code: "unsupported" },
    });
    other.close();
  });

  test("a proxy of the environment is used for the tunnel and for HTTP", async () => {
    const asked: string[] = [];
    const proxy = connectProxy(new URL(relay.url).port, asked);
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as AddressInfo;
    vi.stubEnv("http_proxy", `http://127.0.0.1:${port}`);
    const { tunnel } = dial("http://relay.test");
    expect(await tunnel.call("chats.list")).toEqual({ result: { ok: true } });
    const http = new AccountHttp({
      relay: "http://relay.test",
      account: ACCOUNT,
      key: KEY,
      fetch: httpFetch,
    });
    expect(await http.status()).toMatchObject({ account: ACCOUNT });
    expect(asked).toEqual(["relay.test:80", "relay.test:80"]);
    tunnel.close();
    proxy.closeAllConnections();
    proxy.close();
  });
});

/** A proxy that knows one host, whatever it is called. */
function connectProxy(port: string, asked: string[]): Server {
  const proxy = createServer();
  proxy.on("connect", ({ url }, client) => {
    asked.push(url ?? "");
    const upstream = connectTcp(Number(port), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on("error", () => client.destroy());
    client.on("error", () => upstream.destroy());
  });
  return proxy;
}

class FakeUpgraded {
  readonly sent: string[] = [];
  accepted = 0;
  readonly listeners = new Map<string, (event: { data?: unknown; code?: number; reason?: string }) => void>();
  accept(): void {
    this.accepted += 1;
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {}
  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void {
    this.listeners.set(type, listener);
  }
}

describe("fetch in workerd", () => {
  const target = { url: "https://relay.example.com/rpc", protocol: "imsg-relay.v1", key: KEY };

  test("it upgrades with headers and carries text both ways", async () => {
    const socket = new FakeUpgraded();
    const fetch = vi.fn<UpgradeFetch>(async () => ({ status: 101, webSocket: socket }));
    const texts: string[] = [];
    const ends: SocketEnd[] = [];
    const channel = await new Promise<ReturnType<ReturnType<typeof fetchDial>>>((resolve) => {
      const opened = fetchDial(fetch)(target, {
        onOpen: () => resolve(opened),
        onText: (text) => texts.push(text),
        onEnd: (end) => ends.push(end),
      });
    });
    channel.send("hello");
    socket.listeners.get("message")?.({ data: "pong" });
    socket.listeners.get("close")?.({ code: 4004, reason: "revoked" });
    expect(fetch.mock.calls[0]?.[1].headers).toMatchObject({
      upgrade: "websocket",
      "sec-websocket-protocol": "imsg-relay.v1",
      authorization: `Bearer ${KEY}`,
    });
    expect([socket.sent, texts, ends, socket.accepted]).toEqual([
      ["hello"],
      ["pong"],
      [{ code: 4004, reason: "revoked" }],
      1,
    ]);
  });

  test("a refusal before the upgrade has its status", async () => {
    const end = await new Promise<SocketEnd>((onEnd) => {
      fetchDial(async () => ({ status: 401, webSocket: null }))(target, {
        onOpen: vi.fn(),
        onText: vi.fn(),
        onEnd,
      });
    });
    expect(end).toMatchObject({ status: 401 });
  });

  test.each([
    ["of a proxy", ["<html>no</html>"], undefined],
    ["of another kind", ['{"code":"later","retryable":false}'], undefined],
    ["without an end", Array.from({ length: 100 }, () => "x".repeat(1_000)), undefined],
    ["that breaks off", ['{"code":"account_paused",', new Error("gone")], undefined],
    ["in pieces", ['{"code":"account_paused",', '"retryable":false}'], { code: "account_paused" }],
  ] as const)("TEN4 a refusal %s says what it says, and no more", async (_what, pieces, refusal) => {
    const body = async function* (): AsyncGenerator<Uint8Array> {
      for (const piece of pieces) {
        if (typeof piece !== "string") throw piece;
        yield new TextEncoder().encode(piece);
      }
    };
    const end = await new Promise<SocketEnd>((onEnd) => {
      const handlers = { onOpen: vi.fn(), onText: vi.fn(), onEnd };
      fetchDial(async () => ({ status: 403, webSocket: null, body: body() }))(target, handlers);
    });
    expect(end).toEqual({ status: 403, reason: "HTTP 403", refusal });
  });

  test("where no API sends headers the reason says what to do, and nothing is dialled in a hurry", async () => {
    const states: LinkState[] = [];
    const tunnel = connect({
      relay: "https://relay.example.com",
      account: ACCOUNT,
      key: KEY,
      onState: (state) => states.push(state),
    });
    expect(await tunnel.call("chats.list")).toMatchObject({
      error: { data: { disposition: "not_started" } },
    });
    tunnel.close();
    expect(states.find((state) => state.kind === "refused")).toMatchObject({
      refused: { code: "unsupported", why: expect.stringMatching(/gateway\/node\/ws-dial\.ts/) },
    });
  });
});
