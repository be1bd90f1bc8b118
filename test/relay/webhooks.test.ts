// Webhooks in the account's object and its tenant's: what goes out, what stops it, what is stored (HOOK rules).
import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decodeBase64 } from "../../shared/base64.ts";
import { IDEMPOTENCY_MS } from "../../shared/limits.ts";
import { isSignedBy } from "../../shared/webhooks/signature.ts";
import { row, unjoined } from "./support/agent.ts";
import { alone, poll, type Channel } from "./support/channel.ts";
import { endpoint, endpointsOf, hook, hooksOf, Internet, URL_OF_BOT, type Posted } from "./support/hooks.ts";
import { newAccount, statusOf, type Account } from "./support/http.ts";
import { evict, freeze, inside, insideTenant, logOf, pass, stubOf } from "./support/object.ts";

const RECEIVED = "message.received";

let internet: Internet;
let of: Channel;
beforeEach(async () => {
  of = await alone();
  internet = new Internet();
});
afterEach(() => {
  vi.useRealTimers();
  internet.close();
});

const shown = (id: number, change = {}): Promise<void> =>
  of.agent.show([row(id, change)]).then(() => undefined);

function signedBy(posted: Posted, secret: string): Promise<boolean> {
  const key = decodeBase64(secret.slice("whsec_".length)) ?? new Uint8Array();
  const of = (name: string): string => posted.headers.get(name) ?? "";
  const content = { id: of("webhook-id"), timestamp: Number(of("webhook-timestamp")), body: posted.body };
  return isSignedBy([key], content, of("webhook-signature"));
}
const healthOf = async (id: string) => {
  const { endpoints } = await hook(of, 200, "GET", hooksOf(of));
  return (endpoints as { endpoint: string; parked: number }[]).find((one) => one.endpoint === id);
};
const rowsOf = (sql: SqlStorage, tables: readonly string[]): string =>
  JSON.stringify(tables.map((table) => sql.exec(`SELECT * FROM ${table}`).toArray()));

describe("an endpoint", () => {
  it("HOOK1 gets a message as every reader does, signed, under an id of its event", async () => {
    const { id, secret } = await endpoint(of);
    await shown(1);
    const posted = await internet.until(RECEIVED);
    const [event] = (await poll(of, "after=beginning&limit=200&kinds=message.*")).events;
    expect(posted.payload.data).toEqual(event);
    expect(posted.headers.get("webhook-id")).toBe(`evt_${event?.id.replace(".", "_")}`);
    expect(await signedBy(posted, secret)).toBe(true);
    await vi.waitUntil(async () => (await healthOf(id)) !== undefined);
    expect(await healthOf(id)).toMatchObject({ state: "active", parked: 0, set_aside: 0 });
  });

  it("HOOK1 that names no kinds gets every kind", async () => {
    await endpoint(of, { kinds: undefined });
    await shown(1);
    expect((await internet.until(RECEIVED)).payload.data).toMatchObject({ rowid: 1 });
  });

  it("HOOK7 that answers 410 is off at once: by an event in the log, and with its reason", async () => {
    const { id } = await endpoint(of);
    internet.answer = () => new Response("", { status: 410 });
    await shown(1);
    await vi.waitUntil(
      async () => (await hook(of, 200, "GET", endpointsOf(of, `/${id}`)))["state"] === "disabled",
    );
    const reason = "it answered 410 Gone";
    expect(await hook(of, 200, "GET", endpointsOf(of, `/${id}`))).toMatchObject({
      state: "disabled",
      reason,
    });
    const { events } = await poll(of, "after=beginning&limit=200&kinds=endpoint.*");
    expect(events).toMatchObject([{ kind: "endpoint.disabled", data: { endpoint: id, reason } }]);
    await shown(2);
    expect(internet.of(RECEIVED)).toHaveLength(1);
    internet.answer = () => new Response("");
    await hook(of, 200, "POST", endpointsOf(of, `/${id}/resume`));
    await internet.until(RECEIVED, 3);
    expect(internet.of(RECEIVED).map(({ payload }) => payload.data["rowid"])).toEqual([1, 1, 2]);
  });

  it("HOOK14 that is paused gets nothing, and everything once it is resumed", async () => {
    const { id } = await endpoint(of);
    await hook(of, 200, "POST", endpointsOf(of, `/${id}/pause`));
    await shown(1);
    await shown(2);
    expect(internet.posted).toEqual([]);
    await hook(of, 200, "POST", endpointsOf(of, `/${id}/resume`));
    await internet.until(RECEIVED, 2);
    expect(internet.of(RECEIVED).map(({ payload }) => payload.data["rowid"])).toEqual([1, 2]);
  });

  it("HOOK10 is sent again what was under way when the object ended, as soon as anybody asks it anything", async () => {
    await endpoint(of);
    internet.answer = () => new Promise(() => undefined);
    await shown(1);
    await internet.until(RECEIVED);
    internet.answer = () => new Response("");
    await evict(of.account);
    await statusOf(of.account);
    await internet.until(RECEIVED, 2);
    expect(new Set(internet.of(RECEIVED).map(({ headers }) => headers.get("webhook-id"))).size).toBe(1);
  });
});

