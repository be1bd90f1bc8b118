// The program as a person in a shell runs it, against everything real.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { EXIT } from "../../gateway/cli/exit-codes.ts";
import { run, startProgram } from "../../host/child.ts";
import { startSystem, type System } from "./harness.ts";
import { openChannel } from "./open-channel.ts";
import { owned } from "./owned.ts";
import { Recording } from "./waiting.ts";

const FRIEND = "+15550100111";
const TESS = "+15550100113";

const operationSchema = z.looseObject({ operation: z.string(), guid: z.string().nullable() });
const eventSchema = z.looseObject({ id: z.string(), kind: z.string() });

describe.each(["0.9", "0.15"] as const)("imsg %s", (dialect) => {
  let system: System;
  let chat: string;
  beforeAll(async () => {
    system = await startSystem({
      dialect,
      world: (mac) => {
        chat = mac.dm(FRIEND, "any");
        mac.appendText(mac.group("chat100000000000000001", [FRIEND, TESS], "Climbing"), TESS, "rope?");
        mac.appendText(chat, FRIEND, "before all this");
      },
    });
    await openChannel(system);
  });
  afterAll(() => system.stop());

  const cli = (...args: string[]) => run(system.gateway(args));
  const sentTexts = (): string[] => system.world.sent().map(({ text }) => text ?? "");

  test("chats and history show what is on the Mac", async () => {
    const chats = await cli("chats");
    expect(chats).toMatchObject({ code: 0, err: "" });
    expect(chats.out).toMatch(/^ID +NAME +WITH/);
    expect(chats.out).toContain("Climbing");
    const history = await cli("history", FRIEND, "--limit", "5");
    expect(history).toMatchObject({ code: 0, err: "" });
    expect(history.out).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d {2}\+15550100111 {2}before all this\n$/);
    const json = await cli("history", `chat_guid:${chat}`, "--json");
    expect(JSON.parse(json.out)).toMatchObject({ text: "before all this" });
  });

  test("I6 send: sent, with the guid that Messages gave it; I7 under the same key once", async () => {
    const args = ["send", FRIEND, "The backup", "is done", "--key", "backup-1", "--json"];
    const sent = await cli(...args);
    expect(sent).toMatchObject({ code: EXIT.done, err: "" });
    const { operation, guid } = operationSchema.parse(JSON.parse(sent.out));
    expect(guid).toEqual(expect.any(String));
    expect(operationSchema.parse(JSON.parse((await cli(...args)).out))).toMatchObject({ operation, guid });
    expect(sentTexts().filter((text) => text === "The backup is done")).toHaveLength(1);
    const asked = await cli("operations", "--key", "backup-1", "--json");
    expect(JSON.parse(asked.out)).toMatchObject({ operation, outcome: "sent", final: true });
    expect(await cli("send", FRIEND, "another text", "--key", "backup-1")).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("Not sent"),
    });
  });

  test("EVT2 tail shows what comes and what is sent, as it happens", async () => {
    const lines = new Recording<{ readonly line: string; readonly from: "out" | "err" }>();
    const program = await startProgram({
      ...system.gateway(["tail", "--consumer", "shell", "--after", "beginning", "--json"]),
      onLine: (line, from) => lines.add({ line, from }),
    });
    owned.add(program.pid);
    const shown = (text: string) =>
      lines.find(({ line, from }) => from === "out" && line.includes(text), text);
    await shown("The backup is done");
    system.world.appendText(chat, FRIEND, "thanks!");
    expect(eventSchema.parse(JSON.parse((await shown("thanks!")).line)).kind).toBe("message.received");
    await cli("send", FRIEND, "you are welcome");
    await shown("you are welcome");
    program.kill("SIGINT");
    expect(await program.exited).toContain(String(EXIT.interrupted));
    owned.remove(program.pid);
    expect(lines.all.filter(({ from }) => from === "err")).toEqual([]);
  });

  test("I6 with the Mac away: not sent, at once; or queued, taken back, and sent when it is back", async () => {
    await system.agent.kill("SIGKILL");
    await system.waitForOffline();
    expect(await cli("send", FRIEND, "are you there?")).toMatchObject({
      code: EXIT.try_again,
      out: "",
      err: expect.stringMatching(/Not sent: The Mac is not connected\. With --queue/),
    });
    const first = await cli("send", FRIEND, "never", "--queue", "--json");
    expect(first).toMatchObject({ code: EXIT.queued, err: "" });
    const { operation } = operationSchema.parse(JSON.parse(first.out));
    const waiting = run(
      system.gateway(["send", FRIEND, "later", "--queue", "--ttl", "10m", "--wait", "20s"]),
    );
    expect(await cli("cancel", operation)).toMatchObject({ code: EXIT.done, err: "" });
    await system.agent.start();
    expect(await waiting).toMatchObject({ code: EXIT.done, out: expect.stringMatching(/^Sent/) });
    expect(sentTexts()).toContain("later");
    for (const text of ["never", "are you there?"]) expect(sentTexts()).not.toContain(text);
    expect(await cli("cancel", operation)).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("It waits no more"),
    });
  });
});
