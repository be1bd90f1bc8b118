// Imports and exports that go wrong, or are made to: files that were cut, mixed, edited; two at once; what is done
// meanwhile. Nothing is lost silently, nothing comes back that was taken away, and nothing is beyond deleting.
import { expect, it, vi } from "vitest";
import { TenantObject } from "../../relay/tenant/object.ts";
import { Agent, enrol, newPublicKey } from "./support/agent.ts";
import { alone, call, channel, OPEN, reasons, type Channel } from "./support/channel.ts";
import {
  ask,
  get,
  newAccount,
  newKey,
  newTenant,
  ORIGIN,
  OPERATOR,
  statusOf,
  worker,
  type Json,
} from "./support/http.ts";
import { inside } from "./support/object.ts";
import { prove, proved } from "./support/proof.ts";
import { from, silent, told } from "./support/strangers.ts";
import { brought, endDeleted, exported, ofTenant, resume, suspend } from "./support/tenants.ts";

const linesOf = (text: string): Json[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Json);
const textOf = (lines: readonly Json[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

/** An export of an account at work, and of a tenant that is here no more. */
async function left(of: Channel): Promise<string> {
  const { tenant } = of.account;
  await suspend(tenant);
  const lines = await exported(tenant);
  await endDeleted(tenant);
  return lines;
}

it("TEN13 an end without all that comes before it is refused: what is missing would be missing for ever", async () => {
  const tenant = await newTenant();
  const accounts = [await newAccount(tenant), await newAccount(tenant), await newAccount(tenant)];
  const [first = "", second = "", third = ""] = accounts.map(({ account }) => account);
  await newKey(tenant);
  await suspend(tenant);
  const whole = await exported(tenant);
  const pages = [
    whole,
    await exported(tenant, `?after=${first}`),
    await exported(tenant, `?after=${second}`),
  ];
  const cut = (page: string | undefined, next: string, after: string): string =>
    `${(page ?? "").slice(0, page?.indexOf(`{"t":"account","account":"${next}"`))}{"t":"more","after":"${after}"}\n`;
  const [one, two, three] = [cut(pages[0], second, first), cut(pages[1], third, second), pages[2] ?? ""];
  await endDeleted(tenant);
  // The tenant's own rows and one account are missing.
  await brought(200, two);
  expect(await brought(409, three)).toMatchObject({
    detail: expect.stringMatching(
      /^not all of it came: 2 of 3 accounts, 0 of \d+ keys, endpoints and other rows;/,
    ),
  });
  expect(await get(200, "GET", ofTenant(tenant))).toMatchObject({ state: "importing" });
  // Its rows alone.
  const rows = linesOf(one).filter(({ t }) => t !== "tenant_row");
  await brought(200, textOf(rows));
  expect(await brought(409, three)).toMatchObject({
    detail: expect.stringContaining("3 of 3 accounts, 0 of"),
  });
  await brought(200, one);
  expect(await brought(201, three)).toMatchObject({ state: "suspended" });
  await resume(tenant);
  for (const account of accounts) expect(await statusOf(account)).toMatchObject({ name: "home" });
});

it("TEN13 of two imports of one export at once the first that comes to its end ends both", async () => {
  const of = await alone(OPEN);
  const { tenant } = of.account;
  const lines = await left(of);
  const encoder = new TextEncoder();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const headers = { authorization: `Bearer ${OPERATOR}` };
  const slow = worker.fetch(`${ORIGIN}/v1/tenants/import`, { method: "POST", headers, body: readable });
  const at = lines.indexOf("\n", lines.length / 2) + 1;
  await writer.write(encoder.encode(lines.slice(0, at)));
  await vi.waitUntil(async () => (await ask("GET", ofTenant(tenant))).status === 200, { timeout: 5_000 });
  // Begun, and still under way.
  expect(await get(200, "GET", ofTenant(tenant))).toMatchObject({ state: "importing" });
  await brought(201, lines);
  await writer.write(encoder.encode(lines.slice(at)));
  await writer.close();
  const refused = await slow;
  expect([refused.status, await refused.json()]).toMatchObject([409, { detail: "no import is under way" }]);
  expect(await get(200, "GET", ofTenant(tenant))).toMatchObject({
    state: "suspended",
    used: { accounts: 1 },
  });
  await resume(tenant);
  await Agent.connect(of.account);
});

it("TEN13 what the operator does meanwhile does not keep an import from its end", async () => {
  const of = await alone(OPEN);
  const { tenant, account } = of.account;
  const lines = await left(of);
  await brought(400, lines.split("\n").slice(0, -2).join("\n"));
  await get(200, "PATCH", ofTenant(tenant, "/quotas"), { body: { quotas: { keys: 5 } } });
  await get(200, "POST", `/v1/accounts/${account}/pause`);
  await brought(201, lines);
  await resume(tenant);
  expect(await get(200, "GET", ofTenant(tenant))).toMatchObject({ state: "active", used: { accounts: 1 } });
});

it("TEN13 an import that ends before it is listed can be brought again, and is listed then", async () => {
  const of = await alone(OPEN);
  const { tenant } = of.account;
  const lines = await left(of);
  const adopt = vi.spyOn(TenantObject.prototype, "adoptTenant").mockRejectedValueOnce(new Error("gone"));
  await brought(500, lines);
  adopt.mockRestore();
  await brought(200, lines);
  const { tenants } = await get(200, "GET", "/v1/tenants?limit=1000");
  expect((tenants as Json[]).find((one) => one["tenant"] === tenant)).toMatchObject({ state: "suspended" });
});

type Change = (line: Json) => Json;
const inRow =
  (table: string, change: Json): Change =>
  (line) =>
    line["table"] === table ? { ...line, row: { ...(line["row"] as Json), ...change } } : line;
const inState =
  (change: Json): Change =>
  (line) =>
    line["t"] === "account" ? { ...line, state: { ...(line["state"] as Json), ...change } } : line;

it.each<[string, Change]>([
  ["nothing where a table wants something", inRow("install", { name: null })],
  ["scopes that are none", inRow("key", { scopes: "everything" })],
  ["accounts that are no list", inRow("key", { accounts: "{" })],
  ["a configuration that is no JSON", inRow("config_version", { document: "{" })],
  ["quotas that are no JSON", inRow("standing", { quotas: "{" })],
  ["a tenant that stands as it likes", inRow("standing", { state: "active" })],
  ["a text for a number", inRow("install", { created_at: "yesterday" })],
  ["chat ids that are no JSON", inState({ chat_refs: "{" })],
  ["a number that is none", inState({ epoch: null })],
])("TEN13 a line with %s is refused by its number, and what came can be deleted", async (_, change) => {
  const of = await alone(OPEN);
  const { tenant } = of.account;
  const lines = await left(of);
  const changed = textOf(linesOf(lines).map(change));
  expect(changed).not.toBe(lines);
  expect(await brought(400, changed)).toMatchObject({ code: "invalid_request" });
  expect(await get(200, "GET", ofTenant(tenant))).toMatchObject({ state: "importing" });
  await endDeleted(tenant);
  await vi.waitUntil(async () => (await ask("GET", ofTenant(tenant))).status === 404, { timeout: 5_000 });
  await brought(201, lines);
});

it("TEN13 a standing that names another tenant is this one's", async () => {
  const of = await alone(OPEN);
  const { tenant } = of.account;
  const lines = await left(of);
  await brought(201, textOf(linesOf(lines).map(inRow("standing", { tenant: "ten_0" }))));
  expect(await get(200, "GET", ofTenant(tenant))).toMatchObject({ state: "suspended" });
  await get(403, "GET", ofTenant(tenant, "/keys"), { key: of.key.credential });
});

it("TEN11 an account at work gives no step of an export, nor does a tenant", async () => {
  const of = await alone(OPEN);
  const step = await inside(of.account, (object) => object.exportStep(null));
  expect(step).toMatchObject({ ok: false, error: { code: "conflict" } });
});

it("TEN12 CMD1 PAIR2 what a message led to is not done again by the relay that is shown it again", async () => {
  const OWNER = "+15550001";
  const of = await channel(
    {
      ...OPEN,
      dmPolicy: "pairing",
      allowFrom: [OWNER],
      commands: { config: true, ownerAllowFrom: [OWNER] },
    },
    await newTenant(),
  );
  // A named reader has had nothing yet: all of it will be shown again.
  await get(200, "GET", `/v1/accounts/${of.account.account}/events?consumer=slow&after=beginning&limit=1`, {
    key: of.key.credential,
  });
  const command = from(0, 1, { sender: OWNER, text: "/status" });
  const stranger = from(0, 2, { sender: "+15559999", text: "let me in" });
  expect(await told(of.agent, [command])).toMatchObject({ method: "send" });
  expect(await told(of.agent, [stranger])).toMatchObject({ method: "send" });
  const { requests } = await call(200, of, "GET", "pairing");
  const [request] = requests as { code: string }[];
  await call(200, of, "POST", "pairing/deny", { code: request?.code });
  await suspend(of.account.tenant);
  const lines = await exported(of.account.tenant);
  await endDeleted(of.account.tenant);
  await brought(201, lines);
  await resume(of.account.tenant);
  const agent = await Agent.connect(of.account);
  expect(agent.welcome).toMatchObject({ resume: 0 });
  await silent(agent, [command, stranger]);
  expect(await reasons(of)).toMatchObject({ "G-1": "drop command_late", "G-2": "drop pairing_late" });
  // What comes after it is done.
  expect(await told(agent, [from(0, 3, { sender: OWNER, text: "/status" })])).toMatchObject({
    method: "send",
  });
});

it("TEN4 TEN11 no key is changed and no Mac joins while the tenant stands still: an export would not know", async () => {
  const of = await enrol(await newAccount(await newTenant()));
  const { code } = await get(201, "POST", `/v1/accounts/${of.account}/enrolments`);
  const at = (status: number, what: string, body: Json): Promise<Json> =>
    get(status, "POST", `/v1/enrolments/${what}`, { key: null, body: { code, ...body } });
  const { public_key, keys } = await newPublicKey();
  const joining = { public_key, name: "mini", takeover: true };
  await suspend(of.tenant);
  const announced = await prove(of, "rotate", { public_key, keys });
  expect(await announced.closed).toMatchObject({ code: 4008 });
  const { installs } = await get(200, "GET", `/v1/accounts/${of.account}/installs`);
  expect(installs).toMatchObject([{ key_pending: false, revoked_at: null }]);
  expect(await at(403, "look", {})).toMatchObject({ code: "tenant_suspended" });
  expect(await at(403, "claim", joining)).toMatchObject({ code: "tenant_suspended" });
  await proved(of, "look");
  await resume(of.tenant);
  await at(201, "claim", { ...joining, takeover: false });
  await proved(of, "rotate", await newPublicKey());
  // Whoever owns the Mac may leave at any time.
  await suspend(of.tenant);
  await proved(of, "leave");
});
