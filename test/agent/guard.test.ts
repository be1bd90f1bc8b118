import { expect, it } from "vitest";
import { DEFAULT_CONFIG, DEFAULT_RULES, type OwnerRules } from "../../agent/config/config.ts";

import { VirtualAgent } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const ADA = "+15550100101";
const BOB = "+15550100102";

const rules = (some: Partial<OwnerRules>): OwnerRules => ({ ...DEFAULT_RULES, ...some });
const ruled = (some: Partial<OwnerRules>, dialect: "0.15" | "0.9" = "0.15"): VirtualAgent => {
  const mac = new VirtualAgent({ dialect, config: { ...DEFAULT_CONFIG, rules: rules(some) } });
  mac.script.appendText(mac.script.dm(ADA), ADA, "hello");
  mac.script.appendText(mac.script.group("chat100", [ADA, BOB]), BOB, "hello all");
  return mac.started();
};
const sends = (mac: VirtualAgent, operation: string, params: unknown): unknown => {
  mac.relay.call("send", params, { operation });
  mac.advance(2 * SECOND);
  return mac.relay.answersTo(operation)[0];
};
const forbidden = (reason: string) => ({
  error: {
    code: -32043,
    data: { code: "forbidden_by_mac", reason, disposition: "not_started", retry_safe: true },
  },
});

for (const dialect of ["0.15", "0.9"] as const) {
  it(`RPC7: a refusal of the Mac's names its reason, and imsg never hears of the call (${dialect})`, () => {
    const mac = ruled({ recipients: { allow: [ADA], deny: [] } }, dialect);
    expect(sends(mac, "op-1", { to: BOB, text: "x" })).toMatchObject(forbidden("recipient_not_allowed"));
    expect(sends(mac, "op-2", { chat_id: 2, text: "x" })).toMatchObject(forbidden("recipient_not_allowed"));
    expect(sends(mac, "op-3", { chat_guid: "any;+;chat100", text: "x" })).toMatchObject(
      forbidden("recipient_not_allowed"),
    );
    expect(sends(mac, "op-4", { chat_id: 99, text: "x" })).toMatchObject(forbidden("recipient_unknown"));
    expect(mac.requests("send")).toEqual([]);
    expect(mac.journal.text?.includes("begun")).toBe(false);
    expect(sends(mac, "op-5", { chat_id: 1, text: "x" })).toMatchObject({ result: { ok: true } });
  });
}

it.each([
  ["older", [ADA, BOB], [ADA]],
  ["newer", [ADA], [ADA, BOB]],
] as const)("I3: of chats with one identifier the %s one must be allowed too", (_, older, newer) => {
  const mac = new VirtualAgent({
    dialect: "0.15",
    config: { ...DEFAULT_CONFIG, rules: rules({ recipients: { allow: [ADA], deny: [] } }) },
  });
  mac.script.appendText(mac.script.group("chat100", older), ADA, "hello");
  mac.script.appendText(mac.script.group("chat100", newer, "", "any"), ADA, "hello");
  mac.started();
  expect(sends(mac, "op-1", { chat_identifier: "chat100", text: "x" })).toMatchObject(
    forbidden("recipient_not_allowed"),
  );
});

it("I3: a recipient that imsg would read out of a number is judged like any other", () => {
  const mac = ruled({ recipients: { allow: [ADA], deny: [] } }, "0.9");
  expect(sends(mac, "op-1", { chat_id: 1, to: 15550100102, text: "x" })).toMatchObject(
    forbidden("recipient_not_allowed"),
  );
  expect(mac.requests("send")).toEqual([]);
});

it("I3: files are sent only out of the owner's folders, as real paths", () => {
  const mac = ruled({ sendRoots: ["/owner/out"] });
  mac.stop();
  mac.realPaths.set("/owner/out", "/real/out");
  mac.realPaths.set("/owner/out/a.png", "/real/out/a.png");
  mac.realPaths.set("/owner/out/link.png", "/etc/passwd");
  mac.started();
  const send = (operation: string, params: Record<string, unknown>): unknown =>
    sends(mac, operation, { to: ADA, ...params });
  expect(send("op-1", { file: "/etc/passwd" })).toMatchObject(forbidden("file_not_allowed"));
  expect(send("op-2", { file: "/owner/out/link.png" })).toMatchObject(forbidden("file_not_allowed"));
  expect(send("op-3", { text: "x", deep: [{ er: { file: "/owner/out/../x" } }] })).toMatchObject(
    forbidden("file_not_allowed"),
  );
  send("op-4", { file: "/owner/out/a.png" });
  expect(mac.requests("send").map(({ params }) => params)).toEqual([{ to: ADA, file: "/real/out/a.png" }]);
});

it("I1: no setting of the relay's widens anything", () => {
  const mac = ruled({
    readOnly: false,
    methods: { allow: undefined, deny: ["chats.delete"] },
    recipients: { allow: [ADA], deny: [BOB] },
    sendRoots: [],
  });
  mac.realPaths.set("/etc/passwd", "/etc/passwd");
  const before = mac.children.length;
  const widening = {
    cliPath: "/bin/sh",
    cli_path: "/bin/sh",
    dbPath: "/etc/passwd",
    db_path: "/etc/passwd",
    read_only: false,
    methods: { allow: ["*"], deny: [] },
    recipients: { allow: [ADA, BOB, "*"], deny: [] },
    send_roots: ["/"],
    attachment_roots: ["/"],
    attachmentRoots: ["/"],
    remoteAttachmentRoots: ["/"],
    media_max_mb: 100_000,
    mediaMaxMb: 100_000,
    debounce_ms: 0,
    env: { PATH: "/tmp" },
  };
  mac.relay.settings = widening;
  for (const settings of [widening, { settings: widening }, { config: widening }]) {
    mac.relay.send({ t: "settings", settings });
    mac.advance(SECOND);
    const n = mac.relay.results.length;
    expect(sends(mac, `op-file-${n}`, { to: ADA, file: "/etc/passwd" })).toMatchObject(
      forbidden("file_not_allowed"),
    );
    expect(sends(mac, `op-bob-${n}`, { to: BOB, text: "x" })).toMatchObject(
      forbidden("recipient_not_allowed"),
    );
    mac.relay.call("chats.delete", { chat_id: 1 }, { operation: `op-delete-${n}` });
    mac.advance(SECOND);
    expect(mac.relay.answersTo(`op-delete-${n}`)[0]).toMatchObject(forbidden("method_not_allowed"));
    expect(sends(mac, `op-ada-${n}`, { to: ADA, text: "x" })).toMatchObject({ result: { ok: true } });
  }
  expect(mac.children).toHaveLength(before);
  mac.relay.cut();
  mac.advance(5 * SECOND);
  expect(sends(mac, "op-welcome", { to: BOB, text: "x" })).toMatchObject(forbidden("recipient_not_allowed"));
});

it("I1: what the relay forbids besides is forbidden, until it says otherwise", () => {
  const mac = ruled({});
  mac.relay.send({ t: "settings", settings: { read_only: true } });
  mac.advance(SECOND);
  expect(sends(mac, "op-1", { to: ADA, text: "x" })).toMatchObject(forbidden("read_only"));
  mac.relay.send({ t: "settings", settings: {} });
  mac.advance(SECOND);
  expect(sends(mac, "op-2", { to: ADA, text: "x" })).toMatchObject({ result: { ok: true } });
});
