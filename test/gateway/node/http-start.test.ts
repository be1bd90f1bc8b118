import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { pooled, startRequest } from "../../../gateway/node/http-start.ts";
import { readText } from "../../../gateway/node/read-text.ts";

const IDLE_MS = 100;

test("a connection is used again, but not after it lay idle: its other end may be closing it", async () => {
  const connections: Socket[] = [];
  const server = createServer((_, response) => response.end("ok"));
  server.on("connection", (socket) => void connections.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const pool = pooled(IDLE_MS);
  const ask = async (): Promise<string> => {
    const { sent, answered } = await startRequest(
      `http://127.0.0.1:${port}/`,
      { method: "GET", headers: {} },
      pool,
    );
    sent.end();
    return readText(await answered);
  };
  expect([await ask(), await ask(), connections.length]).toEqual(["ok", "ok", 1]);
  // It is closed from here, well before the server would.
  await Promise.all(connections.map((socket) => once(socket, "close")));
  expect([await ask(), connections.length]).toEqual(["ok", 2]);
  server.close();
  server.closeAllConnections();
});
