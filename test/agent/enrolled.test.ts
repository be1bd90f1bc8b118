// A Mac that is enrolled: enrolled again, moved with its relay, given another key, and leaving.
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { endedReason } from "../../shared/close.ts";
import { complaintOf, useAgentHome, WAIT } from "./support/agent-home.ts";
import { RelayServer, type Finished, type Running } from "./support/programs.ts";

const here = useAgentHome();
beforeEach(async () => {
  const { code, stderr } = await here.enrol();
  if (code !== 0) throw new Error(stderr);
});

const identityOf = (): Record<string, unknown> =>
  JSON.parse(readFileSync(here.file("identity.json"), "utf8"));
const change = (fields: Record<string, unknown>): void =>
  writeFileSync(here.file("identity.json"), JSON.stringify({ ...identityOf(), ...fields }));
/** `run`, once its link is up. */
async function serving(): Promise<Running> {
  writeFileSync(here.file("agent.jsonc"), JSON.stringify({ cliPath: "/no/such/imsg" }));
  const before = here.server.relay.epoch;
  const agent = here.begin(["run"]);
  await vi.waitFor(() => expect(here.server.relay.epoch).toBeGreaterThan(before), WAIT);
  return agent;
}
const stopOf = ({ stderr }: Finished): unknown => JSON.parse(stderr.trim().split("\n").at(-1) ?? "");

describe("enroll --force", () => {
  it("ID5 is needed; what was there before is ended at its relay, or said to be open", async () => {
    const again = await here.enrol();
    expect(again).toMatchObject({ code: 3, stderr: expect.stringContaining("--force") });
    expect(here.server.claims).toHaveLength(1);
    const forced = await here.enrol("--force");
    expect(forced.stdout).toContain("The former enrolment (ins_1) was ended");
    expect(here.server.relay.proofs).toMatchObject([{ wish: "leave", install: "ins_1" }]);
    expect(identityOf()).toMatchObject({ install: "ins_2" });
    here.server.refuseUpgrade = 503;
    expect((await here.enrol("--force")).stdout).toContain(
      `The former enrolment (ins_2) could not be ended at ${here.server.origin}: have it revoked there`,
    );
  });

  it("ENR8 the journal of another account's sends is set aside, that of the same one stays", async () => {
    writeFileSync(here.file("journal.jsonl"), "kept\n");
    mkdirSync(here.file("staging/a"), { recursive: true });
    await here.enrol("--force");
    expect(readFileSync(here.file("journal.jsonl"), "utf8")).toBe("kept\n");
    expect(existsSync(here.file("staging/a"))).toBe(true);
    change({ account: "acc_other" });
    await here.enrol("--force");
    expect(existsSync(here.file("journal.jsonl"))).toBe(false);
    expect(readFileSync(here.file("journal.jsonl.before"), "utf8")).toBe("kept\n");
    // Files that the former one uploaded go with it.
    expect(existsSync(here.file("staging"))).toBe(false);
  });

  it("ENR11 an agent that runs ends, and is the new one when it is started again", async () => {
    const agent = await serving();
    await here.enrol("--force");
    const ended = await agent.finished;
    expect(ended.code).toBe(6);
    expect(stopOf(ended)).toMatchObject({ event: "stop", why: expect.stringContaining("start it again") });
    await serving();
    expect(here.server.relay.hellos.map(({ install }) => install)).toEqual(["ins_1", "ins_2"]);
  });
});

