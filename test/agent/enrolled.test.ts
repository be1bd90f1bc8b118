// A Mac that is enrolled: enrolled again, moved with its relay, given another key, and leaving.
import { existsSync, mkdtempSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { endedReason } from "../../shared/close.ts";
import { Programs, RelayServer, Running, type Finished } from "./support/programs.ts";

const CODE = `enr_${"0123456789abcdef".repeat(4)}`;
const WAIT = { timeout: 8_000, interval: 20 };

let programs: Programs;
let server: RelayServer;
let home: string;
const running: Running[] = [];

beforeAll(() => {
  programs = new Programs();
});
afterAll(() => programs.dispose());
beforeEach(async () => {
  server = new RelayServer();
  await server.listen();
  home = mkdtempSync(path.join(programs.folder, "home-"));
  const { code, stderr } = await run(["enroll", `${server.origin}#${CODE}`, "--yes"]);
  if (code !== 0) throw new Error(stderr);
});
afterEach(async () => {
  for (const one of running) one.kill("SIGKILL");
  await Promise.all(running.splice(0).map(({ finished }) => finished));
  await server.close();
});

const file = (name: string): string => path.join(home, "agent", "default", name);
const begin = (args: readonly string[]): Running => {
  const environment = { PATH: process.env["PATH"], HOME: home, IMSG_RELAY_HOME: home, TZ: "UTC" };
  const one = new Running(programs.agent, args, environment);
  running.push(one);
  return one;
};
const run = (args: readonly string[]): Promise<Finished> => begin(args).finished;
const identityOf = (): Record<string, unknown> => JSON.parse(readFileSync(file("identity.json"), "utf8"));
const change = (fields: Record<string, unknown>): void =>
  writeFileSync(file("identity.json"), JSON.stringify({ ...identityOf(), ...fields }));
const complaint = ({ stderr }: Finished): string => stderr.replace("imsg-relay-agent: ", "").trimEnd();
/** `run`, once its link is up. */
async function serving(): Promise<Running> {
  writeFileSync(file("agent.jsonc"), JSON.stringify({ cliPath: "/no/such/imsg" }));
  const before = server.relay.epoch;
  const agent = begin(["run"]);
  await vi.waitFor(() => expect(server.relay.epoch).toBeGreaterThan(before), WAIT);
  return agent;
}
const stopOf = ({ stderr }: Finished): unknown => JSON.parse(stderr.trim().split("\n").at(-1) ?? "");

describe("enroll --force", () => {
  it("ID5 is needed; what was there before is ended at its relay, or said to be open", async () => {
    const again = await run(["enroll", `${server.origin}#${CODE}`, "--yes"]);
    expect(again).toMatchObject({ code: 3, stderr: expect.stringContaining("--force") });
    expect(server.claims).toHaveLength(1);
    const forced = await run(["enroll", `${server.origin}#${CODE}`, "--yes", "--force"]);
    expect(forced.stdout).toContain("The former enrolment (ins_1) was ended");
    expect(server.relay.proofs).toMatchObject([{ wish: "leave", install: "ins_1" }]);
    expect(identityOf()).toMatchObject({ install: "ins_2" });
    server.refuseUpgrade = 503;
    expect((await run(["enroll", `${server.origin}#${CODE}`, "--yes", "--force"])).stdout).toContain(
      `The former enrolment (ins_2) could not be ended at ${server.origin}: have it revoked there`,
    );
  });

  it("ENR8 the journal of another account's sends is set aside, that of the same one stays", async () => {
    writeFileSync(file("journal.jsonl"), "kept\n");
    await run(["enroll", `${server.origin}#${CODE}`, "--yes", "--force"]);
    expect(readFileSync(file("journal.jsonl"), "utf8")).toBe("kept\n");
    change({ account: "acc_other" });
    await run(["enroll", `${server.origin}#${CODE}`, "--yes", "--force"]);
    expect(existsSync(file("journal.jsonl"))).toBe(false);
    expect(readFileSync(file("journal.jsonl.before"), "utf8")).toBe("kept\n");
  });

  it("ENR11 an agent that runs ends, and is the new one when it is started again", async () => {
    const agent = await serving();
    await run(["enroll", `${server.origin}#${CODE}`, "--yes", "--force"]);
    const ended = await agent.finished;
    expect(ended.code).toBe(6);
    expect(stopOf(ended)).toMatchObject({ event: "stop", why: expect.stringContaining("start it again") });
    await serving();
    expect(server.relay.hellos.map(({ install }) => install)).toEqual(["ins_1", "ins_2"]);
  });
});

describe("leave", () => {
  it("ENR8 tells the relay, deletes the key, and keeps the journal while it may be asked after", async () => {
    writeFileSync(file("journal.jsonl"), "kept\n");
    const left = await run(["leave", "--yes"]);
    expect([left.code, left.stderr]).toEqual([0, ""]);
    expect(left.stdout).toMatch(
      /^Relay .*\nAccount {2}acc_test\n.*\nThis Mac has left the account; its key is deleted\.\nThe journal of its sends stays until \d{4}-/,
    );
    expect(server.relay.proofs).toMatchObject([{ wish: "leave", install: "ins_1" }]);
    expect(existsSync(file("identity.json"))).toBe(false);
    expect(readFileSync(file("left.json"), "utf8")).not.toContain("PRIVATE");
    const why = /not enrolled any more: it left acc_test at http:\/\/127\S+ on \d{4}-/;
    expect(complaint(await run(["leave", "--yes"]))).toMatch(why);
    expect(complaint(await run(["run"]))).toMatch(why);
    expect((await run(["status"])).stdout).toMatch(/^Not enrolled any more: it left acc_test/);
    const dayAgo = Date.now() / 1_000 - 24 * 3_600 - 1;
    utimesSync(file("journal.jsonl"), dayAgo, dayAgo);
    expect((await run(["leave"])).stdout).toBe("The journal of its last sends was deleted.\n");
    expect(existsSync(file("journal.jsonl"))).toBe(false);
  });

  it("ENR8 asks first, and says for programs what was done", async () => {
    expect(await run(["leave"])).toMatchObject({ code: 5, stderr: expect.stringContaining("--yes") });
    expect(existsSync(file("identity.json"))).toBe(true);
    const { stdout } = await run(["leave", "--yes", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ ok: true, told: true, install: "ins_1", journal_until: null });
  });

  it("ENR8 a relay that cannot be told keeps the key, but for --force", async () => {
    server.refuseUpgrade = 503;
    const kept = await run(["leave", "--yes"]);
    expect(kept.code).toBe(1);
    expect(complaint(kept)).toBe(
      "the relay is not available. The relay was not told and nothing was deleted; try again, or use --force and have ins_1 revoked there",
    );
    expect(existsSync(file("identity.json"))).toBe(true);
    const forced = await run(["leave", "--yes", "--force"]);
    expect(forced.stdout).toContain("Its key is deleted; ins_1 must be revoked at the relay.");
    expect(existsSync(file("identity.json"))).toBe(false);
  });

  it("ENR8 one that had ended there already goes as well", async () => {
    server.relay.refuseProofs = { code: 4004, reason: endedReason("moved", Date.UTC(2026, 10, 23, 8, 1)) };
    expect(await run(["leave", "--yes"])).toMatchObject({ code: 0, stderr: "" });
    expect(existsSync(file("identity.json"))).toBe(false);
  });

  it("ENR11 an agent that runs ends", async () => {
    const agent = await serving();
    await run(["leave", "--yes"]);
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
    const moved = await run(["move", other.origin, "--yes"]);
    expect([moved.code, moved.stderr]).toEqual([0, ""]);
    expect(moved.stdout.split("\n")).toEqual([
      "Account  home (acc_test)",
      `Relay    ${server.origin}`,
      `         → ${other.origin}, which knows this Mac`,
      "Moved. An agent that runs ends, and serves the new address when it is started again.",
      "The way back: imsg-relay-agent move --back",
      "",
    ]);
    expect(other.relay.proofs).toMatchObject([{ wish: "look", origin: other.origin }]);
    expect(identityOf()).toMatchObject({ relay: other.origin, former_relay: server.origin });
    expect(await run(["move", "--back", "--yes", "--json"])).toMatchObject({ code: 0, stderr: "" });
    expect(identityOf()).toMatchObject({ relay: server.origin, former_relay: other.origin });
  });

  it("ENR10 a relay that does not know this Mac changes nothing", async () => {
    const before = identityOf();
    other.relay.refuseProofs = { code: 4003, reason: "unknown install" };
    expect(complaint(await run(["move", other.origin, "--yes"]))).toBe(
      `the relay at ${other.origin} does not know this Mac: the export was not imported there, or it takes no agents at this address. Nothing was changed`,
    );
    other.relay.refuseProofs = { code: 4004, reason: endedReason("revoked", Date.UTC(2026, 10, 23, 8, 1)) };
    expect(complaint(await run(["move", other.origin, "--yes"]))).toContain(
      "says: the enrolment of this Mac was revoked at the relay on 2026-11-23 08:01",
    );
    other.relay.refuseProofs = { code: 4002, reason: "" };
    expect(complaint(await run(["move", other.origin, "--yes"]))).toContain("must be updated first");
    other.refuseUpgrade = 302;
    expect(complaint(await run(["move", other.origin, "--yes"]))).toContain("points elsewhere");
    expect(complaint(await run(["move", "http://127.0.0.1:1", "--yes"]))).toContain("nothing listens at");
    expect(identityOf()).toEqual(before);
  });

  it("ENR10 the way back is open also where the former relay is gone, if one insists", async () => {
    await run(["move", other.origin, "--yes"]);
    server.refuseUpgrade = 503;
    expect(await run(["move", "--back", "--yes"])).toMatchObject({ code: 1 });
    expect(identityOf()).toMatchObject({ relay: other.origin });
    expect(await run(["move", "--back", "--force", "--yes"])).toMatchObject({ code: 0 });
    expect(identityOf()).toMatchObject({ relay: server.origin });
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
    expect(await run(args)).toMatchObject({ code, stderr: expect.stringContaining(words) });
  });

  it("ENR10 to where it is already is refused", async () => {
    expect(complaint(await run(["move", server.origin]))).toBe(`the relay is at ${server.origin} already`);
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
      server.relay.cut(4004, endedReason(end, Date.UTC(2026, 10, 23, 8, 1)));
      await vi.waitFor(() => expect(agent.stderr).toContain(`"why":"${words}`), WAIT);
      const down = agent.stderr.split("\n").find((line) => line.includes("link_down")) ?? "";
      expect(JSON.parse(down)).toMatchObject({ level: "error" });
      expect(JSON.parse(down).again_in_ms).toBeGreaterThan(240_000);
      await vi.waitFor(async () => expect((await run(["status"])).stdout).toContain(words), WAIT);
    },
  );
});
