import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRetryAfter } from "../../../shared/webhooks/retry-after.ts";
import { judge } from "../../../shared/webhooks/verdict.ts";

const NOW = Date.UTC(2026, 10, 22, 10, 0, 0);

describe("Retry-After", () => {
  it.each([
    ["0", 0],
    ["1", 1_000],
    [" 120 ", 120_000],
    ["9999999999", 9_999_999_999_000],
    ["Sun, 22 Nov 2026 10:00:30 GMT", 30_000],
    ["Sunday, 22-Nov-26 10:00:30 GMT", 30_000],
    ["Sun Nov 22 10:00:30 2026", 30_000],
    ["Tue Dec  1 10:00:00 2026", 9 * 86_400_000],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 0],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 0],
    ["Sun Nov  6 08:49:37 1994", 0],
    ["Sun, 22 Nov 2026 10:00:60 GMT", 59_000],
  ])("%j asks for %i ms", (value, wait) => {
    expect(readRetryAfter(value, NOW)).toBe(wait);
  });

  it.each([
    null,
    undefined,
    "",
    "-1",
    "1.5",
    "1e3",
    "soon",
    "12345678901",
    "120, 60",
    "2026-11-22T10:00:30Z",
    "Sun, 22 Nov 2026 10:00:30",
    "Sun, 22 Nov 2026 10:00:30 CET",
    "Sun, 31 Feb 2027 10:00:30 GMT",
    "Sun, 22 Nov 2026 24:00:00 GMT",
    "Sun, 22 Nov 2026 99:00:00 GMT",
    "Sun, 22 Nov 2026 10:61:00 GMT",
    "Sun, 22 Nov 2026 10:00:61 GMT",
    "Sun, 22 nov 2026 10:00:30 GMT",
    "Sun, 00 Nov 2026 10:00:30 GMT",
  ])("%j says nothing", (value) => {
    expect(readRetryAfter(value, NOW)).toBeUndefined();
  });

  it("reads every date that is written as HTTP writes it", () => {
    fc.assert(
      fc.property(fc.nat(4_000_000_000), (seconds) => {
        const wait = readRetryAfter(new Date(seconds * 1_000).toUTCString(), NOW);
        expect(wait).toBe(Math.max(0, seconds * 1_000 - NOW));
      }),
    );
  });
});

describe("the end of an attempt", () => {
  it.each([200, 201, 202, 204, 226, 299])("%i is a delivery", (status) => {
    expect(judge({ status, retryAfter: "60" }, NOW)).toEqual({
      outcome: "delivered",
      text: `answered ${status}`,
    });
  });

  it.each([101, 400, 401, 404, 408, 413, 418, 500, 501, 599])(
    "%i fails, and asking for time does not help",
    (status) => {
      const expected = { outcome: "failed", text: `answered ${status}` };
      expect(judge({ status }, NOW)).toEqual(expected);
      expect(judge({ status, retryAfter: "60" }, NOW)).toEqual(expected);
    },
  );

  it.each([301, 302, 303, 307, 308])("%i fails: nobody follows it", (status) => {
    expect(judge({ status }, NOW)).toEqual({
      outcome: "failed",
      text: `answered ${status}: a redirect, which is never followed`,
    });
  });

  it.each([429, 502, 503, 504])("%i with Retry-After asks for time", (status) => {
    expect(judge({ status, retryAfter: "90" }, NOW)).toEqual({
      outcome: "throttled",
      text: `answered ${status}: it asks for time for 90 s`,
      retryAfterMs: 90_000,
    });
  });

  it.each([502, 503, 504])("%i that does not say when is a failure", (status) => {
    expect(judge({ status }, NOW)).toEqual({ outcome: "failed", text: `answered ${status}` });
    expect(judge({ status, retryAfter: "soon" }, NOW)).toEqual({
      outcome: "failed",
      text: `answered ${status}`,
    });
  });

  it("429 asks for time even where it does not say how much", () => {
    const text = "answered 429: it asks for time";
    expect(judge({ status: 429, retryAfter: null }, NOW)).toEqual({
      outcome: "throttled",
      text,
      retryAfterMs: undefined,
    });
  });

  it("410 wants no more of it", () => {
    expect(judge({ status: 410 }, NOW)).toEqual({
      outcome: "gone",
      text: "answered 410: it wants no more events",
    });
  });

  it.each([
    ["timeout", "did not answer within 15 s"],
    ["refused", "refused the connection"],
    ["lost", "refused the connection, or broke it"],
    [
      "unreachable",
      "could not be reached: its name does not resolve or leads to a private address, its certificate is not accepted, or it speaks no HTTP",
    ],
  ] as const)("no answer (%s) is a failure that says: %s", (error, text) => {
    expect(judge({ error }, NOW)).toEqual({ outcome: "failed", text });
  });

  it("what the guard stopped says so with the guard's words", () => {
    expect(judge({ error: "blocked", why: "The URL leads back to this relay." }, NOW)).toEqual({
      outcome: "failed",
      text: "was not asked: The URL leads back to this relay.",
    });
  });

  it("is one of four, whatever the status", () => {
    fc.assert(
      fc.property(fc.integer(), fc.option(fc.string()), (status, retryAfter) => {
        const { outcome } = judge({ status, retryAfter }, NOW);
        expect(outcome === "delivered").toBe(status >= 200 && status <= 299);
        expect(outcome === "gone").toBe(status === 410);
        expect(["delivered", "failed", "throttled", "gone"]).toContain(outcome);
      }),
    );
  });
});
