import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventId, type LoggedEvent } from "../../../shared/events.ts";
import { deliveryId, eventOfDelivery } from "../../../shared/webhooks/delivery-id.ts";
import { webhookPayload } from "../../../shared/webhooks/payload.ts";

const event: LoggedEvent = {
  id: "log1.7",
  kind: "account.online",
  account: "acc_1",
  logged_at: Date.UTC(2026, 10, 22, 10, 0, 0, 5),
  database: 1,
  rowid: null,
  chat: null,
  delayed: false,
  backfilled: false,
  data: { install: "ins_1", epoch: 3 },
};

describe("a webhook's id", () => {
  it("is its event's, without the dot that Standard Webhooks forbids, and leads back to it", () => {
    expect(deliveryId("log1.7")).toBe("evt_log1_7");
    const log = fc.stringMatching(/^[0-9a-z]{1,64}$/);
    fc.assert(
      fc.property(log, fc.nat(), (log, seq) => {
        const id = deliveryId(eventId(log, seq));
        expect(id).toMatch(/^[a-z0-9_]+$/);
        expect(eventOfDelivery(id)).toBe(`${log}.${seq}`);
      }),
    );
  });

  it.each(["", "evt_", "evt_log1", "evt_log1_x", "evt_log1_7_8", "evt_log1.7", "log1_7", "test_log1_7"])(
    "%j is no event's",
    (id) => {
      expect(eventOfDelivery(id)).toBeUndefined();
    },
  );
});

describe("a webhook's payload", () => {
  it("is type, time and the event as every reader gets it", () => {
    expect(webhookPayload(event)).toEqual({
      type: "account.online",
      timestamp: "2026-11-22T10:00:00.005Z",
      data: event,
    });
  });

  it("says late where it was set aside", () => {
    expect(webhookPayload(event, true).data).toEqual({ ...event, late: true });
  });
});
