import { describe, expect, test } from "vitest";
import { once } from "node:events";
import type { WebSocket } from "ws";
import { EXIT } from "../../../gateway/cli/exit-codes.ts";
import { ChannelRelay } from "../support/channel-relay.ts";
import type { Place, Program } from "../support/program.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: ChannelRelay;
let place: Place;
eachOnAStage(ChannelRelay, (...made) => ([relay, place] = made));

const tail = (...argv: string[]): Program =>
  place.run(["tail", ...argv], { IMSG_RELAY_URL: relay.connection, TZ: "UTC" });
const message = (text: string): Record<string, unknown> => ({
  kind: "message.received",
  logged_at: 1_700_000_000_000,
  data: {
    message: { id: 7, guid: "G7", text, sender: "+1", is_from_me: false },
    chat_type: "group",
    chat_name: "Climbing",
    sender: "+1",
    sender_name: "Tess",
    reply_to: "chat_guid:any;+;chat1",
  },
});
const ids = (program: Program): unknown[] => program.lines.map(({ id }) => id);

describe("what is shown", () => {
  test("lines for people, harmless to their terminal", async () => {
    const program = tail("--after", "beginning");
    relay.tell({ ...message("see you\u001b[2J there") }, { kind: "later.kind", data: { a: 1 } });
    await program.outLine("later.kind");
    expect(program.out.trimEnd().split("\n")).toEqual([
      "2023-11-14 22:13  Climbing · Tess               see you?[2J there",
      '2023-11-14 22:13  *  later.kind {"a":1}',
    ]);
    await program.kill("SIGINT");
  });

  test("EVT1 --json is the events, a line each", async () => {
    relay.tell({ ...message("hello") }, { kind: "later.kind", data: { a: 1 } });
    const program = tail("--after", "beginning", "--json");
    await program.find(({ id }) => id === "log1.2");
    expect(program.lines).toMatchObject([
      { id: "log1.1", kind: "message.received", data: { message: { text: "hello" } } },
      { id: "log1.2", kind: "later.kind", data: { a: 1 } },
    ]);
    await program.kill("SIGINT");
  });

  test("EVT3, EVT8, EVT9 what was wished is asked for; chats by their keys", async () => {
    relay.answers.set("POST rpc", [
      200,
      { jsonrpc: "2.0", id: 1, result: { chats: [{ id: 4, guid: "any;+;chat1", is_group: true }] } },
    ]);
    const chats = ["--chat", "+1 555 010 0111", "--chat", "chat_guid:SMS;-;+1", "--chat", "4"];
    const program = tail("--after", "tail", "--consumer", "me", "--kinds", "message.*,gap", ...chats);
    await relay.until(() => relay.readers === 1);
    expect(relay.asked.at(-1)).toMatchObject({
      line: "GET events",
      query: { after: "tail", consumer: "me", kinds: "message.*,gap", chats: "-;+15550100111,-;+1,+;chat1" },
    });
    await program.kill("SIGINT");
  });
});

describe("how it goes on", () => {
  test("EVT2 over every loss, from the last that was shown; said on standard error, once for each", async () => {
    const program = tail("--json");
    await relay.until(() => relay.readers === 1);
    relay.emit(2);
    await program.find(({ id }) => id === "log1.2");
    await relay.away();
    await program.errorLine("trying again");
    await relay.listen();
    await program.errorLine("connected again");
    relay.emit(1);
    await program.find(({ id }) => id === "log1.3");
    expect(ids(program)).toEqual(["log1.1", "log1.2", "log1.3"]);
    expect(program.err.trimEnd().split("\n")).toHaveLength(2);
    await program.kill("SIGINT");
  });

  test("EVT8 a named consumer's place is where its output ended", async () => {
    const first = tail("--consumer", "me", "--json");
    await relay.until(() => relay.readers === 1);
    relay.emit(3);
    await first.find(({ id }) => id === "log1.3");
    await first.kill("SIGINT");
    await relay.until(() => relay.readers === 0);
    expect(relay.consumers.get("me")).toBe(3);
    relay.emit(1);
    const second = tail("--consumer", "me", "--json");
    await second.find(({ id }) => id === "log1.4");
    expect(ids(second)).toEqual(["log1.4"]);
    await second.kill("SIGINT");
  });

  test("EVT7 what nobody has read yet is not acknowledged, and the rest waits at the relay", async () => {
    const program = tail("--consumer", "me", "--json");
    await relay.until(() => relay.readers === 1);
    program.child.stdout?.pause();
    relay.tell(...Array.from({ length: 40 }, () => message("x".repeat(100_000))));
    await relay.until(() => relay.story.length > 0);
    // A pipe holds one or two of them; read at once, the first acknowledgement would be for 32.
    expect(relay.consumers.get("me")).toBeLessThan(16);
    program.child.stdout?.resume();
    await relay.until(() => relay.consumers.get("me") === 40);
    await program.kill("SIGINT");
  });
});

