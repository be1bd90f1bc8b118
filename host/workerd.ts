// The relay on this machine: raw workerd, its objects as SQLite files under the state folder. The unique keys of
// the namespaces name those folders, so they are fixed for ever.
import { spawn, type ChildProcess } from "node:child_process";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import workerd from "workerd";
import * as z from "zod";
import { exitOf, stopChild, type Running } from "./child.ts";
import { eachLine } from "./lines.ts";
import { makePrivateFolder } from "./private-folder.ts";

interface RelaySettings {
  /** Folder of the built worker: worker.js and runtime.json. */
  readonly bundle: string;
  /** Folder of the state; made where it is missing. */
  readonly state: string;
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Bindings of text: secrets go by the environment, never into the configuration file. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Where workerd's own lines go. */
  readonly onLine: (line: string) => void;
  /** The worker may also ask addresses that are not public; workerd's own answer is no. */
  readonly reachesPrivate?: boolean;
  /** Where a debugger may look into the worker's memory; only ever for tests, on this machine. */
  readonly inspectorPort?: number;
}

export interface RunningRelay extends Running {
  readonly port: number;
  /** As if the power failed. */
  kill(): void;
}

/** The package is CommonJS: a bundler hands out its exports object where Node hands out the path. */
const workerdPath = z
  .union([z.string(), z.looseObject({ default: z.string() }).transform((exported) => exported.default)])
  .parse(workerd);

const runtimeSchema = z.object({ compatibility_date: z.string(), compatibility_flags: z.array(z.string()) });

/** workerd drains on SIGTERM and was seen not to exit while connections are open (2026-04). */
const STOP_GRACE_MS = 2_000;
const START_MS = 20_000;

const NAMESPACES = [
  { binding: "ACCOUNTS", className: "AccountObject", uniqueKey: "imsg-relay-account" },
  { binding: "TENANTS", className: "TenantObject", uniqueKey: "imsg-relay-tenant" },
];

/** Rejects where workerd ends before it listens; a taken port is `EADDRINUSE` in the message. */
export async function startRelay(settings: RelaySettings): Promise<RunningRelay> {
  const objects = path.join(settings.state, "objects");
  makePrivateFolder(objects);
  await copyFile(path.join(settings.bundle, "worker.js"), path.join(settings.state, "worker.js"));
  const config = path.join(settings.state, "workerd.capnp");
  await writeFile(config, await configuration(settings, objects), { mode: 0o600 });
  const { inspectorPort } = settings;
  const inspector = inspectorPort === undefined ? [] : [`--inspector-addr=127.0.0.1:${inspectorPort}`];
  const child = spawn(workerdPath, ["serve", "--experimental", "--control-fd=3", ...inspector, config], {
    env: { ...settings.bindings },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // A group of its own: Ctrl-C in the terminal is for the launcher, which ends its children in order.
    detached: true,
  });
  const exited = exitOf(child);
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    eachLine(stream, (line) => {
      if (said.length < 50) said.push(line);
      settings.onLine(line);
    });
  }
  const port = await listening(child, exited, said);
  return {
    port,
    pid: child.pid ?? 0,
    exited,
    kill: () => void child.kill("SIGKILL"),
    stop: () => stopChild(child, exited, STOP_GRACE_MS),
  };
}

async function listening(
  child: ChildProcess,
  exited: Promise<string>,
  said: readonly string[],
): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const port = new Promise<number>((resolve) => {
    const control = child.stdio[3];
    if (control === null || control === undefined || !("on" in control)) return;
    eachLine(control as Readable, (line) => {
      const match = /"event":"listen".*"port":(\d+)/.exec(line);
      if (match !== null) resolve(Number(match[1]));
    });
  });
  const ended = exited.then((how) => {
    const taken = said.some((line) => /address already in use/i.test(line));
    throw new Error(
      taken ? "EADDRINUSE: the port is taken" : `workerd ended (${how}): ${said.slice(0, 5).join(" | ")}`,
    );
  });
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("workerd did not start listening in time")), START_MS);
  });
  try {
    return await Promise.race([port, ended, late]);
  } catch (error) {
    await stopChild(child, exited, 0);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function configuration(
  { bundle, host, port, bindings, reachesPrivate }: RelaySettings,
  objects: string,
): Promise<string> {
  const runtime = await readFile(path.join(bundle, "runtime.json"), "utf8");
  const { compatibility_date, compatibility_flags } = runtimeSchema.parse(JSON.parse(runtime));
  const text = (value: string): string => JSON.stringify(value);
  const namespaces = NAMESPACES.map(
    ({ className, uniqueKey }) =>
      `(className = ${text(className)}, uniqueKey = ${text(uniqueKey)}, enableSql = true)`,
  );
  const bound = [
    ...NAMESPACES.map(
      ({ binding, className }) => `(name = ${text(binding)}, durableObjectNamespace = ${text(className)})`,
    ),
    ...Object.keys(bindings).map((name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`),
  ];
  const internet = `(name = "internet", network = (allow = ["public", "private"])),`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  # V8 lets the young generation grow to tens of MiB before it looks; a catch-up of 50,000 rows grew workerd by
  # 118 MiB without this and by 28 MiB with it (2026-11).
  v8Flags = ["--max-semi-space-size=1"],
  services = [
    (name = "relay", worker = .relay),
    (name = "objects", disk = (path = ${text(objects)}, writable = true)),
    ${reachesPrivate === true ? internet : ""}
  ],
  sockets = [(name = "http", address = ${text(`${host}:${port}`)}, http = (), service = "relay")],
);
const relay :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${text(compatibility_date)},
  compatibilityFlags = [${compatibility_flags.map(text).join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [${bound.join(", ")}],
);
`;
}
