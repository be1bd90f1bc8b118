// I1: a relay that sends its own idea of every setting, however it is wrapped.
import { expect, it } from "vitest";
import type { Answer } from "../../shared/jsonrpc.ts";
import { VirtualAgent } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const ADA = "+15550100101";
const BOB = "+15550100102";

const forbidden = (rule: string) => ({ error: { data: { code: "forbidden_by_mac", rule } } });
function sends(mac: VirtualAgent, operation: string, params: unknown): Answer | undefined {
  mac.relay.call("send", params, { operation });
  mac.advance(2 * SECOND);
  return mac.relay.answersTo(operation)[0];
}

const WIDEST = {
  cliPath: "/bin/sh",
  dbPath: "/etc/passwd",
  paused: false,
  read_only: false,
  methods: { allow: ["*"], deny: [] },
  recipients: { allow: ["*", ADA, BOB], deny: [] },
  sends: { per_hour: 1_000_000, per_day: 1_000_000 },
  send_roots: ["/", "~"],
  attachment_roots: ["/"],
  media_max_mb: 10_000,
  keep_awake: true,
  policy: { paused: false, read_only: false },
  rules: { paused: false, readOnly: false },
};
const toAda = { to: ADA, text: "x" };
const file = { to: ADA, file: "/owner/out/a.png" };
const NARROW = [
  ["paused", { paused: true }, toAda],
  ["read_only", { read_only: true }, toAda],
  ["methods.deny", { methods: { deny: ["send"] } }, toAda],
  ["methods.allow", { methods: { allow: [] } }, toAda],
  ["recipients.allow", { recipients: { allow: [BOB] } }, toAda],
  ["recipients.deny", { recipients: { deny: [ADA] } }, toAda],
  ["sends.per_hour", { sends: { per_hour: 0 } }, toAda],
  ["sends.per_day", { sends: { per_day: 0 } }, toAda],
  ["send_roots", { send_roots: ["/owner/in"] }, file],
  ["media_max_mb", { media_max_mb: 0.5, send_roots: ["/owner/out"] }, file],
] as const;
for (const [rule, settings, params] of NARROW) {
  it(`I1: whatever the relay sends, in welcome or later, ${rule} of the owner's holds`, () => {
    const mac = new VirtualAgent();
    mac.owner.save(settings);
    for (const path of ["/owner/out", "/owner/in", "/owner/out/a.png"]) mac.realPaths.set(path, path);
    mac.fileSizes.set("/owner/out/a.png", 1024 * 1024);
    mac.relay.settings = WIDEST;
    mac.started();
    const children = mac.children.length;
    expect(sends(mac, "op-0", params)).toMatchObject(forbidden(rule));
    for (const [at, sent] of [WIDEST, { settings: WIDEST }, { config: { rules: WIDEST } }].entries()) {
      mac.relay.send({ t: "settings", settings: sent });
      expect(sends(mac, `op-${at + 1}`, params)).toMatchObject(forbidden(rule));
    }
    expect(mac.requests("send")).toEqual([]);
    expect(mac.children).toHaveLength(children);
  });
}
