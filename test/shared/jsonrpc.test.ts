import { describe, expect, it } from "vitest";
import { ERRORS, problem, RelayError, type ErrorCode } from "../../shared/errors.ts";
import {
  encodeAnswer,
  encodeNotification,
  encodeRequest,
  NOT_STARTED,
  readIncoming,
  refusal,
  rpcError,
  unknownOutcome,
  type Answer,
} from "../../shared/jsonrpc.ts";
import { outcomeOf } from "../../shared/outcome.ts";

describe("incoming", () => {
  it.each<[unknown, object]>([
    [
      { id: 1, method: "m" },
      { kind: "request", request: { id: 1, method: "m" } },
    ],
    [
      { jsonrpc: "1.0", id: "a", method: "m", params: [1] },
      { kind: "request", request: { id: "a", params: [1] } },
    ],
    [
      { id: null, method: "m" },
      { kind: "request", request: { id: null } },
    ],
    [
      { id: 0, method: "m" },
      { kind: "request", request: { id: 0 } },
    ],
    [
      { id: -1.5, method: "m" },
      { kind: "request", request: { id: -1.5 } },
    ],
    [{ id: "x".repeat(256), method: "m" }, { kind: "request" }],
    [{ id: 1, method: "m", result: 1 }, { kind: "request" }],
    [
      { id: 1, method: "m", idempotency_key: "k" },
      { kind: "request", request: { idempotency_key: "k" } },
    ],
    [
      { id: 1, method: "m", idempotency_key: 5 },
      { kind: "request", request: { idempotency_key: 5 } },
    ],
    [
      { method: "m", params: { a: 1 } },
      { kind: "notification", method: "m", params: { a: 1 } },
    ],
    [
      { id: 1, result: null },
      { kind: "answer", id: 1, answer: { result: null } },
    ],
    [
      { id: 1, error: { code: -1, message: "m", data: [1] } },
      { kind: "answer", answer: { error: { code: -1, message: "m", data: [1] } } },
    ],
    [
      { id: 1, error: { code: -1 } },
      { kind: "answer", answer: { error: { code: -1, message: "Error" } } },
    ],
    [
      { id: 1, result: 1, error: { code: -1, message: "m" } },
      { kind: "answer", answer: { error: { code: -1 } } },
    ],
    [
      { id: null, error: { code: -1, message: "m" } },
      { kind: "answer", id: null },
    ],
    [[], { kind: "invalid", id: null, why: "request must be an object" }],
    [[{ id: 1, method: "m" }], { kind: "invalid", id: null }],
    [5, { kind: "invalid", id: null, why: "request must be an object" }],
    [null, { kind: "invalid", id: null, why: "request must be an object" }],
    ["text", { kind: "invalid", id: null }],
    [{}, { kind: "invalid", id: null, why: "method is required" }],
    [{ id: 1 }, { kind: "invalid", id: 1, why: "method is required" }],
    [
      { id: 1, method: "" },
      { kind: "invalid", id: 1, why: "method is required" },
    ],
    [
      { id: 1, method: 5 },
      { kind: "invalid", id: 1, why: "method is required" },
    ],
    [
      { id: 1, method: "x".repeat(201) },
      { kind: "invalid", id: 1, why: "method is too long" },
    ],
    [
      { id: {}, method: "m" },
      { kind: "invalid", id: null, why: "id must be a string or a number" },
    ],
    [
      { id: true, method: "m" },
      { kind: "invalid", id: null, why: "id must be a string or a number" },
    ],
    [
      { id: 2 ** 53, method: "m" },
      { kind: "invalid", id: null, why: "id must be a string or a number" },
    ],
    [
      { id: -(2 ** 53), method: "m" },
      { kind: "invalid", id: null },
    ],
    [
      { id: "x".repeat(257), method: "m" },
      { kind: "invalid", id: null },
    ],
    [
      { id: 1, error: "text" },
      { kind: "invalid", id: 1 },
    ],
    [{ result: 1 }, { kind: "invalid", id: null }],
  ])("RPC3 %j", (value, expected) => {
    expect(readIncoming(value)).toMatchObject(expected);
  });
});

describe("outgoing", () => {
  it("RPC2 says 2.0, and leaves out what is not there", () => {
    expect(JSON.parse(encodeRequest(1, "m", undefined))).toEqual({ jsonrpc: "2.0", id: 1, method: "m" });
    expect(JSON.parse(encodeRequest("a", "m", { x: 1 }, { idempotency_key: "k" }))).toEqual({
      jsonrpc: "2.0",
      id: "a",
      method: "m",
      params: { x: 1 },
      idempotency_key: "k",
    });
    expect(JSON.parse(encodeNotification("m", { x: 1 }))).toEqual({
      jsonrpc: "2.0",
      method: "m",
      params: { x: 1 },
    });
    expect(JSON.parse(encodeAnswer(null, { result: 5 }))).toEqual({ jsonrpc: "2.0", id: null, result: 5 });
  });

  it("RPC4 a refusal carries its row of the error table", () => {
    expect(refusal("agent_offline", NOT_STARTED)).toEqual({
      error: {
        code: -32054,
        message: "The Mac is not connected.",
        data: { code: "agent_offline", retryable: true, disposition: "not_started", retry_safe: true },
      },
    });
  });

  it("RPC5 an unknown outcome is never safe to repeat", () => {
    expect(unknownOutcome("op_1")).toMatchObject({
      error: {
        code: -32001,
        data: { disposition: "may_have_completed", retry_safe: false, operation: "op_1" },
      },
    });
  });
});

