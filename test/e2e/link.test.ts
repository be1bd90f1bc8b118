import { describe, expect, test } from "vitest";
import { demoWorld } from "../imsg-sim/demo-world.ts";
import { AgentProcess } from "./agent-process.ts";
import { QUICK_LINK, startSystem, type System, type SystemOptions } from "./harness.ts";
import { http } from "./http.ts";
import { offerEnrolment } from "./owner.ts";
import { OPERATOR_KEY } from "./relay-process.ts";
import { PROGRAMS } from "./programs.ts";
import { until } from "./waiting.ts";

const FRIEND = "+15550100111";

/** A system of the test's own: the tests of this file run beside one another, for what they do is wait. */
const on =
  (options: Partial<SystemOptions>, run: (system: System) => Promise<void>): (() => Promise<void>) =>
  async () => {
    const system = await startSystem({ dialect: "0.15", world: (mac) => void demoWorld(mac), ...options });
    try {
      await run(system);
    } finally {
      await system.stop();
    }
  };

describe.concurrent("a link without a word", () => {
  test(
    "LINK5: a Mac that falls silent is offline for whoever asks after the time, and comes back by itself",
    on(QUICK_LINK, async (system) => {
      const tunnel = await system.tunnel();
      await tunnel.subscribe();
      await system.agent.kill("SIGSTOP");
      const seen = system.agent.events.all.length;
      await system.waitForOffline(4_000);
      expect(await tunnel.error("send", { to: FRIEND, text: "asleep?" })).toMatchObject({
        code: -32054,
        data: { disposition: "not_started" },
      });
      const guid = system.world.appendText("any;-;+15550100111", FRIEND, "while it slept");
      await system.agent.kill("SIGCONT");
      await system.agent.waitFor("link_up", 5_000, seen);
      await tunnel.message((message) => message.guid === guid, "the message of that time");
      expect((await system.status()).agent).toMatchObject({ state: "online", epoch: 2 });
    }),
  );

  test(
    "LINK5, LINK6: an agent notices a relay that falls silent, and is back within seconds of its return",
    on(QUICK_LINK, async (system) => {
      const seen = system.agent.events.all.length;
      process.kill(system.relay.pid, "SIGSTOP");
      const down = await system.agent.waitFor("link_down", 4_000, seen);
      expect(down.level).toBe("warn");
      process.kill(system.relay.pid, "SIGCONT");
      await system.agent.waitFor("link_up", 8_000, seen);
      await system.waitForOnline();
    }),
  );
});

describe.concurrent("a link that is refused", () => {
  test(
    "LINK6: a revoked agent says why, and asks again only after minutes",
    on({}, async (system) => {
      const seen = system.agent.events.all.length;
      const installs = await http(`${system.accountUrl}/installs`, { key: OPERATOR_KEY });
      const [, install = ""] = /"install":"(ins_[^"]+)"/.exec(installs.text) ?? [];
      await http(`${system.accountUrl}/installs/${install}`, { method: "DELETE", key: OPERATOR_KEY });
      const down = await system.agent.waitFor("link_down", 3_000, seen);
      expect(down).toMatchObject({ level: "error", why: expect.stringContaining("revoked") });
      expect(Number(down["again_in_ms"])).toBeGreaterThan(240_000);
      expect((await system.status()).agent.state).toBe("offline");
    }),
  );

  test(
    "LINK3: a second Mac is refused while the first one serves, and takes over when it says so",
    on({}, async (system) => {
      const { url } = await offerEnrolment(system.relayUrl, system.account);
      const config = { cliPath: PROGRAMS.sim, dbPath: system.world.dbPath };
      const second = await AgentProcess.enrol(`${system.folder}/second`, url, config);
      try {
        await second.start();
        const refused = await second.waitFor("link_down");
        expect(refused).toMatchObject({ level: "error" });
        expect((await system.status()).agent).toMatchObject({ state: "online", epoch: 1 });
        await second.kill("SIGTERM");
        const seen = system.agent.events.all.length;
        await second.start("--takeover");
        await second.waitFor("link_up");
        expect(await system.agent.waitFor("link_down", 3_000, seen)).toMatchObject({ level: "error" });
        expect((await system.status()).agent).toMatchObject({ state: "online", epoch: 2 });
      } finally {
        await second.kill("SIGKILL");
      }
    }),
  );
});

describe.concurrent("a Mac that is not well", () => {
  test(
    "without imsg the agent is online all the same, says what is missing, and reads are refused with that reason",
    on({ agentConfig: { cliPath: "/nowhere/imsg" }, runAgent: false }, async (system) => {
      await system.agent.start();
      const status = await until(async () => {
        const now = await system.status();
        return now.agent.state === "online" && now.health?.state === "down" && now;
      }, "online and down");
      expect(status.health).toMatchObject({
        reason: "imsg_missing",
        remedy: expect.stringContaining("imsg"),
      });
      const { error } = await system.rpc("messages.history", { chat_id: 1 });
      expect(error).toMatchObject({ code: -32055, data: { code: "messages_unavailable" } });
    }),
  );

  test(
    "an imsg that dies is started again, and nothing that came meanwhile is lost",
    on({}, async (system) => {
      const tunnel = await system.tunnel();
      const n = await tunnel.subscribe();
      const seen = system.agent.events.all.length;
      const guids: string[] = [];
      for (const pid of system.agent.imsgPids()) process.kill(pid, "SIGKILL");
      for (const text of ["one", "two", "three"]) {
        guids.push(system.world.appendText("any;-;+15550100111", FRIEND, text));
      }
      await system.agent.waitFor("imsg_ready", 5_000, seen);
      await tunnel.message((message) => message.guid === guids.at(-1), "the last one");
      expect(tunnel.guids(n)).toEqual(guids);
    }),
  );

  test(
    "I1: an unknown setting stops the agent before it starts anything, and names its line",
    on({ runAgent: false }, async (system) => {
      system.agent.configure({ cliPath: PROGRAMS.sim, readonly: true });
      await system.agent.start();
      await until(async () => system.agent.pid === 0, "the agent has ended");
      expect(system.agent.noise.join("\n")).toMatch(
        /agent\.jsonc:3:3: unknown setting "readonly".*read_only/,
      );
      expect((await system.status()).agent.state).toBe("offline");
    }),
  );
});
