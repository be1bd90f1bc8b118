// A deletion that is cut short (TEN6): what it left is ended by the alarm, some 10 s later.
import { expect, it } from "vitest";
import { makeAccount, makeKey } from "./owner.ts";
import { RelayProcess } from "./relay-process.ts";
import { tempFolder } from "./temp.ts";
import { everyByte, HANDLE, leaveTraces, operator, TEXT } from "./traces.ts";
import { until } from "./waiting.ts";

it("TEN6 a deletion that kill -9 cut short goes on by itself, and ends with nothing left", async () => {
  const folder = tempFolder("tenants-killed");
  const relay = await RelayProcess.start({ state: folder.path });
  try {
    const { tenant, hash } = await leaveTraces(relay);
    await Promise.all(Array.from({ length: 150 }, () => makeAccount(relay.url, tenant)));
    await makeKey(relay.url, tenant);
    const asked = operator(relay, "DELETE", `/v1/tenants/${tenant}`).catch(() => undefined);
    // Somewhere in the middle of it.
    await until(async () => {
      const { status, text } = await operator(relay, "GET", `/v1/tenants/${tenant}`);
      return status === 404 || text.includes('"deleting"');
    }, "the deletion");
    await relay.kill9();
    await asked;
    await relay.start();
    const isListed = async () => (await operator(relay, "GET", "/v1/tenants")).text.includes(tenant);
    await until(async () => !(await isListed()), "nothing left", 60_000);
    expect((await operator(relay, "GET", `/v1/tenants/${tenant}`)).status).toBe(404);
    const bytes = everyByte(relay);
    for (const trace of [hash, HANDLE, TEXT]) expect(bytes).not.toContain(trace);
  } finally {
    await relay.kill9();
    folder.remove();
  }
}, 60_000);