it("HOOK13 the log keeps what an endpoint that is on waits for, and no longer than that", async () => {
  const DAY = 24 * 3_600_000;
  freeze();
  await of.agent.show([row(1)]);
  const { id } = await endpoint(of);
  internet.answer = () => new Response("", { status: 500 });
  await shown(2);
  await vi.waitUntil(async () => (await healthOf(id))?.parked === 1);
  const kept = async () =>
    (await logOf(of.account)).map(({ rowid }) => rowid).filter((rowid) => rowid !== null);
  const later = async (ms: number): Promise<void> => {
    await pass(of.account, ms);
    await runDurableObjectAlarm(stubOf(of.account));
  };
  // Its tenant does not say that it is disabled: no attempt was made since.
  await later(7 * DAY + DAY / 4);
  expect(await kept()).toEqual([2]);
  await hook(of, 200, "POST", endpointsOf(of, `/${id}/pause`));
  await later(DAY / 2);
  expect(await kept()).toEqual([]);
});

it("HOOK14 a change is told to the accounts that it concerns, and wakes no other", async () => {
  const other = await newAccount(of.account.tenant);
  const toldAt = (account: Account): Promise<unknown> =>
    inside(account, (_, { storage }) => storage.sql.exec("SELECT revision FROM settings").one()["revision"]);
  const before = await toldAt(other);
  const mine = await toldAt(of.account);
  const { id } = await endpoint(of, { accounts: [of.account.account] });
  await hook(of, 200, "POST", endpointsOf(of, `/${id}/pause`));
  await hook(of, 200, "POST", endpointsOf(of, `/${id}/resume`));
  expect(await toldAt(other)).toBe(before);
  expect(await toldAt(of.account)).toBeGreaterThan(Number(mine));
  const heldBy = (account: Account): Promise<unknown[]> =>
    inside(account, (_, { storage }) => storage.sql.exec("SELECT endpoint FROM webhook").toArray());
  await hook(of, 200, "PATCH", endpointsOf(of, `/${id}`), { accounts: [other.account] });
  expect([await heldBy(of.account), await heldBy(other)]).toEqual([[], [{ endpoint: id }]]);
  await hook(of, 200, "PATCH", endpointsOf(of, `/${id}`), { accounts: null });
  expect([await heldBy(of.account), await heldBy(other)]).toEqual([[{ endpoint: id }], [{ endpoint: id }]]);
  await hook(of, 200, "DELETE", endpointsOf(of, `/${id}`));
  expect([await heldBy(of.account), await heldBy(other)]).toEqual([[], []]);
});

