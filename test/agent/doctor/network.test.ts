// The way to the relay, and what the relay says of this agent.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { LookupFunction } from "node:net";
import { knock } from "../../../agent/doctor/node/knock.ts";
import { endedReason } from "../../../shared/close.ts";
import { Programs } from "../support/programs.ts";
import { statesOf } from "./support/fake-mac.ts";
import { NetworkScene, said, unsaid } from "./support/network-scene.ts";

let programs: Programs;
let scene: NetworkScene;

beforeAll(() => {
  programs = new Programs();
});
afterAll(() => programs.dispose());
beforeEach(() => {
  scene = new NetworkScene(programs);
});
afterEach(() => scene.close());

it("DOC2: a relay that is well is reached, knows this Mac, and is told nothing else", async () => {
  const { mac, door } = await scene.macAtRelay();
  const findings = await mac.examine();
  const { relay, clock, version, link, enrolment } = statesOf(findings);
  expect([relay, clock, version, link, enrolment]).toEqual(["ok", "ok", "ok", "ok", "ok"]);
  // One proof, and never a hello: the lease stays where it is.
  expect(door.heard).toEqual(["prove"]);
  expect(door.requests).toBe(1);
});

it("DOC4: while the agent is connected nobody knocks at its door", async () => {
  const { mac, door } = await scene.macAtRelay();
  mac.status();
  const { link, enrolment } = statesOf(await mac.examine());
  expect([link, enrolment]).toEqual(["ok", "ok"]);
  expect(door.heard).toEqual([]);
});

it("DOC2: --offline asks nobody", async () => {
  const { mac, door } = await scene.macAtRelay();
  const findings = await mac.examine(undefined, true);
  for (const id of ["relay", "clock", "version", "link", "enrolment"])
    expect(findings.find((finding) => finding.id === id)).toMatchObject({
      state: "skipped",
      summary: "--offline",
    });
  expect(door.requests).toBe(0);
});

it("DOC2: a relay that refuses connections, one that is silent, and a name that nobody knows", async () => {
  const at = await scene.goneRelay();
  expect(await unsaid(scene.mac(at), "relay", "broken", "refuses connections")).toEqual([]);

  const silent = `http://127.0.0.1:${await scene.silence()}`;
  expect(await unsaid(scene.mac(silent, { ms: 200 }), "relay", "broken", "ETIMEDOUT", "$ nc -vz")).toEqual(
    [],
  );

  const failing =
    (code: string): LookupFunction =>
    (_name, _options, done) =>
      done(Object.assign(new Error(code), { code }), []);
  expect(
    await unsaid(
      scene.mac("https://relay.test", { lookup: failing("ENOTFOUND") }),
      "relay",
      "broken",
      "relay.test is not known",
      "$ dscacheutil",
    ),
  ).toEqual([]);
  // What is copied into a shell is one word there, whatever name was enrolled.
  expect(
    await unsaid(
      scene.mac("https://a$(id).relay.test", { lookup: failing("ENOTFOUND") }),
      "relay",
      "broken",
      "$ dscacheutil -q host -a name 'a$(id).relay.test'",
    ),
  ).toEqual([]);
  expect(
    await unsaid(
      scene.mac("https://relay.test", { lookup: failing("EAI_AGAIN") }),
      "relay",
      "broken",
      "offline",
      "System Settings > Network",
    ),
  ).toEqual([]);
});

it("DOC2: one cause is told once: what needs the relay says so and is not asked", async () => {
  const at = await scene.goneRelay();
  const findings = await scene.mac(at).examine();
  for (const id of ["clock", "version", "link", "enrolment"])
    expect(findings.find((finding) => finding.id === id)).toMatchObject({
      state: "skipped",
      because: "relay",
    });
  expect(findings.filter(({ state }) => state === "broken").map(({ id }) => id)).toEqual(["agent", "relay"]);
});

it("DOC2: what answers is no relay: another service, a login page, a relay that fails", async () => {
  const { mac, door } = await scene.macAtRelay();
  door.answer = { status: 200, body: "<html>Welcome</html>" };
  expect(await unsaid(mac, "relay", "broken", "is no relay (HTTP 200)", "$ open http://")).toEqual([]);
  door.answer = { status: 302, body: "", headers: { location: "https://login.example.com/?secret=1" } };
  expect(await unsaid(mac, "relay", "broken", "points to login.example.com", "hotel")).toEqual([]);
  const found = await mac.find("relay");
  expect(said(found)).not.toContain("secret");
  door.answer = { status: 200, body: '{"ok":"yes"}' };
  expect(await unsaid(mac, "relay", "broken", "is no relay")).toEqual([]);
  door.answer = { status: 503, body: "" };
  expect(await unsaid(mac, "relay", "broken", "fails (HTTP 503)")).toEqual([]);
});

