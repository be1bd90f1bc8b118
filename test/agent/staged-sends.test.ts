import { expect, it, vi } from "vitest";
import { DEFAULT_CONFIG, DEFAULT_RULES, type OwnerRules } from "../../agent/config/config.ts";
import type { StagedMeta } from "../../agent/transfers/ports.ts";

import { VirtualAgent } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const ADA = "+15550100101";
const BOB = "+15550100102";
const PATH = "/profile/staging/whole/photo.png";

const whole: StagedMeta = { id: "whole", name: "photo.png", size: 10, bytes: 10, digest: "abc=" };
const part: StagedMeta = { id: "part", name: "film.mov", size: 10, bytes: 5, digest: null };

function macOf(rules: Partial<OwnerRules> = {}): VirtualAgent {
  const mac = new VirtualAgent({
    config: { ...DEFAULT_CONFIG, rules: { ...DEFAULT_RULES, ...rules } },
    staged: [whole, part],
  });
  mac.realPaths.set("staging/whole/photo.png", PATH);
  return mac.started();
}
function send(mac: VirtualAgent, operation: string, params: unknown, method = "send"): unknown {
  mac.relay.call(method, params, { operation });
  mac.advance(2 * SECOND);
  return mac.relay.answersTo(operation)[0];
}
const refused = (code: string, more: object = {}) => ({
  error: { data: { code, disposition: "not_started", retry_safe: true, ...more } },
});

it("ATT9: imsg is given the real path of a staged file, though no folder may be sent from", () => {
  const mac = macOf();
  expect(send(mac, "op-1", { to: ADA, text: "look", file: "staged:whole" })).toMatchObject({
    result: { ok: true },
  });
  expect(mac.requests("send").map(({ params }) => params)).toEqual([{ to: ADA, text: "look", file: PATH }]);
});

it("ATT9: what is gone or not whole is not started, and says so", () => {
  const mac = macOf();
  expect(send(mac, "op-1", { to: ADA, file: "staged:nothing" })).toMatchObject(refused("not_found"));
  expect(send(mac, "op-2", { to: ADA, file: "staged:part" })).toMatchObject(refused("not_ready"));
  mac.realPaths.clear();
  expect(send(mac, "op-3", { to: ADA, file: "staged:whole" })).toMatchObject(refused("not_found"));
  mac.realPaths.set("staging/whole/photo.png", PATH);
  mac.advance(25 * HOUR);
  expect(send(mac, "op-4", { to: ADA, file: "staged:whole" })).toMatchObject(refused("not_found"));
  expect(mac.requests("send")).toEqual([]);
});

it("I3: for a staged file the owner's other rules hold as for any", () => {
  const only = { recipients: { allow: [ADA], deny: [] } };
  const file = "staged:whole";
  expect(send(macOf(only), "op-1", { to: BOB, file })).toMatchObject(
    refused("forbidden_by_mac", { reason: "recipient_not_allowed" }),
  );
  expect(send(macOf(only), "op-2", { to: ADA, file })).toMatchObject({ result: { ok: true } });
  expect(send(macOf({ readOnly: true }), "op-3", { to: ADA, file })).toMatchObject(
    refused("forbidden_by_mac", { reason: "read_only" }),
  );
  expect(
    send(macOf({ methods: { allow: undefined, deny: ["send"] } }), "op-4", { to: ADA, file }),
  ).toMatchObject(refused("forbidden_by_mac", { reason: "method_not_allowed" }));
  // Nobody learns what is staged by asking for what is forbidden anyway.
  expect(send(macOf({ readOnly: true }), "op-5", { to: ADA, file: "staged:nothing" })).toMatchObject(
    refused("forbidden_by_mac", { reason: "read_only" }),
  );
});

it("I3: a file beside a staged one still needs a folder that may be sent from", () => {
  const mac = macOf();
  mac.realPaths.set("/etc/passwd", "/etc/passwd");
  const params = { to: ADA, file: "staged:whole", attachments: ["/etc/passwd"] };
  expect(send(mac, "op-1", params)).toMatchObject(
    refused("forbidden_by_mac", { reason: "file_not_allowed" }),
  );
  expect(mac.requests("send")).toEqual([]);
});

for (const params of [
  { file: "Staged:whole" },
  { file: " staged:whole" },
  { file: "staged:whole " },
  { file: "staged:" },
  { file: "staged:whole/../../x" },
  { file: "staged:whole\n" },
  { file: "staged://whole" },
  { file: "file:staged:whole" },
  { file: ["staged:whole"] },
  { path: "staged:whole" },
  { attachments: ["staged:whole"] },
  { icon: "staged:whole" },
]) {
  it(`I3: ${JSON.stringify(params)} is not how a staged file is named`, () => {
    const mac = macOf();
    expect(send(mac, "op-1", { to: ADA, ...params })).toMatchObject(
      refused("forbidden_by_mac", { reason: "file_not_allowed" }),
    );
    expect(mac.requests("send")).toEqual([]);
  });
}

it("ATT9: a text that says so is a text", () => {
  const mac = macOf();
  expect(send(mac, "op-1", { to: ADA, text: "staged:whole" })).toMatchObject({ result: { ok: true } });
  expect(mac.requests("send").map(({ params }) => params)).toEqual([{ to: ADA, text: "staged:whole" }]);
});

it("I1: a read is given no staged file", () => {
  const mac = macOf();
  const call = mac.relay.call("chats.list", { limit: 1, file: "staged:whole" });
  mac.advance(2 * SECOND);
  expect(mac.relay.answers(call)).toMatchObject([refused("forbidden_by_mac")]);
});

it("ATT11: a read that comes over the link is answered over the link", async () => {
  const mac = macOf();
  const none = { head: false, range: null, if_range: null, if_none_match: null, cap: 1_000 };
  mac.relay.send({ t: "abort", transfer: "never heard of" });
  mac.relay.send({ t: "read", transfer: "t1", path: "/somewhere", ...none });
  mac.advance(SECOND);
  await vi.waitFor(() => {
    mac.advance(SECOND);
    expect(mac.relay.frames.at(-1)).toEqual({
      t: "transfer",
      transfer: "t1",
      state: "failed",
      error: { code: "missing" },
    });
  });
  expect(mac.relay.violations).toEqual([]);
  expect(mac.agent.status().transfers).toEqual({ running: 0, done: 0, failed: 1 });
});
