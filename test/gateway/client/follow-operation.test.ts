import { describe, expect, test } from "vitest";
import { ClientError } from "../../../gateway/client/client-error.ts";
import { followOperation, type FollowOptions } from "../../../gateway/client/follow-operation.ts";
import { operationSchema, type Operation } from "../../../gateway/client/operation-shapes.ts";
import { FOLLOW_MAX_MS } from "../../../gateway/limits.ts";
import { NOT_SENT, operation, SENT, UNKNOWN } from "../support/operations.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const shown = (change: object): Operation => operationSchema.parse(operation({ ...change }));
const away = (retryAfterMs?: number): ClientError =>
  new ClientError({ code: "unreachable", status: null, requestId: null, retryAfterMs });

type Answer = Operation | ClientError | undefined;

/** Looks in virtual time; the last answer holds from then on. */
function follow(answers: readonly Answer[], options: FollowOptions = {}) {
  const clock = new VirtualClock();
  const start = clock.now();
  const looks: number[] = [];
  const timeouts: (number | undefined)[] = [];
  let ended: unknown = "still asking";
  void followOperation(
    ({ timeoutMs }) => {
      const answer = answers[Math.min(looks.length, answers.length - 1)];
      looks.push(clock.now() - start);
      timeouts.push(timeoutMs);
      return answer instanceof ClientError ? Promise.reject(answer) : Promise.resolve(answer);
    },
    { clock, ...options },
  ).then(
    (value) => (ended = value),
    (error: unknown) => (ended = error),
  );
  return { clock, looks, timeouts, ended: () => ended };
}

describe("when it asks", () => {
  test("the pauses double up to a bound; the last look is at the end of the time", async () => {
    const { clock, looks, timeouts, ended } = follow([shown({})], { timeoutMs: 60_000 });
    await clock.pass(60_000);
    expect(looks).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 30_500, 45_500, 60_000]);
    expect(FOLLOW_MAX_MS).toBe(15_000);
    // No look lasts much longer than the whole.
    expect(timeouts.slice(-2)).toEqual([14_500, 500]);
    expect(ended()).toMatchObject({ state: "queued" });
    expect(clock.pending).toBe(0);
  });

  test("by itself it ends after three minutes", async () => {
    const { clock, looks, ended } = follow([undefined]);
    await clock.pass(200_000);
    expect(looks.at(-1)).toBe(180_000);
    expect(looks.length).toBeLessThan(20);
    expect(ended()).toBeUndefined();
  });

  test("not before a relay that is busy said", async () => {
    const { clock, looks, ended } = follow([away(20_000), shown(SENT)]);
    await clock.pass(30_000);
    expect(looks).toEqual([0, 20_000]);
    expect(ended()).toMatchObject({ outcome: "sent" });
  });
});

describe("where it ends", () => {
  test.each([
    ["sent", SENT],
    ["not_sent", NOT_SENT],
    ["unknown", { ...UNKNOWN, final: true }],
  ])("I6 with %s, once that is final", async (outcome, change) => {
    const { clock, looks, ended } = follow([shown(UNKNOWN), shown(change), undefined]);
    await clock.pass(1_000);
    expect(looks).toHaveLength(2);
    expect(ended()).toMatchObject({ outcome, final: true });
  });

  test("what was sent is followed to its delivery where that is wished; nothing else is", async () => {
    const answers = ["sent", null, "delivered"].map((status) =>
      shown({ ...SENT, status, followed: status !== "delivered" }),
    );
    const sent = follow(answers, { upTo: "delivery" });
    await sent.clock.pass(10_000);
    expect(sent.looks).toHaveLength(3);
    expect(sent.ended()).toMatchObject({ status: "delivered" });
    // An SMS, or an imsg that cannot tell: nobody asks any more.
    const untold = follow([shown({ ...SENT, status: "sent" })], { upTo: "delivery" });
    const refused = follow([shown(NOT_SENT)], { upTo: "delivery" });
    await untold.clock.pass(0);
    await refused.clock.pass(0);
    expect([untold.looks.length, refused.looks.length]).toEqual([1, 1]);
  });

  test("a relay that is away for a while is waited for, and what was known before stays known", async () => {
    const { clock, ended } = follow([shown(UNKNOWN), away(), undefined], { timeoutMs: 5_000 });
    await clock.pass(5_000);
    expect(ended()).toMatchObject({ outcome: "unknown" });
  });

  test("one that was away all the time is thrown, and a refusal at once", async () => {
    const gone = follow([away()], { timeoutMs: 5_000 });
    await gone.clock.pass(5_000);
    expect(gone.ended()).toMatchObject({ code: "unreachable" });
    const refused = follow([new ClientError({ code: "forbidden", status: 403, requestId: null })]);
    await refused.clock.pass(0);
    expect(refused.ended()).toMatchObject({ code: "forbidden" });
  });

  test("where the caller gives it up", async () => {
    const giveUp = new AbortController();
    const { clock, ended } = follow([shown({})], { signal: giveUp.signal });
    await clock.pass(2_000);
    giveUp.abort();
    await clock.pass(0);
    expect(ended()).toMatchObject({ state: "queued" });
    expect(clock.pending).toBe(0);
  });
});
