// Every condition a Mac can be in, one after the other: what is named, how, and what is to be done.
import { chmodSync, rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { Programs } from "../support/programs.ts";
import { eperm } from "./conditions/condition.ts";
import { OF_IMSG } from "./conditions/imsg.ts";
import { OF_LEAVE } from "./conditions/leave.ts";
import { OF_THE_GROUND } from "./conditions/ground.ts";
import { OF_THE_PROFILE } from "./conditions/profile.ts";
import { ALL_WELL, FakeMac, statesOf, stepsOf } from "./support/fake-mac.ts";
import { RelayDoor } from "./support/relay-door.ts";

let programs: Programs;
let door: RelayDoor;
let mac: FakeMac;

beforeAll(() => {
  programs = new Programs();
});
afterAll(() => programs.dispose());
beforeEach(async () => {
  door = new RelayDoor();
  await door.listen();
  mac = new FakeMac(programs, door.origin());
  door.publicKey = mac.publicKey;
});
afterEach(() => door.close());

it("DOC2: a Mac that is well has a tick for every check", async () => {
  expect(statesOf(await mac.examine())).toEqual(ALL_WELL);
});

it("DOC2: the same without an agent that runs, but for what that means", async () => {
  rmSync(mac.files.status);
  mac.launchd({ pid: null });
  expect(statesOf(await mac.examine())).toEqual({ ...ALL_WELL, agent: "broken" });
  expect(door.heard).toEqual(["prove"]);
});

it("DOC2: a terminal without Full Disk Access beside an agent that has it: nothing is wrong", async () => {
  eperm(mac);
  mac.messages.fault({
    kind: "fail",
    method: "status",
    error: { code: -32002, message: "Database unavailable" },
  });
  const findings = await mac.examine();
  expect(findings.filter(({ state }) => state === "broken" || state === "warning")).toEqual([]);
});

it("DOC2: others can read the key: what needs the identity is looked at all the same", async () => {
  chmodSync(mac.files.identity, 0o644);
  const findings = await mac.examine();
  expect(statesOf(findings)).toEqual({ ...ALL_WELL, identity: "broken" });
});

it("DOC2: one cause, one finding: a Node that was upgraded away is told by the LaunchAgent alone", async () => {
  rmSync(mac.files.status);
  mac.launchd({ program: "/opt/homebrew/Cellar/node/22.1.0/bin/node", pid: null, lastExit: "78" });
  const findings = await mac.examine();
  expect(findings.filter(({ state }) => state === "broken").map(({ id }) => id)).toEqual(["launch_agent"]);
  expect(findings.find(({ id }) => id === "agent")).toMatchObject({
    state: "skipped",
    because: "launch_agent",
  });
});

for (const { is, make, id, state, says, remedy = [] } of [
  ...OF_THE_GROUND,
  ...OF_THE_PROFILE,
  ...OF_IMSG,
  ...OF_LEAVE,
]) {
  it(`DOC2: ${is} → ${id}: ${state}`, async () => {
    make(mac);
    const found = await mac.find(id);
    expect(found).toMatchObject({ state });
    expect(`${found.summary} ${found.why ?? ""}`).toContain(says);
    const steps = stepsOf(found);
    for (const step of remedy) expect(steps).toContain(step);
  });
}
