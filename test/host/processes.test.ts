import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { run, startProgram, type Running } from "../../host/child.ts";
import { keepRunning } from "../../host/keep-running.ts";
import { anyFreePort, isTaken, withFreePort } from "../../host/ports.ts";
import { StateLock } from "../../host/state-lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "imsg-relay-host-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const node = (script: string) => ({ command: process.execPath, args: ["-e", script], env: process.env });
const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

describe("a child", () => {
  test("tells its lines, takes lines, and says what ended it", async () => {
    const lines: string[] = [];
    const child = await startProgram({
      ...node(
        "process.stdin.on('data', (d) => { process.stdout.write(d); console.error('end'); process.exit(3) })",
      ),
      onLine: (line, from) => lines.push(`${from} ${line}`),
    });
    child.write("hello");
    expect(await child.exited).toBe("code 3");
    expect(lines.sort()).toEqual(["err end", "out hello"]);
  });

  test("that ignores SIGTERM is ended all the same", async () => {
    let ready: () => void = () => undefined;
    const up = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const child = await startProgram({
      ...node("process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)"),
      onLine: () => ready(),
    });
    await up;
    await child.stop();
    expect(await child.exited).toBe("SIGKILL");
  });

  test("that cannot be started is an error, not a wait", async () => {
    const program = { command: path.join(folder, "nothing"), args: [], env: {} };
    await expect(startProgram({ ...program, onLine: () => undefined })).rejects.toThrow("ENOENT");
    const done = await run(program);
    expect(done.code).not.toBe(0);
    expect(done.err).toContain("ENOENT");
  });
});

describe("what is kept running", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A thing that runs until its test ends it. */
  class Thing implements Running {
    static readonly all: Thing[] = [];
    readonly pid = Thing.all.push(this);
    end: (how: string) => void = () => undefined;
    readonly exited = new Promise<string>((resolve) => {
      this.end = resolve;
    });
    async stop(): Promise<void> {
      this.end("stopped");
    }
  }
  beforeEach(() => void Thing.all.splice(0));

  test("is started again later each time, at once again when it has run for a while, and not after a stop", async () => {
    const said: string[] = [];
    const keeper = await keepRunning(async () => new Thing(), {
      onStart: (pid) => said.push(`start ${pid}`),
      onEnd: (how, ms) => said.push(`${how} ${ms}`),
    });
    for (const ms of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      Thing.all.at(-1)?.end("crash");
      await vi.advanceTimersByTimeAsync(ms);
      expect(said.splice(0).slice(-2)).toEqual([`crash ${ms}`, `start ${Thing.all.length}`]);
    }
    await vi.advanceTimersByTimeAsync(31_000);
    Thing.all.at(-1)?.end("crash");
    await vi.advanceTimersByTimeAsync(500);
    expect(said).toEqual(["crash 500", `start ${Thing.all.length}`]);
    const before = Thing.all.length;
    await keeper.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(Thing.all).toHaveLength(before);
  });

  test("ends at once when it is stopped while it waits for its next start", async () => {
    const keeper = await keepRunning(async () => new Thing(), {
      onStart: () => undefined,
      onEnd: () => undefined,
    });
    Thing.all[0]?.end("crash");
    await vi.advanceTimersByTimeAsync(1);
    await keeper.stop();
    expect(Thing.all).toHaveLength(1);
    expect(keeper.pid).toBeUndefined();
  });

  test("a first start that fails is the caller's to hear of", async () => {
    const failing = keepRunning(() => Promise.reject(new Error("no")), {
      onStart: () => undefined,
      onEnd: () => undefined,
    });
    await expect(failing).rejects.toThrow("no");
  });
});

describe("the lock of a state folder", () => {
  const lockFile = (): string => path.join(folder, "running.json");
  const sleeper = (...mark: readonly string[]): ChildProcess =>
    spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", ...mark], { stdio: "ignore" });

  test("ends a child of a killed launcher, and never a stranger that has got its number since", async () => {
    const [ours, stranger] = [sleeper(folder), sleeper("somebody-elses")];
    try {
      await Promise.all([ours, stranger].map((child) => once(child, "spawn")));
      const children = { relay: ours.pid, agent: stranger.pid };
      // 2^22 is beyond any process number of Linux and macOS.
      writeFileSync(lockFile(), JSON.stringify({ pid: 4_194_304, children }));
      const ended: string[] = [];
      const gone = once(ours, "exit");
      const lock = await StateLock.take(folder, (name, pid) => ended.push(`${name} ${pid}`));
      await gone;
      expect(ended).toEqual([`relay ${ours.pid}`]);
      expect(isAlive(stranger)).toBe(true);
      lock.release();
    } finally {
      ours.kill("SIGKILL");
      stranger.kill("SIGKILL");
    }
  });

  test("is refused while its launcher runs, and free after its release", async () => {
    const other = sleeper("dist/host/host.cjs");
    try {
      await once(other, "spawn");
      writeFileSync(lockFile(), JSON.stringify({ pid: other.pid, children: {} }));
      await expect(StateLock.take(folder, () => undefined)).rejects.toThrow(`process ${other.pid}`);
    } finally {
      other.kill("SIGKILL");
      await once(other, "exit");
    }
    const lock = await StateLock.take(folder, () => undefined);
    lock.note("relay", 7);
    lock.note("agent", 8);
    lock.note("relay", undefined);
    expect(JSON.parse(readFileSync(lockFile(), "utf8"))).toEqual({
      pid: process.pid,
      children: { agent: 8 },
    });
    lock.release();
    const again = await StateLock.take(folder, () => undefined);
    again.release();
  });
});

describe("ports", () => {
  test("a taken one is told and passed over, also when somebody is quicker than the look", async () => {
    const server = createServer();
    const port = await anyFreePort("127.0.0.1");
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    expect(await isTaken(port, "127.0.0.1")).toBe(true);
    const [taken, tried]: [number[], number[]] = [[], []];
    const used = await withFreePort(
      port,
      "127.0.0.1",
      async (candidate) => {
        tried.push(candidate);
        if (tried.length === 1) throw new Error("EADDRINUSE: the port is taken");
        return candidate;
      },
      (candidate) => taken.push(candidate),
    );
    expect(used).toBe(tried.at(-1));
    expect(taken).toContain(port);
    expect(taken).toContain(tried[0]);
    server.close();
    await once(server, "close");
    expect(await isTaken(port, "127.0.0.1")).toBe(false);
  });

  test("another failure is not a taken port", async () => {
    const failing = withFreePort(
      await anyFreePort("127.0.0.1"),
      "127.0.0.1",
      () => Promise.reject(new Error("no workerd for this machine")),
      () => undefined,
    );
    await expect(failing).rejects.toThrow("no workerd");
  });
});