it("HOOK14 one that was disabled and is paused now has no reason any more", async () => {
  const { id } = await endpoint(of);
  internet.answer = () => new Response("", { status: 410 });
  await shown(1);
  const path = endpointsOf(of, `/${id}`);
  await vi.waitUntil(async () => (await hook(of, 200, "GET", path))["state"] === "disabled");
  expect(await hook(of, 200, "POST", `${path}/pause`)).toMatchObject({ state: "paused", reason: null });
});

describe("secrets", () => {
  it("HOOK20 after a rotation those of the last day sign as well, at most five", async () => {
    const { id, secret } = await endpoint(of);
    const rotated = async (status = 200) =>
      String((await hook(of, status, "POST", endpointsOf(of, `/${id}/rotate`), {}))["secret"]);
    const secrets = [secret, await rotated(), await rotated()];
    await shown(1);
    const posted = await internet.until(RECEIVED);
    for (const one of secrets) expect(await signedBy(posted, one)).toBe(true);
    expect(await hook(of, 200, "GET", endpointsOf(of, `/${id}/secret`))).toMatchObject({
      secret: secrets[2],
    });
    await rotated();
    await rotated();
    await rotated(409);
  });

  it("HOOK21 are stored sealed, at the tenant and at the account, and are in no list", async () => {
    const { id, secret } = await endpoint(of);
    await shown(1);
    await internet.until(RECEIVED);
    const bare = secret.slice("whsec_".length);
    const kept = [
      await inside(of.account, (_, { storage }) => rowsOf(storage.sql, ["webhook", "attempt", "event"])),
      await insideTenant(of.account.tenant, ({ storage }) => rowsOf(storage.sql, ["endpoint", "outbox"])),
      JSON.stringify(await hook(of, 200, "GET", endpointsOf(of))),
      JSON.stringify(await hook(of, 200, "GET", hooksOf(of))),
    ];
    expect(kept[0]).toContain(id);
    for (const text of kept) expect(text).not.toContain(bare);
  });
});

