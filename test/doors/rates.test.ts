// Those for whom no object has vouched: how often they are answered, and that they stop and wake nobody (DOOR3 to DOOR6).
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { RelayError } from "../../shared/errors.ts";
import { mintId, randomPart, type IdKind, type IdParts, type KeyId, type MacOf } from "../../shared/ids.ts";
import {
  GUESSES_A_SECOND,
  KNOCKS_A_SECOND,
  MAX_PROVEN_KEYS,
  OPERATOR_A_SECOND,
  UNPROVEN_A_SECOND,
} from "../../relay/http/limits.ts";
import { Rates } from "../../relay/http/rates.ts";
import { BURST_S } from "../../relay/rate.ts";
import { http, type HttpAnswer } from "../e2e/http.ts";
import { OPERATOR_KEY } from "../e2e/relay-process.ts";
import { flipped, startWorld, type World } from "./world.ts";

const KEY = "key_1" as KeyId;
/** A flood goes on until so many of it were refused, however slow this machine is. */
const REFUSED = 200;
const partsOf = (): IdParts => ({ tenant: randomPart(), account: randomPart() });

/** How often it goes on before it is refused, and what is said then. */
function until429(run: () => void): [times: number, refused: RelayError] {
  for (let times = 0; times < 100_000; times += 1) {
    try {
      run();
    } catch (error) {
      if (error instanceof RelayError) return [times, error];
      throw error;
    }
  }
  throw new Error("never refused");
}

describe("an isolate", () => {
  test("DOOR3 refuses guesses as they deserve, so many of them, and says when to come again", () => {
    let now = 1_000_000;
    const rates = new Rates(1, () => now);
    const most = GUESSES_A_SECOND * BURST_S;
    const codes = Array.from({ length: most + 1 }, () => rates.guessed("unauthenticated"));
    expect(codes.slice(0, -1).every(({ code }) => code === "unauthenticated")).toBe(true);
    expect(codes.at(-1)).toMatchObject({ code: "rate_limited", more: { retry_after_s: 1 } });
    now += 1_000;
    expect(rates.guessed("not_found").code).toBe("not_found");
    // A clock that is set back is no reason to refuse anybody.
    now -= 3_600_000;
    expect(rates.guessed("not_found").code).toBe("not_found");
  });

  test("DOOR4 bounds the operator's key", () => {
    const rates = new Rates(1, () => 0);
    const [times, { code, more }] = until429(() => rates.operator());
    expect([times, code, more.retry_after_s]).toEqual([OPERATOR_A_SECOND * BURST_S, "rate_limited", 1]);
  });

  test("DOOR5 a key's id that is tried with other secrets is bounded, and the key itself is not", () => {
    const rates = new Rates(1, () => 0);
    rates.settle(rates.claim(KEY, "right"), true);
    const [times, { code }] = until429(() => rates.settle(rates.claim(KEY, "wrong"), false));
    // The first look was the key's own.
    expect([times, code]).toEqual([UNPROVEN_A_SECOND * BURST_S - 1, "rate_limited"]);
    for (let at = 0; at < times * 2; at += 1) expect(rates.claim(KEY, "right").isProven).toBe(true);
    expect(rates.claim("key_2" as KeyId, "other").isProven).toBe(false);
  });

  test("DOOR5 what no object has said anything of proves nothing; what one refuses is forgotten", () => {
    const rates = new Rates(1, () => 0);
    rates.settle(rates.claim(KEY, "hash"), undefined);
    expect(rates.isProven(KEY, "hash")).toBe(false);
    rates.settle(rates.claim(KEY, "hash"), true);
    rates.settle(rates.claim(KEY, "other"), false);
    rates.settle(rates.claim(KEY, "hash"), undefined);
    expect(rates.isProven(KEY, "hash")).toBe(true);
    rates.settle(rates.claim(KEY, "hash"), false);
    expect(rates.isProven(KEY, "hash")).toBe(false);
  });

  test("DOOR5 remembers so many keys, and asks again about the one that it proved first", () => {
    const rates = new Rates(1, () => 0);
    const name = (at: number): KeyId => `key_${at}` as KeyId;
    for (let at = 0; at <= MAX_PROVEN_KEYS; at += 1) rates.settle(rates.claim(name(at), "hash"), true);
    expect([0, 1, MAX_PROVEN_KEYS].map((at) => rates.isProven(name(at), "hash"))).toEqual([
      false,
      true,
      true,
    ]);
  });

  test("DOOR6 bounds each open door of each account by itself", () => {
    const rates = new Rates(1, () => 0);
    const [one, other] = [partsOf(), partsOf()];
    const [times, { code }] = until429(() => rates.knock("agent", one));
    expect([times, code]).toEqual([KNOCKS_A_SECOND * BURST_S, "rate_limited"]);
    rates.knock("agent", other);
    rates.knock("enrolment", one);
    rates.knock("link", one);
  });
});

