// A tenant that is carried from one relay to another with the operator's own commands, and everything real: both relays
// and the commands are killed in the middle of it, and nothing is lost, doubled or left behind.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { EXIT } from "../../gateway/cli/exit-codes.ts";
import { ChannelHttp } from "../../gateway/client/channel.ts";
import { readEvents } from "../../gateway/client/events.ts";
import { httpFetch } from "../../gateway/node/http-fetch.ts";
import { wsDial } from "../../gateway/node/ws-dial.ts";
import { run, startProgram, type Finished, type RunningProgram } from "../../host/child.ts";
import { HeldWire } from "./held-wire.ts";
import { startSystem, type System } from "./harness.ts";
import { HookReceiver } from "./hook-receiver.ts";
import { http } from "./http.ts";
import { openChannel } from "./open-channel.ts";
import { owned } from "./owned.ts";
import { PROGRAMS } from "./programs.ts";
import { OPERATOR_KEY, RelayProcess } from "./relay-process.ts";
import { tempFolder } from "./temp.ts";
import { everyByte } from "./traces.ts";
import { Recording, until } from "./waiting.ts";

const FRIEND = "+15550100111";
const STRANGER = "+15550107432";
/** More than an export has in one request. */
const MORE_ACCOUNTS = 220;
const AT_ONCE = 20;
const ENV = { WEBHOOKS_TO_LOOPBACK: "1" };

const folder = tempFolder("carried");
const file = path.join(folder.path, "acme.ndjson");
let from: RelayProcess;
let to: RelayProcess;
/** Between the commands and a relay. */
let wire: HeldWire;
let system: System;
let receiver: HookReceiver;
beforeAll(async () => {
  from = await RelayProcess.start({ state: path.join(folder.path, "from"), env: ENV });
  to = await RelayProcess.start({ state: path.join(folder.path, "to"), env: ENV });
  wire = await HeldWire.start();
  wire.target = from.port;
  receiver = await HookReceiver.start();
  system = await startSystem({
    dialect: "0.15",
    relay: from,
    world: (mac) => mac.appendText(mac.dm(FRIEND, "any"), FRIEND, "before all this"),
  });
}, 60_000);
afterAll(async () => {
  receiver.stop();
  await system.stop();
  await wire.close();
  await from.kill9();
  await to.kill9();
  folder.remove();
});

const program = (args: readonly string[]) => ({
  command: process.execPath,
  args: [PROGRAMS.gateway, ...args],
  env: {
    ...process.env,
    IMSG_RELAY_HOME: path.join(folder.path, "operator"),
    IMSG_RELAY_OPERATOR_KEY: OPERATOR_KEY,
  },
});
/** The operator at a shell, at the relay that is left or at the new one. */
const operator = (relay: { readonly url: string }, ...args: string[]): Promise<Finished> =>
  run(program([...args, "--relay", relay.url]));

interface Begun {
  readonly program: RunningProgram;
  readonly lines: Recording<string>;
}
async function begin(...args: string[]): Promise<Begun> {
  const lines = new Recording<string>();
  const started = await startProgram({ ...program(args), onLine: (line) => lines.add(line) });
  owned.add(started.pid);
  void started.exited.then(() => owned.remove(started.pid));
  return { program: started, lines };
}
const tenant = async (relay: RelayProcess) =>
  http(`${relay.url}/v1/tenants/${system.tenant}`, { key: OPERATOR_KEY });
