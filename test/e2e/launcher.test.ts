import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { anyFreePort } from "../../host/ports.ts";
import { HookReceiver } from "./hook-receiver.ts";
import { http } from "./http.ts";
import { isAlive, Launcher, occupy, processesOf, runHost, runSim } from "./launcher.ts";
import { openChannel } from "./open-channel.ts";
import { PROGRAMS } from "./programs.ts";
import { tempFolder, type TempFolder } from "./temp.ts";
import { until } from "./waiting.ts";

const statusSchema = z.looseObject({ log: z.looseObject({ id: z.string() }) });
const FRIEND = "+15550100111";

/** A state folder of the test's own: the tests of this file run beside one another. */
class Place {
  readonly state: string;
  readonly #folder: TempFolder;
  readonly #launchers: Launcher[] = [];

  constructor() {
    this.#folder = tempFolder("launcher");
    this.state = path.join(this.#folder.path, "state");
  }

  /** With an environment of a Mac's: on its own imsg. */
  async start(port?: number, env?: NodeJS.ProcessEnv): Promise<Launcher> {
    const mac = env === undefined ? ["--demo-mac"] : [];
    const args = ["start", ...mac, "--port", String(port ?? (await freePort()))];
    const launcher = await Launcher.start(this.state, args, env);
    this.#launchers.push(launcher);
    return launcher;
  }

  async online(port?: number): Promise<Launcher> {
    const launcher = await this.start(port);
    await launcher.says("the Mac is online");
    return launcher;
  }

  async receive(text: string): Promise<void> {
    const db = path.join(this.state, "demo-mac", "chat.db");
    const args = ["receive", "--db", db, "--chat", `any;-;${FRIEND}`, "--from", FRIEND, text];
    const { code, err } = await runSim(...args);
    if (code !== 0) throw new Error(err);
  }

  modeOf(file: string): string {
    return (statSync(path.join(this.state, file)).mode & 0o777).toString(8);
  }

  get folder(): string {
    return this.#folder.path;
  }

  /** An imsg whose agent was killed ends with its input, a moment later. */
  async isEmpty(): Promise<boolean> {
    return until(async () => processesOf(this.folder).length === 0, `nothing runs for ${this.folder}`, 5_000);
  }

  async leave(): Promise<void> {
    for (const launcher of this.#launchers) await launcher.interrupt();
    this.#folder.remove();
  }
}

const handedOut = new Set<number>();

/** No two tests of this file are given the same. */
async function freePort(): Promise<number> {
  const port = await anyFreePort("127.0.0.1");
  if (handedOut.has(port)) return freePort();
  handedOut.add(port);
  return port;
}

const at =
  (run: (place: Place) => Promise<void>): (() => Promise<void>) =>
  async () => {
    const place = new Place();
    try {
      await run(place);
    } finally {
      await place.leave();
    }
  };

describe.concurrent("npm start", () => {
  test(
    "brings everything up, prints lines that work as they stand, shows what passes, and stops without a trace",
    at(async (place) => {
      const launcher = await place.online();
      const children = launcher.children();
      expect(Object.keys(children).sort()).toEqual(["agent", "gateway", "relay"]);
      expect([
        place.modeOf("."),
        place.modeOf("secrets.json"),
        place.modeOf("launcher.json"),
        place.modeOf("relay"),
      ]).toEqual(["700", "600", "600", "700"]);
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
      expect(await place.isEmpty()).toBe(true);
      expect(existsSync(path.join(place.state, "running.json"))).toBe(false);
    }),
  );

  test(
    "delivers webhooks to this machine",
    at(async (place) => {
      const port = await freePort();
      const launcher = await place.online(port);
      const { account, tenant, credential } = launcher.memory();
      const relay = `http://127.0.0.1:${port}`;
      await openChannel({ accountUrl: `${relay}/v1/accounts/${account}`, key: credential });
      const receiver = await HookReceiver.start();
      const secrets = readFileSync(path.join(place.state, "secrets.json"), "utf8");
      const key = /"OPERATOR_KEY": "(.*)"/.exec(secrets)?.[1];
      const body = { url: receiver.url, kinds: ["message.received"] };
      const made = await http(`${relay}/v1/tenants/${tenant}/endpoints`, { method: "POST", key, body });
      expect(made.status).toBe(201);
      await place.receive("hook me");
      const { payload } = await receiver.received.find(() => true, "the webhook");
      receiver.stop();
      expect(JSON.stringify(payload)).toContain("hook me");
    }),
  );

  test(
    "comes up again with the same account and log, and with what was written meanwhile",
    at(async (place) => {
      const port = await freePort();
      const first = await place.online(port);
      await place.receive("before");
      await first.says("before");
      const { account, credential } = first.memory();
      const status = `http://127.0.0.1:${port}/v1/accounts/${account}/status`;
      const before = statusSchema.parse((await http(status, { key: credential })).json());
      expect(await first.interrupt("SIGTERM")).toBe("code 0");
      await place.receive("while nobody ran");
      const second = await place.online(port);
      expect(second.memory().account).toBe(account);
      expect(second.lines.all.join("\n")).toContain("runs again, with everything it had");
      const after = await until(async () => {
        const now = (await http(status, { key: credential })).json();
        return JSON.stringify(now).includes('"messages_in":2') && now;
      }, "the second message is logged");
      expect(after).toMatchObject({ account, log: { id: before.log.id }, agent: { epoch: 2 } });
      await second.interrupt();
    }),
  );

  test(
    "a taken port is said and the next one taken; the Mac and the gateway are told when it has moved",
    at(async (place) => {
      const port = await freePort();
      const other = await occupy(port);
      const first = await place.start(port);
      await first.says(`Port ${port} is taken; trying ${port + 1}.`);
      await first.says("the Mac is online");
      const moved = first.memory();
      expect(moved.port).toBeGreaterThan(port);
      await first.interrupt();
      other.close();
      const second = await place.online(port);
      await place.receive("to the other port");
      await second.says("to the other port");
      expect(second.memory()).toMatchObject({ port, account: moved.account });
      await second.interrupt();
    }),
  );

  test(
    "an agent or a relay that dies is said and started again, with nothing lost",
    at(async (place) => {
      const launcher = await place.online();
      for (const name of ["agent", "relay", "gateway"] as const) {
        const seen = launcher.lines.all.length;
        const pid = launcher.children()[name] ?? 0;
        process.kill(pid, "SIGKILL");
        await launcher.says(`The ${name} ended (SIGKILL); it is started again in 0.5 s.`, 5_000, seen);
        await until(async () => (launcher.children()[name] ?? pid) !== pid, `another ${name}`);
        if (name !== "gateway") await launcher.says("the Mac is online", 10_000, seen);
        await place.receive(`after the ${name}`);
        // A gateway from the tail may miss what came before it subscribed; the log does not.
        if (name !== "gateway") await launcher.says(`after the ${name}`, 10_000, seen);
      }
      expect(await launcher.interrupt()).toBe("code 0");
      expect(await place.isEmpty()).toBe(true);
    }),
  );

  test(
    "one launcher a folder; what one left that was killed outright is ended before the next begins",
    at(async (place) => {
      const port = await freePort();
      const first = await place.online(port);
      const left = first.children();
      const refused = await runHost(["start", "--demo-mac", "--state", place.state]);
      expect(refused.code).toBe(1);
      expect(refused.err).toContain(`Already running on ${place.state}`);
      expect(await first.interrupt("SIGKILL")).toBe("SIGKILL");
      const second = await place.start(port);
      await second.says("of an earlier run was still there");
      await second.says("the Mac is online");
      expect(Object.values(left).filter(isAlive)).toEqual([]);
      expect(await second.interrupt()).toBe("code 0");
    }),
  );
});

describe.concurrent("npm start on a Mac", () => {
  test(
    "uses the imsg on PATH, names it in the owner's file, and shows what passes without a word or a name of it",
    at(async (place) => {
      const messages = path.join(place.folder, "Library", "Messages");
      await runSim("demo", messages);
      const bin = path.join(place.folder, "bin");
      mkdirSync(bin);
      symlinkSync(PROGRAMS.sim, path.join(bin, "imsg"));
      const env = { HOME: place.folder, PATH: `${bin}${path.delimiter}${process.env["PATH"] ?? ""}` };
      const launcher = await place.start(undefined, env);
      await launcher.says("the Mac is online");
      expect(launcher.lines.all.join("\n")).toMatch(/mac +\/.*\/bin\/imsg/);
      const file = path.join(place.state, "home", "agent", "default", "agent.jsonc");
      const owners = readFileSync(file, "utf8");
      expect(owners).toContain(`"cliPath": "${path.join(bin, "imsg")}"`);
      expect(owners).toContain('// "read_only": true');
      const args = ["receive", "--db", path.join(messages, "chat.db"), "--chat", `any;-;${FRIEND}`];
      await runSim(...args, "--from", FRIEND, "a secret");
      await launcher.says("← chat 1  a message");
      const all = launcher.lines.all.join("\n");
      expect(all).not.toContain("a secret");
      expect(all).not.toContain(FRIEND);
      expect(await launcher.interrupt()).toBe("code 0");
    }),
  );
});

describe.concurrent("npm start, interrupted", () => {
  test(
    "while it is still setting up: ends at once, and the next start goes on from there",
    at(async (place) => {
      const port = await freePort();
      const hasty = await place.start(port);
      await until(
        async () => existsSync(path.join(place.state, "running.json")) && hasty.children()["relay"],
        "a relay",
      );
      expect(await hasty.interrupt()).toBe("code 0");
      expect(await place.isEmpty()).toBe(true);
      const patient = await place.online(port);
      expect(await patient.interrupt()).toBe("code 0");
    }),
  );

  test(
    "a second Ctrl-C does not wait, and leaves no process either",
    at(async (place) => {
      const launcher = await place.online();
      process.kill(launcher.pid, "SIGINT");
      await launcher.says("Stopping");
      await launcher.interrupt();
      expect(await place.isEmpty()).toBe(true);
    }),
  );
});

describe.concurrent("npm run demo", () => {
  test(
    "goes through all its steps and leaves nothing behind",
    at(async (place) => {
      const { code, out, err } = await runHost(["demo"], { TMPDIR: place.folder });
      expect(err).toBe("");
      expect(code).toBe(0);
      expect(out.match(/^\d\. /gm)).toHaveLength(8);
      expect(out.match(/^ {3}✓ /gm)).toHaveLength(6);
      expect(out).not.toContain("\u001b[");
      expect(readdirSync(place.folder)).toEqual([]);
      expect(await place.isEmpty()).toBe(true);
    }),
  );

  test(
    "Ctrl-C in the middle ends it with nothing left behind",
    at(async (place) => {
      const tour = await Launcher.start(place.state, ["demo"], { TMPDIR: place.folder });
      await tour.says("$ imsg-relay setup");
      expect(await tour.interrupt()).toBe("code 1");
      expect(readdirSync(place.folder)).toEqual([]);
      expect(await place.isEmpty()).toBe(true);
    }),
  );
});
