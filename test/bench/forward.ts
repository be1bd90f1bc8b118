// A plain proxied fetch: bench → workerd → a server of files, with nothing in between that knows of attachments.
import { open } from "node:fs/promises";
import path from "node:path";
import { bytesFetch } from "../../gateway/node/bytes-fetch.ts";
import { fileSource } from "../../gateway/node/file-source.ts";
import { startProgram } from "../../host/child.ts";
import { startRelay } from "../../host/workerd.ts";
import { owned } from "../e2e/owned.ts";
import { tempFolder } from "../e2e/temp.ts";
import { FORWARD_BUNDLE, processFile } from "./paths.ts";
import type { Bench } from "./row.ts";

const HOST = "127.0.0.1";

export interface Forward {
  /** Its file of that name into a new one here. */
  readonly fetch: (name: string, target: string) => Promise<void>;
  /** A file from here to one of that name. */
  readonly push: (source: string, name: string) => Promise<void>;
}

/** `folder`: of the files that the far end reads and writes. */
export async function startForward(bench: Bench, folder: string): Promise<Forward> {
  const origin = await startOrigin(bench, folder);
  const state = tempFolder("bench-forward");
  bench.later(() => state.remove());
  const worker = await startRelay({
    bundle: FORWARD_BUNDLE,
    state: path.join(state.path, "state"),
    host: HOST,
    port: 0,
    bindings: { ORIGIN: `http://${HOST}:${origin}` },
    onLine: () => undefined,
    reachesPrivate: true,
  });
  owned.add(worker.pid);
  bench.later(async () => {
    worker.kill();
    await worker.exited;
    owned.remove(worker.pid);
  });
  const url = (name: string): string => `http://${HOST}:${worker.port}/${name}`;
  return {
    fetch: async (name, target) => {
      const { status, body } = await bytesFetch(url(name), { method: "GET", headers: {} });
      if (status !== 200) throw new Error(`forward: HTTP ${status}`);
      const file = await open(target, "wx");
      try {
        for await (const chunk of body) await file.appendFile(chunk);
      } finally {
        await file.close();
      }
    },
    push: async (source, name) => {
      const file = await open(source, "r");
      try {
        const { size: length } = await file.stat();
        const body = { length, open: () => fileSource(file).read(0, length) };
        const response = await bytesFetch(url(name), { method: "PUT", headers: {}, body });
        if ((await response.text()) !== "ok") throw new Error(`forward: HTTP ${response.status}`);
      } finally {
        await file.close();
      }
    },
  };
}

async function startOrigin(bench: Bench, folder: string): Promise<number> {
  let said: (line: string) => void = () => undefined;
  const port = new Promise<number>((resolve) => {
    said = (line) => resolve(Number(line));
  });
  const program = await startProgram({
    command: process.execPath,
    args: [processFile("file-origin"), folder],
    env: process.env,
    onLine: (line, from) => (from === "out" ? said(line) : bench.say(line)),
  });
  owned.add(program.pid);
  bench.later(async () => {
    program.kill("SIGKILL");
    await program.exited;
    owned.remove(program.pid);
  });
  return Promise.race([port, program.exited.then((how) => Promise.reject(new Error(`file-origin: ${how}`)))]);
}