describe("errors", () => {
  const TABLE: [ErrorCode, number, boolean, number][] = [
    ["invalid_request", 400, false, -32040],
    ["unauthenticated", 401, false, -32041],
    ["forbidden", 403, false, -32042],
    ["forbidden_by_mac", 403, false, -32043],
    ["not_found", 404, false, -32044],
    ["conflict", 409, false, -32045],
    ["chat_claimed", 409, false, -32046],
    ["gone", 410, false, -32047],
    ["length_required", 411, false, -32048],
    ["too_large", 413, false, -32049],
    ["unsupported", 422, false, -32050],
    ["not_ready", 425, true, -32051],
    ["rate_limited", 429, true, -32052],
    ["internal", 500, false, -32053],
    ["agent_offline", 503, true, -32054],
    ["messages_unavailable", 503, true, -32055],
    ["deadline_exceeded", 504, true, -32056],
    ["partly_sent", 422, false, -32057],
    ["tenant_suspended", 403, false, -32058],
    ["account_paused", 403, false, -32059],
  ];

  it("the table is the documented one, whole", () => {
    expect(
      Object.entries(ERRORS).map(([code, { status, retryable, rpc }]) => [code, status, retryable, rpc]),
    ).toEqual(TABLE);
  });

  it("no sentence of ours reads as a signal to OpenClaw", () => {
    for (const { sentence } of Object.values(ERRORS))
      expect(sentence).not.toMatch(
        /timed out waiting for response|private api bridge|run imsg launch|unknown command|reply_to requires/i,
      );
  });

  it.each(TABLE)("%s as problem+json", (code, status, retryable) => {
    expect(problem(code, "r1")).toEqual({
      type: "about:blank",
      title: ERRORS[code].sentence,
      status,
      code,
      retryable,
      request_id: "r1",
    });
    expect(problem(code, "r1", "why")).toMatchObject({ detail: "why" });
  });

  it("a refusal says what it says, and no more", () => {
    expect(new RelayError("gone")).toMatchObject({
      name: "RelayError",
      code: "gone",
      detail: undefined,
      message: ERRORS.gone.sentence,
    });
    expect(new RelayError("gone", "detail")).toMatchObject({ detail: "detail", message: "detail" });
  });
});

describe("outcome (I6)", () => {
  const error = (code: number, data?: unknown): Answer => rpcError(code, "m", data);
  it.each<[string, Answer, string]>([
    ["a result", { result: null }, "sent"],
    ["a parse error", error(-32700), "not_sent"],
    ["no request", error(-32600), "not_sent"],
    ["no method", error(-32601), "not_sent"],
    ["bad params", error(-32602), "not_sent"],
    ["busy", error(-32000), "not_sent"],
    ["no database", error(-32002), "not_sent"],
    ["no bridge", error(-32003), "not_sent"],
    ["any other error of imsg", error(-32603), "unknown"],
    ["may have completed", error(-32001), "unknown"],
    ["the lane is blocked", error(-32004), "unknown"],
    ["… but this one was not started", error(-32004, { disposition: "not_started" }), "not_sent"],
    ["… or is in flight", error(-32004, { disposition: "still_in_flight" }), "unknown"],
    ["-32602 that says otherwise", error(-32602, { disposition: "may_have_completed" }), "unknown"],
    ["-32603 that says not started", error(-32603, { disposition: "not_started" }), "not_sent"],
    ["a disposition nobody knows", error(-32602, { disposition: "later" }), "unknown"],
    ["data that is a text", error(-32603, "not_started"), "unknown"],
    ["a code nobody knows", error(5), "unknown"],
    ["forbidden by the Mac", refusal("forbidden_by_mac"), "not_sent"],
    ["agent offline", refusal("agent_offline", NOT_STARTED), "not_sent"],
    [
      "agent offline, said of a call that was cut off",
      error(-32054, { disposition: "may_have_completed" }),
      "unknown",
    ],
    ["a failure of the relay", refusal("internal"), "unknown"],
    ["no answer in time", refusal("deadline_exceeded"), "unknown"],
    ["an unknown outcome", unknownOutcome("op_1"), "unknown"],
  ])("%s is %s", (_, answer, outcome) => {
    expect(outcomeOf(answer)).toBe(outcome);
  });
});
