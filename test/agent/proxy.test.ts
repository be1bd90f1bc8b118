import { createServer } from "node:http";
import { connect } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { proxyAgent, socketDial } from "../../agent/node/dial.ts";
import { isSafeOrigin } from "../../agent/node/origin.ts";
import { RelayServer } from "./support/programs.ts";

const NAMES = [
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "NO_PROXY",
  "no_proxy",
  "ALL_PROXY",
  "all_proxy",
];

afterEach(() => vi.unstubAllEnvs());

function environment(values: Record<string, string>): void {
  for (const name of NAMES) vi.stubEnv(name, values[name]);
}

it("HTTPS_PROXY is honoured, NO_PROXY too, and this machine needs no proxy", async () => {
  environment({
    HTTPS_PROXY: "http://proxy.test:3128",
    HTTP_PROXY: "http://proxy.test:3128",
    NO_PROXY: "near.test",
  });
  expect(await proxyAgent("https://relay.test")).toBeDefined();
  expect(await proxyAgent("https://near.test")).toBeUndefined();
  expect(await proxyAgent("http://127.0.0.1:8787")).toBeUndefined();
  expect(await proxyAgent("http://localhost:8787")).toBeUndefined();
  environment({});
  expect(await proxyAgent("https://relay.test")).toBeUndefined();
});

it("the link goes through the proxy, by CONNECT", async () => {
  const server = new RelayServer();
  await server.listen();
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    const onward = connect(Number(new URL(server.origin).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  environment({ HTTP_PROXY: `http://127.0.0.1:${port}` });

  const agent = await proxyAgent("http://relay.test");
  const heard: string[] = [];
  const channel = socketDial(agent)("ws://relay.test/v1/accounts/acc/agent", "imsg-relay.agent.v1", {
    onOpen: () => undefined,
    onText: (text) => heard.push(text),
    onBinary: () => undefined,
    onClose: () => undefined,
    onFailed: ({ kind }) => heard.push(kind),
  });
  await vi.waitFor(() => expect(heard[0]).toContain("challenge"));
  expect(asked).toEqual(["relay.test:80"]);
  channel.close(4000, "");
  await server.close();
  proxy.closeAllConnections();
  proxy.close();
});

it("plain http is for this machine only", () => {
  for (const safe of [
    "https://relay.test",
    "http://127.0.0.1:1",
    "http://localhost",
    "http://[::1]:8787",
    "http://a.localhost",
  ]) {
    expect([safe, isSafeOrigin(safe)]).toEqual([safe, true]);
  }
  for (const unsafe of [
    "http://relay.test",
    "http://127.0.0.1.evil.test",
    "http://localhost.evil.test",
    "ftp://localhost",
  ]) {
    expect([unsafe, isSafeOrigin(unsafe)]).toEqual([unsafe, false]);
  }
});
