// What a Mac does with its enrolment, with everything real: looks, joins, moves the account to it, changes its key and
// is killed meanwhile, follows its relay, leaves.
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { Mac } from "../imsg-sim/scenario.ts";
import { AgentProcess } from "./agent-process.ts";
import { HeldWire } from "./held-wire.ts";
import { QUICK, startSystem, type System, type SystemOptions } from "./harness.ts";
import { http } from "./http.ts";
import { openChannel } from "./open-channel.ts";
import { offerEnrolment } from "./owner.ts";
import { PROGRAMS } from "./programs.ts";
import { OPERATOR_KEY, RelayProcess } from "./relay-process.ts";
import { tempFolder } from "./temp.ts";
import { until } from "./waiting.ts";

const FRIEND = "+15550100111";

const on =
  (options: Partial<SystemOptions>, run: (system: System) => Promise<void>): (() => Promise<void>) =>
  async () => {
    const system = await startSystem({ dialect: "0.15", ...options });
    try {
      await run(system);
    } finally {
      await system.stop();
    }
  };

interface Install {
  readonly install: string;
  readonly ended: string | null;
  readonly key_changed_at: number | null;
  readonly serves: boolean;
}
async function installsOf(system: System): Promise<Install[]> {
  const answer = await http(`${system.accountUrl}/installs`, { key: OPERATOR_KEY });
  return (JSON.parse(answer.text) as { installs: Install[] }).installs;
}
const identityOf = (agent: AgentProcess): Record<string, string> =>
  JSON.parse(readFileSync(path.join(agent.home, "agent", "default", "identity.json"), "utf8"));

/** Texts of all messages that a reader is shown, in order. */
async function textsOf(system: System): Promise<string[]> {
  const answer = await http(`${system.accountUrl}/events?kinds=message.*`, { key: system.key });
  return [...answer.text.matchAll(/"text":"([^"]*)"/g)].map(([, text]) => text ?? "");
}

describe.concurrent("an account that moves to another Mac", () => {
  test.each(["0.9", "0.15"] as const)(
    "ENR1, ENR4, ENR5: the code is looked at, the old Mac is shut out and says so, nothing of the new one is lost or doubled (%s)",
    (dialect) =>
      on({ dialect }, async (system) => {
        await openChannel(system);
        const chat = system.world.dm(FRIEND, "any");
        const known = system.world.appendText(chat, FRIEND, "passed on by the old Mac");
        await until(async () => (await textsOf(system)).length === 1, "it is shown");

        const { url } = await offerEnrolment(system.relayUrl, system.account);
        const looked = await system.agent.command("enroll", url, "--profile", "look");
        expect(looked).toMatchObject({ code: 5, err: expect.stringContaining("--yes") });
        expect(looked.out).toContain(
          `Account  mac (${system.account})\nTenant   tenant (${system.tenant})\n`,
        );
        expect(looked.out).toMatch(/Macs {5}"mac" serves it now/);

        // iCloud shows the new Mac what the old one had shown, and what it never will.
        const world = new Mac({
          folder: path.join(system.folder, "SecondMessages"),
          settings: { dialect, seed: 2, tailRace: 0 },
        });
        const there = world.dm(FRIEND, "any");
        const message = { op: "message", chat: there, sender: FRIEND, destination: null } as const;
        world.appendText(there, FRIEND, "long ago", { date: Date.now() - 86_400_000 });
        world.append(
          { ...message, guid: known, text: "passed on by the old Mac", date: Date.now() - 1_000 },
          { ...message, guid: world.guid(), text: "seen by the new Mac alone", date: Date.now() },
        );
        const seen = system.agent.events.all.length;
        const config = { cliPath: PROGRAMS.sim, dbPath: world.dbPath, ...QUICK };
        const second = path.join(system.folder, "second");
        const agent = await AgentProcess.enrol(second, url, config, {}, ["--takeover"]);
        const down = await system.agent.waitFor("link_down", 5_000, seen);
        expect(down).toMatchObject({
          level: "error",
          why: expect.stringContaining("this account was moved to another Mac on "),
        });
        expect(Number(down["again_in_ms"])).toBeGreaterThan(240_000);
        expect((await system.status()).agent.state).toBe("offline");
        await until(
          async () => (await system.agent.command("status")).out.includes("was moved to another Mac on "),
          "status says so",
        );
        try {
          await agent.start();
          await until(async () => (await textsOf(system)).length === 2, "the new one reads");
          world.appendText(there, FRIEND, "live on the new Mac");
          await until(async () => (await textsOf(system)).length === 3, "and goes on");
          expect(await textsOf(system)).toEqual([
            "passed on by the old Mac",
            "seen by the new Mac alone",
            "live on the new Mac",
          ]);
          const resets = await http(`${system.accountUrl}/events?kinds=account.*`, { key: system.key });
          expect(resets.text).toContain("account.cursor_reset");
          expect((await installsOf(system)).map(({ ended, serves }) => [ended, serves])).toEqual([
            ["moved", false],
            [null, true],
          ]);
          await system.agent.restart();
          expect(await system.agent.waitFor("link_down", 5_000, seen + 1)).toMatchObject({ level: "error" });
          expect((await system.status()).agent.state).toBe("online");
        } finally {
          await agent.kill("SIGKILL");
        }
      })(),
  );
});