it("DOC2: a WebSocket that something between refuses or swallows, and an account that is gone", async () => {
  const { mac, door } = await scene.macAtRelay();
  for (const [status, state, word] of [
    [400, "broken", "a WebSocket is refused (HTTP 400)"],
    [403, "broken", "suspended"],
    [404, "broken", "does not know this account"],
    [429, "warning", "too many connections"],
  ] as const) {
    door.refuseUpgrade = status;
    expect(await unsaid(mac, "link", state, word)).toEqual([]);
  }
  door.refuseUpgrade = undefined;
  door.isSilent = true;
  const { signal } = new AbortController();
  mac.net = { ...mac.net, knock: (identity) => knock(identity, signal, 200) };
  expect(await unsaid(mac, "link", "broken", "nothing comes through it", "let WebSockets through")).toEqual(
    [],
  );
});

it("DOC4: an install that was revoked, moved or never was, and a relay that has no answer", async () => {
  const { mac, door } = await scene.macAtRelay();
  const at = Date.parse("2026-11-20T10:00:00.000Z");
  const cases = [
    [
      { code: 4004, reason: endedReason("revoked", at) },
      "broken",
      "shut out at the relay",
      "on 2026-11-20",
      "--force",
    ],
    [
      { code: 4004, reason: endedReason("moved", at) },
      "broken",
      "moved to another Mac",
      "--force --takeover",
    ],
    [
      { code: 4004, reason: endedReason("left", at) },
      "broken",
      "left the account",
      "$ imsg-relay-agent enroll",
    ],
    [{ code: 4004, reason: "this install was revoked" }, "broken", "shut out", "--force"],
    [{ code: 4003, reason: "" }, "broken", "does not know this Mac", "--force"],
    [{ code: 4002, reason: "frame before hello" }, "warning", "must be updated first"],
    [true, "ok", "knows this Mac"],
  ] as const;
  for (const [proof, state, ...words] of cases) {
    door.proof = proof;
    expect(await unsaid(mac, "enrolment", state, ...words)).toEqual([]);
  }
});

it("DOC4: an account that another Mac serves is what the running agent says of its link", async () => {
  const { mac } = await scene.macAtRelay();
  mac.unlinked(
    "another agent serves this account; stop it, or start this one with --takeover (another Mac serves it)",
  );
  expect(
    await unsaid(
      mac,
      "enrolment",
      "broken",
      "another Mac serves this account",
      "$ imsg-relay-agent run --takeover",
    ),
  ).toEqual([]);
});

it("DOC4: an agent that runs and is not connected says why, where nothing else does", async () => {
  const { mac } = await scene.macAtRelay();
  mac.unlinked("the link went silent");
  expect(await unsaid(mac, "enrolment", "warning", "not connected", "The link went silent.")).toEqual([]);
  mac.unlinked("this account is paused", 90_000);
  expect(await unsaid(mac, "enrolment", "broken", "not connected", "This account is paused.")).toEqual([]);
});

it("DOC1: a clock that is wrong against the relay's, by its own word or by the Date of its answer", async () => {
  const { mac, door } = await scene.macAtRelay();
  door.aheadMs = 90_000;
  expect(
    await unsaid(
      mac,
      "clock",
      "warning",
      "90 s behind the relay",
      "Set time and date automatically",
      "$ sudo sntp",
    ),
  ).toEqual([]);
  door.aheadMs = -3_600_000;
  expect(await unsaid(mac, "clock", "broken", "60 min ahead of the relay")).toEqual([]);
  const date = new Date(Date.now() + 600_000).toUTCString();
  door.answer = { status: 200, body: '{"ok":true,"version":"0.1.0"}', headers: { date } };
  expect(await unsaid(mac, "clock", "broken", "10 min behind the relay")).toEqual([]);
});

it("DOC1: an agent that is too old for the relay, and a relay that is too old for the agent", async () => {
  const { mac, door } = await scene.macAtRelay();
  door.protocols = [2, 3];
  expect(
    await unsaid(
      mac,
      "version",
      "broken",
      "is too old for the relay",
      "$ git pull && npm ci && npm run build",
    ),
  ).toEqual([]);
  door.protocols = [0];
  expect(await unsaid(mac, "version", "broken", "the relay is too old")).toEqual([]);
  door.protocols = null;
  expect(await unsaid(mac, "version", "ok")).toEqual([]);
  mac.unlinked("the relay speaks no protocol that this agent knows; update the agent (no common protocol)");
  expect(await unsaid(mac, "version", "broken", "is too old for the relay")).toEqual([]);
});
