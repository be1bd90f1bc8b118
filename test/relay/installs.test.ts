// What a Mac does with a code and with its key: look, join, move, change the key, leave; and how it is shut out.
import { afterEach, describe, expect, it, vi } from "vitest";
import { readEndedReason } from "../../shared/close.ts";
import { proofText } from "../../shared/prove-frames.ts";
import { Agent, enrol, greet, knock, newPublicKey, row, type Install } from "./support/agent.ts";
import { guess, never } from "./support/doors.ts";
import {
  ask,
  get,
  newAccount,
  newTenant,
  ORIGIN,
  statusOf,
  type Account,
  type Json,
} from "./support/http.ts";
import { evict, freeze, inside, logOf, pass } from "./support/object.ts";
import { base64, prove, proved, sign } from "./support/proof.ts";
import { mac, scene } from "./support/scene.ts";

afterEach(() => void vi.useRealTimers());

const codeOf = async ({ account }: Account): Promise<string> =>
  String((await get(201, "POST", `/v1/accounts/${account}/enrolments`))["code"]);
const look = (status: number, code: unknown, more: Json = {}): Promise<Json> =>
  get(status, "POST", "/v1/enrolments/look", { key: null, body: { code, ...more } });
const claim = (status: number, body: Json): Promise<Json> =>
  get(status, "POST", "/v1/enrolments/claim", { key: null, body: { name: "mini", ...body } });
const installsOf = async ({ account }: Account): Promise<Json[]> =>
  (await get(200, "GET", `/v1/accounts/${account}/installs`))["installs"] as Json[];
const revoke = (of: Install): Promise<Json> =>
  get(200, "DELETE", `/v1/accounts/${of.account}/installs/${of.install}`);

const codeOfClose = async (of: Install, change?: Json): Promise<number> =>
  (await (await greet(of, change)).closed).code;

describe("looking at a code", () => {
  it("ENR1 says whose account it is and which Macs it has, and leaves the code as it was", async () => {
    freeze();
    const account = await newAccount();
    const code = await codeOf(account);
    const seen = {
      ...account,
      account_name: "home",
      tenant_name: "tenant",
      expires_at: Date.now() + 600_000,
      macs: [],
      origin: ORIGIN,
      origin_accepted: true,
    };
    expect(await look(200, code, { origin: ORIGIN })).toEqual(seen);
    expect(await look(200, code)).toEqual(seen);
    await claim(201, { code, ...(await newPublicKey()) });
  });

  it("ENR1 names the Mac that serves, the one that did, and none that was shut out", async () => {
    freeze();
    const first = await mac();
    const [second, third] = [await enrol(first), await enrol(first)];
    await revoke(third);
    await Agent.connect(second);
    const enrolled_at = Date.now();
    const macs = async (): Promise<unknown[]> =>
      ((await look(200, await codeOf(first)))["macs"] as { last_seen: number }[]).sort(
        (a, b) => a.last_seen - b.last_seen,
      );
    const one = { name: "mini", enrolled_at, serves: false, last_seen: null };
    expect(await macs()).toEqual([one, { ...one, serves: true, last_seen: enrolled_at }]);
    await pass(first, 26_000);
    expect(await macs()).toEqual([one, { ...one, last_seen: enrolled_at }]);
  });

  it("ENR1 a relay says where it takes agents, and where it does not", async () => {
    const code = await codeOf(await newAccount());
    expect(await look(200, code, { origin: "https://elsewhere.example" })).toMatchObject({
      origin: ORIGIN,
      origin_accepted: false,
    });
  });

  it("ENR1 whoever has no code that works learns nothing, not even that there was one", async () => {
    freeze();
    const account = await newAccount();
    const [used, late] = [await codeOf(account), await codeOf(account)];
    await claim(201, { code: used, ...(await newPublicKey()) });
    await look(410, used);
    await pass(account, 600_000);
    await look(410, late);
    const answers = await Promise.all([
      look(404, guess(late)),
      look(404, never("enr")),
      look(404, account.account),
      look(404, ""),
    ]);
    for (const answer of answers) expect(Object.keys(answer)).not.toContain("account");
    for (const body of [{}, { code: 7 }, { code: "x".repeat(201) }])
      expect((await ask("POST", "/v1/enrolments/look", { key: null, body })).status).toBe(400);
  });

  it("ENR1 a code can be looked at 30 times, and claimed after that all the same", async () => {
    const code = await codeOf(await newAccount());
    for (let at = 0; at < 30; at += 1) await look(200, code);
    expect(await look(429, code)).toMatchObject({ code: "rate_limited" });
    await claim(201, { code, ...(await newPublicKey()) });
  });
});

