// Everything that a full run printed and stored is looked through: no message text, no handle and no secret in a log,
// no secret on a disk but where it belongs, no byte of an attachment at the relay (I8).
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { run, startProgram } from "../../host/child.ts";
import { filesBelow } from "./files-below.ts";
import { http } from "./http.ts";
import { startSystem, type System } from "./harness.ts";
import { HookReceiver } from "./hook-receiver.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";
import { owned } from "./owned.ts";
import { Recording, until } from "./waiting.ts";

/** What people wrote, and who they are. */
const PRIVATE = {
  text: "zebra-received-7431",
  sent: "zebra-sent-7432",
  unsent: "zebra-refused-7433",
  handle: "5550107431",
  stranger: "5550107432",
  group: "zebra-group-7434",
  fileName: "zebra-file-7435",
  fileBytes: "zebra-bytes-7436",
  reply: "zebra-reply-7437",
};
const FRIEND = `+1${PRIVATE.handle}`;
const STRANGER = `+1${PRIVATE.stranger}`;
const endpointSchema = z.looseObject({ endpoint: z.string(), secret: z.string() });
const ticketSchema = z.looseObject({ ticket: z.string() });

let system: System;
let receiver: HookReceiver;
/** What gateways' programs said beside their answers. */
const gatewayErrors: string[] = [];
const secrets = new Map<string, string>();
beforeAll(async () => {
  system = await startSystem({
    dialect: "0.15",
    relayEnv: { WEBHOOKS_TO_LOOPBACK: "1" },
    agentConfig: { recipients: { deny: [STRANGER] } },
    world: (mac) => {
      mac.dm(FRIEND, "any");
      mac.group("chat7434", [FRIEND, STRANGER], PRIVATE.group);
    },
  });
  await openChannel(system, {
    ...EVERYBODY,
    dmPolicy: "pairing",
    allowFrom: [FRIEND],
    includeAttachments: true,
  });
  receiver = await HookReceiver.start();
  await everything();
}, 60_000);
afterAll(async () => {
  receiver.stop();
  await system.stop();
});

const post = async (route: string, body: unknown, key = system.key): Promise<unknown> =>
  (await http(`${system.relayUrl}${route}`, { method: "POST", key, body })).json();

/** A day in the life of a relay, in some seconds, with failures. */
async function everything(): Promise<void> {
  const { account, tenant, operatorKey } = system;
  const wish = { url: receiver.url, kinds: ["*"], takes_replies: true };
  const { secret } = endpointSchema.parse(await post(`/v1/tenants/${tenant}/endpoints`, wish, operatorKey));
  const { ticket } = ticketSchema.parse(await post(`/v1/accounts/${account}/tickets`, { door: "events" }));
  const identity = readFileSync(path.join(system.agent.home, "agent", "default", "identity.json"), "utf8");
  const { private_key } = z.looseObject({ private_key: z.string() }).parse(JSON.parse(identity));
  secrets.set("operator key", operatorKey);
  secrets.set("relay secret", "5e".repeat(32));
  secrets.set("key", system.key.split(".")[1] ?? "");
  secrets.set("webhook secret", secret.replace("whsec_", ""));
  secrets.set("ticket", ticket);
  secrets.set("private key", private_key.split("\n")[1] ?? "");

  let refusals = 0;
  receiver.answer = () =>
    (refusals += 1) === 1
      ? { status: 500, body: PRIVATE.text }
      : {
          status: 200,
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ reply: { text: PRIVATE.reply } }),
        };
  const lines = new Recording<string>();
  const tail = await startProgram({ ...system.gateway(["tail"]), onLine: (line) => lines.add(line) });
  owned.add(tail.pid);
  system.world.appendText(`any;-;${FRIEND}`, FRIEND, PRIVATE.text);
  system.world.appendFile(
    `any;-;${FRIEND}`,
    FRIEND,
    `${PRIVATE.fileName}.txt`,
    Buffer.from(PRIVATE.fileBytes),
    PRIVATE.text,
  );
  system.world.appendText("iMessage;+;chat7434", FRIEND, PRIVATE.text);
  system.world.appendText(system.world.dm(STRANGER, "any"), STRANGER, PRIVATE.text);
  await receiver.received.find(
    ({ payload }) => payload.type === "pairing.requested",
    "a stranger's wish",
    15_000,
  );
  await until(async () => system.world.sent().some(({ text }) => text === PRIVATE.reply), "the reply");

  for (const args of [
    ["send", FRIEND, PRIVATE.sent],
    ["send", STRANGER, PRIVATE.unsent],
    ["send", "nobody at all", PRIVATE.unsent],
    ["chats"],
    ["history", "--to", FRIEND],
    ["status"],
    ["rpc", "--help"],
  ]) {
    const done = await run(system.gateway(args));
    if (args[0] !== "send") gatewayErrors.push(done.err);
  }
  await run({
    ...system.gateway(["rpc", "--json"]),
    input: `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "send", params: { to: FRIEND, text: PRIVATE.sent } })}\n{broken ${PRIVATE.text}\n`,
  });
  tail.kill("SIGINT");
  await tail.exited;
  owned.remove(tail.pid);
  // What dies in the middle says more than what lives.
  await system.relay.kill9();
  await system.relay.start();
  await system.waitForOnline();
  await system.agent.kill("SIGTERM");
  await system.agent.start();
  await system.waitForOnline();
  await http(`${system.accountUrl}/messages`, {
    method: "POST",
    key: `${system.key}x`,
    body: { to: FRIEND, text: PRIVATE.unsent },
  });
  await http(`${system.relayUrl}/v1/tenants`, { method: "POST", key: system.key, raw: `{${PRIVATE.text}` });
}

const found = (text: string, names: ReadonlyMap<string, string>): string[] =>
  [...names].filter(([, value]) => text.includes(value)).map(([name]) => name);
const everybody = new Map<string, string>(Object.entries(PRIVATE));

test("a log never says what was written, by whom, or with which secret", () => {
  const { relay, agent } = system;
  const printed = {
    relay: relay.lines.all.join("\n"),
    agent: [...agent.events.all.map((event) => JSON.stringify(event)), ...agent.noise].join("\n"),
    gateway: gatewayErrors.join("\n"),
  };
  expect(printed.agent).toContain('"event":');
  for (const text of Object.values(printed))
    expect(found(text, new Map([...everybody, ...secrets]))).toEqual([]);
});

/** Every file below, by its name there. */
function filesIn(folder: string): Map<string, string> {
  return new Map(
    filesBelow(folder).map((file) => [path.relative(folder, file), readFileSync(file, "latin1")]),
  );
}

test("the relay stores no secret, and nothing of an attachment's bytes", () => {
  const files = filesIn(system.relay.state);
  const all = [...files.values()].join("\n");
  expect(found(all, secrets)).toEqual([]);
  // The log holds messages, which is what it is for: this finds what is there.
  expect(found(all, everybody)).toEqual(expect.arrayContaining(["text", "handle"]));
  expect(found(all, everybody)).not.toContain("fileBytes");
});

test("the Mac's own folder holds its private key, and nothing of what went through", () => {
  const files = filesIn(system.agent.home);
  /** Whom the owner forbids, and to which chats something was sent: not what. */
  const knows: Readonly<Record<string, readonly string[]>> = {
    "identity.json": ["private key"],
    "agent.jsonc": ["stranger"],
    "journal.jsonl": ["handle"],
  };
  for (const [name, text] of files) {
    const known = found(text, new Map([...secrets, ...everybody]));
    expect([name, known]).toEqual([name, knows[path.basename(name)] ?? []]);
  }
});