describe("leave", () => {
  it("ENR8 tells the relay, deletes the key, and keeps the journal while it may be asked after", async () => {
    writeFileSync(here.file("journal.jsonl"), "kept\n");
    const left = await here.run(["leave", "--yes"]);
    expect([left.code, left.stderr]).toEqual([0, ""]);
    expect(left.stdout).toMatch(
      /^Relay .*\nAccount {2}acc_test\n.*\nThis Mac has left the account; its key is deleted\.\nThe journal of its sends stays until \d{4}-/,
    );
    expect(here.server.relay.proofs).toMatchObject([{ wish: "leave", install: "ins_1" }]);
    expect(existsSync(here.file("identity.json"))).toBe(false);
    expect(readFileSync(here.file("left.json"), "utf8")).not.toContain("PRIVATE");
    const why = /not enrolled any more: it left acc_test at http:\/\/127\S+ on \d{4}-/;
    expect(complaintOf(await here.run(["leave", "--yes"]))).toMatch(why);
    expect(complaintOf(await here.run(["run"]))).toMatch(why);
    expect((await here.run(["status"])).stdout).toMatch(/^Not enrolled any more: it left acc_test/);
    const dayAgo = Date.now() / 1_000 - 24 * 3_600 - 1;
    utimesSync(here.file("journal.jsonl"), dayAgo, dayAgo);
    expect((await here.run(["leave"])).stdout).toBe("The journal of its last sends was deleted.\n");
    expect(existsSync(here.file("journal.jsonl"))).toBe(false);
  });

  it("ENR8 asks first, and says for programs what was done", async () => {
    expect(await here.run(["leave"])).toMatchObject({ code: 5, stderr: expect.stringContaining("--yes") });
    expect(existsSync(here.file("identity.json"))).toBe(true);
    const { stdout } = await here.run(["leave", "--yes", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ ok: true, told: true, install: "ins_1", journal_until: null });
  });

  it("ENR8 a relay that cannot be told keeps the key, but for --force", async () => {
    here.server.refuseUpgrade = 503;
    const kept = await here.run(["leave", "--yes"]);
    expect(kept.code).toBe(1);
    expect(complaintOf(kept)).toBe(
      "the relay is not available. The relay was not told and nothing was deleted; try again, or use --force and have ins_1 revoked there",
    );
    expect(existsSync(here.file("identity.json"))).toBe(true);
    const forced = await here.run(["leave", "--yes", "--force"]);
    expect(forced.stdout).toContain("Its key is deleted; ins_1 must be revoked at the relay.");
    expect(existsSync(here.file("identity.json"))).toBe(false);
  });

  it("ENR8 one that had ended there already goes as well", async () => {
    here.server.relay.refuseProofs = {
      code: 4004,
      reason: endedReason("moved", Date.UTC(2026, 10, 23, 8, 1)),
    };
    expect(await here.run(["leave", "--yes"])).toMatchObject({ code: 0, stderr: "" });
    expect(existsSync(here.file("identity.json"))).toBe(false);
  });

  it("ENR11 an agent that runs ends", async () => {
    const agent = await serving();
    await here.run(["leave", "--yes"]);
    const ended = await agent.finished;
    // In order, so that whoever keeps it running leaves it: there is nothing to start.
    expect(ended.code).toBe(0);
    expect(stopOf(ended)).toMatchObject({ event: "stop", why: "this Mac left the account" });
  });
});

