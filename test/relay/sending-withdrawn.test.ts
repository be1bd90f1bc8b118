// What was taken, waits, and is not wanted any more when its turn comes.
import { describe, expect, it } from "vitest";
import { alone, bot, configure, OPEN, post, type Bot } from "./support/channel.ts";
import { Agent } from "./support/agent.ts";
import { get, newKey, newTenant, type Json } from "./support/http.ts";
import { evict } from "./support/object.ts";
import { operation, operations, told } from "./support/operations.ts";

async function queued(of: Bot, text: string): Promise<Json> {
  const response = await post(of, { to: "+15550001", text, queue: true });
  expect(response.status).toBe(202);
  return response.json();
}

describe("what waits", () => {
  it("SEND4 ID4 is not sent once its key was revoked, and its event says so; another's goes", async () => {
    const tenant = await newTenant();
    const of = await bot(OPEN, tenant);
    const gone: Bot = { ...of, key: await newKey(tenant, ["send"]) };
    const { operation: id } = await queued(gone, "mine");
    const { operation: kept } = await queued(of, "another's");
    await evict(of.account);
    await get(200, "DELETE", `/v1/tenants/${tenant}/keys/${gone.key.key}`);
    expect(await operation(of, id)).toMatchObject({ outcome: "not_sent", error: { code: "forbidden" } });
    expect(await told(of, "message.outcome")).toMatchObject([{ operation: id, outcome: "not_sent" }]);
    const agent = await Agent.connect(of.account);
    expect((await agent.call())["operation"]).toBe(kept);
  });

  it("SEND4 is not sent where the account is switched off when its turn comes; on again, it goes", async () => {
    const of = await bot({ ...OPEN, mediaMaxMb: 7 });
    const { operation: first } = await queued(of, "one");
    await configure(of.account, { ...OPEN, enabled: false });
    await configure(of.account, OPEN);
    const agent = await Agent.connect(of.account);
    const given = await agent.call();
    expect(given["operation"]).toBe(first);
    agent.sock.close();
    await agent.sock.closed;
    const { operation: second } = await queued(of, "two");
    await configure(of.account, { ...OPEN, enabled: false });
    const back = await Agent.connect(of.account);
    back.answer(await back.call(), { result: { guid: "S" } });
    await back.sock.next();
    expect(await operation(of, second)).toMatchObject({
      outcome: "not_sent",
      error: { code: "forbidden", detail: expect.stringContaining("enabled") },
    });
  });

  it("SEND4 what the Mac has already is its own business", async () => {
    const of = await alone(OPEN);
    const asked = post(of, { to: "+15550001", text: "one" });
    const given = await of.agent.call();
    await get(200, "DELETE", `/v1/tenants/${of.account.tenant}/keys/${of.key.key}`);
    of.agent.answer(given, { result: { guid: "S" } });
    expect((await asked).status).toBe(200);
    const other: Bot = { ...of, key: await newKey(of.account.tenant, ["read", "send"]) };
    expect(await operations(other)).toMatchObject([{ outcome: "sent" }]);
  });
});