describe("claiming it", () => {
  it("ENR3 a claim that nobody heard the answer of is answered again to the same key, once the Mac is in", async () => {
    freeze();
    const account = await newAccount();
    const code = await codeOf(account);
    const { public_key } = await newPublicKey();
    const { install } = await claim(201, { code, public_key });
    expect(await claim(201, { code, public_key })).toMatchObject({ install });
    expect(await installsOf(account)).toHaveLength(1);
    await claim(410, { code, ...(await newPublicKey()) });
    const late = await codeOf(account);
    await claim(201, { code: late, public_key });
    await pass(account, 600_000);
    await claim(410, { code: late, public_key });
    await get(200, "DELETE", `/v1/accounts/${account.account}/installs/${String(install)}`);
    await claim(410, { code, public_key });
  });

  it("ENR4 takeover ends every other install, closes the link, and says when", async () => {
    const { account: old, agent, gateway } = await scene();
    const idle = await enrol(old);
    const code = await codeOf(old);
    const { keys, public_key } = await newPublicKey();
    const claimed = await claim(201, { code, public_key, name: "studio", takeover: true });
    expect(claimed["moved_from"]).toEqual(["mini", "mini"]);
    const closed = await agent.sock.closed;
    expect(closed.code).toBe(4004);
    const { end, at } = readEndedReason(closed.reason) ?? {};
    expect(end).toBe("moved");
    expect(await installsOf(old)).toMatchObject([
      { install: old.install, ended: "moved", revoked_at: at, serves: false },
      { install: idle.install, ended: "moved", revoked_at: at },
      { install: claimed["install"], name: "studio", ended: null, revoked_at: null },
    ]);
    expect(await statusOf(old)).toMatchObject({ agent: { state: "offline" } });
    const kinds = (await logOf(old)).map(({ kind, body }) => [kind, JSON.parse(body).reason]);
    expect(kinds.at(-1)).toEqual(["account.offline", "moved"]);
    // What it says from now on, on this link or another, is nobody's.
    agent.push([row(1, { text: "late" })]);
    await agent.sock.handled();
    expect(await (await greet(old, { takeover: true })).closed).toEqual(closed);
    expect(await gateway.leftovers()).toEqual([]);
    await Agent.connect({ ...old, install: String(claimed["install"]), keys });
  });

  it("ENR4 without it, the others stay and one of them serves", async () => {
    const { account: old, agent } = await scene();
    const second = await enrol(old);
    expect((await installsOf(old)).map(({ ended }) => ended)).toEqual([null, null]);
    expect(await codeOfClose(second)).toBe(4001);
    await agent.settled();
  });

  it("ENR4 a full account can still be moved", async () => {
    const account = await mac();
    await inside(account, (_, { storage }) => {
      for (let at = 0; at < 63; at += 1) {
        const values = [`ins_${at}`, "key", "mini", at];
        storage.sql.exec(
          "INSERT INTO install (id, public_key, name, created_at) VALUES (?, ?, ?, ?)",
          ...values,
        );
      }
    });
    const { public_key } = await newPublicKey();
    await claim(409, { code: await codeOf(account), public_key });
    await claim(201, { code: await codeOf(account), public_key, takeover: true });
    expect((await installsOf(account)).filter(({ ended }) => ended === null)).toHaveLength(1);
  });

  it("ENR5 the mail of the old Mac that was not stored is gone with it; what waits is settled by the new journal", async () => {
    const { account: old, agent, gateway } = await scene();
    const id = gateway.request("send", { to: "+15550001", text: "hi" });
    await agent.call();
    const { keys, public_key } = await newPublicKey();
    const { install } = await claim(201, { code: await codeOf(old), public_key, takeover: true });
    await agent.sock.closed;
    await Agent.connect({ ...old, install: String(install), keys }, { journal_id: "journal-2" });
    expect(await gateway.answer(id)).toMatchObject({
      error: { data: { disposition: "may_have_completed" } },
    });
  });
});

describe("a proof", () => {
  it("ENR6 look tells that the Mac is known, by what name, and whether it serves; and is no link", async () => {
    const { account, agent } = await scene();
    expect(await proved(account, "look")).toEqual({ t: "proved", wish: "look", name: "home", serves: true });
    await agent.settled();
    expect(await statusOf(account)).toMatchObject({ agent: { epoch: 1 } });
    const other = await enrol(account);
    expect(await proved(other, "look")).toMatchObject({ serves: false });
  });

  it.each<[string, (of: Install) => Promise<Json>, number]>([
    ["a wrong signature", async () => ({ signature: base64(new ArrayBuffer(64)) }), 4003],
    ["another install", async (of) => ({ install: (await enrol(of)).install }), 4003],
    ["an install that never was", async () => ({ install: "ins_x" }), 4003],
    ["another origin", async () => ({ origin: "https://elsewhere.example" }), 4003],
    ["another wish than was signed", async () => ({ wish: "leave" }), 4003],
    ["no wish", async () => ({ wish: undefined }), 4002],
    ["a rotation without a key", async () => ({ wish: "rotate" }), 4002],
  ])("ENR6 with %s it is refused, and nothing is changed", async (_, change, code) => {
    const of = await mac();
    const sock = await prove(of, "look", undefined, await change(of));
    expect(await sock.closed).toMatchObject({ code });
    await Agent.connect(of);
  });

  it("ENR6 a proof is good for one socket, and a hello is none", async () => {
    const of = await mac();
    const [one, two] = [await knock(of), await knock(of)];
    const { nonce } = await one.next();
    await two.next();
    const text = proofText({ wish: "look", origin: ORIGIN, ...of, nonce: String(nonce) });
    const frame = { t: "prove", wish: "look", install: of.install, origin: ORIGIN };
    const signed = { ...frame, signature: await sign(of.keys, text) };
    two.send(signed);
    expect(await two.closed).toMatchObject({ code: 4003 });
    one.send(signed);
    expect(await one.next()).toMatchObject({ t: "proved" });
    const agent = await Agent.connect(of);
    agent.sock.send(signed);
    expect(await agent.sock.closed).toMatchObject({ code: 4002 });
  });
});

