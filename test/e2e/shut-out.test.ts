// A tenant that is suspended and an account that is paused, at the doors that become WebSockets: every client of ours
// says what it is, and none that its key were wrong (TEN4, TEN7).
import path from "node:path";
import type { Miniflare } from "miniflare";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import * as z from "zod";
import { EXIT } from "../../gateway/cli/exit-codes.ts";
import { ChannelHttp } from "../../gateway/client/channel.ts";
import { ClientError } from "../../gateway/client/client-error.ts";
import { connect } from "../../gateway/client/connect.ts";
import { readEvents } from "../../gateway/client/events.ts";
import type { LinkState } from "../../gateway/client/link.ts";
import { webSocketDial, type Access } from "../../gateway/client/platform-dial.ts";
import type { Dial } from "../../gateway/client/socket.ts";
import { httpFetch } from "../../gateway/node/http-fetch.ts";
import { wsDial } from "../../gateway/node/ws-dial.ts";
import { run } from "../../host/child.ts";
import { bundledWorker } from "../gateway/support/bundled-worker.ts";
import { http } from "./http.ts";
import { onOneRelay } from "./one-relay.ts";
import { makeAccount, makeTenant, type Account } from "./owner.ts";
import { PROGRAMS } from "./programs.ts";
import { OPERATOR_KEY, type RelayProcess } from "./relay-process.ts";
import { tempFolder } from "./temp.ts";
import { Recording } from "./waiting.ts";

let relay: RelayProcess;
onOneRelay("shut-out", (started) => {
  relay = started;
});

const REASON = "the bill is open";
const SUSPENDED = {
  code: "tenant_suspended",
  why: `The relay's operator has suspended this tenant (${REASON}). Nothing is lost meanwhile.`,
};
const PAUSED = {
  code: "account_paused",
  why: "This account is paused; whoever manages it can resume it. Nothing is lost meanwhile.",
};
/** LINK6. */
const RARELY_MS = 5 * 60_000;

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

async function act(path: string, body: unknown = {}): Promise<void> {
  const { status, text } = await http(`${relay.url}/v1/${path}`, { method: "POST", key: OPERATOR_KEY, body });
  if (status !== 200) throw new Error(`HTTP ${status}: ${text}`);
}
const newAccount = async (): Promise<Account> => makeAccount(relay.url, await makeTenant(relay.url));
const suspend = ({ tenant }: Account): Promise<void> => act(`tenants/${tenant}/suspend`, { reason: REASON });
const pause = ({ account }: Account): Promise<void> => act(`accounts/${account}/pause`);

const cases = [
  ["a tenant that is suspended", suspend, SUSPENDED],
  ["an account that is paused", pause, PAUSED],
] as const;

/** With a key in Node, and as a browser would: a ticket for every socket, and a WebSocket that tells nothing. */
const ways: readonly (readonly [string, (of: Account, door: "rpc" | "events") => Access & { dial: Dial }])[] =
  [
    ["a key", ({ credential }) => ({ key: credential, dial: wsDial })],
    [
      "tickets",
      ({ account, credential }, door) => {
        const http = new ChannelHttp({ relay: relay.url, account, key: credential, fetch: httpFetch });
        const ticket = async (): Promise<string> => (await http.ticket(door)).ticket;
        return { ticket, dial: webSocketDial(PlatformSocket) };
      },
    ],
  ];
/** `ws` with no more than a browser has. */
class PlatformSocket {
  readonly #socket: WebSocket;

  constructor(url: string, protocols: string[]) {
    this.#socket = new WebSocket(url, protocols, { perMessageDeflate: false });
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: object) => void): void {
    this.#socket.addEventListener(type, (event: object) => listener(event));
  }
}

describe.each(ways)("with %s", (_way, accessOf) => {
  test.each(cases)("TEN4 LINK6 a tunnel to %s is told, and comes back rarely", async (_what, shut, said) => {
    const of = await newAccount();
    await shut(of);
    const states = new Recording<LinkState>();
    const onState = (state: LinkState): void => states.add(state);
    const tunnel = connect({ relay: relay.url, account: of.account, onState, ...accessOf(of, "rpc") });
    ends.push(() => tunnel.close());
    // What cannot be sent certainly was not: nobody has to ask what became of it (I6).
    expect(await tunnel.call("send", { to: "+15550100001", text: "x" })).toMatchObject({
      error: { data: { code: said.code, detail: said.why, disposition: "not_started", retry_safe: true } },
    });
    const state = await states.find(({ kind }) => kind === "refused", "it is refused");
    expect(state).toMatchObject({ refused: said, inMs: expect.any(Number) });
    expect(state.kind === "refused" ? state.inMs : 0).toBeGreaterThan(RARELY_MS / 2);
    expect(states.all.some(({ kind }) => kind === "open")).toBe(false);
  });

  test.each(cases)("TEN4 a reader of %s ends, and its error says why", async (_what, shut, said) => {
    const of = await newAccount();
    await shut(of);
    const reader = readEvents({ relay: relay.url, account: of.account, ...accessOf(of, "events") });
    ends.push(() => reader.close());
    const failure = await reader.each(() => undefined).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ClientError);
    expect(failure).toMatchObject({ code: said.code, message: said.why, retryable: false });
  });
});

describe("in a Worker", () => {
  let worker: Miniflare;
  beforeAll(async () => {
    worker = await bundledWorker(path.join(import.meta.dirname, "refused-worker.ts"));
  });
  afterAll(() => worker.dispose());

  test.each(cases)("TEN4 a reader of %s says why, too", async (_what, shut, said) => {
    const of = await newAccount();
    await shut(of);
    const { account, credential: key } = of;
    const query = new URLSearchParams({ relay: relay.url, account, key });
    const answer = await worker.dispatchFetch(`http://bot.test/?${query.toString()}`);
    expect(await answer.json()).toEqual(said);
  });
});

describe.each(cases)("the program at %s", (_what, shut, said) => {
  const failedSchema = z.looseObject({ error: z.looseObject({ data: z.looseObject({ code: z.string() }) }) });

  test("TEN4 says so on its own lines and in its answers", async () => {
    const of = await newAccount();
    await shut(of);
    const folder = tempFolder("shut-out");
    ends.push(() => folder.remove());
    const connection = `${relay.url}/v1/accounts/${of.account}#${of.credential}`;
    const env = { ...process.env, IMSG_RELAY_HOME: folder.path, IMSG_RELAY_URL: connection };
    const cli = (args: readonly string[], input = "") =>
      run({ command: process.execPath, args: [PROGRAMS.gateway, ...args], env, input });
    const tail = await cli(["tail"]);
    expect(tail).toMatchObject({ code: EXIT.no_access });
    expect(tail.err).toContain(said.why);
    expect(tail.err).not.toContain("key");
    const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "chats.get", params: { chat_id: 1 } });
    const rpc = await cli(["rpc"], `${request}\n`);
    expect(failedSchema.parse(JSON.parse(rpc.out)).error.data.code).toBe(said.code);
    expect(rpc.err).toContain(said.why);
  });
});
