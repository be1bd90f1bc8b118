import { chmodSync, statSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EXIT } from "../../../gateway/cli/exit-codes.ts";
import { deliveryId } from "../../../shared/webhooks/delivery-id.ts";
import { formatSecret, mintSecret } from "../../../shared/webhooks/secret.ts";
import { ChannelRelay } from "../support/channel-relay.ts";
import type { Place, Program } from "../support/program.ts";
import { Receiver } from "../support/receiver.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: ChannelRelay;
let place: Place;
let receiver: Receiver;
eachOnAStage(ChannelRelay, (...made) => ([relay, place] = made));
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.away());

const port = (): string => new URL(receiver.url).port;
const start = (...argv: string[]): Program =>
  place.run(["listen", "--forward", `${receiver.url}/hook`, ...argv], {
    IMSG_RELAY_URL: relay.connection,
    TZ: "UTC",
  });
const secretIn = (program: Program): string => /whsec_\S+/.exec(program.err)?.[0] ?? "";

/** Until it reads events. */
async function listen(...argv: string[]): Promise<Program> {
  const before = relay.readers;
  const program = start(...argv);
  await relay.until(() => relay.readers > before);
  await program.errorLine("whsec_");
  receiver.secret = secretIn(program);
  return program;
}

const message = (text: string): Record<string, unknown> => ({
  kind: "message.received",
  chat: "-;+15550100111",
  data: {
    message: { id: 7, guid: "G7", text, sender: "+1", is_from_me: false },
    sender: "+1",
    reply_to: "chat_guid:any;-;+15550100111",
  },
});

describe("what the receiver gets", () => {
  test("HOOK the events in order, signed so that the official library says yes, each on a line", async () => {
    const program = await listen();
    relay.tell(message("hello"), { kind: "account.offline", data: { reason: "closed", since: 5 } });
    await program.outLine("account.offline");
    expect(receiver.posted).toMatchObject([
      {
        id: deliveryId("log1.1"),
        isSigned: true,
        body: {
          type: "message.received",
          timestamp: "2023-11-14T22:13:20.001Z",
          data: { id: "log1.1", chat: "-;+15550100111", data: { message: { text: "hello" } } },
        },
      },
      { id: "evt_log1_2", isSigned: true, body: { type: "account.offline", data: { id: "log1.2" } } },
    ]);
    expect(program.out.trimEnd().split("\n")).toEqual([
      expect.stringMatching(
        /^\d{4}-\d\d-\d\d \d\d:\d\d {2}message\.received {6}-;\+15550100111 {12}204 {2}\d+ ms$/,
      ),
      expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d {2}account\.offline {33}204 {2}\d+ ms$/),
    ]);
    expect(await program.kill("SIGINT")).toMatchObject({ code: EXIT.interrupted });
  });

  test("the secret is the profile's, for this user alone; another one is not kept", async () => {
    const first = await listen();
    const secret = secretIn(first);
    await first.kill("SIGINT");
    const own = formatSecret(mintSecret());
    const second = await listen("--secret", own);
    expect(secretIn(second)).toBe(own);
    relay.emit();
    await receiver.until(() => receiver.posted.length === 1);
    await second.kill("SIGINT");
    expect(secretIn(await listen())).toBe(secret);
    expect(receiver.posted[0]?.isSigned).toBe(true);
    expect((statSync(path.join(place.home, "listen-secret")).mode & 0o777).toString(8)).toBe("600");
  });

  test("EVT4 a gap under an id of its own, as the relay sends it", async () => {
    await listen();
    relay.tell({ kind: "gap", data: { from: "log1.0", to: "log1.1", count: 1, why: "retention" } });
    await receiver.until(() => receiver.posted.length === 1);
    expect(receiver.posted).toMatchObject([
      { id: "gap_log1_0_log1_1", isSigned: true, body: { type: "gap" } },
    ]);
  });

  test("EVT8, EVT9 what was wished is asked for, under a name of the port's", async () => {
    await listen("--kinds", "message.*,gap", "--after", "beginning");
    expect(relay.asked.at(-1)?.query).toEqual({
      after: "beginning",
      consumer: `listen-${port()}`,
      kinds: "message.*,gap",
    });
  });

  test("--json is every attempt, and nothing else on standard output", async () => {
    const program = await listen("--json");
    let status = 500;
    receiver.respond = () => ({ status });
    relay.tell(message("hello"));
    await program.find((line) => line["attempt"] === 2);
    status = 200;
    await program.find((line) => line["outcome"] === "delivered");
    expect(program.lines.slice(0, 2)).toEqual([
      {
        at: expect.any(Number),
        event: "log1.1",
        kind: "message.received",
        chat: "-;+15550100111",
        attempt: 1,
        outcome: "failed",
        status: 500,
        why: "answered 500",
        took_ms: expect.any(Number),
      },
      expect.objectContaining({ attempt: 2, outcome: "failed" }),
    ]);
    expect(program.out.trimEnd().split("\n")).toHaveLength(program.lines.length);
  });
});

