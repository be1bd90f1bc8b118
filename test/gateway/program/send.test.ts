import { describe, expect, test } from "vitest";
import { EXIT } from "../../../gateway/cli/exit-codes.ts";
import { ChannelRelay } from "../support/channel-relay.ts";
import { KEY } from "../support/local-relay.ts";
import { operation, SENT, UNKNOWN } from "../support/operations.ts";
import type { Ended, Place, Program } from "../support/program.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: ChannelRelay;
let place: Place;
eachOnAStage(ChannelRelay, (...made) => ([relay, place] = made));

const start = (...argv: string[]): Program =>
  place.run(["send", ...argv], { IMSG_RELAY_URL: relay.connection });
const send = (...argv: string[]): Promise<Ended> => start(...argv).end();
/** For humans, and for programs. */
const both = (...argv: string[]): Promise<[Ended, Ended]> =>
  Promise.all([send(...argv), send(...argv, "--json")]);
const answer = (status: number, change: object): void => {
  relay.answers.set("POST messages", [status, operation({ ...change })]);
};
const jsonOf = ({ out }: Ended): unknown => {
  expect(out).toMatch(/^[^\n]+\n$/);
  return JSON.parse(out);
};

describe("what is asked", () => {
  test("I7 target, text and an idempotency key, for the account of the login", async () => {
    answer(200, SENT);
    await send("+15550100111", "The", "backup is done");
    await send("--key=invoice-17", "+1", "x");
    expect(relay.asked).toMatchObject([
      {
        line: "POST messages",
        headers: {
          authorization: `Bearer ${KEY}`,
          "idempotency-key": expect.stringMatching(/^[0-9a-z]{26}$/),
        },
        body: { to: "+15550100111", text: "The backup is done" },
      },
      { headers: { "idempotency-key": "invoice-17" }, body: { to: "+1", text: "x" } },
    ]);
  });

  test("standard input is the text", async () => {
    answer(200, SENT);
    const program = start("+15550100111", "--plain");
    program.write("Filesystem  Used\n/dev/disk1  41%\n");
    await program.end();
    expect(relay.asked[0]?.body).toEqual({
      to: "+15550100111",
      text: "Filesystem  Used\n/dev/disk1  41%",
      format: "plain",
    });
  });

  test("imsg's own flags mean the same", async () => {
    answer(200, SENT);
    await send("--to", "+15550100111", "--text", "hi", "--service", "imessage");
    await send("--chat-id", "42", "--text", "same thread", "--json");
    expect(relay.asked.map(({ body }) => body)).toEqual([
      { to: "+15550100111", text: "hi", service: "imessage" },
      { to: "chat_id:42", text: "same thread" },
    ]);
  });

  test("misuse asks nobody, a file to send among it; nor does a login that is not there", async () => {
    const misuses = [[], ["+1", ""], ["+1", "x", "--repyl-to", "G"], ["--to", "+1", "--file", "/etc/hosts"]];
    for (const ended of await Promise.all(misuses.map((argv) => send(...argv))))
      expect(ended).toMatchObject({
        code: EXIT.misuse,
        out: "",
        err: expect.stringMatching(/^imsg-relay: /),
      });
    expect(await place.run(["send", "+1", "x"]).end()).toMatchObject({
      code: EXIT.no_access,
      err: expect.stringContaining("imsg-relay login"),
    });
    expect(relay.asked).toEqual([]);
  });
});

