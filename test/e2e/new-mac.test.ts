// Another Mac, another database: ids mean other chats there. Whoever was allowed stays allowed, answers reach the
// same people, and nobody else is reached or shown.
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { ChannelHttp } from "../../gateway/client/channel.ts";
import { httpFetch } from "../../gateway/node/http-fetch.ts";
import { chatKey } from "../../shared/imsg.ts";
import { Mac } from "../imsg-sim/scenario.ts";
import { AgentProcess } from "./agent-process.ts";
import { QUICK, startSystem, type System } from "./harness.ts";
import { http } from "./http.ts";
import { openChannel } from "./open-channel.ts";
import { offerEnrolment } from "./owner.ts";
import { PROGRAMS } from "./programs.ts";
import { until } from "./waiting.ts";

const FRIEND = "+15550100111";
const OTHER = "+15550100199";
const CLIMBING = "chat100000000000000001";
const FAMILY = "chat100000000000000002";
/** The group's row id on the first Mac; on the second it is another group's. */
const GROUP_ID = 2;

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

describe.each(["0.9", "0.15"] as const)("imsg %s", (dialect) => {
  async function first(): Promise<{ system: System; climbing: string; channel: ChannelHttp }> {
    let climbing = "";
    const system = await startSystem({
      dialect,
      world: (mac) => {
        mac.appendText(mac.dm(FRIEND, "any"), FRIEND, "hi");
        climbing = mac.group(CLIMBING, [FRIEND], "Climbing");
        mac.appendText(climbing, FRIEND, "first");
      },
    });
    stops.push(() => system.stop());
    const target = { relay: system.relayUrl, account: system.account, key: system.key, fetch: httpFetch };
    // Only the group of that number, and everybody in it.
    await openChannel(system, {
      dmPolicy: "disabled",
      groupPolicy: "open",
      groups: { [String(GROUP_ID)]: { requireMention: false } },
    });
    return { system, climbing, channel: new ChannelHttp(target) };
  }

  /** A second Mac where the number is another group's, and the group has another number. */
  async function second(system: System): Promise<{ world: Mac; climbing: string; family: string }> {
    const world = new Mac({
      folder: path.join(system.folder, "SecondMessages"),
      settings: { dialect, seed: 2, tailRace: 0 },
    });
    world.appendText(world.dm(OTHER, "any"), OTHER, "hello");
    const family = world.group(FAMILY, [OTHER], "Family");
    world.appendText(family, OTHER, "at home");
    const climbing = world.group(CLIMBING, [FRIEND], "Climbing");
    world.appendText(climbing, FRIEND, "old");
    const { url } = await offerEnrolment(system.relayUrl, system.account);
    const config = { cliPath: PROGRAMS.sim, dbPath: world.dbPath, ...QUICK };
    const agent = await AgentProcess.enrol(path.join(system.folder, "second"), url, config);
    stops.push(async () => void (await agent.kill("SIGKILL")));
    await agent.start("--takeover");
    await until(async () => (await system.status()).log.database === 1, "the other database is known");
    await until(async () => (await system.status()).catch_up?.finished !== false, "it is read");
    return { world, climbing, family };
  }

  const textsOf = async (system: System): Promise<string[]> => {
    const answer = await http(`${system.accountUrl}/events?kinds=message.*`, { key: system.key });
    const texts = /"text":"([^"]*)"/g;
    return [...answer.text.matchAll(texts)].map(([, text]) => text ?? "");
  };

  test("CFG6, EVT13: groups and answers are those of the same people on another Mac, and of nobody else", async () => {
    const { system, climbing, channel } = await first();
    system.world.appendText(climbing, FRIEND, "anybody at the wall?");
    await until(async () => (await textsOf(system)).includes("anybody at the wall?"), "it is shown");

    const other = await second(system);
    other.world.appendText(other.family, OTHER, "private");
    other.world.appendText(other.climbing, FRIEND, "here again");
    await until(async () => (await textsOf(system)).includes("here again"), "the group is shown");
    expect(await textsOf(system)).not.toContain("private");

    const reply = { to: `chat_guid:any;${chatKey(climbing)}`, text: "on my way" };
    expect(await channel.send(reply)).toMatchObject({ outcome: "sent" });
    expect(other.world.sent().map(({ chat, text }) => [chat, text])).toEqual([[other.climbing, "on my way"]]);

    // The tunnel's caller learnt the number on the first Mac.
    const { error } = await system.rpc("send", { chat_id: GROUP_ID, text: "for the climbers" });
    expect(error).toMatchObject({ code: -32047, data: { code: "gone", disposition: "not_started" } });
    expect(other.world.sent()).toHaveLength(1);
  });
});