describe("a receiver that is down", () => {
  test("EVT7 loses nothing: it is tried again, in order, and nothing is acknowledged before it was taken", async () => {
    const program = await listen();
    await receiver.away();
    relay.tell(message("one"), message("two"), message("three"));
    await program.outLine("FAILED: refused the connection");
    expect(relay.consumers.get(`listen-${port()}`)).toBe(0);
    await receiver.listen();
    await receiver.until(() => receiver.posted.length === 3);
    expect(receiver.ids).toEqual(["log1.1", "log1.2", "log1.3"]);
    await relay.until(() => relay.consumers.get(`listen-${port()}`) === 3);
    expect(program.out).toMatch(/ 204 {2}\d+ ms, try \d+\n/);
    // Said once, however often it was tried.
    expect(program.out.match(/FAILED/g)).toHaveLength(1);
  });

  test("EVT8 what comes while nothing listens is forwarded later", async () => {
    await (await listen()).kill("SIGINT");
    await relay.until(() => relay.readers === 0);
    relay.emit(2);
    await listen();
    await receiver.until(() => receiver.posted.length === 2);
    expect(receiver.ids).toEqual(["log1.1", "log1.2"]);
  });

  test.each([
    ["between two attempts", () => ({ status: 503 })],
    ["during one", () => new Promise<never>(() => undefined)],
  ] as const)("Ctrl-C %s leaves the event for the next time", async (_when, respond) => {
    const program = await listen();
    receiver.respond = (posted) => (posted.body.data.id === "log1.2" ? respond() : { status: 200 });
    relay.emit(3);
    await receiver.until(() => receiver.ids.includes("log1.2"));
    expect(await program.kill("SIGINT")).toMatchObject({ code: EXIT.interrupted });
    await relay.until(() => relay.readers === 0);
    expect(relay.consumers.get(`listen-${port()}`)).toBe(1);
    receiver.respond = () => ({ status: 200 });
    receiver.posted.length = 0;
    await listen();
    await receiver.until(() => receiver.posted.length === 2);
    expect(receiver.ids).toEqual(["log1.2", "log1.3"]);
  });

  test("Retry-After is honoured, and a redirect is never followed", async () => {
    const program = await listen("--json");
    const answers = [
      { status: 302, headers: { location: `${receiver.url}/elsewhere` } },
      { status: 429, headers: { "retry-after": "2" } },
      { status: 200 },
    ];
    receiver.respond = () => answers.shift() ?? { status: 500 };
    relay.emit();
    await program.find((line) => line["outcome"] === "delivered");
    expect(program.lines.map((line) => line["why"])).toEqual([
      "answered 302: a redirect, which is never followed",
      "answered 429: it asks for time for 2 s",
      "answered 200",
    ]);
    const [, asked, taken] = program.lines.map((line) => Number(line["at"]));
    expect((taken ?? 0) - (asked ?? 0)).toBeGreaterThanOrEqual(2_000);
  });
});