describe("what became of it", () => {
  test.each([
    ["sent", 200, SENT, EXIT.done, /^Sent/],
    ["queued", 202, {}, EXIT.queued, /^Queued/],
  ])("I6 %s is said on standard output", async (_, status, change, exit, says) => {
    answer(status, change);
    const [human, program] = await both("+1", "x", "--key", "k");
    expect(human).toMatchObject({ code: exit, err: "", out: expect.stringMatching(says) });
    expect(program).toMatchObject({ code: exit, err: "" });
    expect(jsonOf(program)).toEqual(operation({ ...change }));
  });

  test("I6 unknown is said on standard error, with the way to find out", async () => {
    answer(202, UNKNOWN);
    const [human, program] = await both("+1", "x", "--key", "k");
    expect(human).toMatchObject({
      code: EXIT.unknown,
      out: "",
      err: expect.stringContaining("imsg-relay operations --key k"),
    });
    expect(jsonOf(program)).toMatchObject({ outcome: "unknown", idempotency_key: "k" });
  });

  test("I6 a refusal too", async () => {
    relay.refuseAt("POST messages", "agent_offline");
    const [human, program] = await both("+1", "x", "--key", "k");
    expect(human).toMatchObject({ code: EXIT.try_again, out: "" });
    expect(human.err).toMatch(
      /^imsg-relay: Not sent: The Mac is not connected\. With --queue .*\(request req-1\)\n$/,
    );
    expect(program.code).toBe(EXIT.try_again);
    expect(jsonOf(program)).toMatchObject({ success: false, code: "agent_offline", outcome: "not_sent" });
    expect(`${human.err}${program.out}`).not.toContain("s3cr3t");
  });

  test("I6 a relay that is not there was given nothing; one that breaks off may have been", async () => {
    relay.answers.set("POST messages", () => {
      relay.drop();
      return [200, {}];
    });
    const broken = await send("+1", "x", "--key", "k");
    expect(broken).toMatchObject({ code: EXIT.unknown, err: expect.stringContaining("--key k") });
    await relay.away();
    expect(await send("+1", "x")).toMatchObject({
      code: EXIT.unreachable,
      out: "",
      err: "imsg-relay: Not sent: The relay cannot be reached.\n",
    });
  });

  test("an output that nobody reads changes nothing about what was done", async () => {
    answer(200, SENT);
    const program = start("+1", "x");
    program.child.stdout?.destroy();
    expect(await program.end()).toMatchObject({ code: EXIT.done, err: "" });
  });

  test("what the relay or imsg says reaches no terminal raw, and no gateway as a signal", async () => {
    const detail = "Private API bridge unavailable\u001b[2J; run `imsg launch`";
    relay.refuseAt("POST messages", "unsupported", { detail });
    const [human, program] = await both("+1", "x");
    for (const text of [human.err, program.out, program.err])
      expect(text).not.toMatch(/private api bridge|run `?imsg launch|[^\P{Cc}\n]/iu);
    expect(human.err).toContain("advanced bridge unavailable?[2J");
  });
});

describe("--wait", () => {
  /** One after the other, the last one for ever. */
  const follow = (...changes: readonly object[]): void => {
    let at = 0;
    relay.answers.set("GET operations", () => {
      const change = changes[Math.min(at, changes.length - 1)];
      at += 1;
      return [200, { operations: [operation({ ...change })] }];
    });
  };

  test("I6 it is followed by its key to the end", async () => {
    answer(202, UNKNOWN);
    follow(UNKNOWN, { ...SENT, followed: true }, { ...SENT, status: "delivered" });
    const { code, out } = await send("+1", "x", "--key", "k", "--wait");
    expect([code, out]).toEqual([EXIT.done, "Sent and delivered (guid G1).\n"]);
    const looks = relay.asked.filter(({ line }) => line === "GET operations");
    expect(looks.map(({ query }) => query["idempotency_key"])).toEqual(["k", "k", "k"]);
  });

  test("an imsg that cannot tell of the delivery is not waited for", async () => {
    answer(200, SENT);
    follow(SENT);
    expect(await send("+1", "x", "--wait", "1h")).toMatchObject({
      code: EXIT.done,
      out: expect.stringContaining("Whether it was delivered cannot be said"),
    });
  });

  test("when the time is over it says what is known", async () => {
    answer(202, {});
    follow({});
    expect(await send("+1", "x", "--wait=1s")).toMatchObject({ code: EXIT.queued });
    expect(relay.asked.length).toBeGreaterThan(2);
  });

  test("a relay that refuses to tell takes nothing back", async () => {
    answer(200, SENT);
    relay.refuseAt("GET operations", "forbidden");
    expect(await send("+1", "x", "--wait")).toMatchObject({ code: EXIT.done });
  });

  test("Ctrl-C says how to find out, with the key", async () => {
    answer(202, {});
    follow({});
    const program = start("+1", "x", "--key", "k", "--wait", "10m");
    await relay.until(() => relay.asked.some(({ line }) => line === "GET operations"));
    expect(await program.kill("SIGINT")).toMatchObject({
      code: EXIT.interrupted,
      err: expect.stringContaining("imsg-relay operations --key k"),
    });
  });
});
