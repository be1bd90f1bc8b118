import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Bystander, messageRow } from "./bystander.ts";
import { http } from "./http.ts";
import { makeAccount, makeTenant, offerEnrolment, type Account } from "./owner.ts";
import { enrol, RawLink, type Identity } from "./raw-link.ts";
import { OPERATOR_KEY, RelayProcess } from "./relay-process.ts";
import { tempFolder } from "./temp.ts";

const folder = tempFolder("agent-door");
let relay: RelayProcess;
let tenant: string;
let bystander: Bystander;
let account: Account;
let mac: Identity;

beforeAll(async () => {
  relay = await RelayProcess.start({ state: folder.path });
  tenant = await makeTenant(relay.url);
  bystander = await Bystander.start(relay.url, await makeAccount(relay.url, tenant));
});

beforeEach(async () => {
  account = await makeAccount(relay.url, tenant);
  mac = await enrol(relay.url, account.account);
});

afterAll(async () => {
  bystander.close();
  await relay.stop();
  folder.remove();
});

/** The same but for the last letter. */
const otherEnd = (id: string): string => `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`;
const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

describe("before the handshake", () => {
  const firstFrames: readonly (readonly [string, string | Uint8Array])[] = [
    ["events", '{"t":"events","n":1,"database":0,"resume":1,"rows":[]}'],
    ["a type nobody knows", '{"t":"wish"}'],
    ["no JSON", "hello?"],
    ["JSON without a type", '{"hello":1}'],
    ["JSON nested 65 deep", `{"t":"hello","x":${deep(65)}}`],
    ["33 KiB of hello", JSON.stringify({ t: "hello", x: "x".repeat(33 * 1024) })],
    ["a hello of wrong types", '{"t":"hello","install":7,"protocols":"all"}'],
    ["a binary frame", randomBytes(64)],
  ];
  test.each(firstFrames)("LINK1, LINK7: %s as the first frame is a violation", async (_name, frame) => {
    const link = await RawLink.open(relay.url, account.account);
    await link.frame("challenge");
    link.raw(frame);
    expect((await link.closed).code).toBe(4002);
    expect(await bystander.isUnharmed()).toBe(true);
  });

  test("LINK1: a fifth unauthenticated socket of an account is refused, its own Mac is let in as soon as one goes", async () => {
    const strangers = await Promise.all([1, 2, 3, 4].map(() => RawLink.open(relay.url, account.account)));
    await expect(RawLink.open(relay.url, account.account)).rejects.toThrow("HTTP 429");
    for (const stranger of strangers) stranger.close();
    await Promise.all(strangers.map(({ closed }) => closed));
    const link = await RawLink.welcomed(relay.url, mac);
    expect(await bystander.isUnharmed()).toBe(true);
    link.close();
  });

  test("LINK2: a hello heard on one socket is worth nothing on another", async () => {
    const first = await RawLink.open(relay.url, account.account);
    const hello = await first.hello(mac);
    const second = await RawLink.open(relay.url, account.account);
    await second.frame("challenge");
    second.send(hello);
    expect((await second.closed).code).toBe(4003);
    first.send(hello);
    await first.frame("welcome");
    first.close();
  });

  const wrongHellos: readonly (readonly [string, () => Record<string, unknown>, number])[] = [
    ["a signature of another key", () => ({ signature: randomBytes(64).toString("base64") }), 4003],
    ["a signature that is no base64", () => ({ signature: "§§§" }), 4003],
    ["an origin that is not the relay's", () => ({ origin: "https://elsewhere.example" }), 4003],
    ["an install that never was", () => ({ install: otherEnd(mac.install) }), 4003],
    ["an install of another account", () => ({ install: "ins_other" }), 4003],
    ["no protocol in common", () => ({ protocols: [2, 3] }), 4005],
  ];
  test.each(wrongHellos)("LINK2: %s is refused for good", async (_name, changes, code) => {
    const link = await RawLink.open(relay.url, account.account);
    link.send(await link.hello(mac, changes()));
    expect((await link.closed).code).toBe(code);
    expect(await bystander.isUnharmed()).toBe(true);
  });

  test("LINK2, LINK6: a revoked install is closed with 4004, and stays out", async () => {
    const link = await RawLink.welcomed(relay.url, mac);
    const url = `${relay.url}/v1/accounts/${account.account}/installs/${mac.install}`;
    expect((await http(url, { method: "DELETE", key: OPERATOR_KEY })).status).toBe(200);
    expect((await link.closed).code).toBe(4004);
    const again = await RawLink.open(relay.url, account.account);
    again.send(await again.hello(mac));
    expect((await again.closed).code).toBe(4004);
  });
});

