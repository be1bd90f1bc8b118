// Joining an account as a human meets it: what is shown, what is asked, and what is left behind.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { CODE, complaintOf, useAgentHome, lines } from "./support/agent-home.ts";

const here = useAgentHome();

const MAC = { name: "studio", enrolled_at: Date.UTC(2026, 10, 1, 10, 5), serves: true, last_seen: 5 };

describe("what is shown before a Mac joins", () => {
  it("ENR2 the relay, the account, the tenant, the Macs, and what can be done with this one", async () => {
    const { code, stdout, stderr } = await here.asked(["enroll", here.link()], "y\n");
    expect([code, stderr]).toEqual([0, ""]);
    expect(lines(stdout)).toEqual([
      `Relay    ${here.server.origin}`,
      "Account  home (acc_test)",
      "Tenant   Maya (ten_test)",
      "Macs     none yet: this is the first",
      "Code     works once, for 10 more minutes",
      "",
      "Whoever runs this relay, and whoever has a key for this account there, will be able to",
      "read every message in Messages on this Mac, old ones and attachments as well, and to",
      "send as you. Only a file on this Mac narrows that, and nothing at the relay widens it:",
      `  ${here.file("agent.jsonc")}`,
      "",
      "Join this account? [y/N] Enrolled as ins_1",
      `Settings ${here.file("agent.jsonc")}`,
      "Next: imsg-relay-agent run",
    ]);
    expect(stdout).not.toContain(CODE);
    expect(here.server.looks).toEqual([CODE]);
    expect(here.server.claims).toMatchObject([{ takeover: false }]);
  });

  it.each(["n\n", "\n", "no\n", "yes please\n"])(
    "ENR2 the answer %j leaves everything as it was",
    async (answer) => {
      const { code, stdout } = await here.asked(["enroll", here.link()], answer);
      expect(code).toBe(5);
      expect(stdout).toContain("Nothing was changed, and the code still works.");
      expect(here.server.claims).toEqual([]);
      expect(existsSync(path.join(here.home, "agent"))).toBe(false);
    },
  );

  it("ENR2 where nobody can be asked it is refused without --yes, and the code still works", async () => {
    const { code, stderr, stdout } = await here.run(["enroll", here.link()]);
    expect(code).toBe(5);
    expect(stderr).toBe(
      "imsg-relay-agent: nobody can be asked here, since this is no terminal; nothing was changed. --yes does it without asking\n",
    );
    expect(stdout).toContain("Account  home (acc_test)");
    expect(here.server.claims).toEqual([]);
    expect(await here.enrol()).toMatchObject({ code: 0, stderr: "" });
  });

  it("ENR2 --json is for programs: one object, and no question", async () => {
    here.server.looked = { macs: [MAC] };
    const { code, stdout, stderr } = await here.run(["enroll", here.link(), "--yes", "--takeover", "--json"]);
    expect([code, stderr, lines(stdout)]).toEqual([0, "", [expect.any(String)]]);
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      relay: here.server.origin,
      account: "acc_test",
      tenant: "ten_test",
      install: "ins_1",
      account_name: "home",
      tenant_name: "Maya",
      moved_from: [],
      settings: here.file("agent.jsonc"),
    });
    const unsure = await here.asked(["enroll", here.link(), "--force", "--json"], "y\n");
    expect([unsure.code, JSON.parse(unsure.stdout)]).toEqual([
      5,
      { ok: false, error: "with --json nobody is asked; nothing was changed. --yes does it without asking" },
    ]);
    here.server.refuseClaim = { status: 410, code: "gone" };
    const refused = await here.run(["enroll", here.link(), "--yes", "--force", "--json"]);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toEqual({
      ok: false,
      error: "this enrolment code was used or has expired; make a new one",
    });
  });

  it("ENR4 another Mac is named; joining beside it and moving the account are two things", async () => {
    here.server.looked = { macs: [MAC, { ...MAC, name: "mini", serves: false, last_seen: null }] };
    const beside = await here.asked(["enroll", here.link()], "n\n");
    expect(beside.stdout).toContain(
      'Macs     "studio" serves it now (enrolled 2026-11-01 10:05)\n         "mini" is not connected (enrolled 2026-11-01 10:05)\n',
    );
    expect(beside.stdout).toMatch(/This one would wait until the other is away.*\n.*--takeover/);
    expect(beside.stdout).toContain("Join this account? [y/N]");
    const moved = await here.asked(["enroll", here.link(), "--takeover"], "y\n");
    expect(moved.stdout).toContain('The account moves to this Mac: "studio", "mini" are shut out at once.');
    expect(moved.stdout).toContain("Move this account to this Mac? [y/N]");
    expect(here.server.claims).toMatchObject([{ takeover: true }]);
  });

  it("ENR2 names from elsewhere cannot move the cursor", async () => {
    here.server.looked = { account_name: "a\u001b[2Jb\u202Ec\n\nRelay    https://good.example" };
    const { stdout } = await here.enrol();
    expect(stdout).toContain("Account  a?[2Jb?c??Relay    https://good.example (acc_test)");
  });

  it.each([
    ["account", "acc_\u001b[2J"],
    ["tenant", "ten_x\nRelay    https://good.example"],
    ["account", "acc_x/../../v2"],
  ])("ENR2 nor can an id (%s %j): what says such a thing is no relay", async (name, id) => {
    here.server.looked = { [name]: id };
    const { code, stdout, stderr } = await here.run(["enroll", here.link(), "--yes"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("is no relay");
    expect(here.server.claims).toEqual([]);
  });

  it.each([
    ["a proxy says that nobody is there", 502, "<html>"],
    ["a proxy cuts the answer", 201, '{"account":"acc_te'],
    ["too much was asked at once", 429, '{"code":"rate_limited","request_id":"r"}'],
    ["the relay failed", 500, '{"code":"internal","request_id":"r"}'],
  ])("ENR3 where %s the code may be used: the key is kept for the same link", async (_, status, body) => {
    here.server.spoilClaim = { status, body };
    expect(await here.run(["enroll", here.link(), "--yes"])).toMatchObject({ code: 1 });
    expect(existsSync(here.file("joining.json"))).toBe(true);
    here.server.spoilClaim = undefined;
    here.server.isUsedUp = true;
    expect(await here.run(["enroll", here.link()])).toMatchObject({ code: 0 });
    expect(new Set(here.server.claims.map(({ public_key }) => public_key)).size).toBe(1);
  });

  it("ENR3 an answer that is lost is asked for again with the same key", async () => {
    here.server.deafClaims = 2;
    expect(await here.enrol()).toMatchObject({ code: 0, stderr: "" });
    expect(new Set(here.server.claims.map(({ public_key }) => public_key)).size).toBe(1);
    expect(here.server.claims).toHaveLength(3);
  });

  it("ENR3 a Mac that was ended in the middle is in with the same link, and asked nothing again", async () => {
    here.server.deafClaims = 99;
    const cut = here.begin(["enroll", here.link(), "--yes", "--takeover"]);
    await vi.waitFor(() => expect(here.server.claims).toHaveLength(1), { timeout: 8_000, interval: 20 });
    cut.kill("SIGKILL");
    await cut.finished;
    here.server.deafClaims = 0;
    here.server.isUsedUp = true;
    const { code, stdout } = await here.run(["enroll", here.link()]);
    expect([code, lines(stdout)[0]]).toEqual([
      0,
      "This link was agreed to on this Mac before; it goes on from there.",
    ]);
    expect(here.server.claims[1]).toEqual(here.server.claims[0]);
    expect(existsSync(here.file("joining.json"))).toBe(false);
    expect(complaintOf(await here.run(["enroll", here.link(), "--force"]))).toContain(
      "was used or has expired",
    );
  });

  it("ENR3 what was agreed to is agreed to for that link alone, and in no file by its code", async () => {
    here.server.deafClaims = 99;
    expect(await here.enrol()).toMatchObject({ code: 1 });
    expect(readFileSync(here.file("joining.json"), "utf8")).not.toContain(CODE);
    expect(await here.run(["enroll", `${here.server.origin}#${CODE}0`])).toMatchObject({ code: 5 });
    here.server.refuseClaim = { status: 410, code: "gone" };
    expect(await here.run(["enroll", here.link()])).toMatchObject({ code: 1 });
    expect(existsSync(here.file("joining.json"))).toBe(false);
  });

  it("ENR2 a code on standard input is read to the end of its line", async () => {
    const joined = here.begin(["enroll", "-", "--yes"], {}, `${here.link()}\n`);
    expect(await joined.finished).toMatchObject({ code: 0 });
    expect(await here.run(["enroll", "-", "--yes", "--force"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("must look like"),
    });
  });
});
