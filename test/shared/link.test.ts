import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelay, type Disconnect } from "../../shared/backoff.ts";
import {
  CLOSE,
  endedReason,
  fitReason,
  INSTALL_ENDS,
  isFatalClose,
  isFatalStatus,
  readEndedReason,
} from "../../shared/close.ts";
import { hasRoom, NOTHING } from "../../shared/window.ts";

const MINUTE = 60_000;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const lost = (change: Partial<Disconnect>): Disconnect => ({
  fatal: false,
  uptimeMs: undefined,
  failures: 1,
  flaps: 0,
  downMs: 0,
  ...change,
});

describe("retry (LINK6)", () => {
  it("LINK6 the first try after a long uptime comes within 1 s", () => {
    fc.assert(
      fc.property(random, fc.integer({ min: MINUTE, max: 10 ** 9 }), fc.nat(50), (r, uptimeMs, flaps) => {
        const ms = retryDelay(lost({ uptimeMs, flaps }), r);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThan(1_000);
      }),
    );
  });

  it("LINK6 short uptimes widen the first window to 3 s, and no further", () => {
    const widest = (flaps: number): number => retryDelay(lost({ uptimeMs: 10, flaps }), 1);
    expect([1, 2, 3, 4, 100].map(widest)).toEqual([1_000, 2_000, 3_000, 3_000, 3_000]);
    expect(retryDelay(lost({ uptimeMs: MINUTE - 1, flaps: 3 }), 1)).toBe(3_000);
    expect(retryDelay(lost({ uptimeMs: MINUTE, flaps: 3 }), 1)).toBe(1_000);
  });

  it("LINK6 unsuccessful tries double to 5 s in the first minute, then to 20 s", () => {
    const widest = (failures: number, downMs: number): number => retryDelay(lost({ failures, downMs }), 1);
    expect([1, 2, 3, 4, 5, 50].map((failures) => widest(failures, 0))).toEqual([
      1_000, 2_000, 4_000, 5_000, 5_000, 5_000,
    ]);
    expect([1, 3, 5, 6, 50].map((failures) => widest(failures, MINUTE))).toEqual([
      1_000, 4_000, 16_000, 20_000, 20_000,
    ]);
    expect(widest(50, MINUTE - 1)).toBe(5_000);
  });

  it("LINK6 after a refusal for the human the next try is 5 min away, give or take", () => {
    fc.assert(
      fc.property(random, (r) => {
        const ms = retryDelay(lost({ fatal: true, uptimeMs: 5 }), r);
        expect(ms).toBeGreaterThanOrEqual(4.5 * MINUTE);
        expect(ms).toBeLessThanOrEqual(5.5 * MINUTE);
      }),
    );
  });

  it("LINK6 full jitter: whatever happened, it is a number between nothing and the cap", () => {
    fc.assert(
      fc.property(
        random,
        fc.nat(10 ** 6),
        fc.nat(10 ** 6),
        fc.nat(10 ** 9),
        fc.option(fc.nat(10 ** 9), { nil: undefined }),
        (r, failures, flaps, downMs, uptimeMs) => {
          const end = { fatal: false, uptimeMs, failures: failures + 1, flaps: flaps + 1, downMs };
          const [ms, widest] = [retryDelay(end, r), retryDelay(end, 1)];
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeCloseTo(widest * r);
          expect(widest).toBeLessThanOrEqual(uptimeMs === undefined ? 20_000 : 3_000);
        },
      ),
    );
  });
});

describe("window (LINK8, RPC12)", () => {
  const limit = { items: 3, bytes: 100 };
  it.each([
    [0, 0, true],
    [2, 99, true],
    [3, 0, false],
    [2, 100, false],
    [1, 1_000, false],
  ])("LINK8 %i items of %i bytes: room is %s", (items, bytes, room) => {
    expect(hasRoom({ items, bytes }, limit)).toBe(room);
  });

  it("LINK8 an empty window takes one, however large", () => {
    expect(hasRoom({ items: 0, bytes: 10 ** 9 }, limit)).toBe(true);
    expect(hasRoom(NOTHING, { items: 0, bytes: 0 })).toBe(true);
  });
});

describe("close (LINK6)", () => {
  it("LINK6 the codes are the documented ones, and 4001 to 4005, and 4008, are for the human", () => {
    const ours = Object.entries(CLOSE).filter(([, code]) => code >= 4_000);
    expect(Object.fromEntries(ours)).toEqual({
      goodbye: 4000,
      replaced: 4001,
      protocol_violation: 4002,
      unauthenticated: 4003,
      revoked: 4004,
      version: 4005,
      heartbeat_lost: 4006,
      relay_restarting: 4007,
      held: 4008,
    });
    expect([...Object.values(CLOSE), 1000, 1006, 1011, 3000, 4009].filter(isFatalClose)).toEqual([
      4001, 4002, 4003, 4004, 4005, 4008,
    ]);
    expect([200, 400, 401, 403, 404, 426, 429, 500, 502, 503].filter(isFatalStatus)).toEqual([
      401, 403, 404, 426,
    ]);
  });

  it("ENR9 why an install ended is read as it was said, and nothing else is taken for it", () => {
    for (const end of INSTALL_ENDS)
      expect(readEndedReason(endedReason(end, 1_795_422_337_446))).toEqual({ end, at: 1_795_422_337_446 });
    for (const other of [
      "",
      "moved",
      "moved at",
      "moved at noon",
      "sold at 2026-11-23T08:00:00.000Z",
      "revoked at x at y",
    ])
      expect(readEndedReason(other)).toBeUndefined();
  });

  it("LINK6 a reason is cut to 123 bytes on a code point", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-composite", maxLength: 200 }), (reason) => {
        const fitted = fitReason(reason);
        expect(Buffer.byteLength(fitted)).toBeLessThanOrEqual(123);
        expect(reason.startsWith(fitted)).toBe(true);
        const next = Array.from(reason.slice(fitted.length))[0] ?? "x".repeat(124);
        expect(Buffer.byteLength(fitted + next)).toBeGreaterThan(123);
      }),
    );
    expect(fitReason("x".repeat(200))).toHaveLength(123);
    expect(fitReason("\ud83d\ude00".repeat(40))).toBe("\ud83d\ude00".repeat(30));
    expect(Buffer.byteLength(fitReason("\ud83d".repeat(100)))).toBeLessThanOrEqual(123);
  });
});