describe("move", () => {
  let other: RelayServer;
  beforeEach(async () => {
    other = new RelayServer();
    await other.listen();
  });
  afterEach(() => other.close());

  it("ENR10 asks the new relay first, and keeps the way back", async () => {
    const moved = await here.run(["move", other.origin, "--yes"]);
    expect([moved.code, moved.stderr]).toEqual([0, ""]);
    expect(moved.stdout.split("\n")).toEqual([
      "Account  home (acc_test)",
      `Relay    ${here.server.origin}`,
      `         → ${other.origin}, which knows this Mac`,
      "Moved. An agent that runs ends, and serves the new address when it is started again.",
      "The way back: imsg-relay-agent move --back",
      "",
    ]);
    expect(other.relay.proofs).toMatchObject([{ wish: "look", origin: other.origin }]);
    expect(identityOf()).toMatchObject({ relay: other.origin, former_relay: here.server.origin });
    expect(await here.run(["move", "--back", "--yes", "--json"])).toMatchObject({ code: 0, stderr: "" });
    expect(identityOf()).toMatchObject({ relay: here.server.origin, former_relay: other.origin });
  });

  it("ENR10 a relay that does not know this Mac changes nothing", async () => {
    const before = identityOf();
    other.relay.refuseProofs = { code: 4003, reason: "unknown install" };
    expect(complaintOf(await here.run(["move", other.origin, "--yes"]))).toBe(
      `the relay at ${other.origin} does not know this Mac: the export was not imported there, or it takes no agents at this address. Nothing was changed`,
    );
    other.relay.refuseProofs = { code: 4004, reason: endedReason("revoked", Date.UTC(2026, 10, 23, 8, 1)) };
    expect(complaintOf(await here.run(["move", other.origin, "--yes"]))).toContain(
      "says: the enrolment of this Mac was revoked at the relay on 2026-11-23 08:01",
    );
    other.relay.refuseProofs = { code: 4002, reason: "" };
    expect(complaintOf(await here.run(["move", other.origin, "--yes"]))).toContain("must be updated first");
    other.refuseUpgrade = 302;
    expect(complaintOf(await here.run(["move", other.origin, "--yes"]))).toContain("points elsewhere");
    expect(complaintOf(await here.run(["move", "http://127.0.0.1:1", "--yes"]))).toContain(
      "nothing listens at",
    );
    expect(identityOf()).toEqual(before);
  });

  it("ENR10 the way back is open also where the former relay is gone, if one insists", async () => {
    await here.run(["move", other.origin, "--yes"]);
    here.server.refuseUpgrade = 503;
    expect(await here.run(["move", "--back", "--yes"])).toMatchObject({ code: 1 });
    expect(identityOf()).toMatchObject({ relay: other.origin });
    expect(await here.run(["move", "--back", "--force", "--yes"])).toMatchObject({ code: 0 });
    expect(identityOf()).toMatchObject({ relay: here.server.origin });
  });

  it.each([
    [["move"], 2, "new address, or --back"],
    [["move", "https://a.example", "--back"], 2, "new address, or --back"],
    [["move", "https://a.example", "--force"], 2, "new address, or --back"],
    [["move", "relay.example.com"], 2, "must look like"],
    [["move", "https://relay.example.com/v1"], 2, "without a path"],
    [["move", "http://relay.example.com"], 2, "https://"],
    [["move", "--back"], 3, "did not move"],
  ])("ENR10 %j is refused", async (args, code, words) => {
    expect(await here.run(args)).toMatchObject({ code, stderr: expect.stringContaining(words) });
  });

  it("ENR10 to where it is already is refused", async () => {
    expect(complaintOf(await here.run(["move", here.server.origin]))).toBe(
      `the relay is at ${here.server.origin} already`,
    );
  });
});

describe("what an ended Mac says", () => {
  it.each([
    [
      "moved",
      "this account was moved to another Mac on 2026-11-23 08:01; to bring it back, enrol this one again",
    ],
    ["revoked", "the enrolment of this Mac was revoked at the relay on 2026-11-23 08:01; enrol it again"],
    ["left", "this Mac left the account on 2026-11-23 08:01"],
  ] as const)(
    "ENR9 %s: in the log and in status, and it tries again only after minutes",
    async (end, words) => {
      const agent = await serving();
      here.server.relay.cut(4004, endedReason(end, Date.UTC(2026, 10, 23, 8, 1)));
      await vi.waitFor(() => expect(agent.stderr).toContain(`"why":"${words}`), WAIT);
      const down = agent.stderr.split("\n").find((line) => line.includes("link_down")) ?? "";
      expect(JSON.parse(down)).toMatchObject({ level: "error" });
      expect(JSON.parse(down).again_in_ms).toBeGreaterThan(240_000);
      await vi.waitFor(async () => expect((await here.run(["status"])).stdout).toContain(words), WAIT);
    },
  );
});