describe("replies", () => {
  const answering = (reply: unknown): void => {
    receiver.respond = () => ({ status: 200, body: { reply } });
  };
  const sent = {
    operation: "op_1",
    outcome: "sent",
    final: true,
    state: "settled",
    guid: "G9",
    guids: ["G9"],
  };

  test("I7 are sent once into the chat of the event, where they are wanted", async () => {
    relay.answers.set("POST messages", [200, sent]);
    answering({ text: "hello back" });
    const program = await listen("--replies");
    relay.tell(message("hello"), { kind: "account.offline", data: { reason: "closed", since: 5 } });
    await program.outLine("account.offline");
    const posts = relay.asked.filter(({ line }) => line === "POST messages");
    expect(posts).toMatchObject([
      {
        body: { reply_to: "chat_guid:any;-;+15550100111", text: "hello back", format: "markdown" },
        headers: { "idempotency-key": "hook-log1.1" },
      },
    ]);
    expect(program.out).toContain("  reply: Sent (guid G9).\n");
  });

  test("HOOK22 are nothing to what the account wrote itself, but for notes to oneself", async () => {
    relay.answers.set("POST messages", [200, sent]);
    answering({ text: "hello back" });
    const program = await listen("--replies");
    const ours = (self_chat: boolean): Record<string, unknown> => ({
      ...message("hello"),
      kind: "message.repaired",
      data: {
        message: { id: 7, guid: "G7", text: "hello", sender: "", is_from_me: true },
        reply_to: "chat_guid:any;-;+15550100111",
        self_chat,
      },
    });
    relay.tell(ours(false), ours(true));
    await program.outLine("reply: Sent");
    const posts = relay.asked.filter(({ line }) => line === "POST messages");
    expect(posts).toMatchObject([{ headers: { "idempotency-key": "hook-log1.2" } }]);
  });

  test("are nothing without --replies", async () => {
    answering({ text: "hello back" });
    const program = await listen();
    relay.tell(message("hello"), message("again"));
    await receiver.until(() => receiver.posted.length === 2);
    await program.kill("SIGINT");
    expect(relay.asked.filter(({ line }) => line === "POST messages")).toEqual([]);
  });

  test("that cannot be taken, or are not sent, are told, and the events go on", async () => {
    const program = await listen("--replies", "--json");
    answering({ text: "" });
    relay.tell(message("one"));
    await program.find((line) => line["event"] === "log1.1" && "reply" in line);
    answering({ text: "hello back" });
    relay.refuseAt("POST messages", "forbidden");
    relay.tell(message("two"));
    const told = await program.find((line) => line["event"] === "log1.2" && "reply" in line);
    expect(told["reply"]).toMatchObject({ success: false, code: "forbidden" });
    expect(program.lines.find((line) => "reply" in line)).toEqual({
      event: "log1.1",
      reply: { success: false, error: "reply.text is empty; leave reply out to say nothing" },
    });
    await relay.until(() => relay.consumers.get(`listen-${port()}`) === 2);
  });

  test("wait a moment for a Mac that is away, under the same key", async () => {
    const keys: unknown[] = [];
    relay.answers.set("POST messages", ({ headers }) => {
      keys.push(headers["idempotency-key"]);
      return keys.length === 1
        ? [503, { code: "agent_offline", retryable: true, detail: "away" }]
        : [200, sent];
    });
    answering({ text: "hello back" });
    const program = await listen("--replies");
    relay.tell(message("hello"));
    await program.outLine("reply: Sent");
    expect(keys).toEqual(["hook-log1.1", "hook-log1.1"]);
  });
});

describe("how it ends", () => {
  test("a key without the scope is said, and so is a secret that others may read", async () => {
    relay.refuse = "forbidden";
    expect(await start().ended).toMatchObject({
      code: EXIT.no_access,
      err: expect.stringContaining("scope read, and send for --replies"),
    });
    chmodSync(path.join(place.home, "listen-secret"), 0o644);
    expect(await start().ended).toMatchObject({
      code: EXIT.failed,
      err: expect.stringMatching(/listen-secret may be read by others \(mode 644\)/),
    });
  });
});