describe("after the handshake", () => {
  const violations: readonly (readonly [string, () => string | Uint8Array])[] = [
    ["no JSON", () => "}{"],
    ["JSON nested 65 deep", () => `{"t":"note","kind":"typing","typing":${deep(65)}}`],
    ["a binary frame", () => randomBytes(64)],
    ["events of wrong types", () => '{"t":"events","n":"1","database":0,"resume":1,"rows":{}}'],
    ["501 rows in one frame", () => events(1, 501)],
    ["events that skip a number", () => events(2, 1)],
    ["events of a database two ahead", () => '{"t":"events","n":1,"database":2,"resume":1,"rows":[]}'],
    ["a frame of 16 MiB and one byte", () => JSON.stringify({ t: "x", x: "x".repeat(16 * 1024 * 1024) })],
  ];
  test.each(violations)("LINK7, LINK8: %s ends this link with 4002 and no other", async (_name, frame) => {
    const link = await RawLink.welcomed(relay.url, mac);
    link.raw(frame());
    expect((await link.closed).code).toBe(4002);
    expect(await bystander.isUnharmed()).toBe(true);
    const next = await RawLink.welcomed(relay.url, mac);
    next.raw(events(1, 2));
    expect(await next.frame("ack")).toMatchObject({ n: 1 });
    next.close();
  });

  test("LINK1: a second hello on a live link is out of turn", async () => {
    const link = await RawLink.open(relay.url, account.account);
    const hello = await link.hello(mac);
    link.send(hello);
    await link.frame("welcome");
    link.send(hello);
    expect((await link.closed).code).toBe(4002);
  });

  test("LINK7: a frame type that is not known yet is ignored", async () => {
    const link = await RawLink.welcomed(relay.url, mac);
    link.send({ t: "weather", sunny: true });
    link.raw(events(1, 1));
    expect(await link.frame("ack")).toMatchObject({ n: 1 });
    link.close();
  });

  test("LINK3: the same Mac takes over at once, another one only when it says so", async () => {
    const first = await RawLink.welcomed(relay.url, mac);
    const second = await RawLink.welcomed(relay.url, mac);
    expect((await first.closed).code).toBe(4001);
    const other = await enrol(relay.url, account.account);
    const refused = await RawLink.open(relay.url, account.account);
    refused.send(await refused.hello(other));
    expect((await refused.closed).code).toBe(4001);
    const taken = await RawLink.welcomed(relay.url, other, { takeover: true });
    expect((await second.closed).code).toBe(4001);
    taken.close();
  });
});

describe("enrolment", () => {
  const claim = (code: string) =>
    http(`${relay.url}/v1/enrolments/claim`, {
      method: "POST",
      body: { code, public_key: randomBytes(32).toString("base64"), name: "mac" },
    });

  test("ID5: a code works once, also when two Macs come at the same time", async () => {
    const { code } = await offerEnrolment(relay.url, account.account);
    const answers = await Promise.all([claim(code), claim(code), claim(code)]);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 410, 410]);
  });

  test("ID5: of more than 16 codes the oldest is void", async () => {
    const { code } = await offerEnrolment(relay.url, account.account);
    for (let more = 0; more < 16; more += 1) await offerEnrolment(relay.url, account.account);
    expect((await claim(code)).status).toBe(404);
  });

  test("ID5: a guessed code, a code with one letter changed and something that is no code are not found", async () => {
    const { code } = await offerEnrolment(relay.url, account.account);
    const guesses = [otherEnd(code), `enr_${"0".repeat(code.length - 4)}`, "enr_", "x", account.account];
    const answers = await Promise.all(guesses.map(claim));
    expect(answers.map(({ status }) => status)).toEqual(guesses.map(() => 404));
    expect((await claim(code)).status).toBe(201);
  });

  test.each([
    ["a key of 31 bytes", { public_key: randomBytes(31).toString("base64") }],
    ["a key that is no base64", { public_key: "#".repeat(44) }],
    ["no name", { name: "" }],
    ["a name of 121 letters", { name: "x".repeat(121) }],
    ["a number for a code", { code: 7 }],
  ])("ID5: %s is refused and leaves the code usable", async (_name, changes) => {
    const { code } = await offerEnrolment(relay.url, account.account);
    const good = { code, public_key: randomBytes(32).toString("base64"), name: "mac" };
    const url = `${relay.url}/v1/enrolments/claim`;
    expect((await http(url, { method: "POST", body: { ...good, ...changes } })).status).toBe(400);
    expect((await http(url, { method: "POST", body: good })).status).toBe(201);
  });
});

/** Frame `n` with rows 1 to `rows`. */
const events = (n: number, rows: number): string =>
  JSON.stringify({
    t: "events",
    n,
    database: 0,
    resume: rows,
    rows: Array.from({ length: rows }, (_, at) => ({
      rowid: at + 1,
      message: messageRow(at + 1, randomUUID()),
    })),
  });
