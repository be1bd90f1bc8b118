import { describe, expect, test } from "vitest";
import { connect } from "../../../gateway/client/connect.ts";
import type { Dial, DialTarget } from "../../../gateway/client/socket.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

/** Remembers where it was to go, and lets every attempt be lost. */
function recorded(): { readonly targets: DialTarget[]; readonly dial: Dial } {
  const targets: DialTarget[] = [];
  const dial: Dial = (target, handlers) => {
    targets.push(target);
    void Promise.resolve().then(() => handlers.onEnd({ reason: "lost" }));
    return { send: () => undefined, close: () => undefined };
  };
  return { targets, dial };
}

const where = { relay: "https://relay.example.com", account: "acc_1" };

describe("the tunnel's way to the relay", () => {
  test("RPC16 a key goes in the header, and one name with every attempt", async () => {
    const { targets, dial } = recorded();
    const clock = new VirtualClock();
    const tunnel = connect({ ...where, key: "key_1.secret", dial, clock, random: () => 0.5 });
    await settle();
    await clock.pass(5_000);
    await settle();
    tunnel.close();
    expect(targets.length).toBeGreaterThan(1);
    expect(new Set(targets.map(({ url }) => url)).size).toBe(1);
    expect(targets[0]).toMatchObject({ key: "key_1.secret", protocol: "imsg-relay.v1" });
    expect(targets[0]?.url).not.toContain("secret");
  });

  test("EVT10 with tickets every attempt has its own, and no key travels", async () => {
    const { targets, dial } = recorded();
    const clock = new VirtualClock();
    let made = 0;
    const ticket = (): Promise<string> => Promise.resolve(`tic_${(made += 1)}`);
    const tunnel = connect({ ...where, ticket, dial, clock, random: () => 0.5 });
    await settle();
    await clock.pass(5_000);
    await settle();
    tunnel.close();
    const tickets = targets.map(({ url }) => new URL(url).searchParams.get("ticket"));
    expect(tickets.slice(0, 2)).toEqual(["tic_1", "tic_2"]);
    expect(targets.every(({ key }) => key === undefined)).toBe(true);
  });
});