describe("a relay", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ RATE_SCALE: "1" });
  }, 60_000);
  afterAll(() => world.stop());

  const statusSchema = z.looseObject({ usage: z.looseObject({ wakes: z.number() }) });
  const ask = (path: string, how: Parameters<typeof http>[1] = {}): Promise<HttpAnswer> =>
    http(`${world.relay.url}${path}`, how);
  const statusOf = (key = world.keys.all): Promise<HttpAnswer> =>
    ask(`/v1/accounts/${world.mine["account"]}/status`, { key });
  /** How often the account's object was entered; this look is one of them. */
  const wakes = async (): Promise<number> => statusSchema.parse((await statusOf()).json()).usage.wakes;

  /** Under a secret that is not the relay's. */
  const foreign: MacOf = () => new Uint8Array(32).fill(7);
  const forged = (kind: IdKind): string => {
    const own = kind === "enr" || kind === "tra" || kind === "tic" ? randomPart(16) : randomPart();
    const parts = kind === "ten" || kind === "acc" ? partsOf() : { ...partsOf(), own };
    const { account: _, ...ofTenant } = parts;
    return mintId(kind, kind === "ten" || kind === "key" ? ofTenant : parts, 1, foreign);
  };

  /** Well formed, of an account that there is, and never issued. */
  const madeUp = (): [path: string, how?: Parameters<typeof http>[1]][] => {
    const account = `/v1/accounts/${world.mine["account"]}`;
    const post = (body: unknown) => ({ method: "POST", body });
    const socket = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
    const upgrade = { headers: { ...socket, "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" } };
    return [
      [`${account}/status`],
      [`${account}/status`, { key: `${forged("key")}.secret` }],
      [`${account}/attachments/lnk_${"A".repeat(120)}`],
      [`${account}/agent/transfers/${forged("tra")}`],
      [`${account}/agent/transfers/${forged("tra")}?offset=0`, { method: "POST", raw: "x" }],
      [`${account}/rpc?ticket=${forged("tic")}`, upgrade],
      [`${account}/events?ticket=${forged("tic")}`, upgrade],
      [`/v1/accounts/${forged("acc")}/agent`, upgrade],
      [`/v1/accounts/${forged("acc")}/status`, { key: OPERATOR_KEY }],
      [`/v1/tenants/${forged("ten")}/keys`],
      ["/v1/enrolments/look", post({ code: forged("enr") })],
      ["/v1/enrolments/claim", post({ code: forged("enr"), public_key: `${"A".repeat(43)}=`, name: "mac" })],
      ["/v1/tenants", { key: flipped(OPERATOR_KEY, 0) }],
      ["/v1/nothing"],
    ];
  };

  test("DOOR6 nothing that was never issued wakes an object, or leaves one behind", async () => {
    const files = world.relay.objectFiles();
    const before = await wakes();
    const answers: number[] = [];
    for (const [path, how] of madeUp()) answers.push((await ask(path, how)).status);
    expect(answers).toEqual([401, 401, 404, 410, 410, 401, 401, 404, 404, 404, 404, 404, 401, 404]);
    expect(await wakes()).toBe(before + 1);
    expect(world.relay.objectFiles()).toEqual(files);
  });

  test("ID2 a transfer that never was is over in the same words as one that was", async () => {
    const { account } = world.mine;
    const never = await ask(`/v1/accounts/${account}/agent/transfers/${forged("tra")}`);
    const garbage = await ask(`/v1/accounts/${account}/agent/transfers/nothing`);
    expect([never.status, never.text]).toEqual([410, '{"ok":false}']);
    expect([garbage.status, garbage.text]).toEqual([410, '{"ok":false}']);
  });

  test("DOOR3 a flood without a key is bounded, and whoever has one goes on meanwhile", async () => {
    const files = world.relay.objectFiles();
    const before = await wakes();
    const statuses = new Map<number, number>();
    const keyed: number[] = [];
    let sent = 0;
    let last: HttpAnswer | undefined;
    const work = async (): Promise<void> => {
      while ((statuses.get(429) ?? 0) < REFUSED) {
        const [path, how] = madeUp()[sent % 14] ?? [""];
        sent += 1;
        const answer = await ask(path, how);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (answer.status === 429) last = answer;
        if (sent % 100 === 0) keyed.push((await statusOf()).status);
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
    expect([...statuses.keys()].toSorted((a, b) => a - b)).toEqual([401, 404, 410, 429]);
    expect(sent).toBeGreaterThan(GUESSES_A_SECOND * BURST_S);
    expect(last?.json()).toMatchObject({
      code: "rate_limited",
      retryable: true,
      detail: expect.stringMatching(/no valid key.*try again later/),
    });
    expect(Number(last?.headers["retry-after"])).toBeGreaterThan(0);
    expect([...new Set(keyed)]).toEqual([200]);
    expect((await ask("/v1/tenants", { key: OPERATOR_KEY })).status).toBe(200);
    expect(await wakes()).toBe(before + keyed.length + 1);
    expect(world.relay.objectFiles()).toEqual(files);
  }, 60_000);

  test.each([
    ["is given what it asks for", 200, () => world.keys.all, (key: string) => statusOf(key)],
    [
      "is refused by its account, whose Mac is away",
      503,
      () => world.keys.only.get("send") ?? "",
      (key: string) =>
        ask(`/v1/accounts/${world.mine["account"]}/messages`, {
          method: "POST",
          key,
          body: { to: "+15550100001", text: "x" },
        }),
    ],
  ] as const)(
    "DOOR5 a key's id tried with other secrets is bounded, and its holder, who %s, goes on",
    async (_what, answer, keyOf, knock) => {
      const key = keyOf();
      const [id = ""] = key.split(".");
      expect((await knock(key)).status).toBe(answer);
      // One that breaks its own request is told so, and proves nothing by that.
      const rpc = `/v1/accounts/${world.mine["account"]}/rpc`;
      expect((await ask(rpc, { method: "POST", key: `${id}.wrong`, raw: "{" })).status).toBe(200);
      const statuses: number[] = [];
      let refused = 0;
      const work = async (): Promise<void> => {
        while (refused < REFUSED) {
          const { status } = await knock(`${id}.wrong${statuses.length % 3 || ""}`);
          statuses.push(status);
          if (status === 429) refused += 1;
        }
      };
      await Promise.all(Array.from({ length: 8 }, work));
      expect([...new Set(statuses)].toSorted((a, b) => a - b)).toEqual([401, 429]);
      expect(statuses.length).toBeGreaterThan(UNPROVEN_A_SECOND * BURST_S);
      expect((await knock(key)).status).toBe(answer);
    },
    60_000,
  );
});