describe.concurrent("a key that is replaced", () => {
  /** Everything through one wire, which the relay takes for its own address. */
  async function wired(run: (system: System, wire: HeldWire) => Promise<void>): Promise<void> {
    const wire = await HeldWire.start();
    const folder = tempFolder("held-wire");
    const relay = await RelayProcess.start({ state: folder.path, env: { RELAY_ORIGINS: wire.origin } });
    wire.target = relay.port;
    try {
      const system = await startSystem({ dialect: "0.15", runAgent: false, relay });
      try {
        expect(identityOf(system.agent)["relay"]).toBe(wire.origin);
        await run(system, wire);
      } finally {
        await system.stop();
      }
    } finally {
      await relay.kill9();
      await wire.close();
      folder.remove();
    }
  }

  test("ENR7: killed at every word of the relay, the agent comes back, and the rotation can be finished", () =>
    wired(async (system, wire) => {
      const { agent } = system;
      const online = async (): Promise<void> => {
        await agent.start();
        await system.waitForOnline();
        await agent.kill("SIGTERM");
        await system.waitForOffline();
      };
      await online();
      const first = identityOf(agent)["private_key"];
      for (const [text, n] of [
        ['"t":"challenge"', 1],
        ['"t":"proved"', 1],
        ['"t":"challenge"', 2],
        ['"t":"proved"', 2],
      ] as const) {
        const held = wire.hold(text, n);
        const rotating = await agent.begin("rotate-key");
        await held;
        rotating.kill("SIGKILL");
        await rotating.exited;
        await online();
        expect(await agent.command("rotate-key")).toMatchObject({ code: 0, err: "" });
        expect(identityOf(agent)["next_key"]).toBeUndefined();
        await online();
      }
      expect(identityOf(agent)["private_key"]).not.toBe(first);
      const [serving] = await installsOf(system);
      expect(serving?.key_changed_at).not.toBeNull();
    }));

  test(
    "ENR7: while the agent runs it stays connected, and comes back by the new key; the old one is worth nothing",
    on({}, async (system) => {
      const { agent } = system;
      const file = path.join(agent.home, "agent", "default", "identity.json");
      const before = readFileSync(file, "utf8");
      expect(await agent.command("rotate-key")).toMatchObject({
        code: 0,
        out: "The key of this Mac was replaced; the one before counts no longer.\n",
      });
      expect((await system.status()).agent).toMatchObject({ state: "online", epoch: 1 });
      const seen = agent.events.all.length;
      await system.relay.kill9();
      await system.relay.start();
      await agent.waitFor("link_up", 10_000, seen);
      // A copy of the old file, as somebody has it who stole it.
      const stolen = path.join(system.folder, "stolen");
      cpSync(agent.home, stolen, { recursive: true });
      const thief = path.join(stolen, "agent", "default", "identity.json");
      writeFileSync(thief, before);
      rmSync(path.join(stolen, "agent", "default", "status.json"), { force: true });
      const other = AgentProcess.at(stolen);
      try {
        await other.start("--takeover");
        expect(await other.waitFor("link_down")).toMatchObject({
          level: "error",
          why: expect.stringContaining("does not know this agent"),
        });
      } finally {
        await other.kill("SIGKILL");
      }
    }),
  );
});

describe.concurrent("a relay that moved", () => {
  test(
    "ENR10: the agent follows it to where its state went, and nowhere else",
    on({}, async (system) => {
      const { agent } = system;
      const strange = await RelayProcess.start({ state: path.join(system.folder, "strange") });
      const refused = await agent.command("move", strange.url, "--yes");
      await strange.stop();
      expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("does not know this Mac") });
      expect(identityOf(agent)["relay"]).toBe(system.relayUrl);

      await system.relay.stop();
      const state = path.join(system.folder, "moved");
      cpSync(system.relay.state, state, { recursive: true });
      const moved = await RelayProcess.start({ state });
      try {
        expect(await agent.command("move", moved.url, "--yes")).toMatchObject({ code: 0, err: "" });
        await until(async () => agent.pid === 0, "the agent that ran has ended");
        await agent.start();
        await agent.waitFor("link_up", 10_000, agent.events.all.length - 1);
        const status = async (): Promise<string> =>
          (await http(`${moved.url}/v1/accounts/${system.account}/status`, { key: system.key })).text;
        expect(await status()).toContain('"state":"online"');
        expect(await agent.command("move", "--back", "--yes")).toMatchObject({ code: 1 });
        await system.relay.start();
        expect(await agent.command("move", "--back", "--yes")).toMatchObject({ code: 0 });
        expect(identityOf(agent)["relay"]).toBe(system.relayUrl);
      } finally {
        await moved.stop();
      }
    }),
  );
});

describe.concurrent("a Mac that leaves", () => {
  test(
    "ENR8, ENR11: the relay knows, the agent ends, and the Mac can join again",
    on({}, async (system) => {
      const { agent } = system;
      expect(await agent.command("leave", "--yes")).toMatchObject({ code: 0, err: "" });
      await until(async () => agent.pid === 0, "the agent has ended");
      expect((await system.status()).agent.state).toBe("offline");
      expect((await installsOf(system)).map(({ ended }) => ended)).toEqual(["left"]);
      expect(await agent.command("status")).toMatchObject({
        code: 3,
        out: expect.stringContaining("it left acc_"),
      });
      const { url } = await offerEnrolment(system.relayUrl, system.account);
      expect(await agent.command("enroll", url, "--yes")).toMatchObject({ code: 0, err: "" });
      await agent.start();
      await system.waitForOnline();
    }),
  );
});
