// A tenant that moves from one relay to another (TEN rules): here both are the same one, which has forgotten it.
import { expect, it } from "vitest";
import { Agent, greet, row } from "./support/agent.ts";
import {
  alone,
  call,
  guids,
  logName,
  OPEN,
  poll,
  post,
  type Channel,
  type Shown,
} from "./support/channel.ts";
import { ask, get, newAccount, newTenant, statusOf } from "./support/http.ts";
import { endpoint, URL_OF_BOT } from "./support/hooks.ts";
import { insideTenant } from "./support/object.ts";
import { byKey } from "./support/operations.ts";
import { Reader } from "./support/readers.ts";
import {
  auditOf,
  brought,
  endDeleted,
  exported,
  ofTenant,
  Posts,
  resume,
  suspend,
} from "./support/tenants.ts";

const KEY = { "idempotency-key": "once" };
const SENT = { to: "+15550001", text: "said before the move" };

interface Moving {
  readonly of: Channel;
  readonly internet: Posts;
  readonly secret: string;
  readonly hook: string;
}

/** Five messages, of which two were had by everybody; one was sent; a stranger was let in. */
async function lived(): Promise<Moving> {
  const internet = new Posts();
  const of = await alone({ ...OPEN, dmPolicy: "pairing" });
  await call(200, of, "PATCH", "config", { allowFrom: ["+15550001"] });
  await of.agent.show([row(1, { sender: "+15559999", text: "let me in" })]);
  const { requests } = await call(200, of, "GET", "pairing");
  const [request] = requests as { code: string }[];
  await call(200, of, "POST", "pairing/approve", { code: request?.code });
  // The code is said to the stranger.
  of.agent.answer(await of.agent.call(), { result: { ok: true, guid: "G-code" } });
  await of.agent.sock.next();
  const { id: hook, secret } = await endpoint(of, { kinds: ["message.received"] });
  await of.agent.show([row(2)]);
  const reader = await Reader.open(of, "after=beginning&consumer=bot&kinds=message.received");
  const [seen] = await reader.until("G-2");
  await reader.ack(seen?.id);
  reader.sock.close();
  await reader.sock.closed;
  await internet.until("message.received");
  internet.status = 500;
  const sent = post(of, SENT, KEY);
  of.agent.answer(await of.agent.call(), { result: { ok: true, guid: "G-own" } });
  await of.agent.sock.next();
  expect((await sent).status).toBe(200);
  await of.agent.show([row(3), row(4), row(5)]);
  await internet.until("message.received", 2);
  return { of, internet, secret, hook };
}

it("TEN11 the export of a tenant at work is refused, and says who is owed what", async () => {
  const { of, hook } = await lived();
  const { tenant, account } = of.account;
  const refused = await get(409, "GET", ofTenant(tenant, "/export"));
  expect(refused).toMatchObject({
    code: "conflict",
    detail: expect.stringContaining("suspend the tenant first"),
    problems: [
      {
        account,
        consumers: [{ name: "bot", messages: expect.any(Number) }],
        endpoints: [{ endpoint: hook, messages: expect.any(Number) }],
      },
    ],
  });
  await get(403, "GET", ofTenant(tenant, "/export"), { key: of.key.credential });
  await suspend(tenant);
});

