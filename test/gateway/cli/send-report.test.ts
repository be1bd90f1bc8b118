import { describe, expect, test } from "vitest";
import { EXIT } from "../../../gateway/cli/exit-codes.ts";
import { asOutcome, DELIVERY_OPEN, refusalOf, verdictOn } from "../../../gateway/cli/send-report.ts";
import { readProblem } from "../../../gateway/client/client-error.ts";
import { operationSchema } from "../../../gateway/client/operation-shapes.ts";
import { problem, type ErrorCode } from "../../../shared/errors.ts";
import { NOT_SENT, operation, SENT, UNKNOWN } from "../support/operations.ts";

const verdict = (change: object, delivery?: string) =>
  verdictOn(asOutcome(operationSchema.parse(operation({ ...change })), "k"), delivery);

describe("I6 what became of it", () => {
  test.each<[string, object, number, RegExp]>([
    ["sent", SENT, EXIT.done, /^Sent \(guid G1\)\.$/],
    ["sent without a guid", { ...SENT, guid: null, guids: [] }, EXIT.done, /^Sent\.$/],
    [
      "sent in parts",
      { ...SENT, parts: 2, delivered: 2, guids: ["G1", null] },
      EXIT.done,
      /^Sent in 2 parts \(guid G1\)\.$/,
    ],
    ["delivered", { ...SENT, status: "delivered" }, EXIT.done, /^Sent and delivered \(guid G1\)\.$/],
    [
      "failed",
      { ...SENT, status: "failed" },
      EXIT.undelivered,
      /Messages says that it failed \(guid G1\)\.$/,
    ],
    ["queued", {}, EXIT.queued, /^Queued: .* until 2023-11-1\d \d\d:\d\d\. .*imsg-relay cancel op_1$/],
    ["unknown", UNKNOWN, EXIT.unknown, /^Unknown: it may have gone out\. .*operations --key k/],
    ["open", { state: "open" }, EXIT.unknown, /^Unknown/],
    [
      "unknown after some parts",
      { ...UNKNOWN, delivered: 1, parts: 3 },
      EXIT.unknown,
      /gone out\. 1 of 3 parts certainly did\./,
    ],
    ["taken back", NOT_SENT, EXIT.failed, /^Not sent: It was cancelled\.$/],
    [
      "queued for too long",
      { ...NOT_SENT, error: { code: "deadline_exceeded" } },
      EXIT.try_again,
      /^Not sent: There was no answer in time\.$/,
    ],
    [
      "not sent for a reason of a newer relay",
      { ...NOT_SENT, error: { code: "later" } },
      EXIT.failed,
      /later/,
    ],
    [
      "not sent after some parts",
      { ...NOT_SENT, delivered: 1, parts: 2, error: { code: "partly_sent" } },
      EXIT.partly,
      /^Only 1 of 2 parts went out.* Do not send all of it again\.$/,
    ],
  ])("%s", (_, change, exit, says) => {
    expect(verdict(change)).toMatchObject({ exit, says: expect.stringMatching(says) });
  });

  test("a delivery that was waited for in vain is said to be open", () => {
    expect(verdict(SENT, DELIVERY_OPEN).says).toMatch(/has not said yet whether it was delivered\.$/);
    expect(verdict({ ...SENT, status: "delivered" }, DELIVERY_OPEN).says).not.toContain("yet");
  });

  test("programs get the operation", () => {
    expect(verdict({ later: 1 }).json).toEqual(operation({ later: 1 }));
  });
});

describe("I6 refusals", () => {
  const refused = (code: ErrorCode, more: object = {}) => {
    const body = problem(code, "req-1");
    const { says, ...verdict } = refusalOf(readProblem(body.status, null, { ...body, ...more }), "k");
    // The request's id stands last, whatever is said.
    expect(says).toMatch(/ \(request req-1\)$/);
    return { ...verdict, says: says.replace(/ \([^)]*\)$/, "") };
  };

  test.each<[ErrorCode, number, RegExp]>([
    [
      "agent_offline",
      EXIT.try_again,
      /^Not sent: The Mac is not connected\..* With --queue it waits for the Mac\.$/,
    ],
    ["messages_unavailable", EXIT.try_again, /^Not sent: /],
    ["not_ready", EXIT.try_again, /^Not sent: /],
    ["rate_limited", EXIT.try_again, /^Not sent: Too many requests.* Try again in 30 s\.$/],
    ["invalid_request", EXIT.misuse, /^Not sent: The request is not valid/],
    ["forbidden_by_mac", EXIT.failed, /^Not sent: The owner of the Mac/],
    ["chat_claimed", EXIT.failed, /^Not sent: Another consumer/],
    ["conflict", EXIT.failed, /^Not sent: This contradicts/],
    ["unsupported", EXIT.failed, /^Not sent: /],
    ["gone", EXIT.failed, /^Not sent: /],
    ["not_found", EXIT.failed, /^Not sent: /],
    ["unauthenticated", EXIT.no_access, /^Not sent: The key is missing.*imsg-relay login\.$/],
    ["forbidden", EXIT.no_access, /^Not sent: The key does not allow this\..*scope send/],
  ])("%s", (code, exit, says) => {
    const { json, ...verdict } = refused(code, code === "rate_limited" ? { retry_after_s: 30 } : {});
    expect(verdict).toEqual({ exit, says: expect.stringMatching(says) });
    expect(json).toMatchObject({
      success: false,
      code,
      request_id: "req-1",
      outcome: "not_sent",
      idempotency_key: "k",
    });
  });

  test("an account that is switched off is no fault of the key's", () => {
    expect(refused("forbidden", { detail: "the account is switched off (enabled)" })).toMatchObject({
      exit: EXIT.failed,
      says: "Not sent: the account is switched off (enabled). Switch it on: imsg-relay config set enabled true.",
    });
  });

  test("partly sent says how much went out", () => {
    const said = { operation: "op_1", outcome: "not_sent", delivered: 2, parts: 5 };
    const detail = "2 of 5 parts went out; then: The Mac is not connected.";
    expect(refused("partly_sent", { ...said, detail }).says).toBe(
      "Only 2 of 5 parts went out; then: The Mac is not connected. Do not send all of it again.",
    );
    expect(refused("partly_sent", said)).toMatchObject({
      exit: EXIT.partly,
      says: expect.stringMatching(/^Only 2 of 5 parts went out: .* Do not send all of it again\.$/),
      json: { code: "partly_sent", ...said },
    });
  });
});
