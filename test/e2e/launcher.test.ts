import { existsSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { anyFreePort } from "../../host/ports.ts";
import { http } from "./http.ts";
import { isAlive, Launcher, occupy, processesOf, runHost, runSim } from "./launcher.ts";
import { tempFolder, type TempFolder } from "./temp.ts";
import { until } from "./waiting.ts";

const statusSchema = z.looseObject({ log: z.looseObject({ id: z.string() }) });
const FRIEND = "+15550100111";

let folder: TempFolder;
let state: string;
beforeEach(() => {
  folder = tempFolder("launcher");
  state = path.join(folder.path, "state");
});
afterEach(() => folder.remove());

const modeOf = (file: string): string => (statSync(path.join(state, file)).mode & 0o777).toString(8);
const receive = (text: string) =>
  runSim(
    "receive",
    "--db",
    path.join(state, "demo-mac", "chat.db"),
    "--chat",
    `any;-;${FRIEND}`,
    "--from",
    FRIEND,
    text,
  );
const start = async (port: number): Promise<Launcher> =>
  Launcher.start(state, "start", "--demo-mac", "--port", String(port));

describe("npm start", () => {
  test("brings everything up, prints lines that work as they stand, shows what passes, and stops without a trace", async () => {
    const launcher = await start(await anyFreePort("127.0.0.1"));
    await launcher.says("the Mac is online");
    const children = launcher.children();
    expect(Object.keys(children).sort()).toEqual(["agent", "gateway", "relay"]);
    expect([modeOf("."), modeOf("secrets.json"), modeOf("launcher.json"), modeOf("relay")]).toEqual([
      "700",
      "600",
      "600",
      "700",
    ]);
    const lines = launcher.lines.all.filter((line) => line.startsWith("  ") && line.includes("imsg"));
    const printed = (word: string): string =>
      lines.find((line) => line.includes(word))?.trim() ?? `no line with ${word}`;
    expect((await launcher.typed(printed("imsg-relay status"))).out).toMatch(/Mac +online/);
    expect((await launcher.typed(printed("chats.list"))).out).toContain("Saturday climbing");
    expect((await launcher.typed(printed("curl"))).out).toContain('"state":"online"');
    expect((await launcher.typed(printed("imsg-sim receive"))).code).toBe(0);
    await launcher.says(`← ${FRIEND}  On my way!`);
    const send = { jsonrpc: "2.0", id: 1, method: "send", params: { to: FRIEND, text: "Great" } };
    const rpc = printed("chats.list").replace(/^echo '.*' \|/, `echo '${JSON.stringify(send)}' |`);
    expect((await launcher.typed(rpc)).out).toContain('"guid"');
    await launcher.says(`→ ${FRIEND}  Great`);
    expect(await launcher.interrupt()).toBe("code 0");
    await launcher.says("Everything is kept");
    expect(Object.values(children).filter(isAlive)).toEqual([]);
    expect(processesOf(state)).toEqual([]);
    expect(existsSync(path.join(state, "running.json"))).toBe(false);
  });

  test("comes up again with the same account and log, and with what was written meanwhile", async () => {
    const port = await anyFreePort("127.0.0.1");
    const first = await start(port);
    await first.says("the Mac is online");
    await receive("before");
    await first.says("before");
    const { account, credential } = first.memory();
    const status = `http://127.0.0.1:${port}/v1/accounts/${account}/status`;
    const before = statusSchema.parse((await http(status, { key: credential })).json());
    expect(await first.interrupt("SIGTERM")).toBe("code 0");
    await receive("while nobody ran");
    const second = await start(port);
    await second.says("the Mac is online");
    expect(second.memory().account).toBe(account);
    expect(second.lines.all.join("\n")).toContain("runs again, with everything it had");
    const after = await until(async () => {
      const now = (await http(status, { key: credential })).json();
      return JSON.stringify(now).includes('"messages_in":2') && now;
    }, "the second message is logged");
    expect(after).toMatchObject({ account, log: { id: before.log.id }, agent: { epoch: 2 } });
    await second.interrupt();
  });

  test("a taken port is said and the next one taken; the Mac and the gateway are told when it has moved", async () => {
    const port = await anyFreePort("127.0.0.1");
    const other = await occupy(port);
    const first = await start(port);
    await first.says(`Port ${port} is taken; trying ${port + 1}.`);
    await first.says("the Mac is online");
    const moved = first.memory();
    expect(moved.port).toBeGreaterThan(port);
    await first.interrupt();
    other.close();
    const second = await start(port);
    await second.says("the Mac is online");
    await receive("to the other port");
    await second.says("to the other port");
    expect(second.memory()).toMatchObject({ port, account: moved.account });
    await second.interrupt();
  });

  test("an agent or a relay that dies is said and started again, with nothing lost", async () => {
    const launcher = await start(await anyFreePort("127.0.0.1"));
    await launcher.says("the Mac is online");
    for (const name of ["agent", "relay", "gateway"] as const) {
      const seen = launcher.lines.all.length;
      const pid = launcher.children()[name] ?? 0;
      process.kill(pid, "SIGKILL");
      await launcher.says(`The ${name} ended (SIGKILL); it is started again in 0.5 s.`, 5_000, seen);
      await until(async () => (launcher.children()[name] ?? pid) !== pid, `another ${name}`);
      if (name !== "gateway") await launcher.says("the Mac is online", 10_000, seen);
      await receive(`after the ${name}`);
      // A gateway from the tail may miss what came before it subscribed; the log does not.
      if (name !== "gateway") await launcher.says(`after the ${name}`, 10_000, seen);
    }
    expect(await launcher.interrupt()).toBe("code 0");
    expect(processesOf(state)).toEqual([]);
  });

  test("one launcher a folder; what one left that was killed outright is ended before the next begins", async () => {
    const port = await anyFreePort("127.0.0.1");
    const first = await start(port);
    await first.says("the Mac is online");
    const left = first.children();
    const refused = await runHost("start", "--demo-mac", "--state", state);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(`Already running on ${state}`);
    expect(await first.interrupt("SIGKILL")).toBe("SIGKILL");
    const second = await start(port);
    await second.says("of an earlier run was still there");
    await second.says("the Mac is online");
    expect(Object.values(left).filter(isAlive)).toEqual([]);
    expect(await second.interrupt()).toBe("code 0");
  });
});

describe("npm start, interrupted", () => {
  test("while it is still setting up: ends at once, and the next start goes on from there", async () => {
    const port = await anyFreePort("127.0.0.1");
    const hasty = await start(port);
    await until(
      async () => existsSync(path.join(state, "running.json")) && hasty.children()["relay"],
      "a relay",
    );
    expect(await hasty.interrupt()).toBe("code 0");
    expect(processesOf(state)).toEqual([]);
    const patient = await start(port);
    await patient.says("the Mac is online");
    expect(await patient.interrupt()).toBe("code 0");
  });

  test("a second Ctrl-C does not wait, and leaves no process either", async () => {
    const launcher = await start(await anyFreePort("127.0.0.1"));
    await launcher.says("the Mac is online");
    process.kill(launcher.pid, "SIGINT");
    await launcher.says("Stopping");
    await launcher.interrupt();
    expect(processesOf(state)).toEqual([]);
  });
});

describe("npm run demo", () => {
  test("goes through all its steps and leaves nothing behind", async () => {
    const mine = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("imsg-relay-demo-"));
    const before = mine();
    const { code, out, err } = await runHost("demo");
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out.match(/^\d\. /gm)).toHaveLength(8);
    expect(out.match(/^ {3}✓ /gm)).toHaveLength(6);
    expect(out).not.toContain("\u001b[");
    expect(mine()).toEqual(before);
  });

  test("Ctrl-C in the middle ends it with nothing left behind", async () => {
    const tour = await Launcher.start(state, "demo");
    await tour.says("$ imsg-relay setup");
    expect(await tour.interrupt()).toBe("code 1");
    expect(processesOf("imsg-relay-demo-")).toEqual([]);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("imsg-relay-demo-"))).toEqual([]);
  });
});