const moreAccount = (name: string) => {
  const body = { name };
  return http(`${from.url}/v1/tenants/${system.tenant}/accounts`, {
    method: "POST",
    key: OPERATOR_KEY,
    body,
  });
};
/** Some accounts of many have come, and not all of them. */
const isHalfImported = async (): Promise<boolean> => {
  const { text } = await tenant(to);
  return text.includes('"importing"') && /"used":\{"accounts":[1-9]/.test(text);
};

const channelAt = (relay: RelayProcess): ChannelHttp =>
  new ChannelHttp({ relay: relay.url, account: system.account, key: system.key, fetch: httpFetch });
const sentTimes = (text: string): number => system.world.sent().filter((sent) => sent.text === text).length;

const messageSchema = z.looseObject({ message: z.looseObject({ text: z.string(), guid: z.string() }) });
interface Read {
  readonly kind: string;
  readonly text: string | undefined;
}
/** What the named consumer is shown until `last`, all of it taken. */
async function consume(relay: RelayProcess, last: string): Promise<readonly Read[]> {
  const reader = readEvents({
    relay: relay.url,
    account: system.account,
    key: system.key,
    consumer: "archive",
    dial: wsDial,
  });
  const read = new Recording<Read>();
  const reading = reader.each((event) => {
    read.add({ kind: event.kind, text: messageSchema.safeParse(event.data).data?.message.text });
  });
  await read.find(({ text }) => text === last, last, 20_000);
  reader.close();
  await reading;
  return read.all;
}

/** What must be the same at both relays, as the operator is told it. */
async function snapshot(relay: RelayProcess): Promise<Record<string, unknown>> {
  const get = async (route: string): Promise<unknown> => {
    const answer = await http(`${relay.url}${route}`, { key: OPERATOR_KEY });
    if (answer.status !== 200) throw new Error(`${route}: HTTP ${answer.status} ${answer.text}`);
    return answer.json();
  };
  const [ofTenant, ofAccount] = [`/v1/tenants/${system.tenant}`, `/v1/accounts/${system.account}`];
  const { consumers } = (await get(`${ofAccount}/consumers`)) as { consumers: { name: string }[] };
  return {
    tenant_config: await get(`${ofTenant}/config`),
    history: await get(`${ofTenant}/config/history`),
    config: await get(`${ofAccount}/config`),
    people: await get(`${ofAccount}/pairing`),
    consumers: consumers.map(({ name }) => name),
    keys: await get(`${ofTenant}/keys`),
    accounts: await get(`${ofTenant}/accounts`),
    endpoints: await get(`${ofTenant}/endpoints`),
  };
}

test(
  "TEN11 to TEN13, ENR10: a tenant is carried to another relay, with kill -9 of everything on the way",
  { timeout: 180_000 },
  async () => {
    // It lives: settings, somebody let in by code, an endpoint, a reader's place, a send under a key.
    await openChannel(system, { dmPolicy: "pairing", allowFrom: [FRIEND] });
    system.world.appendText(system.world.dm(STRANGER, "any"), STRANGER, "may I?");
    const code = await until(async () => {
      const { requests } = await channelAt(from).pairing();
      return requests[0]?.code;
    }, "a stranger");
    const cli = (...args: string[]): Promise<Finished> => run(system.gateway(args));
    expect(await cli("pairing", "approve", code)).toMatchObject({ code: EXIT.done });
    const added = await operator(from, "tenants", "show", system.tenant);
    expect(added.out).toContain("state      active");
    const endpoint = await run({
      ...system.gateway(["webhooks", "add", receiver.url, "--kinds", "message.received", "--json"]),
      env: { ...system.gateway([]).env, IMSG_RELAY_OPERATOR_KEY: OPERATOR_KEY },
    });
    const { secret } = z.looseObject({ secret: z.string() }).parse(JSON.parse(endpoint.out));
    receiver.secrets = [secret];
    const dm = `any;-;${FRIEND}`;
    const reading = consume(from, "one");
    await until(
      async () =>
        (await http(`${system.accountUrl}/consumers`, { key: system.key })).text.includes("archive"),
      "its place",
    );
    system.world.appendText(dm, FRIEND, "one");
    await reading;
    const send = { to: FRIEND, text: "said once" };
    expect(await channelAt(from).send(send, { idempotencyKey: "invoice-17" })).toMatchObject({
      outcome: "sent",
    });
    system.world.appendText(dm, FRIEND, "two");
    await receiver.received.find(({ payload }) => JSON.stringify(payload).includes('"two"'), "two");

    // The Mac goes away; something waits for it here, and something comes there.
    await system.agent.kill("SIGTERM");
    await system.waitForOffline();
    const later = { to: FRIEND, text: "said later", queue: true };
    expect(await channelAt(from).send(later, { idempotencyKey: "later-1" })).toMatchObject({
      state: "queued",
    });
    system.world.appendText(dm, FRIEND, "while nobody served");
    for (let made = 0; made < MORE_ACCOUNTS; made += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => moreAccount(`more ${made + at}`)));
    const before = await snapshot(from);

    // Out of it: only when it is shut. The relay dies in the middle, then the command.
    const early = await operator(from, "tenants", "export", system.tenant, file);
    expect(early).toMatchObject({ code: EXIT.failed, err: expect.stringContaining("tenants suspend") });
    expect((await operator(from, "tenants", "suspend", system.tenant)).code).toBe(EXIT.done);
    const exporting = ["tenants", "export", system.tenant, file, "--relay", wire.origin];
    // A piece has at most 64 KiB, so that some accounts have passed by then.
    const relayDies = wire.hold('"t":"account"', 150);
    const first = await begin(...exporting);
    await relayDies;
    const commandDies = wire.hold('"t":"account"', 60);
    await from.kill9();
    await from.start();
    await commandDies;
    first.program.kill("SIGKILL");
    await first.program.exited;
    expect(existsSync(file)).toBe(false);
    expect(statSync(`${file}.part`).mode & 0o777).toBe(0o600);
    const whole = await run(program(exporting));
    expect(whole).toMatchObject({
      code: EXIT.done,
      err: expect.stringMatching(/going on after \d+ accounts/),
    });
    expect(whole.out).toContain(`${MORE_ACCOUNTS + 1} accounts`);
    expect([existsSync(`${file}.part`), statSync(file).mode & 0o777]).toEqual([false, 0o600]);
    const carried = readFileSync(file, "utf8");
    expect(carried.match(/^\{"t":"account",/gm)).toHaveLength(MORE_ACCOUNTS + 1);
    for (const text of ["one", "two", "said once", "said later", "may I?"])
      expect(carried).not.toContain(JSON.stringify(text));

    // Into it: the command dies with the new relay, then the relay alone, then only the last answer is lost.
    const importing = ["tenants", "import", file];
    const both = await begin(...importing, "--relay", to.url);
    await until(isHalfImported, "half of it", 10_000, 5);
    both.program.kill("SIGKILL");
    await to.kill9();
    await both.program.exited;
    await to.start();
    expect((await tenant(to)).text).toContain('"importing"');
    expect((await http(`${to.url}/v1/accounts/${system.account}/status`, { key: system.key })).status).toBe(
      403,
    );
    wire.target = to.port;
    const halfWay = wire.hold("HTTP/1.1 200", 1);
    const again = await begin(...importing, "--relay", wire.origin);
    await halfWay;
    await to.kill9();
    await to.start();
    expect(await again.program.exited).toBe("code 0");
    expect(again.lines.all.join("\n")).toContain("Imported");
    const lost = wire.hold("HTTP/1.1", 1);
    const unheard = await begin(...importing, "--relay", wire.origin);
    await lost;
    unheard.program.kill("SIGKILL");
    await unheard.program.exited;
    const said = await operator(to, ...importing);
    expect(said).toMatchObject({ code: EXIT.done, out: expect.stringContaining("nothing was changed") });

    // Shut until somebody says so; then the Mac follows.
    expect((await http(`${to.url}/v1/accounts/${system.account}/status`, { key: system.key })).status).toBe(
      403,
    );
    expect((await operator(to, "tenants", "resume", system.tenant)).code).toBe(EXIT.done);
    expect(await snapshot(to)).toEqual(before);
    expect(await system.agent.command("move", to.url, "--yes")).toMatchObject({ code: 0, err: "" });
    await system.agent.start();
    await until(async () => sentTimes("said later") > 0, "what waited was said");

    // The reader is told of the gap, and has everything it was owed, once.
    const shown = await consume(to, "while nobody served");
    expect(shown[0]).toMatchObject({ kind: "gap" });
    const received = shown.filter(({ kind }) => kind === "message.received").map(({ text }) => text);
    expect(received).toEqual(["two", "while nobody served"]);
    const hooked = await receiver.received.find(
      ({ payload }) => JSON.stringify(payload).includes('"while nobody served"'),
      "its webhook",
      20_000,
    );
    expect(hooked.verified).toEqual([true]);

    // What was sent under a key is not sent again, whichever relay is asked.
    expect(await channelAt(to).send(send, { idempotencyKey: "invoice-17" })).toMatchObject({
      outcome: "sent",
    });
    expect(await channelAt(to).send(later, { idempotencyKey: "later-1" })).toMatchObject({ outcome: "sent" });
    expect([sentTimes("said once"), sentTimes("said later")]).toEqual([1, 1]);

    // Nothing of it is left where it was, and it lives on where it is.
    const { private_key: own } = z
      .looseObject({ private_key: z.string() })
      .parse(
        JSON.parse(readFileSync(path.join(system.agent.home, "agent", "default", "identity.json"), "utf8")),
      );
    const hash = createHash("sha256")
      .update(system.key.slice(system.key.indexOf(".") + 1))
      .digest("hex");
    expect(everyByte(from)).toContain(hash);
    const asked = await operator(from, "tenants", "delete", system.tenant);
    expect(asked).toMatchObject({ code: EXIT.misuse, err: expect.stringContaining("--yes") });
    expect((await operator(from, "tenants", "delete", system.tenant, "--yes")).code).toBe(EXIT.done);
    await until(async () => (await tenant(from)).status === 404, "nothing left", 60_000);
    const left = everyByte(from);
    for (const trace of [
      hash,
      FRIEND,
      STRANGER,
      "said once",
      "may I?",
      receiver.url,
      own.split("\n")[1] ?? own,
    ])
      expect(left).not.toContain(trace);
    system.world.appendText(dm, FRIEND, "after all");
    const last = await receiver.received.find(
      ({ payload }) => JSON.stringify(payload).includes('"after all"'),
      "the last",
    );
    expect(last.verified).toEqual([true]);
    const texts = receiver.received.all.map(({ payload }) => Object(payload.data.data["message"]).text);
    expect(texts).toEqual(["one", "two", "two", "while nobody served", "after all"]);
  },
);