describe("an answer with a reply", () => {
  const answered = (text: string): Response => Response.json({ reply: { text } });

  it("HOOK22 is sent to the event's chat once; a different one for the same event is only told", async () => {
    const { id } = await endpoint(of, { takes_replies: true });
    internet.answer = () => answered("first");
    await shown(1);
    const { params } = await of.agent.run({ result: { guid: "S-1" } });
    expect(params).toMatchObject({ text: "first" });
    const event = (await poll(of, "after=beginning&limit=200&kinds=message.*")).events[0]?.id;
    internet.answer = () => answered("second");
    const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await hook(of, 200, "POST", hooksOf(of, `/${id}/resend`), { event });
    await internet.until(RECEIVED, 2);
    await vi.waitUntil(() => warned.mock.calls.length > 0);
    expect(JSON.stringify(warned.mock.calls)).toContain("a reply was not sent");
    expect(JSON.stringify(warned.mock.calls)).not.toContain("second");
    warned.mockRestore();
    const { operations } = await hook(of, 200, "GET", `/v1/accounts/${of.account.account}/operations`);
    expect(operations).toHaveLength(1);
  });

  it("HOOK22 is sent once where its event is delivered twice", async () => {
    const { id } = await endpoint(of, { takes_replies: true });
    internet.answer = () => answered("hello");
    await shown(1);
    await of.agent.run({ result: { guid: "S-1" } });
    await evict(of.account);
    await hook(of, 200, "POST", hooksOf(of, `/${id}/replay`), { after: "beginning" });
    await internet.until(RECEIVED, 2);
    const { operations } = await hook(of, 200, "GET", `/v1/accounts/${of.account.account}/operations`);
    expect(operations).toHaveLength(1);
  });

  it("HOOK22 counts only where the endpoint may reply, and waits an hour for a Mac that is away", async () => {
    const mute = await endpoint(of);
    internet.answer = () => answered("hello");
    await shown(1);
    await internet.until(RECEIVED);
    await hook(of, 200, "DELETE", endpointsOf(of, `/${mute.id}`));
    const { id } = await endpoint(of, { takes_replies: true });
    of.agent.sock.close();
    await of.agent.sock.closed;
    await hook(of, 200, "POST", hooksOf(of, `/${id}/replay`), { after: "beginning" });
    const path = `/v1/accounts/${of.account.account}/operations?state=queued`;
    await vi.waitUntil(
      async () => ((await hook(of, 200, "GET", path))["operations"] as unknown[]).length === 1,
    );
    expect(internet.of(RECEIVED)).toHaveLength(2);
  });

  const operationsOf = async (query = ""): Promise<{ state: string }[]> => {
    const path = `/v1/accounts/${of.account.account}/operations${query}`;
    return (await hook(of, 200, "GET", path))["operations"] as { state: string }[];
  };

  it("HOOK22 to what the account itself wrote is sent to nobody: a bot would answer itself for ever", async () => {
    await endpoint(of, { takes_replies: true });
    internet.answer = () => answered("hello");
    const ours = { is_from_me: true, sender: "" };
    await of.agent.show([unjoined(1, ours)]);
    await of.agent.show([row(1, ours)]);
    await internet.until("message.repaired");
    await shown(2);
    const { params } = await of.agent.run({ result: { guid: "S-1" } });
    expect(params).toMatchObject({ text: "hello" });
    expect(await operationsOf()).toHaveLength(1);
  });

  it("HOOK22 counts no more when the endpoint was deleted, moved or silenced meanwhile", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const changes = [
      ["DELETE"],
      ["PATCH", { url: `${URL_OF_BOT}/2` }],
      ["PATCH", { takes_replies: false }],
    ] as const;
    for (const [at, [method, body]] of changes.entries()) {
      const { id } = await endpoint(of, { takes_replies: true });
      let isChanged = false;
      internet.answer = () => vi.waitUntil(() => isChanged).then(() => answered("hello"));
      await shown(at + 1);
      await internet.until(RECEIVED, at + 1);
      await hook(of, 200, method, endpointsOf(of, `/${id}`), body);
      isChanged = true;
      await vi.waitUntil(() => warned.mock.calls.length > at);
      if (method !== "DELETE") await hook(of, 200, "DELETE", endpointsOf(of, `/${id}`));
    }
    expect(JSON.stringify(warned.mock.calls)).toContain("its endpoint was changed meanwhile");
    warned.mockRestore();
    expect(await operationsOf()).toEqual([]);
  });

  it("HOOK22 that waits for a Mac that is away is not sent where its endpoint is deleted meanwhile", async () => {
    const { id } = await endpoint(of, { takes_replies: true });
    await hook(of, 200, "POST", endpointsOf(of, `/${id}/pause`));
    await shown(1);
    of.agent.sock.close();
    await of.agent.sock.closed;
    internet.answer = () => answered("hello");
    await hook(of, 200, "POST", endpointsOf(of, `/${id}/resume`));
    await vi.waitUntil(async () => (await operationsOf("?state=queued")).length === 1);
    await hook(of, 200, "DELETE", endpointsOf(of, `/${id}`));
    expect(await operationsOf()).toMatchObject([{ state: "settled", outcome: "not_sent" }]);
  });

  it("HOOK22 is sent once also where its event is delivered again after its answer is forgotten", async () => {
    freeze();
    const { id } = await endpoint(of, { takes_replies: true });
    internet.answer = () => answered("hello");
    await shown(1);
    await of.agent.run({ result: { guid: "S-1" } });
    await vi.waitUntil(async () => (await operationsOf())[0]?.state === "settled");
    // It is forgotten within an hour after that.
    await pass(of.account, IDEMPOTENCY_MS + 2 * 3_600_000);
    await runDurableObjectAlarm(stubOf(of.account));
    expect(await operationsOf()).toEqual([]);
    await hook(of, 200, "POST", hooksOf(of, `/${id}/replay`), { after: "beginning" });
    await internet.until(RECEIVED, 2);
    await statusOf(of.account);
    expect(await operationsOf()).toEqual([]);
  });
});
