// A bare echo over two hops: bench → workerd → another process → workerd → bench.
import path from "node:path";
import { WebSocket } from "ws";
import { startProgram } from "../../host/child.ts";
import { startRelay, type RunningRelay } from "../../host/workerd.ts";
import { owned } from "../e2e/owned.ts";
import { tempFolder } from "../e2e/temp.ts";
import { ECHO_BUNDLE, processFile } from "./paths.ts";
import type { Bench } from "./row.ts";

const HOST = "127.0.0.1";
/** About what a request and its answer are long. */
const MESSAGE = "x".repeat(250);
const OPEN_MS = 10_000;

export async function startEchoRelay(bench: Bench): Promise<RunningRelay> {
  const folder = tempFolder("bench-echo");
  bench.later(() => folder.remove());
  const relay = await startRelay({
    bundle: ECHO_BUNDLE,
    state: path.join(folder.path, "state"),
    host: HOST,
    port: 0,
    bindings: {},
    onLine: () => undefined,
  });
  owned.add(relay.pid);
  bench.later(async () => {
    relay.kill();
    await relay.exited;
    owned.remove(relay.pid);
  });
  return relay;
}

export interface Echo {
  /** Resolves when what was said has come back. */
  readonly call: () => Promise<void>;
}

export async function startEcho(bench: Bench): Promise<Echo> {
  const relay = await startEchoRelay(bench);
  const url = (side: string): string => `ws://${HOST}:${relay.port}/?object=one&side=${side}`;
  await startFarEnd(bench, url("far"));
  const socket = await open(bench, url("near"));
  let heard: () => void = () => undefined;
  socket.on("message", () => heard());
  return {
    call: () =>
      new Promise<void>((resolve) => {
        heard = resolve;
        socket.send(MESSAGE);
      }),
  };
}

async function startFarEnd(bench: Bench, url: string): Promise<void> {
  let isOpen: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (isOpen = resolve));
  const program = await startProgram({
    command: process.execPath,
    args: [processFile("echo-peer"), url],
    env: process.env,
    onLine: () => isOpen(),
  });
  owned.add(program.pid);
  bench.later(async () => {
    program.kill("SIGKILL");
    await program.exited;
    owned.remove(program.pid);
  });
  await Promise.race([opened, program.exited.then((how) => Promise.reject(new Error(`echo-peer: ${how}`)))]);
}

function open(bench: Bench, url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: OPEN_MS });
  bench.later(() => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}
