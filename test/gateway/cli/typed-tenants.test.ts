// What is typed after `tenants`, `accounts` and `keys`.
import { describe, expect, test } from "vitest";
import { readAccountsWish } from "../../../gateway/cli/accounts-wish.ts";
import { exportLine } from "../../../gateway/cli/export-bar.ts";
import { readInvocation, type Invocation } from "../../../gateway/cli/invocation.ts";
import { readKeysWish } from "../../../gateway/cli/keys-wish.ts";
import { longSpanMs, momentOf, sinceOf } from "../../../gateway/cli/options.ts";
import { COMMANDS } from "../../../gateway/cli/table.ts";
import { readTenantsWish } from "../../../gateway/cli/tenants-wish.ts";
import { ClientError } from "../../../gateway/client/client-error.ts";

const NOW = Date.UTC(2026, 10, 23, 12);
const DAY = 24 * 3_600_000;
const GIB = 1_024 ** 3;
const typed = (...argv: string[]): Invocation => readInvocation(argv, (name) => COMMANDS.get(name));

describe("tenants", () => {
  const tenants = (...argv: string[]) => readTenantsWish(typed("tenants", ...argv), NOW);

  test.each([
    [[], "needs an action: list, create"],
    [["frobnicate"], 'knows no "frobnicate"'],
    [["create"], "create needs a name"],
    [["create", " "], "create needs a name"],
    [["create", "Acme", "Ltd"], "Ltd is too much; put names in quotes"],
    [["create", "--name", "Acme"], "create takes no --name"],
    [["list", "--yes"], "list takes no --yes"],
    [["rename", "Acme"], "rename needs the new name"],
    [["export", "Acme"], "export needs the name of a file"],
    [["export", "Acme", "-"], "goes to a file"],
    [["quotas", "Acme", "cars=5"], "quotas are accounts, keys, endpoints, events_kept, bytes_a_day"],
    [["quotas", "Acme", "keys"], "keys needs a whole number"],
    [["quotas", "Acme", "keys=-1"], "keys needs a whole number"],
    [["quotas", "Acme", "sends_a_day=50001"], "sends_a_day is at most 50000"],
    [["usage", "Acme", "--days", "63"], "--days needs a whole number from 1 to 62"],
    [["audit", "--since", "yesterday"], "--since is how long ago"],
    [["audit", "Acme", "--limit", "0"], "--limit needs"],
  ])("%j is misuse", (argv, why) => {
    expect(tenants(...argv)).toContain(why);
  });

  test("quotas are numbers, with units for bytes, or as usual", () => {
    expect(tenants("quotas", "Acme", "accounts=5", "bytes_a_day=20GiB", "keys=usual")).toEqual({
      verb: "quotas",
      tenant: "Acme",
      changes: { accounts: 5, bytes_a_day: 20 * GIB, keys: null },
    });
    expect(tenants("quotas", "Acme")).toMatchObject({ changes: {} });
  });

  test("days of usage are of UTC and end today; an audit shows the newest, or all since a time", () => {
    expect(tenants("usage", "Acme", "--days", "1")).toMatchObject({
      range: { from: "2026-11-23", to: "2026-11-23" },
    });
    expect(tenants("usage", "Acme")).toMatchObject({ range: { from: "2026-10-24" } });
    expect(tenants("audit")).toEqual({ verb: "audit", tenant: undefined, since: null, most: 50 });
    expect(tenants("audit", "Acme", "--since", "30d")).toMatchObject({ since: NOW - 30 * DAY, most: 50_000 });
  });
});

describe("accounts and keys", () => {
  const accounts = (...argv: string[]) => readAccountsWish(typed("accounts", ...argv), NOW);
  const keys = (...argv: string[]) => readKeysWish(typed("keys", ...argv), NOW);

  test.each([
    [accounts(), "needs an action"],
    [accounts("delete"), "needs an account"],
    [accounts("list", "--days", "3"), "takes no --days"],
    [keys(), "needs an action"],
    [keys("create", "bot"), "needs --scopes"],
    [keys("create", "bot", "--scopes", "read,operator"), "some of read, send, rpc, manage"],
    [keys("create", "bot", "--scopes", ","), "some of"],
    [keys("create", "bot", "--scopes", "read", "--account", ","), "--account needs"],
    [keys("create", "bot", "--scopes", "read", "--expires", "2020-01-01"), "--expires is"],
    [keys("change", "bot"), "needs something to change"],
    [keys("change", "bot", "--account", "a", "--all-accounts"), "say the opposite"],
    [keys("rotate", "bot", "--grace", "8d"), "at most 7d"],
    [keys("revoke"), "needs a key"],
  ])("%j is misuse", (wish, why) => {
    expect(wish).toContain(why);
  });

  test("a key's expiry is from now, a day, or never; whose it is may be taken back", () => {
    expect(keys("create", "bot", "--scopes", "read, send", "--expires", "90d", "--account", "desk")).toEqual({
      verb: "create",
      tenant: undefined,
      name: "bot",
      scopes: ["read", "send"],
      wish: { accounts: ["desk"], expires_at: NOW + 90 * DAY },
    });
    expect(
      keys("change", "bot", "--expires", "never", "--all-accounts", "--name", "b", "--tenant", "t"),
    ).toEqual({
      verb: "change",
      tenant: "t",
      key: "bot",
      change: { name: "b", accounts: null, expires_at: null },
    });
    expect(keys("rotate", "bot", "--grace", "1h")).toMatchObject({ graceS: 3_600 });
    expect(keys("rotate", "bot")).toMatchObject({ graceS: 0 });
  });
});

test("times are spans with days, or moments of this machine", () => {
  expect([longSpanMs("2d"), longSpanMs("90s"), longSpanMs("2w")]).toEqual([2 * DAY, 90_000, undefined]);
  expect(momentOf("2026-11-22 14:05")).toBe(new Date(2026, 10, 22, 14, 5).getTime());
  expect(momentOf("2026-11-22")).toBe(new Date(2026, 10, 22).getTime());
  expect([momentOf("2026-13-01"), momentOf("22.11.2026"), sinceOf("later", NOW)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

describe("the bar of an export", () => {
  const glyphs = { full: "#", empty: "-", paint: (text: string) => text };
  const line = (columns: number, more: object = {}) =>
    exportLine({ accounts: 3, bytes: 12_300, waiting: null, ...more }, 4, columns, glyphs);

  test("counts accounts that are whole, fits its line, and says why nothing moves", () => {
    expect(line(80)).toBe("####################--------------------  2 of 4 accounts  12.3 kB");
    expect(line(40)).toBe("#######-------  2 of 4 accounts  12.3 kB");
    expect(line(30)).toBe("2 of 4 accounts  12.3 kB");
    expect(line(10)).toHaveLength(10);
    const waiting = new ClientError({ code: "unreachable", status: null, requestId: null });
    expect(line(90, { waiting })).toBe(
      "2 of 4 accounts  12.3 kB  The relay cannot be reached. Trying again …",
    );
  });
});