it("TEN11 TEN12 everything but the log moves; whoever was owed something gets it again from the Mac", async () => {
  const { of, internet, hook, secret } = await lived();
  const { tenant } = of.account;
  const oldLog = await logName(of);
  await suspend(tenant);
  const lines = await exported(tenant);
  for (const text of ["text 2", "let me in", SENT.text, of.key.credential.split(".")[1] ?? "", secret])
    expect(lines).not.toContain(text);
  expect(lines).toContain('"t":"end"');
  await endDeleted(tenant);
  expect(await brought(201, lines)).toMatchObject({ tenant, state: "suspended", after: null });
  // Nobody may come before the operator says so.
  expect(await (await greet(of.account)).closed).toMatchObject({ code: 4008 });
  await resume(tenant);
  internet.status = 200;

  const agent = await Agent.connect(of.account);
  expect(agent.welcome).toMatchObject({ database: 0, resume: 2, epoch: 2 });
  expect(agent.welcome["identity"]).toEqual(
    expect.arrayContaining([
      { rowid: 5, guid: "G-5" },
      { rowid: 2, guid: "G-2" },
    ]),
  );
  const before = internet.count;
  await agent.show([row(3), row(4), row(5)], { resume: 5 });

  // The consumer is told that this is another log, and then has all of it.
  const newLog = await logName(of);
  expect(newLog).not.toBe(oldLog);
  const reader = await Reader.open(of, "consumer=bot&kinds=message.received");
  expect(String(reader.ready["after"])).toMatch(new RegExp(`^${oldLog}\\.`));
  const [gap, ...events] = await reader.until("G-5");
  expect(gap).toMatchObject({ kind: "gap", data: { why: "another_log", count: null } });
  expect(guids(events)).toEqual(["G-3", "G-4", "G-5"]);
  await reader.ack(events.at(-1)?.id);
  reader.sock.close();
  await reader.sock.closed;
  // Told once.
  expect((await Reader.open(of, "consumer=bot")).ready["after"]).toBe(events.at(-1)?.id);

  await internet.until("message.received", before + 3);
  const hooks = await get(200, "GET", ofTenant(tenant, `/endpoints/${hook}/secret`));
  expect(hooks).toMatchObject({ url: URL_OF_BOT, secret });

  // People, configuration, keys, memory of what was sent.
  expect(await call(200, of, "GET", "pairing")).toMatchObject({ allowed: [{ handle: "+15559999" }] });
  expect(await call(200, of, "GET", "config")).toMatchObject({ config: { allowFrom: ["+15550001"] } });
  expect(await byKey(of, "once")).toMatchObject({ outcome: "sent", guids: ["G-own"] });
  expect(await (await post(of, SENT, KEY)).json()).toMatchObject({ outcome: "sent", guid: "G-own" });
  await agent.settled();
  expect((await auditOf(tenant)).map(({ verb }) => verb)).toEqual(
    expect.arrayContaining(["tenant.imported", "tenant.exported", "key.created", "pairing.approved"]),
  );
  expect(await get(200, "GET", ofTenant(tenant))).toMatchObject({
    used: { accounts: 1, keys: 1, endpoints: 1 },
  });
});

it("TEN12 where nobody is owed anything, nothing is shown twice", async () => {
  const of = await alone(OPEN);
  await of.agent.show([row(1), row(2)]);
  const { tenant } = of.account;
  await suspend(tenant);
  const lines = await exported(tenant);
  await endDeleted(tenant);
  await brought(201, lines);
  await resume(tenant);
  const agent = await Agent.connect(of.account);
  expect(agent.welcome).toMatchObject({ resume: 2 });
  await agent.show([row(3)]);
  const events: readonly Shown[] = (await poll(of, "after=beginning&kinds=message.*")).events;
  expect(guids(events)).toEqual(["G-3"]);
});

it("TEN13 what broke off is seen as importing, shuts everybody out, and goes on from the beginning", async () => {
  const of = await alone(OPEN);
  const { tenant } = of.account;
  await suspend(tenant);
  const lines = await exported(tenant);
  expect(await brought(409, lines)).toMatchObject({
    detail: expect.stringContaining("this tenant is here already, and not by this export"),
  });
  await endDeleted(tenant);
  const half = lines.split("\n").slice(0, -2).join("\n");
  expect(await brought(400, half)).toMatchObject({
    detail: expect.stringContaining("the last line is missing"),
  });
  expect(await get(200, "GET", ofTenant(tenant))).toMatchObject({ state: "importing" });
  await get(409, "POST", ofTenant(tenant, "/resume"));
  await get(403, "GET", ofTenant(tenant, "/keys"), { key: of.key.credential });
  expect(await (await greet(of.account)).closed).toMatchObject({ code: 4008 });
  await brought(201, lines);
  await resume(tenant);
  await Agent.connect(of.account);
});

it("TEN13 the same export is whole here already: where its answer was lost it is said again, and nothing is undone", async () => {
  const of = await alone(OPEN);
  const { tenant } = of.account;
  await suspend(tenant);
  const lines = await exported(tenant);
  // Where it comes from it is in the way: nothing was brought.
  expect(await brought(409, lines)).toMatchObject({ code: "conflict" });
  await endDeleted(tenant);
  await brought(201, lines);
  const { keys } = await get(200, "GET", ofTenant(tenant, "/keys"));
  const [{ key }] = keys as [{ key: string }];
  await get(200, "DELETE", ofTenant(tenant, `/keys/${key}`));
  expect(await brought(200, lines)).toEqual({ tenant, lines: 0, state: "suspended", after: null });
  expect(await get(200, "GET", ofTenant(tenant, "/keys"))).toMatchObject({
    keys: [{ revoked_at: expect.any(Number) }],
  });
  await resume(tenant);
  expect(await brought(409, lines)).toMatchObject({ code: "conflict" });
  await suspend(tenant);
  expect(await brought(409, lines)).toMatchObject({ code: "conflict" });
});