describe("a new key", () => {
  it("ENR7 the old key is accepted until the new one was used once", async () => {
    const of = await mac();
    const next = await newPublicKey();
    const renewed = { ...of, keys: next.keys };
    expect(await codeOfClose(renewed)).toBe(4003);
    await proved(of, "rotate", next);
    expect(await installsOf(of)).toMatchObject([{ key_pending: true, key_changed_at: null }]);
    await Agent.connect(of);
    await Agent.connect(renewed);
    expect(await installsOf(of)).toMatchObject([
      { key_pending: false, key_changed_at: expect.any(Number), public_key: next.public_key },
    ]);
    expect(await codeOfClose(of)).toBe(4003);
    await Agent.connect(renewed);
  });

  it("ENR7 a proof counts as use; and the link that is up stays", async () => {
    const { account: of, agent } = await scene();
    const next = await newPublicKey();
    await proved(of, "rotate", next);
    await proved({ ...of, keys: next.keys }, "look");
    await agent.settled();
    expect(await codeOfClose(of)).toBe(4003);
  });

  it("ENR7 it is announced again as often as it must, and another one takes its place before it is used", async () => {
    const of = await mac();
    const [one, two] = [await newPublicKey(), await newPublicKey()];
    await proved(of, "rotate", one);
    await proved(of, "rotate", one);
    await proved(of, "rotate", two);
    await evict(of);
    expect(await codeOfClose({ ...of, keys: one.keys })).toBe(4003);
    await Agent.connect({ ...of, keys: two.keys });
  });

  it("ENR7 nobody announces a key that is not theirs", async () => {
    const of = await mac();
    const [mine, theirs] = [await newPublicKey(), await newPublicKey()];
    const sock = await prove(of, "rotate", mine, { public_key: theirs.public_key });
    expect(await sock.closed).toMatchObject({ code: 4003 });
    const unsigned = await prove(of, "rotate", { ...theirs, keys: mine.keys });
    expect(await unsigned.closed).toMatchObject({ code: 4003 });
    expect(await installsOf(of)).toMatchObject([{ key_pending: false }]);
  });
});

describe("an end", () => {
  it("ENR8 a Mac that leaves is answered, and shut out", async () => {
    const { account: of, agent } = await scene();
    expect(await proved(of, "leave")).toMatchObject({ t: "proved", wish: "leave", serves: true });
    const { code, reason } = await agent.sock.closed;
    expect([code, readEndedReason(reason)?.end]).toEqual([4004, "left"]);
    expect(await (await prove(of, "leave")).closed).toEqual({ code, reason });
    expect(await installsOf(of)).toMatchObject([{ ended: "left" }]);
  });

  it("ENR9 a revoked Mac is told so at once, and why and when at every try; the first reason stays", async () => {
    const { account: of, agent } = await scene();
    const { revoked_at } = await revoke(of);
    const closed = await agent.sock.closed;
    expect(closed.code).toBe(4004);
    expect(readEndedReason(closed.reason)).toEqual({ end: "revoked", at: revoked_at });
    await claim(201, { code: await codeOf(of), ...(await newPublicKey()), takeover: true });
    expect(await revoke(of)).toMatchObject({ revoked_at });
    expect(await (await greet(of)).closed).toEqual(closed);
  });

  it("ENR9 a pending key ends with its install", async () => {
    const of = await mac();
    const next = await newPublicKey();
    await proved(of, "rotate", next);
    await revoke(of);
    expect(await codeOfClose({ ...of, keys: next.keys })).toBe(4003);
    expect(await codeOfClose(of)).toBe(4004);
  });

  it("ENR9 another tenant's key sees no install and ends none", async () => {
    const of = await mac();
    const body = { name: "k", scopes: ["manage"] };
    const { credential } = await get(201, "POST", `/v1/tenants/${await newTenant()}/keys`, { body });
    const key = String(credential);
    await get(404, "GET", `/v1/accounts/${of.account}/installs`, { key });
    await get(404, "DELETE", `/v1/accounts/${of.account}/installs/${of.install}`, { key });
    expect((await Agent.connect(of)).epoch).toBe(1);
  });
});
