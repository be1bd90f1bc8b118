import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import type { Ended, Place, Program } from "../support/program.ts";
import { ScriptedRelay } from "../support/scripted-relay.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: ScriptedRelay;
let place: Place;
eachOnAStage(ScriptedRelay, (...made) => ([relay, place] = made));

const rpc = (): Program => place.run(["rpc", "--json"], { IMSG_RELAY_URL: relay.connection });

async function within(ms: number, ending: Promise<Ended>): Promise<Ended> {
  const from = performance.now();
  const ended = await ending;
  expect(performance.now() - from).toBeLessThan(ms);
  return ended;
}

describe("the end", () => {
  test("what was accepted before the end of input is answered, then it ends with 0", async () => {
    let settle = (): void => undefined;
    relay.script = () => new Promise((resolve) => (settle = () => resolve({ result: { guid: "G" } })));
    const program = rpc();
    program.ask(1, "send", { text: "a" });
    program.child.stdin?.end();
    await relay.until(() => relay.effects.length === 1);
    expect(program.child.exitCode).toBe(null);
    settle();
    expect(await within(500, program.ended)).toMatchObject({ code: 0, err: "" });
    expect(program.lines).toEqual([{ jsonrpc: "2.0", id: 1, result: { guid: "G" } }]);
  });

  test.each(["end of input", "SIGTERM", "SIGINT"] as const)(
    "with subscriptions open, %s ends it within 500 ms",
    async (how) => {
      const program = rpc();
      program.ask(1, "watch.subscribe", {});
      await program.answer(1);
      const ended = await within(500, how === "end of input" ? program.end() : program.kill(how));
      expect(ended).toMatchObject({ code: 0, signal: null, err: "" });
      await relay.until(() => relay.sockets === 0);
    },
  );

  test("the same holds with the relay away", async () => {
    await relay.away();
    const program = rpc();
    program.ask(1, "watch.subscribe", {});
    await program.answer(1);
    expect(await within(500, program.end())).toMatchObject({ code: 0, err: "" });
  });

  test("the same holds with a relay that takes the connection and says nothing", async () => {
    const mute = createServer();
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    const url = relay.connection.replace(/:\d+\//, `:${(mute.address() as AddressInfo).port}/`);
    const program = place.run(["rpc", "--json"], { IMSG_RELAY_URL: url });
    program.ask(1, "watch.subscribe", {});
    await once(mute, "connection");
    expect(await within(500, program.end())).toMatchObject({ code: 0, err: "" });
    expect(program.lines).toMatchObject([{ id: 1, result: { subscription: 1 } }]);
    mute.close();
  });

  test("I6 SIGTERM with a send in flight says that it may have completed", async () => {
    relay.script = () => "hold";
    const program = rpc();
    program.ask(1, "send", { text: "a" });
    await relay.until(() => relay.effects.length === 1);
    await within(500, program.kill("SIGTERM"));
    expect(program.lines).toMatchObject([
      { id: 1, error: { code: -32001, data: { disposition: "may_have_completed" } } },
    ]);
  });

  test("empty input ends it at once, whether the relay is there or not", async () => {
    expect(await rpc().end()).toMatchObject({ code: 0, out: "", err: "" });
    await relay.away();
    expect(await rpc().end()).toMatchObject({ code: 0, out: "", err: "" });
  });

  test("a gateway that no longer reads ends it quietly", async () => {
    const program = rpc();
    program.ask(1, "watch.subscribe", {});
    await program.answer(1);
    program.child.stdout?.destroy();
    relay.emit({ id: 1, guid: "G1", chat_id: 1, sender: "+1" });
    relay.emit({ id: 2, guid: "G2", chat_id: 1, sender: "+1" });
    const ended = await program.ended;
    expect([ended.code, ended.signal, ended.err]).toEqual([0, null, ""]);
  });

  test("LINK6 a revoked key is said once on stderr, and the process stays for the day it is mended", async () => {
    const program = rpc();
    program.ask(1, "watch.subscribe", {});
    await program.answer(1);
    relay.closeAll(4004, "revoked");
    await program.errorLine("The key was revoked.");
    program.ask(2, "send", { text: "a" });
    expect(await program.answer(2)).toMatchObject({
      error: { code: -32041, data: { disposition: "not_started" } },
    });
    expect(program.err.trim().split("\n")).toHaveLength(1);
    expect(program.child.exitCode).toBe(null);
  });
});