it("TEN13 two exports are never mixed: who was shut out between them would be let in", async () => {
  const of = await alone(OPEN);
  const { tenant } = of.account;
  await suspend(tenant);
  const older = await exported(tenant);
  await resume(tenant);
  await suspend(tenant);
  const newer = await exported(tenant);
  await endDeleted(tenant);
  await brought(400, older.split("\n").slice(0, -2).join("\n"));
  expect(await brought(409, newer)).toMatchObject({
    detail: "the import of another export of this tenant was begun here: delete the tenant here first",
  });
  await endDeleted(tenant);
  await brought(201, newer);
});

it("TEN11 an export waits until every account was told of the suspension", async () => {
  const of = await alone(OPEN);
  const { tenant } = of.account;
  await suspend(tenant);
  const untold = "INSERT INTO outbox (kind, account, attempts) VALUES ('inform', 'acc_nobody', 0)";
  await insideTenant(tenant, ({ storage }) => storage.sql.exec(untold));
  const refused = await ask("GET", ofTenant(tenant, "/export"));
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([425, "5"]);
  expect(await refused.json()).toMatchObject({
    detail: expect.stringContaining("were not told of the suspension"),
  });
  await insideTenant(tenant, ({ storage }) => storage.sql.exec("DELETE FROM outbox"));
  await exported(tenant);
});

it("TEN13 many accounts go in several requests, each with a beginning of its own", async () => {
  const tenant = await newTenant();
  const accounts = [await newAccount(tenant), await newAccount(tenant), await newAccount(tenant)];
  await suspend(tenant);
  const whole = await exported(tenant);
  const first = accounts[0]?.account ?? "";
  const rest = await exported(tenant, `?after=${first}`);
  // Nothing comes after one that is not there, which would look like the end.
  const elsewhere = await newAccount(await newTenant());
  await get(410, "GET", ofTenant(tenant, `/export?after=${elsewhere.account}`));
  const begin = whole.slice(0, whole.indexOf(`{"t":"account","account":"${accounts[1]?.account ?? ""}"`));
  await endDeleted(tenant);
  expect(await brought(200, `${begin}{"t":"more","after":"${first}"}\n`)).toMatchObject({
    state: "importing",
    after: first,
  });
  expect(await brought(201, rest)).toMatchObject({ state: "suspended" });
  const listed = await get(200, "GET", ofTenant(tenant, "/accounts"));
  expect(listed["accounts"]).toHaveLength(3);
  await resume(tenant);
  for (const account of accounts) expect(await statusOf(account)).toMatchObject({ name: "home" });
});

it.each<[string, (lines: string) => string, number, string]>([
  [
    "a secret that is not listed here",
    (lines) => lines.replace('"secrets":[', '"secrets":[{"version":9,"check":"x"},'),
    409,
    "add secret version 9",
  ],
  [
    "another secret under the same number",
    (lines) => lines.replace(/"check":"\w+"/, '"check":"0"'),
    409,
    "version 1 of RELAY_SECRETS is another secret here",
  ],
  ["another format", (lines) => lines.replace('"format":1', '"format":2'), 400, "line 1"],
  ["an id that nobody issued", (lines) => lines.replace(/"tenant":"ten_\w/, '"tenant":"ten_z'), 400, ""],
  ["a line that is none", (lines) => lines.replace("\n", "\nnothing\n"), 400, "line 2"],
  [
    "a table that is not carried",
    (lines) => lines.replace('"table":"revision"', '"table":"sqlite_master"'),
    400,
    "a table that is not carried",
  ],
])("TEN13 %s is refused in plain words", async (_, change, status, says) => {
  const of = await alone(OPEN);
  const { tenant } = of.account;
  await suspend(tenant);
  const lines = await exported(tenant);
  await endDeleted(tenant);
  const refused = await brought(status, change(lines));
  expect(JSON.stringify(refused)).toContain(says);
});
