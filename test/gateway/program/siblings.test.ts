import { once } from "node:events";
import { readdirSync, statSync, mkdirSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { readConnection } from "../../../gateway/profile/connection.ts";
import { meetingPlace } from "../../../gateway/sibling/place.ts";
import type { Place, Program } from "../support/program.ts";
import { ScriptedRelay } from "../support/scripted-relay.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: ScriptedRelay;
let place: Place;
eachOnAStage(ScriptedRelay, (...made) => ([relay, place] = made));

const rpc = (...more: string[]): Program => place.run(["rpc", ...more], { IMSG_RELAY_URL: relay.connection });
const folder = (): string => path.join(place.home, "run");
const sockets = (): string[] => readdirSync(folder()).filter((name) => name.endsWith(".sock"));

/** A process that watches, and has its socket in place. */
async function lender(...argv: string[]): Promise<Program> {
  const program = rpc(...argv);
  program.ask(1, "watch.subscribe", { attachments: true });
  await program.answer(1);
  await lending(1);
  return program;
}

/** The socket's file appears by a rename: looked for, because nothing announces it. */
async function lending(count: number, butNot?: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      if (sockets().length === count && sockets()[0] !== butNot) return;
    } catch {
      // The folder is not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("nobody lends");
}

test("a sibling asks over the running process's connection, with a key of its own", async () => {
  await lender("--json");
  const sibling = rpc("--json");
  sibling.ask(1, "send", { text: "a" });
  expect(await sibling.answer(1)).toMatchObject({ result: { ok: true } });
  expect(await sibling.end()).toMatchObject({ code: 0, err: "" });
  expect(relay.sockets).toBe(1);
  expect(relay.effects).toMatchObject([{ socket: 1, key: expect.stringMatching(/^[0-9a-z]{26}$/) }]);
  expect(statSync(folder()).mode & 0o777).toBe(0o700);
});

test.each(["SIGKILL", "SIGTERM"] as const)(
  "RPC6 a lender that gets %s in a call: the sibling asks over its own connection with the same key, and it happens once",
  async (signal) => {
    const first = await lender("--json");
    relay.script = () => "hold";
    const sibling = rpc("--json");
    sibling.ask(1, "send", { text: "once" });
    await relay.until(() => relay.effects.length === 1);
    await first.kill(signal);
    await relay.until(() => relay.calls.filter(({ method }) => method === "send").length === 2);
    const sends = relay.calls.filter(({ method }) => method === "send");
    expect(sends.map(({ socket }) => socket)).toEqual([1, 2]);
    expect(sends[0]?.key).toBe(sends[1]?.key);
    expect(relay.effects).toHaveLength(1);
  },
);

test("RPC6 what the relay settled meanwhile is what the sibling answers", async () => {
  const first = await lender("--json");
  let settle = (): void => undefined;
  relay.script = () => new Promise((resolve) => (settle = () => resolve({ result: { guid: "G" } })));
  const sibling = rpc("--json");
  sibling.ask("s", "send", { text: "once" });
  await relay.until(() => relay.effects.length === 1);
  await first.kill("SIGKILL");
  settle();
  expect(await sibling.answer("s")).toEqual({ jsonrpc: "2.0", id: "s", result: { guid: "G" } });
  expect(await sibling.end()).toMatchObject({ code: 0, err: "" });
  expect(relay.effects).toHaveLength(1);
});

test("a leftover socket file is replaced, and a lender that ends leaves none", async () => {
  const killed = await lender("--json");
  await killed.kill("SIGKILL");
  const [stale] = sockets();
  const inode = statSync(path.join(folder(), stale ?? "")).ino;
  const next = rpc("--json");
  next.ask(1, "watch.subscribe", {});
  await next.answer(1);
  while (statSync(path.join(folder(), stale ?? "")).ino === inode)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const sibling = rpc("--json");
  sibling.ask(1, "chats.list", {});
  await sibling.answer(1);
  expect(relay.sockets).toBe(1);
  await next.end();
  expect(readdirSync(folder())).toEqual([]);
});

test("what killed processes left under other keys is removed", async () => {
  const killed = await lender("--json");
  const [leftover] = sockets();
  await killed.kill("SIGKILL");
  expect(sockets()).toEqual([leftover]);
  const other = place.run(["rpc", "--json"], { IMSG_RELAY_URL: `${relay.connection}x` });
  other.ask(1, "watch.subscribe", {});
  await other.answer(1);
  await lending(1, leftover);
});

test("when a lender ends another long-lived process takes its place", async () => {
  const first = await lender("--json");
  const second = rpc("--json");
  second.ask(1, "watch.subscribe", {});
  await second.answer(1);
  expect(relay.sockets).toBe(2);
  await first.end();
  await lending(1);
  const sibling = rpc("--json");
  sibling.ask(1, "send", { text: "x" });
  await sibling.answer(1);
  expect(relay.effects).toMatchObject([{ socket: 2 }]);
});

test("I7 an older gateway's resend from another process joins the send in flight", async () => {
  await lender();
  let settle = (): void => undefined;
  relay.script = ({ method }) =>
    method === "send"
      ? new Promise((resolve) => (settle = () => resolve({ result: { guid: "G" } })))
      : { result: { chats: [] } };
  const impatient = rpc();
  impatient.ask(1, "send", { text: "a", to: "+1" });
  await relay.until(() => relay.effects.length === 1);
  await impatient.kill("SIGKILL");
  const again = rpc();
  again.ask(1, "send", { to: "+1", text: "a" });
  again.ask(2, "chats.list", {});
  await relay.until(() => relay.calls.some(({ method }) => method === "chats.list"));
  settle();
  expect(await again.answer(1)).toMatchObject({ result: { guid: "G" } });
  expect(relay.effects).toHaveLength(1);
});

test("I7 a resend that joined is asked again under the first one's key when the lender dies: still one effect", async () => {
  const first = await lender();
  relay.script = ({ method }) => (method === "send" ? "hold" : { result: { chats: [] } });
  const impatient = rpc();
  impatient.ask(1, "send", { text: "a" });
  await relay.until(() => relay.effects.length === 1);
  await impatient.kill("SIGKILL");
  const again = rpc();
  again.ask(1, "send", { text: "a" });
  again.ask(2, "chats.list", {});
  await again.answer(2);
  await first.kill("SIGKILL");
  await relay.until(() => relay.calls.filter(({ method }) => method === "send").length === 2);
  expect(relay.effects).toHaveLength(1);
});

test("a folder that others could have put there is not used: neither to lend nor to borrow", async () => {
  const elsewhere = path.join(place.home, "elsewhere");
  mkdirSync(elsewhere, { mode: 0o755 });
  symlinkSync(elsewhere, folder());
  const home = { folder: place.home, file: "", profile: undefined };
  const connection = readConnection(relay.connection);
  if (connection === undefined) throw new Error("no connection string");
  let visitors = 0;
  const impostor = createServer(() => (visitors += 1));
  impostor.listen(path.join(elsewhere, path.basename(meetingPlace(home, connection).socket)));
  await once(impostor, "listening");
  const program = rpc("--json");
  program.ask(1, "chats.list", {});
  await program.answer(1);
  expect(await program.end()).toMatchObject({ code: 0, err: "" });
  expect([visitors, readdirSync(elsewhere)]).toEqual([0, [expect.stringMatching(/\.sock$/)]]);
  impostor.close();
});

test("another key never meets this one", async () => {
  await lender("--json");
  const other = place.run(["rpc", "--json"], { IMSG_RELAY_URL: `${relay.connection}x` });
  other.ask(1, "chats.list", {});
  await other.answer(1);
  expect(relay.sockets).toBe(2);
});
