import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ChannelHttp } from "../../../gateway/client/channel.ts";
import { httpFetch } from "../../../gateway/node/http-fetch.ts";
import { ChannelRelay } from "../support/channel-relay.ts";
import { KEY } from "../support/local-relay.ts";

let relay: ChannelRelay;
beforeAll(async () => {
  relay = await ChannelRelay.start();
});
beforeEach(() => {
  relay.asked.length = 0;
  relay.answers.clear();
});
afterAll(() => relay.away());

const channel = (): ChannelHttp => new ChannelHttp({ ...relay.target, fetch: httpFetch });
const asked = () => relay.asked.map(({ line, query, body }) => ({ line, query, body }));

const consumer = { name: "bot", cursor: "log1.4", behind: 2, connected: false, created_at: 1, seen_at: 2 };
const decision = {
  id: "log1.1",
  kind: "message.received",
  logged_at: 1,
  verdict: "drop",
  reason: "not_allowed",
  says: "The sender is not on the list.",
  sender: "+15550100111",
  chat: "-;+15550100111",
  rowid: 7,
};
const claim = { chat: "+;chat1", consumer: "bot", mine: true, expires_at: 9 };

describe("the table of §6b", () => {
  test("EVT8 consumers are listed and removed", async () => {
    relay.answers.set("GET consumers", [200, { consumers: [consumer] }]);
    relay.answers.set("DELETE consumers/a%2Fb", [200, { name: "a/b" }]);
    expect(await channel().consumers()).toEqual([consumer]);
    expect(await channel().removeConsumer("a/b")).toEqual({ name: "a/b" });
    expect(relay.asked[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  test("decisions come by the page", async () => {
    const page = { decisions: [decision], next: "log1.1", more: true };
    relay.answers.set("GET decisions", [200, page]);
    expect(await channel().decisions({ after: "log1.0", limit: 1, all: true })).toEqual(page);
    expect(await channel().decisions()).toEqual(page);
    expect(relay.asked.map(({ query }) => query)).toEqual([{ after: "log1.0", limit: "1", all: "true" }, {}]);
  });

  test("EVT10 a ticket is for one door", async () => {
    relay.answers.set("POST tickets", [201, { ticket: "tic_1", door: "events", expires_at: 5 }]);
    expect(await channel().ticket("events")).toMatchObject({ ticket: "tic_1", expires_at: 5 });
    expect(relay.asked[0]?.body).toEqual({ door: "events" });
  });

  test("EVT11 a chat is claimed, seen and given back; another's claim is a refusal", async () => {
    relay.answers.set("POST claims", [200, claim]);
    relay.answers.set("GET claims", [200, { claims: [claim] }]);
    relay.answers.set("DELETE claims", [200, { chat: "+;chat1" }]);
    expect(await channel().claim({ chat: "+;chat1", consumer: "bot", ttl_s: 60 })).toEqual(claim);
    expect(await channel().claims()).toEqual([claim]);
    expect(await channel().unclaim("+;chat1")).toEqual({ chat: "+;chat1" });
    expect(asked()).toEqual([
      { line: "POST claims", query: {}, body: { chat: "+;chat1", consumer: "bot", ttl_s: 60 } },
      { line: "GET claims", query: {}, body: undefined },
      { line: "DELETE claims", query: { chat: "+;chat1" }, body: undefined },
    ]);
    relay.refuseAt("POST claims", "chat_claimed");
    await expect(channel().claim({ chat: "+;chat1" })).rejects.toMatchObject({ code: "chat_claimed" });
  });

  test("pairing is listed, approved, denied and revoked", async () => {
    const request = {
      handle: "+15550100111",
      code: "ABCD2345",
      name: null,
      created_at: 1,
      last_seen_at: 2,
      expires_at: 3,
    };
    const allowed = { handle: "a@example.com", approved_at: 4, by: "key_1" };
    relay.answers.set("GET pairing", [200, { requests: [request], allowed: [allowed], later: 1 }]);
    relay.answers.set("POST pairing/approve", [200, allowed]);
    relay.answers.set("POST pairing/deny", [200, { handle: "+15550100111" }]);
    relay.answers.set("POST pairing/revoke", [200, { handle: "a@example.com" }]);
    expect(await channel().pairing()).toMatchObject({ requests: [request], allowed: [allowed] });
    expect(await channel().approvePairing("ABCD2345")).toEqual(allowed);
    expect(await channel().denyPairing("ABCD2345")).toEqual({ handle: "+15550100111" });
    expect(await channel().revokePairing("a@example.com")).toEqual({ handle: "a@example.com" });
    expect(relay.asked.slice(1).map(({ body }) => body)).toEqual([
      { code: "ABCD2345" },
      { code: "ABCD2345" },
      { handle: "a@example.com" },
    ]);
  });
});
