// Where a relay of one's own can send requests to: a name that leads to a private address is refused by the runtime,
// whatever the guard of addresses was told.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { anyFreePort } from "../../host/ports.ts";
import { startRelay, type RunningRelay } from "../../host/workerd.ts";
import { http } from "./http.ts";
import { DIST } from "./programs.ts";
import { owned } from "./owned.ts";
import { tempFolder, type TempFolder } from "./temp.ts";

/** Asks what it is told to ask, by the relay's own kind of request. */
const ASKER = `
export class AccountObject {}
export class TenantObject {}
export default {
  async fetch(request) {
    const to = new URL(request.url).searchParams.get("to");
    try {
      return new Response((await fetch(to, { method: "POST", redirect: "manual" })).status.toString());
    } catch (error) {
      return new Response(error.message, { status: 599 });
    }
  },
};`;

let folder: TempFolder;
let target: Server;
let hits = 0;
const relays: RunningRelay[] = [];
beforeAll(async () => {
  folder = tempFolder("public-network");
  writeFileSync(path.join(folder.path, "worker.js"), ASKER);
  copyFileSync(path.join(DIST, "relay", "runtime.json"), path.join(folder.path, "runtime.json"));
  target = createServer((_, response) => {
    hits += 1;
    response.end();
  });
  await new Promise<void>((resolve) => target.listen(0, "0.0.0.0", resolve));
});
afterAll(async () => {
  for (const relay of relays) {
    relay.kill();
    await relay.exited;
    owned.remove(relay.pid);
  }
  target.close();
  target.closeAllConnections();
  folder.remove();
});

async function asker(reachesPrivate: boolean): Promise<(to: string) => Promise<string>> {
  const state = path.join(folder.path, `state-${relays.length}`);
  mkdirSync(state);
  const options = { bundle: folder.path, host: "127.0.0.1", port: 0, bindings: {}, onLine: () => undefined };
  const relay = await startRelay({ ...options, state, reachesPrivate });
  relays.push(relay);
  owned.add(relay.pid);
  return async (to) => {
    const answer = await http(`http://127.0.0.1:${relay.port}/?to=${encodeURIComponent(to)}`);
    return `${answer.status} ${answer.text}`;
  };
}

test("HOOK26 a name of a private address is not asked unless the operator allows it", async () => {
  const { port } = target.address() as AddressInfo;
  const shut = await asker(false);
  // The second is a name that only this machine's own files resolve.
  for (const name of ["localhost", hostname(), "127.0.0.1"])
    expect(await shut(`http://${name}:${port}/`)).toMatch(/^599 internal error/);
  expect(hits).toBe(0);
  const open = await asker(true);
  expect(await open(`http://localhost:${port}/`)).toBe("200 200");
  expect(hits).toBe(1);
});

test("HOOK15 of a connection that failed the runtime says one of two things", async () => {
  const { port } = target.address() as AddressInfo;
  const open = await asker(true);
  expect(await open(`http://127.0.0.1:${await anyFreePort("127.0.0.1")}/`)).toBe(
    "599 Network connection lost.",
  );
  expect(await open("http://no-such-name.invalid/")).toMatch(/^599 internal error/);
  expect(await open(`https://127.0.0.1:${port}/`)).toMatch(/^599 internal error/);
});