/** Takes the socket, and hears nothing over it. */
class Deaf extends ChannelRelay {
  #open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  protected override knocked(): (socket: WebSocket) => void {
    return (socket) => {
      socket.pause();
      this.#open();
    };
  }
}

describe("how it ends", () => {
  test.each([
    ["SIGINT", EXIT.interrupted],
    ["SIGTERM", EXIT.terminated],
  ] as const)("%s ends it in order", async (signal, code) => {
    const program = tail();
    await relay.until(() => relay.readers === 1);
    expect(await program.kill(signal)).toEqual({ code, signal: null, out: "", err: "" });
    await relay.until(() => relay.readers === 0);
    expect(relay.story).toEqual(["close 4000"]);
  });

  test("an output that stays full is not waited for either", async () => {
    const program = tail("--json");
    await relay.until(() => relay.readers === 1);
    program.child.stdout?.pause();
    relay.tell(...Array.from({ length: 40 }, () => message("x".repeat(100_000))));
    await relay.until(() => relay.story.length > 0);
    program.child.kill("SIGINT");
    await once(program.child, "exit");
    expect(program.child.exitCode).toBe(EXIT.interrupted);
  });

  test("a relay that does not answer any more is not waited for", async () => {
    const deaf = await Deaf.start();
    const program = place.run(["tail"], { IMSG_RELAY_URL: deaf.connection });
    await deaf.opened;
    const from = performance.now();
    expect(await program.kill("SIGINT")).toMatchObject({ code: EXIT.interrupted });
    // Without a bound of our own: the 30 s of ws.
    expect(performance.now() - from).toBeLessThan(10_000);
    await deaf.away();
  });

  test("also while there is no relay at all", async () => {
    await relay.away();
    const program = tail();
    await program.errorLine("no connection to the relay");
    expect(await program.kill("SIGINT")).toMatchObject({ code: EXIT.interrupted });
  });

  test("who stops reading has seen enough, as in `tail | head`", async () => {
    const program = tail("--after", "beginning");
    relay.emit(1);
    await program.outLine("Messages on the Mac");
    program.child.stdout?.destroy();
    relay.emit(1);
    expect(await program.ended).toMatchObject({ code: EXIT.done, err: "" });
  });

  test.each([
    ["unauthenticated", EXIT.no_access, /imsg-relay login\.$/],
    ["forbidden", EXIT.no_access, /scope read/],
    ["invalid_request", EXIT.misuse, /look at after, consumer/],
  ] as const)("what only a human can mend is said: %s", async (code, exit, says) => {
    relay.refuse = code;
    const ended = await tail().ended;
    expect([ended.code, ended.out]).toEqual([exit, ""]);
    expect(ended.err.trimEnd()).toMatch(says);
  });

  test("a chat that is not there, and another reader of that name", async () => {
    relay.answers.set("POST rpc", [200, { jsonrpc: "2.0", id: 1, result: { chats: [] } }]);
    expect(await tail("--chat", "4").ended).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("no such chat"),
    });
    const program = tail("--consumer", "me");
    await relay.until(() => relay.readers === 1);
    relay.sendAway(4001);
    expect(await program.ended).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("took over the name"),
    });
  });
});
